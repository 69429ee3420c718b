"""A school's term dates as it writes them down: terms, training (INSET) days and closures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal, get_args

from rapidfuzz import process

from rules.engine.school.csv_rows import Mistakes, Row, read_rows

SpanKind = Literal["term", "inset", "closure"]

_KINDS: tuple[SpanKind, ...] = get_args(SpanKind)
_COLUMNS = ("kind", "name", "first_day", "last_day")
# Longer than any half-year of a school in England, so that a slip in a year is seen at once.
_LONGEST_TERM = timedelta(days=130)
# Longer than any summer holiday; more than this between two terms is a term that nobody has entered.
_LONGEST_HOLIDAY = timedelta(days=77)


@dataclass(frozen=True, slots=True)
class Span:
    """Days from ``first`` to ``last``, both included, that are a term, training days or a closure."""

    kind: SpanKind
    name: str
    first: date
    last: date


def read_term_dates(text: str) -> tuple[Span, ...]:
    """The spans of ``term-dates.csv`` (``kind,name,first_day,last_day``), in order of their first day.

    Takes the file's text. ValueError lists every mistake, one a line, with its line and what to write.
    """
    mistakes = Mistakes()
    placed: list[tuple[Row, Span]] = []
    for row in read_rows("term-dates.csv", text, _COLUMNS, mistakes):
        span = _read_span(row, mistakes)
        if span is not None:
            placed.append((row, span))
    placed.sort(key=lambda pair: (pair[1].first, pair[1].last))
    _check_terms([(row, span) for row, span in placed if span.kind == "term"], mistakes)
    mistakes.stop_if_any()
    if not any(span.kind == "term" for _, span in placed):
        raise ValueError(
            "term-dates.csv has no terms: write one line for each, such as term,Autumn 1,2026-09-01,2026-10-23"
        )
    return tuple(span for _, span in placed)


def _read_span(row: Row, mistakes: Mistakes) -> Span | None:
    kind = next((known for known in _KINDS if known == row["kind"].lower()), None)
    if kind is None:
        nearest = process.extractOne(row["kind"].lower(), _KINDS, score_cutoff=60)
        hint = f"; did you mean {nearest[0]}?" if nearest else ""
        mistakes.add(row, f'kind is "{row["kind"]}": write term, inset or closure{hint}')
    first = _read_day(row, "first_day", mistakes)
    last = _read_day(row, "last_day", mistakes)
    if kind is None or first is None or last is None:
        return None
    if last < first:
        mistakes.add(row, f"last_day {last} is before first_day {first}: change one of them")
        return None
    if kind == "term" and last - first > _LONGEST_TERM:
        mistakes.add(row, f"a term of {(last - first).days + 1} days: look at the years of {first} and {last}")
        return None
    return Span(kind, row["name"] or kind, first, last)


def _read_day(row: Row, column: str, mistakes: Mistakes) -> date | None:
    written = row[column]
    try:
        if len(written) != len("2026-09-01"):
            raise ValueError(written)
        return date.fromisoformat(written)
    except ValueError:
        mistakes.add(row, f'{column} is "{written}": write {_suggested_day(written)}')
        return None


def _suggested_day(written: str) -> str:
    # What a spreadsheet set to British dates saves.
    for style in ("%d/%m/%Y", "%d/%m/%y", "%d.%m.%Y", "%d-%m-%Y"):
        try:
            return datetime.strptime(written, style).date().isoformat()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    return "the day as year-month-day, such as 2026-09-01"


def _check_terms(terms: list[tuple[Row, Span]], mistakes: Mistakes) -> None:
    for (_, before), (row, after) in pairwise(terms):
        if after.first <= before.last:
            mistakes.add(row, f"{after.name} begins on {after.first}, before {before.name} ends on {before.last}")
        elif after.first - before.last > _LONGEST_HOLIDAY:
            mistakes.add(
                row,
                f"nothing is entered between {before.last} ({before.name}) and {after.first} ({after.name}): "
                "add the terms between, or take out the older ones",
            )
