"""The Sheets API (developers.google.com/workspace/sheets/api/reference/rest)."""

from __future__ import annotations

import copy
from typing import Any

from integrations.workspace_emulator.calls import Call, Counter, Handler, Json
from integrations.workspace_emulator.errors import ApiError, invalid, not_found
from integrations.workspace_emulator.grid import Area, Tab, entered, find_area, rendered
from integrations.workspace_emulator.sheet_changes import CHANGES
from integrations.workspace_emulator.sheet_marks import fits
from integrations.workspace_emulator.spreadsheets import Spreadsheet, Spreadsheets


class Sheets:
    """Values, batches and metadata, on top of the spreadsheets."""

    def __init__(self, files: Spreadsheets) -> None:
        self._files = files
        self._numbers = Counter()
        self.handlers: dict[str, Handler] = {
            "sheets.spreadsheets.create": self.create,
            "sheets.spreadsheets.get": self.get,
            "sheets.spreadsheets.batchUpdate": self.batch_update,
            "sheets.spreadsheets.values.get": self.get_values,
            "sheets.spreadsheets.values.batchGet": self.batch_get_values,
            "sheets.spreadsheets.values.update": self.update_values,
            "sheets.spreadsheets.values.append": self.append_values,
            "sheets.spreadsheets.values.clear": self.clear_values,
            "sheets.spreadsheets.values.batchGetByDataFilter": self.batch_get_by_filter,
            "sheets.spreadsheets.developerMetadata.get": self.get_metadata,
            "sheets.spreadsheets.developerMetadata.search": self.search_metadata,
        }

    def create(self, call: Call) -> Json:
        """A new spreadsheet that only its maker may open."""
        title = call.body.get("properties", {}).get("title", "Untitled spreadsheet")
        file = Spreadsheet(f"emulated-{self._numbers.next():032d}", title, frozenset({call.subject}))
        asked = [sheet.get("properties", {}) for sheet in call.body.get("sheets", [])]
        if asked:
            file.tabs = []
            for at, properties in enumerate(asked):
                CHANGES["addSheet"](file, {"properties": {"sheetId": at} | properties})
        self._files.replace(file)
        return file.described()

    def get(self, call: Call) -> Json:
        """The spreadsheet; its cells too with ``includeGridData``."""
        file = self._open(call)
        answer = file.described()
        if call.params.get("includeGridData"):
            ranges = call.params.get("ranges", [])
            areas = [find_area(file.tabs, text) for text in ranges] or [_all_of(tab) for tab in file.tabs]
            for tab, sheet in zip(file.tabs, answer["sheets"], strict=True):
                sheet["data"] = [_grid_data(area) for area in areas if area.tab is tab]
        return answer

    def batch_update(self, call: Call) -> Json:
        """Every request, or none: the batch works on a copy that takes the place only when all went well."""
        file = copy.deepcopy(self._open(call))
        requests = call.body.get("requests", [])
        if not requests:
            raise invalid("Must specify at least one request.")
        replies = []
        for at, request in enumerate(requests):
            if len(request) != 1:
                raise invalid(f"Invalid requests[{at}]: exactly one kind of request must be set.")
            ((kind, wanted),) = request.items()
            if kind not in CHANGES:
                raise ApiError(501, "notImplemented", f"The local Workspace does not do {kind} requests.")
            try:
                reply = CHANGES[kind](file, wanted)
            except ApiError as error:
                raise invalid(f"Invalid requests[{at}].{kind}: {error.message}") from error
            replies.append({kind: reply} if reply else {})
        self._files.replace(file)
        answer: Json = {"spreadsheetId": file.id, "replies": replies}
        return answer | (
            {"updatedSpreadsheet": file.described()} if call.body.get("includeSpreadsheetInResponse") else {}
        )

    def get_values(self, call: Call) -> Json:
        """The values of one range."""
        return _value_range(find_area(self._open(call).tabs, call.params["range"]), call)

    def batch_get_values(self, call: Call) -> Json:
        """The values of several ranges."""
        file = self._open(call)
        areas = [find_area(file.tabs, text) for text in call.params.get("ranges", [])]
        return {"spreadsheetId": file.id, "valueRanges": [_value_range(area, call) for area in areas]}

    def update_values(self, call: Call) -> Json:
        """Write values over a range; null leaves a cell as it is."""
        file = self._open(call)
        area = find_area(file.tabs, call.params["range"])
        values = _by_rows(call.body)
        wide = max(map(len, values), default=0)
        if len(values) > area.bottom - area.top or wide > area.right - area.left:
            # A range of one cell is the place to start; a larger one must hold all that is written.
            if (area.bottom - area.top, area.right - area.left) != (1, 1):
                raise invalid(f"Requested writing within range [{area.name()}], but tried writing beyond it")
            size = (area.top + len(values), area.left + wide)
            if size[0] > len(area.tab.rows) or size[1] > area.tab.columns:
                raise invalid(f"Range ({area.name()}) exceeds grid limits.")
        return self._write(file, area.tab, area.top, area.left, values, call)

    def append_values(self, call: Call) -> Json:
        """Write below the table that the range points at: over what is there (OVERWRITE) or in new rows."""
        file = self._open(call)
        area = find_area(file.tabs, call.params["range"], growing=True)
        tab, values = area.tab, _by_rows(call.body)
        top = tab.last_row()
        if call.params.get("insertDataOption") == "INSERT_ROWS" and values:
            tab.insert("ROWS", top, len(values))
            file.shift(tab.sheet_id, "ROWS", top, len(values))
        tab.resize(
            max(len(tab.rows), top + len(values)), max(tab.columns, area.left + max(map(len, values), default=0))
        )
        updates = self._write(file, tab, top, area.left, values, call)
        answer: Json = {"spreadsheetId": file.id, "updates": updates}
        return answer | ({"tableRange": Area(tab, 0, area.left, top, area.right).name()} if top else {})

    def clear_values(self, call: Call) -> Json:
        """Empty a range; formats stay."""
        file = self._open(call)
        area = find_area(file.tabs, call.params["range"])
        for row in range(area.top, area.bottom):
            for column in [c for c in area.tab.rows[row] if area.left <= c < area.right]:
                area.tab.set_value(row, column, {})
        return {"spreadsheetId": file.id, "clearedRange": area.name()}

    def batch_get_by_filter(self, call: Call) -> Json:
        """The values of the rows that marks are on."""
        file = self._open(call)
        ranges = []
        for data_filter in call.body.get("dataFilters", []):
            for mark in file.metadata.values():
                place = mark["location"].get("dimensionRange", {})
                if fits(mark, data_filter) and place.get("dimension") == "ROWS":
                    tab = file.tab(place["sheetId"])
                    area = Area(tab, place["startIndex"], 0, place["endIndex"], tab.columns)
                    ranges.append({"valueRange": _value_range(area, call), "dataFilters": [data_filter]})
        return {"spreadsheetId": file.id} | ({"valueRanges": ranges} if ranges else {})

    def get_metadata(self, call: Call) -> Json:
        """One mark by its id."""
        mark = self._open(call).metadata.get(call.params["metadataId"])
        if mark is None:
            raise not_found()
        return copy.deepcopy(mark)

    def search_metadata(self, call: Call) -> Json:
        """Every mark that a filter finds, with the filters that found it."""
        filters = call.body.get("dataFilters", [])
        found = []
        for mark in self._open(call).metadata.values():
            by = [data_filter for data_filter in filters if fits(mark, data_filter)]
            if by:
                found.append({"developerMetadata": copy.deepcopy(mark), "dataFilters": by})
        return {"matchedDeveloperMetadata": found} if found else {}

    def _open(self, call: Call) -> Spreadsheet:
        return self._files.open(str(call.params["spreadsheetId"]), call.subject)

    def _write(self, file: Spreadsheet, tab: Tab, top: int, left: int, values: list[list[Any]], call: Call) -> Json:
        option = call.params.get("valueInputOption")
        if option not in ("RAW", "USER_ENTERED"):
            raise invalid("'valueInputOption' is required but not specified")
        cells = [[None if value is None else entered(value, option) for value in row] for row in values]
        for row_at, row in enumerate(cells, top):
            for column, cell in enumerate(row, left):
                if cell is not None:
                    tab.set_value(row_at, column, cell)
        wide = max(map(len, values), default=0)
        area = Area(tab, top, left, top + max(len(values), 1), left + max(wide, 1))
        answer: Json = {"spreadsheetId": file.id, "updatedRange": area.name()}
        written = sum(cell is not None for row in cells for cell in row)
        if written:
            answer |= {"updatedRows": len(values), "updatedColumns": wide, "updatedCells": written}
        if call.params.get("includeValuesInResponse"):
            answer["updatedData"] = {
                "range": area.name(),
                "majorDimension": "ROWS",
                "values": area.values("FORMATTED_VALUE"),
            }
        return answer


