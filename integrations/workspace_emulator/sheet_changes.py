"""What ``spreadsheets.batchUpdate`` can do (developers.google.com/workspace/sheets/api/reference/rest/v4/
spreadsheets/request). Each function changes the spreadsheet it is given, or raises ApiError 400."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

from integrations.workspace_emulator.calls import Json
from integrations.workspace_emulator.discovery import has_field
from integrations.workspace_emulator.errors import invalid
from integrations.workspace_emulator.grid import Tab
from integrations.workspace_emulator.sheet_marks import create_mark, delete_marks, update_marks
from integrations.workspace_emulator.spreadsheets import Spreadsheet

MOST_CELLS = 10_000_000
Change = Callable[[Spreadsheet, Json], Json]


def add_sheet(file: Spreadsheet, request: Json) -> Json:
    """A new tab; titles and ids are unique."""
    asked = request.get("properties", {})
    title = asked.get("title", f"Sheet{len(file.tabs) + 1}")
    sheet_id = asked.get("sheetId", max((tab.sheet_id for tab in file.tabs), default=0) + 1001)
    if any(tab.title.lower() == title.lower() for tab in file.tabs):
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')
    if any(tab.sheet_id == sheet_id for tab in file.tabs):
        raise invalid(f"Sheet with id {sheet_id} already exists.")
    tab = Tab(sheet_id, title)
    file.tabs.insert(asked.get("index", len(file.tabs)), tab)
    _set_properties(file, tab, asked, set(asked) - {"sheetId", "title", "index"})
    return {"properties": tab.described(file.tabs.index(tab))}


def update_sheet_properties(file: Spreadsheet, request: Json) -> Json:
    """Change what the mask names."""
    asked = request.get("properties", {})
    tab = file.tab(asked.get("sheetId", 0))
    names = {path.split(".")[0] for path in _paths(request)}
    _set_properties(file, tab, asked, set(asked) if "*" in names else names)
    return {}


def insert_dimension(file: Spreadsheet, request: Json) -> Json:
    """Empty rows or columns; what is marked below or to the right moves along."""
    tab, dimension, start, end = _dimension(file, request)
    if request.get("inheritFromBefore") and start == 0:
        raise invalid("inheritFromBefore cannot be true if inserting at the first row or column.")
    if start > (len(tab.rows) if dimension == "ROWS" else tab.columns):
        raise invalid(f"range.startIndex[{start}] is too large.")
    tab.insert(dimension, start, end - start)
    file.shift(tab.sheet_id, dimension, start, end - start)
    return {}


def delete_dimension(file: Spreadsheet, request: Json) -> Json:
    """Take rows or columns out, with the marks on them."""
    tab, dimension, start, end = _dimension(file, request)
    size = len(tab.rows) if dimension == "ROWS" else tab.columns
    if start >= size:
        raise invalid(f"Cannot delete a {dimension.lower()[:-1]} that doesn't exist. Tried to delete index {start}.")
    end = min(end, size)
    if end - start >= size:
        raise invalid("You can't delete all the rows or columns on the sheet.")
    tab.delete(dimension, start, end)
    file.shift(tab.sheet_id, dimension, start, start - end)
    return {}


def update_cells(file: Spreadsheet, request: Json) -> Json:
    """Write the fields of the mask, from a start cell or over a range (where what is not given is cleared)."""
    rows = [row.get("values", []) for row in request.get("rows", [])]
    if "range" in request:
        place = request["range"]
        tab = file.tab(place.get("sheetId", 0))
        top, left = place.get("startRowIndex", 0), place.get("startColumnIndex", 0)
        bottom, right = place.get("endRowIndex", len(tab.rows)), place.get("endColumnIndex", tab.columns)
        rows = [list(row) + [{}] * (right - left - len(row)) for row in rows]
        rows += [[{}] * (right - left)] * (bottom - top - len(rows))
    else:
        place = request.get("start", {})
        tab = file.tab(place.get("sheetId", 0))
        top, left = place.get("rowIndex", 0), place.get("columnIndex", 0)
    _write(tab, top, left, rows, _paths(request))
    return {}


def append_cells(file: Spreadsheet, request: Json) -> Json:
    """Write rows below the last one that holds a value, making room where there is none."""
    tab = file.tab(request.get("sheetId", 0))
    rows = [row.get("values", []) for row in request.get("rows", [])]
    top = tab.last_row()
    tab.resize(max(len(tab.rows), top + len(rows)), max([tab.columns, *map(len, rows)]))
    _write(tab, top, 0, rows, _paths(request))
    return {}


CHANGES: dict[str, Change] = {
    "addSheet": add_sheet,
    "updateSheetProperties": update_sheet_properties,
    "insertDimension": insert_dimension,
    "deleteDimension": delete_dimension,
    "updateCells": update_cells,
    "appendCells": append_cells,
    "createDeveloperMetadata": create_mark,
    "updateDeveloperMetadata": update_marks,
    "deleteDeveloperMetadata": delete_marks,
}


def _paths(request: Json) -> list[str]:
    fields = request.get("fields", "")
    if not fields:
        raise invalid("At least one field must be listed in 'fields'. (use '*' to indicate all fields)")
    return [path.strip() for path in fields.split(",")]


def _set_properties(file: Spreadsheet, tab: Tab, asked: Json, names: set[str]) -> None:
    unknown = [name for name in sorted(names) if has_field("sheets", "SheetProperties", name) is None]
    if unknown or ("title" in names and not asked.get("title")):
        raise invalid(f"Invalid field: {unknown[0] if unknown else 'title'}")
    if "title" in names and asked["title"] != tab.title:
        if any(other.title.lower() == asked["title"].lower() for other in file.tabs if other is not tab):
            raise invalid(f'A sheet with the name "{asked["title"]}" already exists. Please enter another name.')
        tab.title = asked["title"]
    if "index" in names:
        file.tabs.remove(tab)
        file.tabs.insert(asked.get("index", 0), tab)
    grid = dict(asked.get("gridProperties", {})) if "gridProperties" in names else {}
    rows, columns = grid.pop("rowCount", len(tab.rows)), grid.pop("columnCount", tab.columns)
    if rows < 1 or columns < 1 or rows * columns > MOST_CELLS:
        raise invalid(f"A sheet has at least one row and one column, and at most {MOST_CELLS} cells.")
    tab.resize(rows, columns)
    tab.properties["gridProperties"] = tab.properties.get("gridProperties", {}) | grid
    for name in names - {"title", "index", "sheetId", "sheetType", "gridProperties"}:
        if name in asked:
            tab.properties[name] = copy.deepcopy(asked[name])
        else:
            tab.properties.pop(name, None)


def _dimension(file: Spreadsheet, request: Json) -> tuple[Tab, str, int, int]:
    place = request.get("range", {})
    tab = file.tab(place.get("sheetId", 0))
    dimension = place.get("dimension", "")
    start, end = place.get("startIndex", 0), place.get("endIndex", 0)
    if dimension not in ("ROWS", "COLUMNS") or not 0 <= start < end:
        raise invalid("Invalid range: a dimension, and a start before its end, are required.")
    return tab, dimension, start, end


def _write(tab: Tab, top: int, left: int, rows: list[list[Json]], paths: list[str]) -> None:
    if top + len(rows) > len(tab.rows):
        raise invalid(
            f"Attempting to write row: {top + len(rows) - 1}, beyond the last requested row of: {len(tab.rows) - 1}"
        )
    for row_at, row in enumerate(rows, top):
        if left + len(row) > tab.columns:
            last = tab.columns - 1
            raise invalid(
                f"Attempting to write column: {left + len(row) - 1}, beyond the last requested column of: {last}"
            )
        for column, given in enumerate(row, left):
            cell = tab.rows[row_at].setdefault(column, {})
            for name in _roots(paths, given, cell):
                if name in given:
                    cell[name] = copy.deepcopy(given[name])
                else:
                    cell.pop(name, None)
            if not cell:
                del tab.rows[row_at][column]


def _roots(paths: list[str], given: Json, cell: Json) -> Iterator[str]:
    for path in paths:
        if path == "*":
            yield from {*given, *cell}
        else:
            yield path.split(".")[0]
