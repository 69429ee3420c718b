"""Facts about Sheets that its discovery document does not say, each with the page that says it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from googleapiclient.errors import HttpError

SHEET = "tasks-of-the-test"


def row_request(at: int, text: str) -> list[dict[str, Any]]:
    """A row put in front of row ``at`` with one text cell."""
    place = {"sheetId": 0, "dimension": "ROWS", "startIndex": at, "endIndex": at + 1}
    start = {"sheetId": 0, "rowIndex": at, "columnIndex": 0}
    rows = [{"values": [{"userEnteredValue": {"stringValue": text}}]}]
    return [
        {"insertDimension": {"range": place}},
        {"updateCells": {"start": start, "rows": rows, "fields": "userEnteredValue"}},
    ]


def mark_request(number: int, at: int, key: str = "policydesk") -> dict[str, Any]:
    place = {"sheetId": 0, "dimension": "ROWS", "startIndex": at, "endIndex": at + 1}
    mark = {"metadataId": number, "metadataKey": key, "metadataValue": str(number), "visibility": "DOCUMENT"}
    return {"createDeveloperMetadata": {"developerMetadata": mark | {"location": {"dimensionRange": place}}}}


def batch(sheets: Any, *requests: dict[str, Any]) -> dict[str, Any]:
    done: dict[str, Any] = (
        sheets.spreadsheets().batchUpdate(spreadsheetId=SHEET, body={"requests": list(requests)}).execute()
    )
    return done


def write(sheets: Any, area: str, values: list[list[Any]], option: str = "RAW") -> dict[str, Any]:
    call = sheets.spreadsheets().values()
    done: dict[str, Any] = call.update(
        spreadsheetId=SHEET, range=area, valueInputOption=option, body={"values": values}
    ).execute()
    return done


def read(sheets: Any, area: str, **options: Any) -> list[list[Any]]:
    found = sheets.spreadsheets().values().get(spreadsheetId=SHEET, range=area, **options).execute()
    values: list[list[Any]] = found.get("values", [])
    return values


def refusal(error: pytest.ExceptionInfo[HttpError]) -> tuple[int, str, str]:
    detail = json.loads(error.value.content)["error"]
    assert "errors" not in detail, "Sheets has no errors[].reason"
    return detail["code"], detail["status"], detail["message"]


def test_a_batch_is_all_or_nothing(google: Any) -> None:
    """workspace/sheets/api/reference/rest/v4/spreadsheets/batchUpdate: "If any request is not valid then the entire
    request will fail and nothing will be applied."
    """
    sheets = google("sheets")
    with pytest.raises(HttpError) as error:
        batch(sheets, *row_request(0, "first"), {"deleteDimension": {"range": {"sheetId": 99, "dimension": "ROWS"}}})
    assert refusal(error)[:2] == (400, "INVALID_ARGUMENT")
    assert "requests[2].deleteDimension" in refusal(error)[2]
    assert read(sheets, "Sheet1") == []


def test_a_metadata_id_is_given_once_and_the_second_batch_changes_nothing(google: Any) -> None:
    """workspace/sheets/api/guides/metadata: ids are unique; the id may be the client's own."""
    sheets = google("sheets")
    batch(sheets, *row_request(0, "task"), mark_request(77, 0))
    with pytest.raises(HttpError) as error:
        batch(sheets, *row_request(0, "task"), mark_request(77, 0))
    assert refusal(error)[0] == 400
    assert read(sheets, "Sheet1") == [["task"]]


