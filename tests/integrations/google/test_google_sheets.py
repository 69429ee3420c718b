"""The TaskSheet over Sheets: one atomic batch by key, whatever people did to the sheet, and nothing twice."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
import responses

from integrations.google import Workspace
from integrations.google.sheet_requests import NEW_TAB_ROWS, Tab, metadata_id, requests_for
from integrations.google.sheets import LONGEST_CELL
from integrations.ports import DeliveryError, TaskRow

SHEET = "http://127.0.0.1:9/v4/spreadsheets/sheet-1"
VALUES = f"{SHEET}/values:batchGet"
BATCH = f"{SHEET}:batchUpdate"
SEARCH = f"{SHEET}/developerMetadata:search"


def row(key: str, tab: str = "Tasks", **cells: str) -> TaskRow:
    return TaskRow(key, tab, cells or {"Title": f"Do {key}", "Due": "2026-10-06"})


def tab(
    keys: list[str], headings: tuple[str, ...] = ("Key", "Title", "Due"), rows: int = 100, columns: int = 26
) -> Tab:
    return Tab("Tasks", 7, True, rows, columns, headings, ["Key", *keys] if headings else [])


def planned(rows: list[TaskRow], there: Tab, taken: frozenset[int] = frozenset()) -> list[dict[str, Any]]:
    return requests_for(rows, {there.name: there}, taken)


def writes(requests: list[dict[str, Any]]) -> list[tuple[int, int, list[str]]]:
    """(row, column, texts) of each writing of cells."""
    found = []
    for request in requests:
        if "updateCells" in request:
            start = request["updateCells"]["start"]
            cells = [cell["userEnteredValue"]["stringValue"] for cell in request["updateCells"]["rows"][0]["values"]]
            found.append((start["rowIndex"], start["columnIndex"], cells))
    return found


def kinds(requests: list[dict[str, Any]]) -> list[str]:
    return [next(iter(request)) for request in requests]


def test_a_new_row_is_inserted_below_and_registered() -> None:
    plan = planned([row("a")], tab(["x", "y"]))
    assert kinds(plan) == ["insertDimension", "updateCells", "updateCells", "createDeveloperMetadata"]
    assert plan[0]["insertDimension"]["range"] == {
        "sheetId": 7, "dimension": "ROWS", "startIndex": 3, "endIndex": 4,
    }  # fmt: skip
    assert writes(plan) == [(3, 0, ["a"]), (3, 1, ["Do a", "2026-10-06"])]
    mark = plan[-1]["createDeveloperMetadata"]["developerMetadata"]
    assert (mark["metadataId"], mark["metadataValue"]) == (metadata_id(row("a")), "a")
    assert mark["location"]["dimensionRange"]["startIndex"] == 3


def test_a_known_row_is_updated_where_it_is_now_without_its_key() -> None:
    assert writes(planned([row("a")], tab(["x", "y", "a"]))) == [(3, 1, ["Do a", "2026-10-06"])]
    assert writes(planned([row("a")], tab(["a", "x", "y"]))) == [(1, 1, ["Do a", "2026-10-06"])]


def test_of_a_row_that_a_person_copied_the_first_is_ours() -> None:
    assert writes(planned([row("a")], tab(["x", "a", "a"]))) == [(2, 1, ["Do a", "2026-10-06"])]


def test_a_key_that_reads_like_the_heading_is_still_new() -> None:
    assert "insertDimension" in kinds(planned([row("Key")], tab([])))


def test_columns_that_people_moved_or_added_are_respected() -> None:
    there = tab(["a"], headings=("Key", "Due", "Our notes", "Title"))
    assert writes(planned([row("a")], there)) == [(1, 1, ["2026-10-06"]), (1, 3, ["Do a"])]


def test_a_new_column_goes_to_the_end() -> None:
    plan = planned([row("a", Title="t", Status="open")], tab(["a"]))
    assert writes(plan) == [(0, 0, ["Key", "Title", "Due", "Status"]), (1, 1, ["t"]), (1, 3, ["open"])]
    narrow = planned([row("a", Title="t", Status="open")], tab(["a"], columns=3))
    assert narrow[0] == {"appendDimension": {"sheetId": 7, "dimension": "COLUMNS", "length": 1}}


def test_a_sheet_without_room_grows() -> None:
    plan = planned([row("a"), row("b")], tab(["x", "y"], rows=3))
    assert plan[0] == {"appendDimension": {"sheetId": 7, "dimension": "ROWS", "length": 2}}
    assert [at for at, _column, _texts in writes(plan)] == [3, 3, 4, 4]


def test_an_empty_tab_gets_its_headings() -> None:
    assert writes(planned([row("a")], tab([], headings=())))[0] == (0, 0, ["Key", "Title", "Due"])


def test_a_missing_tab_is_made_in_the_same_batch() -> None:
    used = {5}
    there = Tab.new("Tasks", used)
    assert there.sheet_id in used
    plan = planned([row("a")], there)
    properties = plan[0]["addSheet"]["properties"]
    assert (properties["title"], properties["sheetId"]) == ("Tasks", there.sheet_id)
    assert properties["gridProperties"] == {"rowCount": NEW_TAB_ROWS, "columnCount": 26, "frozenRowCount": 1}
    assert {request["updateCells"]["start"]["sheetId"] for request in plan if "updateCells" in request} == {
        there.sheet_id
    }
    again = Tab.new("Tasks", used)
    assert again.sheet_id != there.sheet_id


def test_ids_are_positive_and_pass_over_those_in_use() -> None:
    every = {metadata_id(row(f"k{number}"), probe) for number in range(500) for probe in range(3)}
    assert all(0 < one < 2**31 for one in every)
    first = metadata_id(row("a"))
    plan = planned([row("a")], tab([]), frozenset({first, first + 1}))
    assert plan[-1]["createDeveloperMetadata"]["developerMetadata"]["metadataId"] == first + 2


FORMULAS = ['=IMPORTXML("http://evil.example")', "+1", "-1", "@SUM(A1)", "\t=1", "'=1", "=HYPERLINK(1)"]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_is_never_a_formula(text: str) -> None:
    plan = planned([row("a", Title=text)], tab([]))
    assert "formulaValue" not in json.dumps(plan)
    assert writes(plan)[-1] == (1, 1, [text])


class OneSheet:
    """Answers as a spreadsheet whose Tasks tab holds these keys; batches are kept."""

    def __init__(self, web: responses.RequestsMock, *keys: str) -> None:
        self.keys = list(keys)
        self.batches: list[list[dict[str, Any]]] = []
        self.answers: list[Any] = []
        grid = {"rowCount": 100, "columnCount": 26}
        properties = {"sheetId": 7, "title": "Tasks", "sheetType": "GRID", "gridProperties": grid}
        web.get(SHEET, json={"sheets": [{"properties": properties}]})
        web.add_callback("GET", VALUES, callback=self.values)
        web.add_callback("POST", BATCH, callback=self.batch)
        self.search = web.post(SEARCH, json={})

    def values(self, _request: Any) -> tuple[int, dict[str, str], str]:
        keys = {"values": [["Key"], *[[key] if key else [] for key in self.keys]]}
        return 200, {}, json.dumps({"valueRanges": [{"values": [["Key", "Title", "Due"]]}, keys]})

    def batch(self, request: Any) -> Any:
        self.batches.append(json.loads(request.body)["requests"])
        answer = self.answers.pop(0) if self.answers else (200, {}, "{}")
        if callable(answer):
            answer = answer()
        if isinstance(answer, Exception):
            raise answer
        return answer


REFUSED = (
    400,
    {},
    json.dumps({"error": {"code": 400, "message": "Invalid requests[3]", "status": "INVALID_ARGUMENT"}}),
)


def test_many_rows_are_one_batch(web: responses.RequestsMock, workspace: Workspace) -> None:
    sheet = OneSheet(web, "b")
    workspace.tasks.upsert([row("a"), row("b"), row("c"), row("a", Title="later")])
    (plan,) = sheet.batches
    assert writes(plan) == [
        (1, 1, ["Do b", "2026-10-06"]),
        (2, 0, ["a"]),
        (2, 1, ["later", "2026-10-06"]),
        (3, 0, ["c"]),
        (3, 1, ["Do c", "2026-10-06"]),
    ]


def test_no_rows_ask_nothing(web: responses.RequestsMock, workspace: Workspace) -> None:
    workspace.tasks.upsert([])
    assert not web.calls


def test_a_batch_too_long_for_a_request_is_split(web: responses.RequestsMock, workspace: Workspace) -> None:
    sheet = OneSheet(web)
    workspace.tasks.upsert([row(f"k{number}", Title="x" * 49_000) for number in range(30)])
    assert len(sheet.batches) == 2


def test_a_cell_too_long_is_shortened_with_a_note(web: responses.RequestsMock, workspace: Workspace) -> None:
    sheet = OneSheet(web)
    workspace.tasks.upsert([row("a", Title="x" * 900_000, Due="\ud800")])
    (title, due) = writes(sheet.batches[0])[-1][2]
    assert len(title) == LONGEST_CELL
    assert title.endswith("[Shortened here. The whole text is on the case.]")
    assert due == "\ufffd" * 3


def test_a_lost_answer_does_not_double_the_row(web: responses.RequestsMock, workspace: Workspace) -> None:
    sheet = OneSheet(web)

    def committed() -> Exception:
        sheet.keys.append("a")
        return requests.ConnectionError(ConnectionResetError(104, "reset"))

    sheet.answers = [committed]
    with pytest.raises(DeliveryError) as caught:
        workspace.tasks.upsert([row("a")])
    assert caught.value.ambiguous
    workspace.tasks.upsert([row("a")])
    assert kinds(sheet.batches[1]) == ["updateCells"]


def test_another_process_inserted_the_same_key_first(web: responses.RequestsMock, workspace: Workspace) -> None:
    sheet = OneSheet(web)

    def beaten() -> Any:
        sheet.keys.append("a")
        return REFUSED

    sheet.answers = [beaten]
    workspace.tasks.upsert([row("a")])
    assert [kinds(batch)[0] for batch in sheet.batches] == ["insertDimension", "updateCells"]


def test_an_id_that_another_key_holds_is_passed_over(web: responses.RequestsMock, workspace: Workspace) -> None:
    sheet = OneSheet(web)
    taken = metadata_id(row("a"))
    web.replace("POST", SEARCH, json={"matchedDeveloperMetadata": [{"developerMetadata": {"metadataId": taken}}]})
    sheet.answers = [REFUSED]
    workspace.tasks.upsert([row("a")])
    marks = [batch[-1]["createDeveloperMetadata"]["developerMetadata"]["metadataId"] for batch in sheet.batches]
    assert marks == [taken, taken + 1]


def test_a_request_that_google_refuses_whatever_we_read_is_for_a_person(
    web: responses.RequestsMock, workspace: Workspace
) -> None:
    sheet = OneSheet(web)
    sheet.answers = [REFUSED] * 5
    with pytest.raises(DeliveryError, match="INVALID_ARGUMENT") as caught:
        workspace.tasks.upsert([row("a")])
    assert caught.value.permanent
    assert len(sheet.batches) == 1, "the same request is not sent again"


def test_a_sheet_that_never_stands_still_is_tried_later(web: responses.RequestsMock, workspace: Workspace) -> None:
    sheet = OneSheet(web)

    def moved() -> Any:
        sheet.keys.append("someone else's")
        return REFUSED

    sheet.answers = [moved] * 9
    with pytest.raises(DeliveryError, match="sheet-keeps-changing") as caught:
        workspace.tasks.upsert([row("a")])
    assert not caught.value.permanent


def test_server_errors_while_writing_are_ambiguous_and_while_reading_not(
    web: responses.RequestsMock, workspace: Workspace
) -> None:
    sheet = OneSheet(web)
    sheet.answers = [(503, {"Retry-After": "3"}, "{}")]
    with pytest.raises(DeliveryError) as caught:
        workspace.tasks.upsert([row("a")])
    assert (caught.value.ambiguous, caught.value.retry_after) == (True, 3.0)
    sheet.answers = [REFUSED]
    web.replace("POST", SEARCH, status=503)
    with pytest.raises(DeliveryError) as caught:
        workspace.tasks.upsert([row("a")])
    assert not caught.value.ambiguous


def test_a_chart_under_our_name(web: responses.RequestsMock, workspace: Workspace) -> None:
    OneSheet(web)
    chart = {"sheetId": 7, "title": "Tasks", "sheetType": "OBJECT"}
    web.replace("GET", SHEET, json={"sheets": [{"properties": chart}]})
    with pytest.raises(DeliveryError, match="sheet-not-a-grid"):
        workspace.tasks.upsert([row("a")])


@pytest.mark.parametrize(
    ("key", "name"), [("", "Tasks"), (" ", "Tasks"), ("a", ""), ("\x00", "Tasks"), ("k" * 1001, "T")]
)
def test_a_row_that_could_not_be_found_again(workspace: Workspace, key: str, name: str) -> None:
    with pytest.raises(DeliveryError, match="bad-key") as caught:
        workspace.tasks.upsert([TaskRow(key, name, {})])
    assert caught.value.permanent


def test_quotation_marks_in_a_tab_name(web: responses.RequestsMock, workspace: Workspace) -> None:
    OneSheet(web)
    grid = {"rowCount": 100, "columnCount": 26}
    web.replace(
        "GET", SHEET, json={"sheets": [{"properties": {"sheetId": 7, "title": "Head's", "gridProperties": grid}}]}
    )
    workspace.tasks.upsert([row("a", "Head's")])
    read = next(call for call in web.calls if call.request.url.startswith(VALUES))
    assert read.request.params["ranges"] == ["'Head''s'!1:1", "'Head''s'!A:A"]
