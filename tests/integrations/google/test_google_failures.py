"""Every way in which Google fails, through a real adapter: what the caller learns, and how often Google was asked."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import responses
from urllib3.exceptions import MaxRetryError, NewConnectionError

from integrations.google import Google, Workspace, connect
from integrations.google.reasons import MEND, mend
from integrations.ports import DeliveryError, DiaryEntry, DraftGoneError, Mail, TaskRow

ENDPOINT = "http://127.0.0.1:9"
DRAFTS = f"{ENDPOINT}/gmail/v1/users/me/drafts"
MAIL = Mail("act-1", "office@school.example", "head@school.example", "Case B-2026-0001", "Please look at the case.")
MESSAGE = "Told to nobody@school.example"


def failure_of(workspace: Workspace) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        workspace.mailer.create_draft(MAIL)
    return caught.value


def classic(reason: str) -> dict[str, Any]:
    """Gmail's and Calendar's shape."""
    return {"error": {"code": 0, "message": MESSAGE, "errors": [{"domain": "global", "reason": reason}]}}


def modern(status: str, reason: str | None = None) -> dict[str, Any]:
    """Sheets' shape, and the newer part of Gmail's."""
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}] if reason else []
    return {"error": {"code": 0, "message": MESSAGE, "status": status, "details": details}}


@pytest.mark.parametrize(
    ("status", "body", "reason", "permanent", "ambiguous"),
    [
        (400, classic("failedPrecondition"), "failedPrecondition", True, False),
        (400, modern("INVALID_ARGUMENT"), "INVALID_ARGUMENT", True, False),
        (403, classic("rateLimitExceeded"), "rateLimitExceeded", False, False),
        (403, classic("userRateLimitExceeded"), "userRateLimitExceeded", False, False),
        (403, classic("forbidden"), "forbidden", True, False),
        (403, modern("PERMISSION_DENIED", "SERVICE_DISABLED"), "SERVICE_DISABLED", True, False),
        (403, modern("PERMISSION_DENIED"), "PERMISSION_DENIED", True, False),
        (404, classic("notFound"), "notFound", True, False),
        (408, {}, "http-408", False, True),
        (409, modern("ABORTED"), "ABORTED", False, False),
        (410, classic("deleted"), "deleted", True, False),
        (412, classic("conditionNotMet"), "conditionNotMet", False, False),
        (429, classic("rateLimitExceeded"), "rateLimitExceeded", False, False),
        (429, modern("RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED"), "RATE_LIMIT_EXCEEDED", False, False),
        (500, classic("backendError"), "backendError", False, True),
        (503, modern("UNAVAILABLE"), "UNAVAILABLE", False, True),
        (302, {}, "http-302", True, False),
    ],
)
def test_replies(
    web: responses.RequestsMock,
    workspace: Workspace,
    status: int,
    body: dict[str, Any],
    reason: str,
    permanent: bool,
    ambiguous: bool,
) -> None:
    call = web.post(DRAFTS, status=status, json=body)
    failure = failure_of(workspace)
    assert (failure.reason, failure.permanent, failure.ambiguous) == (reason, permanent, ambiguous)
    assert call.call_count == 1, "only the caller decides whether to repeat"


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"", b"[]", b'{"error": null}', b"\xff\xfe", b"[1]"])
def test_replies_of_another_shape(web: responses.RequestsMock, workspace: Workspace, body: bytes) -> None:
    web.post(DRAFTS, status=502, body=body)
    failure = failure_of(workspace)
    assert (failure.reason, failure.ambiguous) == ("http-502", True)


@pytest.mark.parametrize("body", [b"<html>Sign in to the school's Wi-Fi</html>", b"\xff\xfe"])
def test_a_success_that_is_not_json_is_ambiguous(
    web: responses.RequestsMock, workspace: Workspace, body: bytes
) -> None:
    web.post(DRAFTS, status=200, body=body)
    failure = failure_of(workspace)
    assert (failure.reason, failure.ambiguous, failure.permanent) == ("unreadable-reply", True, False)


DATE = "Tue, 06 Oct 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "message", "pause"),
    [
        ({"Retry-After": "7"}, "", 7.0),
        ({"Retry-After": "Tue, 06 Oct 2026 10:01:30 GMT", "Date": DATE}, "", 90.0),
        ({"Retry-After": "Tue, 06 Oct 2026 09:00:00 GMT", "Date": DATE}, "", 0.0),
        ({"Retry-After": "Tue, 06 Oct 2026 10:01:30 GMT"}, "", None),
        ({"Retry-After": "soon", "Date": DATE}, "", None),
        ({"Retry-After": "99999999"}, "", 86_400.0),
        ({"Date": DATE}, "User-rate limit exceeded.  Retry after 2026-10-06T10:05:00.000Z", 300.0),
        ({}, "", None),
    ],
)
def test_how_long_to_pause(
    web: responses.RequestsMock, workspace: Workspace, headers: dict[str, str], message: str, pause: float | None
) -> None:
    body = {"error": {"code": 429, "message": message, "errors": [{"reason": "rateLimitExceeded"}]}}
    web.post(DRAFTS, status=429, json=body, headers=headers)
    assert failure_of(workspace).retry_after == pause


def refused_connection() -> requests.ConnectionError:
    cause = NewConnectionError(None, "refused")  # type: ignore[arg-type]
    return requests.ConnectionError(MaxRetryError(None, "/", cause))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "reason", "ambiguous"),
    [
        (requests.ReadTimeout(), "timeout", True),
        (requests.ConnectTimeout(), "unreachable", False),
        (refused_connection(), "unreachable", False),
        (requests.ConnectionError(ConnectionResetError(104, "reset by peer")), "connection-lost", True),
        (requests.exceptions.ChunkedEncodingError(), "connection-lost", True),
    ],
)
def test_the_network(
    web: responses.RequestsMock, workspace: Workspace, error: Exception, reason: str, ambiguous: bool
) -> None:
    call = web.post(DRAFTS, body=error)
    failure = failure_of(workspace)
    assert (failure.reason, failure.ambiguous, failure.permanent) == (reason, ambiguous, False)
    assert call.call_count == 1


def test_a_reading_is_never_ambiguous(web: responses.RequestsMock, workspace: Workspace) -> None:
    web.get(DRAFTS, status=503)
    with pytest.raises(DeliveryError) as caught:
        workspace.mailer.find_draft(MAIL)
    assert not caught.value.ambiguous


def test_an_expired_token_is_renewed_once(web: responses.RequestsMock, workspace: Workspace) -> None:
    web.post(DRAFTS, status=401, json=classic("authError"))
    web.post(DRAFTS, json={"id": "d-1"})
    assert workspace.mailer.create_draft(MAIL) == "d-1"
    assert len([call for call in web.calls if call.request.url == f"{ENDPOINT}/token"]) == 2


def test_a_token_that_is_refused_again_is_for_a_person(web: responses.RequestsMock, workspace: Workspace) -> None:
    call = web.post(DRAFTS, status=401, json=classic("authError"))
    failure = failure_of(workspace)
    assert (failure.reason, failure.permanent, call.call_count) == ("authError", True, 2)


@pytest.mark.parametrize("code", ["invalid_grant", "unauthorized_client", "invalid_scope", "invalid_client"])
def test_sign_in_refused(web: responses.RequestsMock, workspace: Workspace, code: str) -> None:
    web.replace("POST", f"{ENDPOINT}/token", status=400, json={"error": code, "error_description": MESSAGE})
    failure = failure_of(workspace)
    assert (failure.reason, failure.permanent, failure.ambiguous) == (code, True, False)


def test_no_token_because_of_the_network(web: responses.RequestsMock, workspace: Workspace) -> None:
    web.replace("POST", f"{ENDPOINT}/token", body=requests.ReadTimeout())
    failure = failure_of(workspace)
    assert (failure.reason, failure.permanent, failure.ambiguous) == ("token-unreachable", False, False)


def test_no_token_because_google_is_down(
    web: responses.RequestsMock, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("google.auth._exponential_backoff.time.sleep", lambda _seconds: None)
    web.replace("POST", f"{ENDPOINT}/token", status=503, body="down")
    failure = failure_of(workspace)
    assert (failure.reason, failure.permanent, failure.ambiguous) == ("token-unavailable", False, False)


def test_a_key_that_is_not_one(saved: Callable[[object], Any]) -> None:
    info = {"type": "service_account", "client_email": "policydesk@emulator.invalid", "private_key": "not a key"}
    made = connect(Google(saved(info), ENDPOINT), sends_as="office@school.example", spreadsheet="s")
    failure = failure_of(made)
    assert (failure.reason, failure.permanent) == ("bad-credentials", True)


def test_nothing_personal_gets_out(
    web: responses.RequestsMock, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    odd = {"error": {"code": 403, "message": MESSAGE, "errors": [{"reason": "maisieEllison"}], "status": MESSAGE}}
    web.post(DRAFTS, status=403, json=odd)
    failure = failure_of(workspace)
    assert (failure.reason, str(failure)) == ("http-403", "http-403")
    assert failure.__cause__ is None
    assert failure.__context__ is None, "a chained error would bring Google's words into the log"
    assert "school.example" not in caplog.text


def test_sheets_explains_itself_too(web: responses.RequestsMock, workspace: Workspace) -> None:
    web.get(f"{ENDPOINT}/v4/spreadsheets/sheet-1", status=403, json=modern("PERMISSION_DENIED"))
    with pytest.raises(DeliveryError) as caught:
        workspace.tasks.upsert([TaskRow("k", "Tasks", {"Title": "t"})])
    assert (caught.value.reason, caught.value.permanent) == ("PERMISSION_DENIED", True)


def test_each_code_has_advice() -> None:
    assert all(text.endswith(".") for text in MEND.values())
    assert "Share" in mend("forbidden")
    assert "documentation" in mend("http-418")


@pytest.mark.parametrize(
    ("status", "body", "systemic"),
    [
        (403, classic("forbidden"), True),
        (403, modern("PERMISSION_DENIED", "SERVICE_DISABLED"), True),
        (400, classic("failedPrecondition"), True),
        (401, {}, True),
        (403, {}, True),
        (302, {}, True),
        (400, classic("invalidArgument"), False),
        (404, classic("notFound"), False),
        (429, classic("rateLimitExceeded"), False),
        (503, modern("UNAVAILABLE"), False),
    ],
)
def test_whose_fault_it_is(
    web: responses.RequestsMock, workspace: Workspace, status: int, body: dict[str, Any], systemic: bool
) -> None:
    web.post(DRAFTS, status=status, json=body)
    assert failure_of(workspace).systemic is systemic


@pytest.mark.parametrize("code", ["invalid_grant", "unauthorized_client", "strange"])
def test_a_sign_in_that_is_refused_is_nobodys_fault_but_ours(
    web: responses.RequestsMock, workspace: Workspace, code: str
) -> None:
    web.replace("POST", f"{ENDPOINT}/token", status=400, json={"error": code})
    assert failure_of(workspace).systemic


@pytest.mark.parametrize("error", [requests.ConnectTimeout(), refused_connection()])
def test_no_network_is_no_fault_of_a_mail(web: responses.RequestsMock, workspace: Workspace, error: Exception) -> None:
    web.post(DRAFTS, body=error)
    assert failure_of(workspace).systemic


HELD = Mail("act-2", "head@school.example", "carer@family.example", "A letter", "Text.")


@pytest.mark.parametrize(("role_account", "systemic"), [(200, False), (403, True), (503, True)])
def test_a_mailbox_of_its_own_is_at_fault_only_while_the_role_account_works(
    web: responses.RequestsMock, workspace: Workspace, role_account: int, systemic: bool
) -> None:
    web.post(DRAFTS, status=400, json=classic("failedPrecondition"))
    probe = web.get(DRAFTS, status=role_account, json={"drafts": []} if role_account == 200 else {})
    with pytest.raises(DeliveryError) as caught:
        workspace.mailer.create_draft(HELD)
    assert (caught.value.reason, caught.value.systemic) == ("failedPrecondition", systemic)
    assert (caught.value.permanent, probe.call_count) == (True, 1)


def test_a_spreadsheet_or_calendar_that_is_not_there_is_a_matter_of_the_settings(
    web: responses.RequestsMock, workspace: Workspace
) -> None:
    web.get(f"{ENDPOINT}/v4/spreadsheets/sheet-1", status=404, json=modern("NOT_FOUND"))
    with pytest.raises(DeliveryError) as no_sheet:
        workspace.tasks.upsert([TaskRow("k", "Tasks", {"Title": "t"})])
    web.post(f"{ENDPOINT}/calendar/v3/calendars/cal-1/events", status=404, json=classic("notFound"))
    start = datetime(2026, 10, 6, 9, 0, tzinfo=UTC)
    with pytest.raises(DeliveryError) as no_calendar:
        workspace.diary.put(DiaryEntry("k", "cal-1", "Meeting", "", start, start + timedelta(hours=1)))
    assert [failure.value.systemic for failure in (no_sheet, no_calendar)] == [True, True]


@pytest.mark.parametrize(("status", "there"), [(200, True), (404, False)])
def test_whether_a_draft_is_still_there(
    web: responses.RequestsMock, workspace: Workspace, status: int, there: bool
) -> None:
    web.get(f"{DRAFTS}/d-1", status=status, json={"id": "d-1"})
    web.delete(f"{DRAFTS}/d-1", status=204 if there else 404, json=None if there else {})
    assert workspace.mailer.has_draft("head@school.example", "d-1") is there
    assert workspace.mailer.delete_draft("head@school.example", "d-1") is there


def test_a_draft_that_is_gone_cannot_be_read(web: responses.RequestsMock, workspace: Workspace) -> None:
    web.get(f"{DRAFTS}/d-1", status=404, json={})
    with pytest.raises(DraftGoneError):
        workspace.mailer.read_draft("head@school.example", "d-1")
