"""What governors may see of a table: counts under five are hidden, and what would give them away with them (AB-13c).

A hidden count could be had by subtraction from a total that everybody knows. So a table with a small count hides one
more, chosen by its place alone: the last row that is not small. Had it been chosen by its size, the choice itself would
tell something. What is then published is the same as if any small count had been nought and the row hidden beside it
had been larger by as much: nobody can show of a hidden count that there was a child behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.report.figures import Counts, Grid, Table

LEAST = 5
FEWER = f"fewer than {LEAST}"
WITHHELD = "not shown"

Cell = int | str


@dataclass(frozen=True, slots=True)
class Shown:
    """A table as it is printed. ``across`` are its columns; ``rows`` is empty where too little could be shown."""

    id: str
    title: str
    clauses: tuple[str, ...]
    of: str
    across: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    note: str = ""

    @property
    def hides(self) -> bool:
        """Whether any count of it is hidden."""
        return not self.rows or any(isinstance(cell, str) for _, cells in self.rows for cell in cells)


def for_leadership(table: Table | Grid) -> Shown:
    """All of it."""
    if isinstance(table, Grid):
        return _shown(table, table.across, table.rows)
    return _shown(table, (table.counted,), [(label, (count,)) for label, count in table.rows])


def for_governors(table: Table | Grid) -> Shown | None:
    """What governors may see, or None where it is not for them at all.

    A row of a grid that counts fewer than five is left out: that it is there would tell that there was one.
    """
    if table.audience == "leadership":
        return None
    if isinstance(table, Grid):
        rows = [(label, _row(cells, table.each_row)) for label, cells in table.rows if sum(cells) >= LEAST]
        return _shown(table, table.across, rows)
    cells = published([count for _, count in table.rows], table.counts, table.total)
    rows = [(label, (cell,)) for (label, _), cell in zip(table.rows, cells, strict=True)] if cells else []
    return _shown(table, (table.counted,), rows)


def number(count: int) -> Cell:
    """One count that stands alone."""
    return count if count >= LEAST else FEWER


def published(counts: Sequence[int], how: Counts, total: int) -> list[Cell]:
    """The cells of one table whose ``total`` is known; empty where too little would be left to show.

    "apart": the counts have no total, so each stands alone.
    """
    if how == "apart":
        return [number(count) for count in counts]
    if total < LEAST:
        return []
    cells = [number(count) for count in counts]
    large = [place for place, cell in enumerate(cells) if cell != FEWER]
    if len(large) == len(cells):
        return cells
    if len(large) < 2:
        return []
    cells[large[-1]] = WITHHELD
    return cells


def _row(counts: Sequence[int], how: Counts) -> tuple[Cell, ...]:
    cells = published(counts, how, sum(counts))
    return tuple(cells) if cells else (WITHHELD,) * len(counts)


def _shown(table: Table | Grid, across: Sequence[str], rows: Sequence[tuple[str, Sequence[Cell]]]) -> Shown:
    kept = tuple((label, tuple(cells)) for label, cells in rows)
    return Shown(table.id, table.title, table.clauses, table.of, tuple(across), kept, table.note)
