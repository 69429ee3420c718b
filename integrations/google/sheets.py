"""Sheets: rows by key, in one atomic batch, whatever people do to the sheet in between.

The key column (A) is the truth: rows may have been sorted or moved, so it is read before every write. A new row is
inserted, never written over what may be there, and carries developer metadata under an id made from its key: of two
processes that insert the same key at once, Google refuses the second batch as a whole. Text goes in as
``userEnteredValue.stringValue``, which Sheets never reads as a formula.
developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/batchUpdate

Between the reading and the writing a person may still sort the sheet. Known rows are therefore written without their
key, so that a row hit by mistake keeps its own key and is put right by its next update.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from integrations.google.auth import Google
from integrations.google.reasons import GoogleError
from integrations.google.sheet_requests import Request, Tab, metadata_id, requests_for
from integrations.google.text import fit
from integrations.ports import DeliveryError, TaskRow

LONGEST_CELL: Final = 50_000
LONGEST_BATCH: Final = 1_000_000  # characters; Google advises requests of at most 2 MB
_SHORTENED: Final = " [Shortened here. The whole text is on the case.]"
_TRIES: Final = 4
_REFUSED: Final = (400, 409)  # as a whole: an id taken, a tab made meanwhile, rows gone
_TAB_FIELDS: Final = "sheets.properties(sheetId,title,sheetType,gridProperties(rowCount,columnCount))"


class Sheets:
    """The TaskSheet port over one spreadsheet, acting as ``acts_as``; safe for many threads, one of which writes."""

    def __init__(self, google: Google, acts_as: str, spreadsheet: str) -> None:
        self._google = google
        self._acts_as = acts_as
        self._spreadsheet = spreadsheet
        self._writing = threading.Lock()

    def upsert(self, rows: Sequence[TaskRow]) -> None:
        """Insert or update each row by its key; missing tabs and columns are made. Raises DeliveryError.

        All rows go in one batch, unless together they are too long for a request. After any failure the same call may
        be made again: nothing is doubled.
        """
        with self._writing:
            for batch in _batches(_merged(rows)):
                try:
                    self._write(batch)
                except GoogleError as failure:
                    # There is but the one spreadsheet: it was deleted, or its id in the settings is wrong.
                    failure.systemic = failure.systemic or failure.status == 404
                    raise

    def _write(self, rows: Sequence[TaskRow]) -> None:
        api = self._google.api("sheets", self._acts_as)
        taken: set[int] = set()
        refused: tuple[list[Request], GoogleError] | None = None
        for _try in range(_TRIES):
            tabs = self._read(api, [row.tab for row in rows])
            requests = requests_for(rows, tabs, taken)
            if refused and requests == refused[0]:
                raise refused[1]  # nothing has moved: it is the request itself that Google refuses
            body = {"requests": requests}
            try:
                api.run(api.resource.spreadsheets().batchUpdate(spreadsheetId=self._spreadsheet, body=body))
            except GoogleError as failure:
                if failure.status not in _REFUSED:
                    raise
                refused = (requests, failure)
            else:
                return
            # Read again. A key that is there now was inserted by someone else; an id that is taken is passed over.
            taken |= self._taken_ids(api, rows)
        raise DeliveryError("sheet-keeps-changing")

    def _read(self, api: Any, names: Sequence[str]) -> dict[str, Tab]:
        """The tabs of these names, with their headings and keys; one that is not there yet has no id."""
        sheets = api.resource.spreadsheets()
        reply = api.run(sheets.get(spreadsheetId=self._spreadsheet, fields=_TAB_FIELDS))
        every = {s["properties"]["title"]: s["properties"] for s in reply.get("sheets", [])}
        used = {properties["sheetId"] for properties in every.values()}
        tabs = {name: Tab.new(name, used) for name in dict.fromkeys(names) if name not in every}
        known = [name for name in dict.fromkeys(names) if name in every]
        ranges = [_a1(name, part) for name in known for part in ("1:1", "A:A")]
        cells = self._values(api, ranges) if ranges else []
        for name, headings, keys in zip(known, cells[::2], cells[1::2], strict=True):
            tabs[name] = _tab(name, every[name], headings, keys)
        return tabs

    def _values(self, api: Any, ranges: Sequence[str]) -> list[list[list[Any]]]:
        values = api.resource.spreadsheets().values()
        reply = api.run(values.batchGet(spreadsheetId=self._spreadsheet, ranges=ranges, majorDimension="ROWS"))
        return [found.get("values", []) for found in reply.get("valueRanges", [])]

    def _taken_ids(self, api: Any, rows: Sequence[TaskRow]) -> set[int]:
        """Which metadata ids near these rows' own are in use (by the same row, a wiped one, or another key)."""
        wanted = {metadata_id(row, probe) for row in rows for probe in range(_TRIES)}
        filters = [{"developerMetadataLookup": {"metadataId": one}} for one in sorted(wanted)]
        search = api.resource.spreadsheets().developerMetadata().search
        reply = api.run(search(spreadsheetId=self._spreadsheet, body={"dataFilters": filters}), reading=True)
        return {found["developerMetadata"]["metadataId"] for found in reply.get("matchedDeveloperMetadata", [])}


def _merged(rows: Sequence[TaskRow]) -> list[TaskRow]:
    """One row for each tab and key, the later saying more; every cell within its room."""
    merged: dict[tuple[str, str], TaskRow] = {}
    for row in rows:
        if not row.key.strip() or not row.tab.strip() or fit(row.key, 1_000, "") != row.key:
            raise DeliveryError("bad-key", permanent=True)
        before = merged.get((row.tab, row.key))
        cells = {name: fit(text, LONGEST_CELL, _SHORTENED) for name, text in row.cells.items()}
        merged[row.tab, row.key] = replace(row, cells={**(before.cells if before else {}), **cells})
    return list(merged.values())


def _batches(rows: Sequence[TaskRow]) -> Iterator[list[TaskRow]]:
    batch: list[TaskRow] = []
    length = 0
    for row in rows:
        size = len(row.key) + sum(len(text) for text in row.cells.values())
        if batch and length + size > LONGEST_BATCH:
            yield batch
            batch, length = [], 0
        batch.append(row)
        length += size
    if batch:
        yield batch


def _tab(name: str, properties: Any, headings: list[list[Any]], keys: list[list[Any]]) -> Tab:
    if properties.get("sheetType", "GRID") != "GRID":
        raise DeliveryError("sheet-not-a-grid", permanent=True, systemic=True)
    grid = properties["gridProperties"]
    return Tab(
        name=name,
        sheet_id=properties["sheetId"],
        exists=True,
        rows=grid["rowCount"],
        columns=grid["columnCount"],
        headings=[str(cell) for cell in headings[0]] if headings else [],
        keys=[str(row[0]) if row else "" for row in keys],
    )


def _a1(tab: str, cells: str) -> str:
    quoted = tab.replace("'", "''")
    return f"'{quoted}'!{cells}"
