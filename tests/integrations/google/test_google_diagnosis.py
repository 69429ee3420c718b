"""What doctor can say about Google."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
import responses

from integrations.google import Check, Google, diagnose

ENDPOINT = "http://127.0.0.1:9"
CALENDAR = "clerk@governors.example"
EVENTS = f"{ENDPOINT}/calendar/v3/calendars/clerk%40governors.example/events"


@pytest.fixture
def healthy(web: responses.RequestsMock) -> responses.RequestsMock:
    web.get(f"{ENDPOINT}/v4/spreadsheets/s", json={"spreadsheetId": "s"})
    web.get(EVENTS, json={"accessRole": "writer"})
    return web


def look(google: Google) -> list[Check]:
    return diagnose(google, sends_as="office@school.example", spreadsheet="s", calendars=[CALENDAR])


def test_all_is_well(healthy: responses.RequestsMock, google: Google) -> None:
    checks = look(google)
    assert [(check.name, check.ok, check.mend) for check in checks] == [
        ("sign-in", True, ""),
        ("scope gmail.compose", True, ""),
        ("scope calendar.events", True, ""),
        ("scope calendar.freebusy", True, ""),
        ("scope spreadsheets", True, ""),
        ("task spreadsheet", True, ""),
        (f"calendar {CALENDAR}", True, ""),
    ]


def test_a_sign_in_that_is_refused_is_one_line(healthy: responses.RequestsMock, google: Google) -> None:
    healthy.replace("POST", f"{ENDPOINT}/token", status=400, json={"error": "invalid_grant"})
    (check,) = look(google)
    assert (check.name, check.ok) == ("sign-in", False)
    assert check.mend.startswith("invalid_grant: Sign in again")


def test_a_scope_that_is_not_delegated(healthy: responses.RequestsMock, google: Google) -> None:
    def grant(request: Any) -> tuple[int, dict[str, str], str]:
        claims = parse_qs(request.body.decode())["assertion"][0].split(".")[1]
        if json.loads(base64.urlsafe_b64decode(claims + "=="))["scope"].endswith("/calendar.freebusy"):
            return 401, {}, json.dumps({"error": "unauthorized_client"})
        return 200, {}, json.dumps({"access_token": "t", "expires_in": 3600})

    healthy.remove("POST", f"{ENDPOINT}/token")
    healthy.add_callback("POST", f"{ENDPOINT}/token", callback=grant)
    checks = {check.name: check for check in look(google)}
    assert checks["sign-in"].ok
    assert not checks["scope calendar.freebusy"].ok
    assert "Domain-wide delegation" in checks["scope calendar.freebusy"].mend
    assert checks["task spreadsheet"].ok


def test_a_spreadsheet_and_a_calendar_that_are_not_shared(healthy: responses.RequestsMock, google: Google) -> None:
    shape = {"error": {"code": 403, "message": "", "status": "PERMISSION_DENIED"}}
    healthy.replace("GET", f"{ENDPOINT}/v4/spreadsheets/s", status=403, json=shape)
    healthy.replace("GET", EVENTS, json={"accessRole": "reader"})
    checks = {check.name: check for check in look(google)}
    assert checks["task spreadsheet"].mend.startswith("PERMISSION_DENIED: Share the spreadsheet")
    assert checks[f"calendar {CALENDAR}"].mend.startswith("requiredAccessLevel: Share")


def test_a_refresh_token_is_looked_at_alike(
    healthy: responses.RequestsMock, one_account: Google, saved: Callable[[object], Any]
) -> None:
    assert all(check.ok for check in look(one_account))
