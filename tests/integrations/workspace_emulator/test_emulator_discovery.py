"""The emulator against Google's discovery documents: what comes in, what goes out, and what nobody may ask."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from integrations.workspace_emulator import discovery, partial
from integrations.workspace_emulator.calls import Call
from integrations.workspace_emulator.errors import ApiError

SHEET = "tasks-of-the-test"
TOO_LARGE = {"requests": [{"addSheet": {"properties": {"sheetId": 2**31}}}]}
VALUES = "sheets.spreadsheets.values"


@pytest.mark.parametrize("api", sorted(discovery.VERSIONS))
def test_every_method_that_is_served_is_one_of_googles(emulator: Any, api: str) -> None:
    known = {method.id for method in discovery.methods(api)}
    served = {name for name in emulator.workspace.handlers if name.startswith(api + ".")}
    assert served
    assert served <= known


@pytest.mark.parametrize(
    ("api", "verb", "path", "method", "params"),
    [
        ("gmail", "POST", "/gmail/v1/users/me/drafts/send", "gmail.users.drafts.send", {"userId": "me"}),
        (
            "gmail",
            "GET",
            "/gmail/v1/users/a%40b.example/drafts/r-1",
            "gmail.users.drafts.get",
            {"userId": "a@b.example", "id": "r-1"},
        ),
        ("sheets", "POST", "/v4/spreadsheets/s:batchUpdate", "sheets.spreadsheets.batchUpdate", {"spreadsheetId": "s"}),
        (
            "sheets",
            "GET",
            "/v4/spreadsheets/s/values/A%2FB!A1:C",
            "sheets.spreadsheets.values.get",
            {"spreadsheetId": "s", "range": "A/B!A1:C"},
        ),
        (
            "sheets",
            "POST",
            "/v4/spreadsheets/s/values/A1:C:append",
            "sheets.spreadsheets.values.append",
            {"spreadsheetId": "s", "range": "A1:C"},
        ),
        ("calendar", "POST", "/calendar/v3/freeBusy", "calendar.freebusy.query", {}),
        ("forms", "GET", "/v1/forms/f/responses", "forms.forms.responses.list", {"formId": "f"}),
    ],
)
def test_a_path_is_matched_before_it_is_decoded(
    api: str, verb: str, path: str, method: str, params: dict[str, str]
) -> None:
    matched, found = discovery.match(api, verb, path)
    assert (matched.id, found) == (method, params)


def test_a_path_or_verb_that_is_not_there_is_said_to_be_so() -> None:
    for verb, path, status in (("GET", "/v4/nothing", 404), ("DELETE", "/v4/spreadsheets/s", 405)):
        with pytest.raises(ApiError) as error:
            discovery.match("sheets", verb, path)
        assert error.value.status == status


@pytest.mark.parametrize(
    ("verb", "path", "query", "body"),
    [
        ("GET", "/v4/spreadsheets/tasks-of-the-test", {"colour": "red"}, None),
        ("GET", "/v4/spreadsheets/tasks-of-the-test", {"includeGridData": "maybe"}, None),
        ("GET", "/v4/spreadsheets/tasks-of-the-test", {"fields": "colour"}, None),
        ("GET", "/v4/spreadsheets/tasks-of-the-test", {"fields": "sheets(properties"}, None),
        ("GET", "/v4/spreadsheets/tasks-of-the-test", {"alt": "media"}, None),
        ("GET", "/v4/spreadsheets/tasks-of-the-test/values/A1", {"valueRenderOption": "PRETTY"}, None),
        ("GET", "/v4/spreadsheets/tasks-of-the-test/developerMetadata/x", {}, None),
        ("POST", "/v4/spreadsheets/tasks-of-the-test:batchUpdate", {}, {"requests": [{"paintSheet": {}}]}),
        ("POST", "/v4/spreadsheets/tasks-of-the-test:batchUpdate", {}, {"requests": "all"}),
        (
            "POST",
            "/v4/spreadsheets/tasks-of-the-test:batchUpdate",
            {},
            TOO_LARGE,
        ),
        ("POST", "/v4/spreadsheets/tasks-of-the-test:batchUpdate", {}, [1]),
        ("GET", "/v4/spreadsheets/tasks-of-the-test", {}, {"a": "body"}),
    ],
)
def test_what_the_document_does_not_allow_is_400(
    emulator: Any, session: Any, verb: str, path: str, query: dict[str, str], body: Any
) -> None:
    """cloud.google.com/apis/design/errors: INVALID_ARGUMENT."""
    signed_in = session("https://www.googleapis.com/auth/spreadsheets")
    answer = signed_in.request(verb, emulator.url + path, params=query, json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize("start", ["12.10.2026", "2026-10-12", 5])
def test_formats_and_types_are_checked(emulator: Any, session: Any, start: Any) -> None:
    signed_in = session("https://www.googleapis.com/auth/calendar.events")
    body = {"start": {"dateTime": start}, "end": {"dateTime": "2026-10-12T10:00:00Z"}}
    answer = signed_in.post(f"{emulator.url}/calendar/v3/calendars/primary/events", json=body)
    assert answer.status_code == 400
    assert "start.dateTime" in answer.json()["error"]["message"]


def test_an_answer_that_breaks_the_contract_is_a_loud_500(emulator: Any, session: Any) -> None:
    def drifted(call: Call) -> dict[str, Any]:
        return {"emailAddress": 7, "colour": "red"}

    emulator.workspace.handlers["gmail.users.getProfile"] = drifted
    answer = session("https://www.googleapis.com/auth/gmail.compose").get(f"{emulator.url}/gmail/v1/users/me/profile")
    assert answer.status_code == 500
    assert "THE EMULATOR BROKE GOOGLE'S CONTRACT" in answer.json()["error"]["message"]
    assert len(emulator.state()["violations"]) == 1
    emulator.workspace.reset(everything=True)


def test_no_method_falls_over_a_request_that_says_nothing(emulator: Any, session: Any) -> None:
    """Each method that is served, with an empty body: refused or answered, never broken."""
    scopes = {scope for api in discovery.VERSIONS for method in discovery.methods(api) for scope in method.scopes}
    signed_in = session(*sorted(scopes))
    names = {"spreadsheetId": SHEET, "userId": "me", "calendarId": "primary", "range": "A1", "metadataId": "1"}
    tried = []
    for name in emulator.workspace.handlers:
        api = name.partition(".")[0]
        raw = next(m for m in discovery.methods(api) if m.id == name)
        path = raw.pattern.pattern.replace("\\", "")
        for parameter in raw.pattern.groupindex:
            path = path.replace(f"(?P<{parameter}>[^/]+)", names.get(parameter, "nothing"))
        answer = signed_in.request(raw.verb, emulator.url + path, json={} if raw.request else None)
        assert answer.status_code < 500, f"{name}: {answer.text}"
        tried.append(emulator.calls()[-1]["method"])
    assert tried == list(emulator.workspace.handlers)


@pytest.mark.parametrize(
    ("mask", "left"),
    [
        ("spreadsheetId", {"spreadsheetId": "s"}),
        ("sheets.properties.title", {"sheets": [{"properties": {"title": "T"}}]}),
        (
            "sheets/properties(title,sheetId),spreadsheetId",
            {"sheets": [{"properties": {"title": "T", "sheetId": 0}}], "spreadsheetId": "s"},
        ),
        ("*", {"spreadsheetId": "s", "sheets": [{"properties": {"title": "T", "sheetId": 0, "index": 0}}]}),
    ],
)
def test_a_mask_leaves_what_it_names(mask: str, left: Any) -> None:
    """workspace/sheets/api/guides/field-masks."""
    whole = {"spreadsheetId": "s", "sheets": [{"properties": {"title": "T", "sheetId": 0, "index": 0}}]}
    assert partial.apply(partial.parse(mask), whole, "sheets", "Spreadsheet") == left


def test_media_uploads_are_not_served(emulator: Any) -> None:
    address = f"{emulator.url}/upload/gmail/v1/users/me/drafts"
    assert requests.post(address, data=b"", timeout=5).status_code in (404, 405)