def test_a_mark_moves_with_its_row_and_goes_with_it(google: Any) -> None:
    """workspace/sheets/api/guides/metadata: metadata "moves with" its row, and is deleted with it."""
    sheets = google("sheets")
    batch(sheets, *row_request(0, "marked"), mark_request(77, 0))
    batch(sheets, *row_request(0, "above"))
    search = {"dataFilters": [{"developerMetadataLookup": {"metadataKey": "policydesk", "metadataValue": "77"}}]}
    api = sheets.spreadsheets().developerMetadata()
    (found,) = api.search(spreadsheetId=SHEET, body=search).execute()["matchedDeveloperMetadata"]
    assert found["developerMetadata"]["location"]["dimensionRange"]["startIndex"] == 1
    by_mark = sheets.spreadsheets().values().batchGetByDataFilter(spreadsheetId=SHEET, body=search).execute()
    assert by_mark["valueRanges"][0]["valueRange"]["values"] == [["marked"]]
    gone = {"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}
    batch(sheets, {"deleteDimension": {"range": gone}})
    assert api.search(spreadsheetId=SHEET, body=search).execute() == {}
    with pytest.raises(HttpError) as error:
        api.get(spreadsheetId=SHEET, metadataId=77).execute()
    assert refusal(error)[:2] == (404, "NOT_FOUND")


def test_raw_text_stays_text_and_typed_text_becomes_a_formula(google: Any, emulator: Any) -> None:
    """workspace/sheets/api/reference/rest/v4/ValueInputOption."""
    sheets = google("sheets")
    dangerous = ["=1+1", "+44 1234", "-x", "007", "TRUE", "2026-10-12"]
    write(sheets, "Sheet1!A1", [dangerous])
    assert read(sheets, "Sheet1") == [dangerous]
    assert emulator.state()["sheets"][SHEET]["formulas"] == {"Sheet1": []}
    write(sheets, "Sheet1!A1", [dangerous], "USER_ENTERED")
    assert emulator.state()["sheets"][SHEET]["formulas"] == {"Sheet1": ["A1", "B1", "C1"]}
    assert read(sheets, "Sheet1")[0] == ["#ERROR!", "#ERROR!", "#ERROR!", "7", "TRUE", "2026-10-12"]
    plain = read(sheets, "Sheet1", valueRenderOption="UNFORMATTED_VALUE")[0]
    assert plain[3:] == [7, True, 46307]
    assert read(sheets, "Sheet1", valueRenderOption="FORMULA")[0][:2] == ["=1+1", "=+44 1234"]


def test_how_to_read_a_value_must_be_said(google: Any) -> None:
    """workspace/sheets/api/reference/rest/v4/spreadsheets.values/update (valueInputOption)."""
    call = google("sheets").spreadsheets().values()
    with pytest.raises(HttpError) as error:
        call.update(spreadsheetId=SHEET, range="Sheet1!A1", body={"values": [["x"]]}).execute()
    assert refusal(error)[2] == "'valueInputOption' is required but not specified"


def test_empty_cells_and_rows_at_the_end_are_left_out_and_null_leaves_a_cell_alone(google: Any) -> None:
    """workspace/sheets/api/reference/rest/v4/spreadsheets.values#ValueRange."""
    sheets = google("sheets")
    assert write(sheets, "Sheet1!A1", [["a", "b", ""], ["", "d"]])["updatedRange"] == "Sheet1!A1:C2"
    write(sheets, "Sheet1!A1:B1", [[None, "B"]])
    assert read(sheets, "Sheet1!A1:Z50") == [["a", "B"], ["", "d"]]
    assert read(sheets, "Sheet1!A:A", majorDimension="COLUMNS") == [["a"]]


def test_append_goes_below_the_table_in_new_rows_or_over_what_is_there(google: Any, emulator: Any) -> None:
    """workspace/sheets/api/guides/values#append_values (insertDataOption)."""
    sheets = google("sheets")
    write(sheets, "Sheet1!A1", [["Key", "Task"]])
    values = sheets.spreadsheets().values()
    for option in ("OVERWRITE", "INSERT_ROWS"):
        done = values.append(
            spreadsheetId=SHEET,
            range="Sheet1!A:B",
            valueInputOption="RAW",
            insertDataOption=option,
            body={"values": [[option, "x"]]},
        ).execute()
    assert done["updates"]["updatedRange"] == "Sheet1!A3:B3"
    assert read(sheets, "Sheet1") == [["Key", "Task"], ["OVERWRITE", "x"], ["INSERT_ROWS", "x"]]
    values.clear(spreadsheetId=SHEET, range="Sheet1!A2:B3", body={}).execute()
    assert emulator.state()["sheets"][SHEET]["tabs"] == {"Sheet1": [["Key", "Task"]]}


def test_tabs_have_their_own_titles_ids_and_sizes(google: Any) -> None:
    """workspace/sheets/api/reference/rest/v4/spreadsheets/request#addsheetrequest; titles are unique."""
    sheets = google("sheets")
    title = "Tasks (restricted) / Year 7's"
    done = batch(
        sheets, {"addSheet": {"properties": {"title": title, "gridProperties": {"rowCount": 3, "columnCount": 2}}}}
    )
    made = done["replies"][0]["addSheet"]["properties"]
    assert made["gridProperties"] == {"rowCount": 3, "columnCount": 2}
    quoted = "'" + title.replace("'", "''") + "'"
    assert write(sheets, f"{quoted}!A1", [["a"]])["updatedRange"] == f"{quoted}!A1"
    assert read(sheets, quoted) == [["a"]]
    with pytest.raises(HttpError) as error:
        write(sheets, f"{quoted}!C1", [["outside"]])
    assert "exceeds grid limits" in refusal(error)[2]
    with pytest.raises(HttpError) as error:
        batch(sheets, {"addSheet": {"properties": {"title": title}}})
    assert f'A sheet with the name "{title}" already exists' in refusal(error)[2]
    for size in ({"rowCount": 0}, {"columnCount": -1}, {"rowCount": 2_000_000}):
        with pytest.raises(HttpError) as error:
            batch(sheets, {"addSheet": {"properties": {"title": "Odd", "gridProperties": size}}})
        assert refusal(error)[0] == 400
    freeze = {"properties": {"sheetId": made["sheetId"], "gridProperties": {"frozenRowCount": 1}}}
    batch(sheets, {"updateSheetProperties": freeze | {"fields": "gridProperties.frozenRowCount"}})
    got = sheets.spreadsheets().get(spreadsheetId=SHEET, fields="sheets(properties(title,gridProperties))").execute()
    grid = {"rowCount": 3, "columnCount": 2, "frozenRowCount": 1}
    assert got["sheets"][1] == {"properties": {"title": title, "gridProperties": grid}}


def test_cells_are_appended_below_the_last_one_with_a_value(google: Any) -> None:
    """workspace/sheets/api/reference/rest/v4/spreadsheets/request#appendcellsrequest."""
    sheets = google("sheets")
    write(sheets, "Sheet1!A1", [["Key"]])
    rows = [{"values": [{"userEnteredValue": {"numberValue": 5}}, {"userEnteredValue": {"boolValue": True}}]}]
    batch(sheets, {"appendCells": {"sheetId": 0, "rows": rows, "fields": "userEnteredValue"}})
    assert read(sheets, "Sheet1") == [["Key"], ["5", "TRUE"]]
    got = sheets.spreadsheets().get(spreadsheetId=SHEET, includeGridData=True, ranges=["Sheet1!A2:B2"]).execute()
    (cells,) = got["sheets"][0]["data"][0]["rowData"]
    assert cells["values"][0]["effectiveValue"] == {"numberValue": 5}


def test_who_may_not_open_a_spreadsheet_is_told_so(google: Any, emulator: Any) -> None:
    """cloud.google.com/apis/design/errors: NOT_FOUND and PERMISSION_DENIED."""
    emulator.workspace.register("spreadsheets", {"id": "closed", "editors": ["head@northbridge.example"]})
    sheets = google("sheets").spreadsheets()
    for name, expected in (("closed", (403, "PERMISSION_DENIED")), ("nowhere", (404, "NOT_FOUND"))):
        with pytest.raises(HttpError) as error:
            sheets.get(spreadsheetId=name).execute()
        assert refusal(error)[:2] == expected


@pytest.mark.parametrize("area", ["Nowhere!A1", "Sheet1!", "Sheet1!A0:", "Sheet1!1A", "Sheet1!A1:B2:C3"])
def test_a_range_that_cannot_be_read_is_refused(google: Any, area: str) -> None:
    """workspace/sheets/api/guides/concepts#cell: A1 notation."""
    with pytest.raises(HttpError) as error:
        read(google("sheets"), area)
    assert refusal(error)[:2] == (400, "INVALID_ARGUMENT")


def test_a_read_too_long_for_an_address_is_sent_as_a_post(google: Any) -> None:
    """googleapiclient.http, HttpRequest.execute: over 2048 characters a GET becomes a POST of its query."""
    sheets = google("sheets")
    write(sheets, "Sheet1!A1", [["a"]])
    call = sheets.spreadsheets().values().batchGet(spreadsheetId=SHEET, ranges=["Sheet1!A1:A1"] * 200)
    assert len(call.uri) > 2048
    assert [found["values"] for found in call.execute()["valueRanges"]] == [[["a"]]] * 200


def test_a_new_spreadsheet_is_its_makers_and_a_refused_one_is_not_made(google: Any, emulator: Any) -> None:
    """workspace/sheets/api/reference/rest/v4/spreadsheets/create."""
    sheets = google("sheets").spreadsheets()
    tabs = [{"properties": {"title": title}} for title in ("Tasks", "Register")]
    made = sheets.create(body={"properties": {"title": "School"}, "sheets": tabs}).execute()
    assert [tab["properties"]["title"] for tab in made["sheets"]] == ["Tasks", "Register"]
    with pytest.raises(HttpError) as error:
        sheets.create(body={"sheets": [tabs[0], tabs[0]]}).execute()
    assert refusal(error)[0] == 400
    assert set(emulator.state()["sheets"]) == {SHEET, made["spreadsheetId"]}
    with pytest.raises(HttpError) as error:
        google("sheets", subject=None).spreadsheets().get(spreadsheetId=made["spreadsheetId"]).execute()
    assert refusal(error)[:2] == (403, "PERMISSION_DENIED")
