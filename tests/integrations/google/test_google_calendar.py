"""The Diary over Calendar: one entry for one key, one guest at most, and who is busy."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests
import responses

from integrations.google import Workspace
from integrations.google.calendar import event_id_of
from integrations.ports import Busy, DeliveryError, DiaryEntry

CLERK = "clerk@governors.example"
EVENTS = f"http://127.0.0.1:9/calendar/v3/calendars/{CLERK.replace('@', '%40')}/events"
FREE_BUSY = "http://127.0.0.1:9/calendar/v3/freeBusy"
LONDON = ZoneInfo("Europe/London")
EVENT = event_id_of("act-1")
ONE = f"{EVENTS}/{EVENT}"


def entry(**changes: Any) -> DiaryEntry:
    plain = {
        "key": "act-1",
        "calendar": CLERK,
        "title": "Panel meeting, C-2026-0003",
        "description": "See the case.",
        "start": datetime(2026, 10, 6, 14, 0, tzinfo=LONDON),  # a Tuesday, in summer time
        "end": datetime(2026, 10, 6, 15, 0, tzinfo=LONDON),
        "guest": "guest@family.example",
    }
    return DiaryEntry(**{**plain, **changes})


def sent(call: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(call.request.body)
    return body


@pytest.fixture
def stored(web: responses.RequestsMock, workspace: Workspace) -> Callable[..., dict[str, Any]]:
    """What Calendar keeps after the entry was put once; given changes lie over it, and a second insert is a 409."""

    def put(**changes: Any) -> dict[str, Any]:
        web.post(EVENTS, json={"id": EVENT})
        workspace.diary.put(entry())
        kept = {**sent(web.calls[-1]), "etag": '"7"', "organizer": {"email": CLERK}, **changes}
        web.replace("POST", EVENTS, status=409, json={"error": {"errors": [{"reason": "duplicate"}]}})
        web.get(ONE, json=kept)
        web.patch(ONE, json={"id": EVENT})
        return kept

    return put


def patches(web: responses.RequestsMock) -> list[Any]:
    return [call for call in web.calls if call.request.method == "PATCH"]


def test_the_id_is_ours_and_as_calendar_asks() -> None:
    assert re.fullmatch("[a-v0-9]{52}", EVENT)
    assert event_id_of("act-1") == EVENT != event_id_of("act-2")


def test_an_entry_as_it_is_inserted(web: responses.RequestsMock, workspace: Workspace) -> None:
    web.post(EVENTS, json={"id": EVENT})
    assert workspace.diary.put(entry()) == EVENT
    body = sent(web.calls[-1])
    assert body["id"] == EVENT
    assert "iCalUID" not in body
    assert body["start"] == {"dateTime": "2026-10-06T14:00:00+01:00", "timeZone": "Europe/London"}
    assert body["attendees"] == [{"email": "guest@family.example"}]
    flags = ("guestsCanInviteOthers", "guestsCanSeeOtherGuests", "guestsCanModify")
    assert [body[flag] for flag in flags] == [False, False, False]
    assert (body["visibility"], body["reminders"]) == ("private", {"useDefault": True})
    assert "sendUpdates=all" in web.calls[-1].request.url


def test_an_entry_without_a_guest_tells_nobody(web: responses.RequestsMock, workspace: Workspace) -> None:
    web.post(EVENTS, json={"id": EVENT})
    workspace.diary.put(
        entry(guest=None, start=datetime(2026, 11, 3, 9, tzinfo=UTC), end=datetime(2026, 11, 3, 10, tzinfo=UTC))
    )
    body = sent(web.calls[-1])
    assert body["attendees"] == []
    assert body["start"]["dateTime"] == "2026-11-03T09:00:00+00:00"
    assert "sendUpdates=none" in web.calls[-1].request.url


def test_a_whole_day_is_the_day_in_london(web: responses.RequestsMock, workspace: Workspace) -> None:
    web.post(EVENTS, json={"id": EVENT})
    start = datetime(2026, 10, 5, 23, tzinfo=UTC)  # midnight in London
    workspace.diary.put(entry(all_day=True, start=start, end=start + timedelta(days=1)))
    body = sent(web.calls[-1])
    assert (body["start"], body["end"]) == ({"date": "2026-10-06"}, {"date": "2026-10-07"})


def test_putting_the_same_again_changes_nothing(
    web: responses.RequestsMock, workspace: Workspace, stored: Callable[..., dict[str, Any]]
) -> None:
    stored(start={"dateTime": "2026-10-06T13:00:00Z", "timeZone": "Europe/London"})
    assert workspace.diary.put(entry()) == EVENT
    assert not patches(web)


def test_moving_it_patches_only_what_differs(
    web: responses.RequestsMock, workspace: Workspace, stored: Callable[..., dict[str, Any]]
) -> None:
    stored()
    later = {"start": entry().start + timedelta(days=1), "end": entry().end + timedelta(days=1)}
    workspace.diary.put(entry(**later))
    (call,) = patches(web)
    assert set(sent(call)) == {"start", "end"}
    assert sent(call)["start"]["dateTime"] == "2026-10-07T14:00:00+01:00"
    assert call.request.headers["If-Match"] == '"7"'
    assert "sendUpdates=all" in call.request.url


def test_a_cancelled_entry_is_revived(
    web: responses.RequestsMock, workspace: Workspace, stored: Callable[..., dict[str, Any]]
) -> None:
    stored(status="cancelled")
    workspace.diary.put(entry())
    (call,) = patches(web)
    assert sent(call) == {"status": "confirmed"}


def test_from_timed_to_a_whole_day(
    web: responses.RequestsMock, workspace: Workspace, stored: Callable[..., dict[str, Any]]
) -> None:
    stored()
    workspace.diary.put(entry(all_day=True, end=entry().end + timedelta(days=1)))
    (call,) = patches(web)
    assert sent(call)["start"] == {"date": "2026-10-06", "dateTime": None}


def test_a_guest_who_stays_keeps_the_answer_and_others_go(
    web: responses.RequestsMock, workspace: Workspace, stored: Callable[..., dict[str, Any]]
) -> None:
    answered = {"email": "Guest@family.example", "responseStatus": "accepted"}
    stored(attendees=[{"email": CLERK, "organizer": True}, answered, {"email": "other@family.example"}])
    workspace.diary.put(entry())
    (call,) = patches(web)
    assert sent(call) == {"attendees": [answered]}


def test_flags_that_a_person_changed_are_put_back(
    web: responses.RequestsMock, workspace: Workspace, stored: Callable[..., dict[str, Any]]
) -> None:
    stored(guestsCanSeeOtherGuests=True, visibility="public")
    workspace.diary.put(entry())
    (call,) = patches(web)
    assert sent(call) == {"guestsCanSeeOtherGuests": False, "visibility": "private"}


def test_a_change_in_between_is_read_again(
    web: responses.RequestsMock, workspace: Workspace, stored: Callable[..., dict[str, Any]]
) -> None:
    kept = stored(summary="Old")
    web.remove("PATCH", ONE)
    web.patch(ONE, status=412, json={"error": {"errors": [{"reason": "conditionNotMet"}]}})
    web.get(ONE, json={**kept, "etag": '"8"'})
    web.patch(ONE, json={"id": EVENT})
    workspace.diary.put(entry())
    assert [call.request.headers["If-Match"] for call in patches(web)] == ['"7"', '"8"']


def test_an_entry_that_never_stands_still_is_tried_later(
    web: responses.RequestsMock, workspace: Workspace, stored: Callable[..., dict[str, Any]]
) -> None:
    stored(summary="Old")
    web.replace("PATCH", ONE, status=412, json={})
    with pytest.raises(DeliveryError, match="conditionNotMet") as caught:
        workspace.diary.put(entry())
    assert not caught.value.permanent
    assert len(patches(web)) == 3


@pytest.mark.parametrize("status", [404, 410])
def test_an_id_that_is_taken_and_cannot_be_read(
    web: responses.RequestsMock, workspace: Workspace, stored: Callable[..., dict[str, Any]], status: int
) -> None:
    stored()
    web.replace("GET", ONE, status=status, json={})
    with pytest.raises(DeliveryError, match="event-not-readable") as caught:
        workspace.diary.put(entry())
    assert caught.value.permanent


def test_a_lost_answer_leaves_one_entry(web: responses.RequestsMock, workspace: Workspace) -> None:
    web.post(EVENTS, body=requests.ReadTimeout())
    with pytest.raises(DeliveryError) as caught:
        workspace.diary.put(entry())
    assert caught.value.ambiguous
    kept = sent(web.calls[-1])
    web.replace("POST", EVENTS, status=409, json={})
    web.get(ONE, json=kept)
    assert workspace.diary.put(entry()) == EVENT


@pytest.mark.parametrize("status", [204, 404, 410])
def test_cancelling_and_cancelling_again(web: responses.RequestsMock, workspace: Workspace, status: int) -> None:
    web.delete(ONE, status=status)
    workspace.diary.cancel(CLERK, "act-1")
    assert "sendUpdates=all" in web.calls[-1].request.url
    workspace.diary.cancel(CLERK, "act-1", quiet=True)
    assert "sendUpdates=none" in web.calls[-1].request.url


def test_cancelling_what_is_not_ours(web: responses.RequestsMock, workspace: Workspace) -> None:
    web.delete(ONE, status=403, json={"error": {"errors": [{"reason": "requiredAccessLevel"}]}})
    with pytest.raises(DeliveryError, match="requiredAccessLevel"):
        workspace.diary.cancel(CLERK, "act-1")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"start": datetime(2026, 10, 6, 14)}, "naive-time"),  # noqa: DTZ001
        ({"end": datetime(2026, 10, 6, 14, 0, tzinfo=LONDON)}, "ends-before-it-starts"),
        ({"all_day": True}, "ends-before-it-starts"),
        ({"guest": "a@b.example, c@d.example"}, "bad-address"),
        ({"guest": "a@b.example\nc@d.example"}, "bad-address"),
    ],
)
def test_an_entry_that_cannot_be(workspace: Workspace, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(DeliveryError, match=reason) as caught:
        workspace.diary.put(entry(**changes))
    assert caught.value.permanent


def test_who_is_busy_in_chunks_of_fifty(web: responses.RequestsMock, workspace: Workspace) -> None:
    people = [f"p{number}@school.example" for number in range(60)]

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        asked = json.loads(request.body)["items"]
        assert len(asked) <= 50
        span = {"start": "2026-10-06T13:00:00Z", "end": "2026-10-06T15:00:00+01:00"}
        calendars: dict[str, Any] = {item["id"]: {"busy": [span]} for item in asked}
        calendars["p3@school.example"] = {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}
        calendars["p59@school.example"] = {}
        return 200, {}, json.dumps({"calendars": calendars})

    web.add_callback("POST", FREE_BUSY, callback=answer)
    day = datetime(2026, 10, 6, tzinfo=LONDON)
    busy = workspace.diary.busy([*people, people[0]], day, day + timedelta(days=1))
    assert "p3@school.example" not in busy
    assert len(busy) == 59
    assert busy["p0@school.example"] == [
        Busy(datetime(2026, 10, 6, 13, tzinfo=UTC), datetime(2026, 10, 6, 14, tzinfo=UTC))
    ]
    assert busy["p59@school.example"] == []
    assert len([call for call in web.calls if call.request.url.startswith(FREE_BUSY)]) == 2


def test_who_is_busy_needs_aware_times(workspace: Workspace) -> None:
    with pytest.raises(DeliveryError, match="naive-time"):
        workspace.diary.busy([CLERK], datetime(2026, 10, 6), datetime(2026, 10, 7))  # noqa: DTZ001
