"""Spreadsheets as they are kept: tabs, and the developer metadata that moves with the rows it marks."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field

from integrations.workspace_emulator.calls import Json
from integrations.workspace_emulator.errors import ApiError, invalid, not_found
from integrations.workspace_emulator.grid import Tab, letters, rendered


@dataclass(slots=True)
class Spreadsheet:
    """``editors``: who may read and write it; None means that nobody is kept out."""

    id: str
    title: str
    editors: frozenset[str] | None = None
    tabs: list[Tab] = field(default_factory=lambda: [Tab(0, "Sheet1")])
    metadata: dict[int, Json] = field(default_factory=dict)

    def tab(self, sheet_id: int) -> Tab:
        """The tab with this id. Raises ApiError 400."""
        for tab in self.tabs:
            if tab.sheet_id == sheet_id:
                return tab
        raise invalid(f"No grid with id: {sheet_id}")

    def described(self) -> Json:
        """A Spreadsheet without its cells."""
        sheets: list[Json] = []
        for index, tab in enumerate(self.tabs):
            sheet: Json = {"properties": tab.described(index)}
            marks = [m for m in self.metadata.values() if m["location"].get("sheetId") == tab.sheet_id]
            if marks:
                sheet["developerMetadata"] = copy.deepcopy(marks)
            sheets.append(sheet)
        answer: Json = {
            "spreadsheetId": self.id,
            "properties": {
                "title": self.title,
                "locale": "en_GB",
                "autoRecalc": "ON_CHANGE",
                "timeZone": "Europe/London",
            },
            "sheets": sheets,
            "spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{self.id}/edit",
        }
        whole = [m for m in self.metadata.values() if m["location"]["locationType"] == "SPREADSHEET"]
        return answer | ({"developerMetadata": copy.deepcopy(whole)} if whole else {})

    def shift(self, sheet_id: int, dimension: str, start: int, change: int) -> None:
        """Move the marks on rows or columns along with an insertion (change > 0) or a deletion; deleted ones go."""
        for number, mark in list(self.metadata.items()):
            place = mark["location"].get("dimensionRange")
            if not place or place["sheetId"] != sheet_id or place["dimension"] != dimension:
                continue
            if change < 0 and start <= place["startIndex"] < start - change:
                del self.metadata[number]
            elif place["startIndex"] >= start:
                place["startIndex"] += change
                place["endIndex"] += change


class Spreadsheets:
    """All spreadsheets, by id."""

    def __init__(self) -> None:
        self._files: dict[str, Spreadsheet] = {}

    def create(
        self,
        id: str,
        title: str = "Untitled spreadsheet",
        editors: Sequence[str] | None = None,
    ) -> Spreadsheet:
        """An empty spreadsheet with one tab, in place of any with the same id."""
        kept = None if editors is None else frozenset(map(str.lower, editors))
        made = Spreadsheet(id, title, kept)
        self._files[id] = made
        return made

    def open(self, spreadsheet_id: str, subject: str) -> Spreadsheet:
        """The spreadsheet, for one who may have it. Raises ApiError 404 or 403."""
        found = self._files.get(spreadsheet_id)
        if found is None:
            raise not_found()
        if found.editors is not None and subject not in found.editors:
            raise ApiError(403, "forbidden", "The caller does not have permission")
        return found

    def replace(self, spreadsheet: Spreadsheet) -> None:
        """Keep this spreadsheet, in the place of any with the same id."""
        self._files[spreadsheet.id] = spreadsheet

    def all(self) -> list[Spreadsheet]:
        """Every spreadsheet."""
        return list(self._files.values())

    def state(self) -> Json:
        """For tests: by id, each tab's values, the cells that hold a formula, and the marks."""
        return {
            file.id: {
                "title": file.title,
                "tabs": {tab.title: rows_of(tab) for tab in file.tabs},
                "formulas": {tab.title: _formulas(tab) for tab in file.tabs},
                "metadata": copy.deepcopy(list(file.metadata.values())),
            }
            for file in self._files.values()
        }


def rows_of(tab: Tab, render: str = "FORMULA") -> list[list[object]]:
    """The tab's values up to the last row that holds one."""
    width = max((column + 1 for row in tab.rows for column in row), default=0)
    return [[rendered(row.get(column), render) for column in range(width)] for row in tab.rows[: tab.last_row()]]


def _formulas(tab: Tab) -> list[str]:
    return [
        f"{letters(column)}{at}"
        for at, row in enumerate(tab.rows, 1)
        for column, cell in sorted(row.items())
        if "formulaValue" in cell.get("userEnteredValue", {})
    ]
