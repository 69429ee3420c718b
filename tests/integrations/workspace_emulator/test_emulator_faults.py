"""Failures on demand, and what is left behind by each."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import requests
from googleapiclient.errors import HttpError

SHEET = "tasks-of-the-test"
BODY = {"start": {"date": "2026-10-12"}, "end": {"date": "2026-10-13"}, "summary": "Review"}


def failure(call: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    with pytest.raises(HttpError) as error:
        call.execute()
    return error.value.status_code, json.loads(error.value.content)["error"], error.value.resp


def test_the_nth_call_fails_and_no_other(google: Any, emulator: Any) -> None:
    emulator.add_fault("calendar.events.insert", "503", nth=2)
    events = google("calendar").events()
    events.insert(calendarId="primary", body=BODY).execute()
    status, error, _ = failure(events.insert(calendarId="primary", body=BODY))
    assert (status, error["errors"][0]["reason"]) == (503, "backendError")
    events.insert(calendarId="primary", body=BODY).execute()
    assert [call["status"] for call in emulator.calls("calendar.events.insert")] == [200, 503, 200]


def test_every_call_of_a_kind_fails_until_the_faults_are_cleared(google: Any, emulator: Any) -> None:
    fault = {"method": "sheets.*", "kind": 429, "every": True, "retry_after": 7}
    assert requests.post(f"{emulator.url}/_emulator/faults", json=fault, timeout=5).status_code == 201
    sheets = google("sheets").spreadsheets()
    for _ in range(2):
        status, error, headers = failure(sheets.get(spreadsheetId=SHEET))
        assert (status, error["status"], headers["retry-after"]) == (429, "RESOURCE_EXHAUSTED", "7")
        assert "errors" not in error
        assert error["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"
    requests.delete(f"{emulator.url}/_emulator/faults", timeout=5)
    assert sheets.get(spreadsheetId=SHEET).execute()["spreadsheetId"] == SHEET


@pytest.mark.parametrize(
    ("kind", "status", "reason"),
    [("403", 403, "rateLimitExceeded"), ("401", 401, "authError"), ("500", 500, "backendError")],
)
def test_refusals_have_the_reasons_that_google_gives(
    google: Any, emulator: Any, kind: str, status: int, reason: str
) -> None:
    """workspace/calendar/api/guides/errors."""
    emulator.add_fault("calendar.events.list", kind)
    got, error, _ = failure(google("calendar").events().list(calendarId="primary"))
    assert (got, error["errors"][0]["reason"]) == (status, reason)


def test_a_call_dropped_before_leaves_nothing_and_one_dropped_after_leaves_all(google: Any, emulator: Any) -> None:
    events = google("calendar").events()
    for kind, left in (("drop-before", 0), ("drop-after-commit", 1)):
        emulator.add_fault("calendar.events.insert", kind)
        with pytest.raises(requests.ConnectionError):
            events.insert(calendarId="primary", body=BODY).execute()
        emulator.workspace.faults.clear()
        assert len(events.list(calendarId="primary").execute()["items"]) == left
    outcomes = [call["outcome"] for call in emulator.calls("calendar.events.insert")]
    assert outcomes == ["dropped before", "dropped after commit"]


def test_latency_delays_an_answer(google: Any, emulator: Any) -> None:
    sheets = google("sheets").spreadsheets()
    sheets.get(spreadsheetId=SHEET).execute()
    emulator.add_fault("sheets.spreadsheets.get", "latency", latency_ms=120)
    began = time.monotonic()
    sheets.get(spreadsheetId=SHEET).execute()
    assert time.monotonic() - began >= 0.12


@pytest.mark.parametrize(("kind", "status"), [("503", 503), ("invalid_grant", 400)])
def test_the_token_server_fails_too(emulator: Any, kind: str, status: int) -> None:
    emulator.add_fault("oauth2.token", kind)
    answer = requests.post(f"{emulator.url}/token", data={"grant_type": "refresh_token"}, timeout=5)
    assert answer.status_code == status
    assert isinstance(answer.json()["error"], str)


def test_a_dropped_token_is_a_lost_connection(emulator: Any) -> None:
    emulator.add_fault("oauth2.token", "drop-before")
    with pytest.raises(requests.ConnectionError):
        requests.post(f"{emulator.url}/token", data={"grant_type": "refresh_token"}, timeout=5)


@pytest.mark.parametrize(
    "fault", [{"kind": "429"}, {"method": "*", "kind": "sulk"}, {"method": "*", "kind": "503", "nth": 0}]
)
def test_a_fault_that_makes_no_sense_is_refused(emulator: Any, fault: dict[str, Any]) -> None:
    assert requests.post(f"{emulator.url}/_emulator/faults", json=fault, timeout=5).status_code == 400
