"""Tables as CSV files: one each, with a line of headings."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from service.report.records import Clock, Complaint, Incident
from service.report.suppress import Shown

CASES = "cases.csv"
COMPLAINTS = "complaints.csv"


def write_table(folder: Path, shown: Shown) -> Path:
    """Write one table as ``ID.csv``. A hidden count stands as its words. OSError where it cannot be written."""
    path = folder / f"{shown.id}.csv"
    _write(path, [(shown.of, *shown.across), *((label, *cells) for label, cells in shown.rows)])
    return path


def write_cases(folder: Path, incidents: Iterable[Incident]) -> Path:
    """Each case with its times and, clause by clause, whether its duties were met, late or missed (AB-13a).

    Cases from which somebody of the school is kept out are not in it.
    """
    path = folder / CASES
    times = ("Minutes to first alert", "School days to first action", "School days to close")
    head = ("Case", "Received", *times, "Duties", "Clauses")
    rows = [
        (i.ref, i.received.isoformat(), _or_blank(i.alert_minutes), _or_blank(i.action_days), _or_blank(i.close_days),
         _duties(i.clocks), _clauses(i.clauses))
        for i in incidents if i.ref
    ]  # fmt: skip
    _write(path, [head, *rows])
    return path


def write_complaints(folder: Path, complaints: Iterable[Complaint]) -> Path:
    """Each complaint with the same, as ``write_cases`` does it."""
    path = folder / COMPLAINTS
    head = ("Case", "Received", "Stage", "State", "Duties", "Clauses")
    rows = [
        (c.ref, c.received.isoformat(), c.stage, c.state, _duties(c.clocks), _clauses(c.clauses))
        for c in complaints if c.ref
    ]  # fmt: skip
    _write(path, [head, *rows])
    return path


def _duties(clocks: Iterable[Clock]) -> str:
    return "; ".join(f"{clock.name} ({', '.join(clock.clauses)}): {clock.state}" for clock in clocks)


def _clauses(clauses: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{clause}: {standing}" for clause, standing in clauses)


def _or_blank(value: int | None) -> str:
    return "" if value is None else str(value)


def _write(path: Path, rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # Excel knows by the mark that it is UTF-8
        csv.writer(file).writerows(rows)
