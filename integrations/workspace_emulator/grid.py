"""The tabs of a spreadsheet and their cells (developers.google.com/workspace/sheets/api/guides/concepts)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from integrations.workspace_emulator.calls import Json
from integrations.workspace_emulator.errors import invalid

EPOCH = date(1899, 12, 30)
Cell = Json  # a CellData: userEnteredValue and whatever else was written beside it


@dataclass(slots=True)
class Tab:
    """One tab. ``rows`` has exactly as many entries as the tab has rows; each maps a column to its cell."""

    sheet_id: int
    title: str
    columns: int = 26
    rows: list[dict[int, Cell]] = field(default_factory=lambda: [{} for _ in range(1000)])
    properties: Json = field(default_factory=dict)

    def described(self, index: int) -> Json:
        """SheetProperties."""
        grid = {"rowCount": len(self.rows), "columnCount": self.columns} | self.properties.get("gridProperties", {})
        other = {key: value for key, value in self.properties.items() if key != "gridProperties"}
        fixed = {"sheetId": self.sheet_id, "title": self.title, "index": index, "sheetType": "GRID"}
        return fixed | {"gridProperties": grid} | other

    def resize(self, rows: int, columns: int) -> None:
        """Make the tab this large, losing what lies outside."""
        del self.rows[rows:]
        self.rows.extend({} for _ in range(rows - len(self.rows)))
        self.columns = columns
        for row in self.rows:
            for column in [column for column in row if column >= columns]:
                del row[column]

    def last_row(self) -> int:
        """How many rows there are up to the last one that holds a value."""
        filled = (at + 1 for at in range(len(self.rows) - 1, -1, -1) if any(map(_has_value, self.rows[at].values())))
        return next(filled, 0)

    def set_value(self, row: int, column: int, entry: Cell) -> None:
        """Write what ``entered`` made of a value; one without a value empties the cell, and its format stays."""
        cell = self.rows[row].setdefault(column, {})
        cell.pop("userEnteredValue", None)
        cell.update(entry)
        if not cell:
            del self.rows[row][column]

    def insert(self, dimension: str, start: int, count: int) -> None:
        """Empty rows or columns in front of ``start``."""
        if dimension == "ROWS":
            self.rows[start:start] = [{} for _ in range(count)]
            return
        self.columns += count
        self.rows = [{(c + count if c >= start else c): cell for c, cell in row.items()} for row in self.rows]

    def delete(self, dimension: str, start: int, end: int) -> None:
        """Take rows or columns out."""
        if dimension == "ROWS":
            del self.rows[start:end]
            return
        gone = end - start
        self.columns -= gone
        self.rows = [
            {(c - gone if c >= end else c): cell for c, cell in row.items() if not start <= c < end}
            for row in self.rows
        ]


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of a tab, ends exclusive, within the tab."""

    tab: Tab
    top: int
    left: int
    bottom: int
    right: int

    def name(self) -> str:
        """In A1 notation, as Google writes it back."""
        title = self.tab.title
        quoted = title if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", title) else "'" + title.replace("'", "''") + "'"
        first = f"{letters(self.left)}{self.top + 1}"
        last = f"{letters(self.right - 1)}{self.bottom}"
        return f"{quoted}!{first}" if first == last else f"{quoted}!{first}:{last}"

    def values(self, render: str) -> list[list[Any]]:
        """Its values row by row; empty cells at the end of a row and empty rows at the end are left out."""
        found = []
        for row in self.tab.rows[self.top : self.bottom]:
            line = [rendered(row.get(column), render) for column in range(self.left, self.right)]
            while line and line[-1] == "":
                line.pop()
            found.append(line)
        while found and not found[-1]:
            found.pop()
        return found