def _by_rows(body: Json) -> list[list[Any]]:
    values: list[list[Any]] = body.get("values", [])
    if body.get("majorDimension") != "COLUMNS":
        return values
    deep = max(map(len, values), default=0)
    return [[column[row] if row < len(column) else None for column in values] for row in range(deep)]


def _value_range(area: Area, call: Call) -> Json:
    asked = dict(call.params) | {k: v for k, v in call.body.items() if isinstance(v, str)}
    values = area.values(asked.get("valueRenderOption", "FORMATTED_VALUE"))
    major = asked.get("majorDimension", "ROWS")
    if major == "COLUMNS":
        wide = max(map(len, values), default=0)
        values = [[row[at] if at < len(row) else "" for row in values] for at in range(wide)]
    answer: Json = {"range": area.name(), "majorDimension": major}
    return answer | ({"values": values} if values else {})


def _all_of(tab: Tab) -> Area:
    return Area(tab, 0, 0, tab.last_row(), tab.columns)


def _grid_data(area: Area) -> Json:
    rows: list[Json] = []
    for row in area.tab.rows[area.top : area.bottom]:
        cells = []
        for column in range(area.left, max((c + 1 for c in row if c < area.right), default=area.left)):
            cell = copy.deepcopy(row.get(column, {}))
            if "userEnteredValue" in cell:
                cell["formattedValue"] = str(rendered(cell, "FORMATTED_VALUE"))
                formula = "formulaValue" in cell["userEnteredValue"]
                cell["effectiveValue"] = {"errorValue": {"type": "ERROR"}} if formula else cell["userEnteredValue"]
            cells.append(cell)
        rows.append({"values": cells} if cells else {})
    place: Json = {name: at for name, at in (("startRow", area.top), ("startColumn", area.left)) if at}
    return place | {"rowData": rows}
