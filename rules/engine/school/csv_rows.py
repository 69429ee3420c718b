"""Rows of a school's CSV files, with what is wrong in them said so that the person who keeps the file can mend it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the file and line where it ends, and its cells by column, trimmed. An absent column reads as blank."""

    file: str
    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(slots=True)
class Mistakes:
    """Collects every mistake before stopping, so that a file is mended in one go."""

    found: list[str] = field(default_factory=list)

    def add(self, where: Row, what: str) -> None:
        """``what`` says what is wrong and what to write. It never repeats a name, address or number of a person."""
        self.found.append(f"{where.file} line {where.line}: {what}")

    def stop_if_any(self) -> None:
        """ValueError with one mistake a line, if there are any."""
        if self.found:
            raise ValueError("\n".join(self.found))


def read_rows(file: str, text: str, required: tuple[str, ...], mistakes: Mistakes) -> list[Row]:
    """The rows below the heading line; rows without any text are skipped, an empty text has none.

    ``file`` is only the name to use in messages. A column of ``required`` that is missing, or a row with more cells
    than the heading, is added to ``mistakes``.
    """
    # Excel begins a UTF-8 file with a byte order mark.
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        return list(_rows(file, lines, required, mistakes))
    except csv.Error as error:
        where = Row(file, lines.line_num, {})
        mistakes.add(where, f"this line cannot be read as CSV ({error}): save the file as CSV with commas, UTF-8")
        return []


def _rows(file: str, lines: Iterator[list[str]], required: tuple[str, ...], mistakes: Mistakes) -> Iterator[Row]:
    heading: list[str] | None = None
    number = 0
    for cells in lines:
        number = getattr(lines, "line_num", number + 1)
        trimmed = [cell.strip() for cell in cells]
        if not any(trimmed):
            continue
        if heading is None:
            heading = [cell.lower() for cell in trimmed]
            if missing := [column for column in required if column not in heading]:
                wanted = ",".join(required)
                mistakes.add(
                    Row(file, number, {}),
                    f"the column {', '.join(missing)} is missing: the first line must have {wanted}",
                )
                return
            continue
        row = Row(file, number, dict(zip(heading, trimmed, strict=False)))
        if any(trimmed[len(heading) :]):
            mistakes.add(
                row,
                f"{len(trimmed)} cells under {len(heading)} columns: put a cell that has a comma in quotation marks",
            )
            continue
        yield row
