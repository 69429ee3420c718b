"""What to ask of ``spreadsheets.batchUpdate`` for a set of rows. Pure: from what was read to what to write."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from integrations.ports import TaskRow

KEY_HEADING: Final = "Key"
METADATA_KEY: Final = "policydesk"
NEW_TAB_ROWS: Final = 200
NEW_TAB_COLUMNS: Final = 26
_LARGEST_ID: Final = 2**31 - 1  # Google's ids are positive 32-bit numbers
_VALUE: Final = "userEnteredValue"

Request = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab as it was read: ``headings`` is its first row, ``keys`` its first column from the first row on."""

    name: str
    sheet_id: int
    exists: bool
    rows: int
    columns: int
    headings: Sequence[str]
    keys: Sequence[str]

    @classmethod
    def new(cls, name: str, used_ids: set[int]) -> Tab:
        """A tab that is still to be made, under an id of its own, which is added to ``used_ids``."""
        sheet_id = _id_from("tab", name)
        while sheet_id in used_ids:
            sheet_id = sheet_id % _LARGEST_ID + 1
        used_ids.add(sheet_id)
        return cls(name, sheet_id, False, NEW_TAB_ROWS, NEW_TAB_COLUMNS, (), ())


def metadata_id(row: TaskRow, probe: int = 0) -> int:
    """The id under which a new row is registered, from its tab and key; ``probe`` counts on past ids in use."""
    return (_id_from(row.tab, row.key) + probe - 1) % _LARGEST_ID + 1


def requests_for(rows: Sequence[TaskRow], tabs: Mapping[str, Tab], taken: AbstractSet[int]) -> list[Request]:
    """The requests, in order, that insert or update these rows; ids in ``taken`` are not given to new rows."""
    requests: list[Request] = []
    given = set(taken)
    for name in dict.fromkeys(row.tab for row in rows):
        requests += _tab_requests([row for row in rows if row.tab == name], tabs[name], given)
    return requests


def _tab_requests(rows: Sequence[TaskRow], tab: Tab, given: set[int]) -> Iterator[Request]:
    headings = _headings(rows, tab)
    columns = {name: at for at, name in reversed(list(enumerate(headings)))}  # of two alike, the first
    if not tab.exists:
        yield _add_tab(tab, len(headings))
    elif len(headings) > tab.columns:
        yield {"appendDimension": {**_of(tab, "COLUMNS"), "length": len(headings) - tab.columns}}
    if headings != list(tab.headings):
        yield _write(tab, 0, 0, headings)
    found = {key: at for at, key in reversed(list(enumerate(tab.keys))) if at > 0}
    for row in rows:
        if row.key in found:
            yield from _cells(tab, found[row.key], row, columns)
    new = [row for row in rows if row.key not in found]
    if new:
        yield from _insert(new, tab, columns, given)


def _insert(rows: Sequence[TaskRow], tab: Tab, columns: Mapping[str, int], given: set[int]) -> Iterator[Request]:
    """Room below the last key, then the rows and their registration."""
    first = max(len(tab.keys), 1)
    if first >= tab.rows:
        yield {"appendDimension": {**_of(tab, "ROWS"), "length": first + len(rows) - tab.rows}}
    else:
        span = {**_of(tab, "ROWS"), "startIndex": first, "endIndex": first + len(rows)}
        yield {"insertDimension": {"range": span, "inheritFromBefore": first > 1}}
    for at, row in enumerate(rows, start=first):
        yield _write(tab, at, 0, [row.key])
        yield from _cells(tab, at, row, columns)
        yield _register(tab, at, row, given)


def _headings(rows: Sequence[TaskRow], tab: Tab) -> list[str]:
    """The first row as it should be: what people made of it, and what is still missing at its end."""
    headings = list(tab.headings) or [KEY_HEADING]
    headings[0] = headings[0] or KEY_HEADING
    known = set(headings[1:])
    for name in dict.fromkeys(name for row in rows for name in row.cells):
        if name not in known:
            headings.append(name)
            known.add(name)
    return headings


def _cells(tab: Tab, at: int, row: TaskRow, columns: Mapping[str, int]) -> Iterator[Request]:
    """Write a row's cells where their headings are, without touching the columns of others between them."""
    placed = sorted((columns[name], text) for name, text in row.cells.items())
    run: list[str] = []
    start = 0
    for column, text in placed:
        if run and column != start + len(run):
            yield _write(tab, at, start, run)
            run = []
        if not run:
            start = column
        run.append(text)
    if run:
        yield _write(tab, at, start, run)


def _write(tab: Tab, row: int, column: int, texts: Sequence[str]) -> Request:
    return {
        "updateCells": {
            "start": {"sheetId": tab.sheet_id, "rowIndex": row, "columnIndex": column},
            "rows": [{"values": [{_VALUE: {"stringValue": text}} for text in texts]}],
            "fields": _VALUE,
        }
    }


def _register(tab: Tab, at: int, row: TaskRow, given: set[int]) -> Request:
    probe = 0
    while (chosen := metadata_id(row, probe)) in given:
        probe += 1
    given.add(chosen)
    return {
        "createDeveloperMetadata": {
            "developerMetadata": {
                "metadataId": chosen,
                "metadataKey": METADATA_KEY,
                "metadataValue": row.key,
                "location": {"dimensionRange": {**_of(tab, "ROWS"), "startIndex": at, "endIndex": at + 1}},
                "visibility": "DOCUMENT",
            }
        }
    }


def _add_tab(tab: Tab, columns: int) -> Request:
    grid = {"rowCount": tab.rows, "columnCount": max(tab.columns, columns), "frozenRowCount": 1}
    return {"addSheet": {"properties": {"sheetId": tab.sheet_id, "title": tab.name, "gridProperties": grid}}}


def _of(tab: Tab, dimension: str) -> Request:
    return {"sheetId": tab.sheet_id, "dimension": dimension}


def _id_from(*parts: str) -> int:
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return int.from_bytes(digest[:4], "big") % _LARGEST_ID + 1
