"""Counting: from plain records to tables. Nothing here knows a database, a file or an audience."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from service.report.records import Category

Counts = Literal["each once", "several", "apart"]
"""Each incident is in exactly one row; in one or more of them; or the rows have nothing to do with each other."""

Audience = Literal["everybody", "leadership"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows with a count each. ``total``: how many were counted; ``of``: what a row is; ``counted``: what is counted."""

    id: str
    title: str
    clauses: tuple[str, ...]
    of: str
    rows: tuple[tuple[str, int], ...]
    total: int
    counts: Counts = "each once"
    counted: str = "Incidents"
    audience: Audience = "everybody"
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Rows and columns with a count in each cell. ``each_row``: how the cells of one row relate to each other."""

    id: str
    title: str
    clauses: tuple[str, ...]
    of: str
    across: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    each_row: Counts = "each once"
    audience: Audience = "leadership"
    note: str = ""


UNKNOWN = "unknown"
NOT_SAID = "Not said"
NO_SCHOOL = " (no school)"
"""What a week's name ends in that has no school day."""


def with_blank(words: Iterable[Category], found: Iterable[str], blank: str = NOT_SAID) -> tuple[Category, ...]:
    """The words in the order of the form, then any that are not on it, then the blank, called ``blank``."""
    known = tuple(word for word in words if word[0] != UNKNOWN)
    names = {name for name, _ in known}
    more = sorted({word for word in found if word not in names and word != UNKNOWN})
    return (*known, *((word, word[:1].upper() + word[1:]) for word in more), (UNKNOWN, blank))


def one_each(
    answers: Iterable[str], words: Iterable[Category] = (), blank: str = NOT_SAID
) -> tuple[tuple[str, int], ...]:
    """How often each word was the answer. The counts add up to the number of answers."""
    found = Counter(answers)
    return tuple((label, found[word]) for word, label in with_blank(words, found, blank))


def several_each(
    answers: Iterable[frozenset[str]], words: Iterable[Category] = (), blank: str = NOT_SAID
) -> tuple[tuple[str, int], ...]:
    """In how many answers each word was among those chosen. An empty answer counts as a blank."""
    found = Counter(word for answer in answers for word in answer or {UNKNOWN})
    return tuple((label, found[word]) for word, label in with_blank(words, found, blank))


def crossed(
    pairs: Iterable[tuple[Iterable[str], Iterable[str]]], down: Iterable[Category], across: Iterable[Category]
) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """For each row word and each column word, in how many pairs both occur."""
    found: Counter[tuple[str, str]] = Counter()
    for rows, columns in pairs:
        columns = tuple(columns)
        found.update({(row, column): 1 for row in rows for column in columns})
    across = tuple(across)
    return tuple((label, tuple(found[word, column] for column, _ in across)) for word, label in down)


def banded(value: int | None, bands: Mapping[str, int], missing: str, more: str) -> str:
    """The first band whose most is not less than the value; ``more`` above all of them, ``missing`` for none."""
    if value is None:
        return missing
    return next((name for name, most in bands.items() if value <= most), more)
