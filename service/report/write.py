"""The report for both audiences, as files in a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from service.report.figures import Grid, Table
from service.report.page import Page, Picture, Section, render
from service.report.plots import SAYS_ALL, plot
from service.report.records import Records
from service.report.suppress import Shown, for_governors, for_leadership, number
from service.report.tables import write_cases, write_complaints, write_table
from service.report.termly import Termly, termly

Fit = Callable[[Table | Grid], Shown | None]
ONLY_OWNER = 0o700
LEADERSHIP, GOVERNORS = "leadership", "governors"
PAGE = "report.html"


def write_reports(records: Records, school: str, made: date, out: Path) -> tuple[Path, Path]:
    """Write ``out/leadership`` and ``out/governors``, each a page with its tables (CSV) and plots (SVG).

    Returns the two pages. OSError where they cannot be written.
    """
    found = termly(records)
    leadership = _write(found, for_leadership, school, made, _folder(out, LEADERSHIP))
    write_cases(leadership.parent / "tables", records.incidents)
    write_complaints(leadership.parent / "tables", records.complaints)
    return leadership, _write(found, for_governors, school, made, _folder(out, GOVERNORS))


def _folder(out: Path, audience: str) -> Path:
    folder = out / audience
    for made in (out, folder, folder / "tables", folder / "plots"):
        made.mkdir(mode=ONLY_OWNER, parents=True, exist_ok=True)
    return folder


def _write(found: Termly, fit: Fit, school: str, made: date, folder: Path) -> Path:
    sections = tuple(Section(part.title, part.says, tuple(_pictures(part.tables, fit, folder))) for part in found.parts)
    governors = folder.name == GOVERNORS
    page = Page(
        school=school, audience="governors" if governors else "the leadership team", since=found.since,
        until=found.until, made=made, figures=tuple(_figures(found, governors=governors)), sections=sections,
        hides=governors,
    )  # fmt: skip
    path = folder / PAGE
    path.write_text(render(page), encoding="utf-8")
    return path


def _figures(found: Termly, *, governors: bool) -> Iterator[tuple[str, str]]:
    def said(count: int) -> str:
        return str(number(count) if governors else count)

    yield said(found.incidents), "incidents among pupils"
    for name, count in found.apart.rows:
        yield said(count), name.lower()
    yield said(found.complaints), "complaints"
    if not governors:
        yield from ((time, f"to {name} (median)") for name, time in found.medians)


def _pictures(tables: tuple[Table | Grid, ...], fit: Fit, folder: Path) -> Iterator[Picture]:
    for table in tables:
        shown = fit(table)
        if shown is not None:
            write_table(folder / "tables", shown)
            svg, path = plot(shown), folder / "plots" / f"{shown.id}.svg"
            if svg is not None:
                path.write_bytes(svg)
            else:
                path.unlink(missing_ok=True)  # of a report made before
            yield Picture(shown, svg, says_all=shown.id in SAYS_ALL)