def letters(column: int) -> str:
    """A column's name: 0 is A, 26 is AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def column_number(name: str) -> int:
    """The reverse of ``letters``."""
    number = 0
    for letter in name.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def find_area(tabs: list[Tab], text: str, *, growing: bool = False) -> Area:
    """What a range in A1 notation means. Raises ApiError 400 where it cannot be read or lies outside the tab.

    ``growing``: rows below the tab are allowed, for ``append``.
    """
    title, bang, cells = text.rpartition("!")
    if not bang:
        whole = next((tab for tab in tabs if tab.title == _unquoted(text)), None)
        if whole is not None:
            return Area(whole, 0, 0, len(whole.rows), whole.columns)
    tab = next((tab for tab in tabs if tab.title == _unquoted(title)), None) if bang else tabs[0]
    matched = re.fullmatch(r"\$?([A-Za-z]{0,3})\$?(\d*)(?::\$?([A-Za-z]{0,3})\$?(\d*))?", cells)
    if tab is None or matched is None or not cells:
        raise invalid(f"Unable to parse range: {text}")
    left, top, right, bottom = matched.groups()
    first_row, first_column = int(top or 1) - 1, column_number(left) if left else 0
    if right is None and bottom is None:
        last_row, last_column = first_row + 1, first_column + 1
        if not (left and top):
            raise invalid(f"Unable to parse range: {text}")
    else:
        last_row = int(bottom) if bottom else len(tab.rows)
        last_column = column_number(right) + 1 if right else tab.columns
    if last_column > tab.columns or (last_row > len(tab.rows) and not growing) or first_row < 0:
        size = f"Max rows: {len(tab.rows)}, max columns: {tab.columns}"
        raise invalid(f"Range ({text}) exceeds grid limits. {size}")
    return Area(tab, first_row, first_column, last_row, last_column)


def entered(value: Any, option: str) -> Cell:
    """A JSON value as a cell's content: kept as it is (RAW), or read as if a person had typed it (USER_ENTERED).

    Empty text empties the cell. Raises ApiError 400 for a value that no cell can hold.
    """
    if isinstance(value, bool):
        return {"userEnteredValue": {"boolValue": value}}
    if isinstance(value, int | float):
        return {"userEnteredValue": {"numberValue": value}}
    if not isinstance(value, str):
        raise invalid("Invalid values: each must be text, a number, true, false or null.")
    if value == "":
        return {}
    if option == "RAW":
        return {"userEnteredValue": {"stringValue": value}}
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        days = date.fromisoformat(value).toordinal() - EPOCH.toordinal()
        return {"userEnteredValue": {"numberValue": days}, "userEnteredFormat": {"numberFormat": {"type": "DATE"}}}
    return {"userEnteredValue": _typed(value)}


def rendered(cell: Cell | None, render: str) -> Any:
    """A cell's value for ``valueRenderOption``. Formulas are not worked out here, so they show as an error."""
    value = (cell or {}).get("userEnteredValue", {})
    if "formulaValue" in value:
        return value["formulaValue"] if render == "FORMULA" else "#ERROR!"
    for kind in ("stringValue", "numberValue", "boolValue"):
        if kind in value:
            plain = value[kind]
            break
    else:
        return ""
    if render != "FORMATTED_VALUE" or isinstance(plain, str):
        return plain
    if isinstance(plain, bool):
        return str(plain).upper()
    if (cell or {}).get("userEnteredFormat", {}).get("numberFormat", {}).get("type") == "DATE":
        return date.fromordinal(EPOCH.toordinal() + int(plain)).isoformat()
    return f"{plain:g}" if isinstance(plain, float) else str(plain)


def _typed(text: str) -> Json:
    if text.startswith("'"):
        return {"stringValue": text[1:]}
    if re.fullmatch(r"[+-]?\d+(\.\d+)?", text):
        return {"numberValue": float(text) if "." in text else int(text)}
    if text.upper() in ("TRUE", "FALSE"):
        return {"boolValue": text.upper() == "TRUE"}
    if text.startswith("=") and len(text) > 1:
        return {"formulaValue": text}
    if text[0] in "+-" and len(text) > 1:
        return {"formulaValue": "=" + text}
    return {"stringValue": text}


def _has_value(cell: Cell) -> bool:
    return "userEnteredValue" in cell


def _unquoted(title: str) -> str:
    if len(title) > 1 and title[0] == title[-1] == "'":
        return title[1:-1].replace("''", "'")
    return title
