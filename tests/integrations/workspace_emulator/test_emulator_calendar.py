"""Facts about Calendar that its discovery document does not say, each with the page that says it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from googleapiclient.errors import HttpError

OFFICE = "office@northbridge.example"
HEAD = "head@northbridge.example"
PARENT = "parent@family.example"


def event(**fields: Any) -> dict[str, Any]:
    """A panel on Monday 12 October 2026, at nine in summer time."""
    return {
        "summary": "Panel for C-2026-0001",
        "start": {"dateTime": "2026-10-12T09:00:00+01:00"},
        "end": {"dateTime": "2026-10-12T10:00:00+01:00"},
    } | fields


def insert(calendar: Any, body: dict[str, Any], **options: Any) -> dict[str, Any]:
    made: dict[str, Any] = calendar.events().insert(calendarId="primary", body=body, **options).execute()
    return made


def refusal(error: pytest.ExceptionInfo[HttpError]) -> tuple[int, str]:
    detail = json.loads(error.value.content)["error"]
    assert "status" not in detail, "Calendar has no google.rpc status"
    return detail["code"], detail["errors"][0]["reason"]


def test_an_id_of_our_own_is_honoured_and_never_given_twice(google: Any) -> None:
    """workspace/calendar/api/v3/reference/events/insert (id); guides/errors: 409, "identifier already exists"."""
    calendar = google("calendar")
    assert insert(calendar, event(id="c0ffee"))["id"] == "c0ffee"
    with pytest.raises(HttpError) as error:
        insert(calendar, event(id="c0ffee"))
    assert refusal(error) == (409, "duplicate")


def test_a_deleted_event_keeps_its_id_and_can_still_be_read(google: Any) -> None:
    """googleapis/google-api-python-client issues 210 and 846: 409 on a deleted id, 410 on deleting again."""
    calendar = google("calendar")
    insert(calendar, event(id="c0ffee"))
    calendar.events().delete(calendarId="primary", eventId="c0ffee").execute()
    assert calendar.events().get(calendarId="primary", eventId="c0ffee").execute()["status"] == "cancelled"
    with pytest.raises(HttpError) as error:
        insert(calendar, event(id="c0ffee"))
    assert refusal(error) == (409, "duplicate")
    with pytest.raises(HttpError) as error:
        calendar.events().delete(calendarId="primary", eventId="c0ffee").execute()
    assert refusal(error) == (410, "deleted")


def test_an_update_brings_a_deleted_event_back(google: Any) -> None:
    """workspace/calendar/api/v3/reference/events (status): cancelled, confirmed."""
    calendar = google("calendar")
    insert(calendar, event(id="c0ffee"))
    calendar.events().delete(calendarId="primary", eventId="c0ffee").execute()
    body = event(status="confirmed")
    assert (
        calendar.events().update(calendarId="primary", eventId="c0ffee", body=body).execute()["status"] == "confirmed"
    )


@pytest.mark.parametrize("bad", ["abcd", "ABCDEF", "wxyz12", "abc-def", "a" * 1025])
def test_an_id_is_base32hex_of_5_to_1024(google: Any, bad: str) -> None:
    """workspace/calendar/api/v3/reference/events/insert: "lowercase letters a-v and digits 0-9", 5 to 1024."""
    with pytest.raises(HttpError) as error:
        insert(google("calendar"), event(id=bad))
    assert refusal(error) == (400, "invalid")


def test_times_are_needed_and_carry_an_offset_or_a_zone(google: Any) -> None:
    """workspace/calendar/api/v3/reference/events (start.dateTime): an offset, unless a time zone is given."""
    calendar = google("calendar")
    with pytest.raises(HttpError) as error:
        insert(calendar, {"summary": "No times"})
    assert error.value.status_code == 400
    with pytest.raises(HttpError) as error:
        insert(calendar, event(start={"dateTime": "2026-10-12T09:00:00"}))
    assert refusal(error) == (400, "required")
    with pytest.raises(HttpError) as error:
        insert(calendar, event(end={"dateTime": "2026-10-12T08:00:00+01:00"}))
    assert refusal(error) == (400, "timeRangeEmpty")
    zoned = insert(calendar, event(start={"dateTime": "2026-10-12T09:00:00", "timeZone": "Europe/London"}))
    assert zoned["start"]["dateTime"] == "2026-10-12T09:00:00+01:00"


def test_times_come_back_in_the_zone_of_the_calendar(google: Any) -> None:
    """workspace/calendar/api/v3/reference/events/list (timeZone): that of the calendar. 26 October is winter."""
    made = insert(
        google("calendar"),
        event(start={"dateTime": "2026-10-26T09:00:00Z"}, end={"dateTime": "2026-10-26T11:00:00+01:00"}),
    )
    assert made["start"]["dateTime"] == "2026-10-26T09:00:00+00:00"
    assert made["end"]["dateTime"] == "2026-10-26T10:00:00+00:00"


def test_a_stale_etag_is_412(google: Any, emulator: Any, session: Any) -> None:
    """workspace/calendar/api/guides/version-resources: If-Match, and 412 Precondition failed."""
    made = insert(google("calendar"), event(id="c0ffee"))
    signed_in = session("https://www.googleapis.com/auth/calendar.events")
    address = f"{emulator.url}/calendar/v3/calendars/primary/events/c0ffee"
    first = signed_in.patch(address, json={"summary": "Moved"}, headers={"If-Match": made["etag"]})
    assert first.status_code == 200
    assert first.json()["etag"] != made["etag"]
    second = signed_in.patch(address, json={"summary": "Again"}, headers={"If-Match": made["etag"]})
    assert second.status_code == 412
    assert second.json()["error"]["errors"][0]["reason"] == "conditionNotMet"


def test_a_patch_changes_only_what_it_names_and_null_removes(google: Any) -> None:
    """workspace/calendar/api/guides/performance#patch: merged, arrays replaced, null deletes."""
    calendar = google("calendar")
    insert(calendar, event(id="c0ffee", description="Bring nothing", attendees=[{"email": HEAD}, {"email": PARENT}]))
    patch = {"description": None, "attendees": [{"email": HEAD}]}
    patched = calendar.events().patch(calendarId="primary", eventId="c0ffee", body=patch).execute()
    assert patched["summary"] == "Panel for C-2026-0001"
    assert "description" not in patched
    assert [guest["email"] for guest in patched["attendees"]] == [HEAD]
    half = {"start": {"date": "2026-10-13"}}
    with pytest.raises(HttpError) as error:
        calendar.events().patch(calendarId="primary", eventId="c0ffee", body=half).execute()
    assert refusal(error) == (400, "invalid")


def test_guests_who_may_not_see_each_other_do_not(google: Any) -> None:
    """workspace/calendar/api/v3/reference/events (guestsCanSeeOtherGuests)."""
    body = event(id="c0ffee", guestsCanSeeOtherGuests=False, attendees=[{"email": HEAD}, {"email": PARENT}])
    insert(google("calendar"), body)
    seen = google("calendar", subject=HEAD).events().get(calendarId="primary", eventId="c0ffee").execute()
    assert [(guest["email"], guest["self"]) for guest in seen["attendees"]] == [(HEAD, True)]


def test_a_guest_cannot_change_the_organisers_event(google: Any) -> None:
    """workspace/calendar/api/guides/errors: 403, forbiddenForNonOrganizer."""
    insert(google("calendar"), event(id="c0ffee", attendees=[{"email": HEAD}]))
    guest = google("calendar", subject=HEAD)
    with pytest.raises(HttpError) as error:
        guest.events().patch(calendarId="primary", eventId="c0ffee", body={"summary": "Mine"}).execute()
    assert refusal(error) == (403, "forbiddenForNonOrganizer")


@pytest.mark.parametrize(
    ("send_updates", "told"), [("all", {HEAD, PARENT}), ("externalOnly", {PARENT}), ("none", set())]
)
def test_invitations_go_to_those_whom_send_updates_names(
    google: Any, emulator: Any, send_updates: str, told: set[str]
) -> None:
    """workspace/calendar/api/v3/reference/events/insert (sendUpdates): "non-Google Calendar guests only"."""
    calendar = google("calendar")
    insert(calendar, event(id="c0ffee", attendees=[{"email": HEAD}, {"email": PARENT}]), sendUpdates=send_updates)
    calendar.events().delete(calendarId="primary", eventId="c0ffee", sendUpdates=send_updates).execute()
    mail = emulator.state()["mail"]
    assert {address for address, box in mail.items() if box["inbox"]} == told
    for address in told:
        first, second = (message["subject"] for message in mail[address]["inbox"])
        assert first == f"Invitation: Panel for C-2026-0001 @ Mon 12 Oct 2026, 09:00 to 10:00 ({address})"
        assert second.startswith("Cancelled event: ")


def test_events_are_listed_between_two_instants_and_deleted_ones_only_on_request(google: Any) -> None:
    """workspace/calendar/api/v3/reference/events/list: timeMin bounds the end, timeMax the start; showDeleted."""
    calendar = google("calendar")
    insert(calendar, event(id="panel0"))
    insert(calendar, event(id="inset00", start={"date": "2026-10-13"}, end={"date": "2026-10-14"}))
    calendar.events().delete(calendarId="primary", eventId="inset00").execute()

    def ids(**options: Any) -> list[str]:
        found = (
            calendar.events().list(calendarId="primary", singleEvents=True, orderBy="startTime", **options).execute()
        )
        return [item["id"] for item in found["items"]]

    assert ids() == ["panel0"]
    assert ids(showDeleted=True) == ["panel0", "inset00"]
    assert ids(timeMin="2026-10-12T09:00:00Z") == []
    assert ids(timeMin="2026-10-12T08:59:00Z") == ["panel0"]
    assert ids(timeMax="2026-10-12T08:00:00Z") == []
    assert ids(q="C-2026-0001") == ["panel0"]
    with pytest.raises(HttpError) as error:
        calendar.events().list(calendarId="primary", orderBy="startTime").execute()
    assert error.value.status_code == 400


def test_free_busy_joins_what_overlaps_and_leaves_out_what_takes_no_time(google: Any, emulator: Any) -> None:
    """workspace/calendar/api/v3/reference/freebusy/query; events (transparency)."""
    calendar = google("calendar")
    insert(calendar, event(attendees=[{"email": HEAD}]))
    later = {"start": {"dateTime": "2026-10-12T09:30:00Z"}, "end": {"dateTime": "2026-10-12T09:45:00Z"}}
    insert(calendar, event(start={"dateTime": "2026-10-12T08:30:00Z"}, end={"dateTime": "2026-10-12T09:15:00Z"}))
    insert(calendar, event(transparency="transparent", **later))
    emulator.workspace.register("calendars", {"id": "closed@northbridge.example", "writers": []})
    items = [{"id": OFFICE}, {"id": HEAD}, {"id": "closed@northbridge.example"}]
    span = {"timeMin": "2026-10-12T00:00:00Z", "timeMax": "2026-10-13T00:00:00Z"}
    answer = calendar.freebusy().query(body=span | {"items": items}).execute()["calendars"]
    assert answer[OFFICE]["busy"] == [{"start": "2026-10-12T08:00:00Z", "end": "2026-10-12T09:15:00Z"}]
    assert answer[HEAD]["busy"] == [{"start": "2026-10-12T08:00:00Z", "end": "2026-10-12T09:00:00Z"}]
    assert answer["closed@northbridge.example"]["errors"] == [{"domain": "global", "reason": "notFound"}]


def test_a_calendar_not_shared_with_us_is_not_found_and_one_to_read_is_not_written(google: Any, emulator: Any) -> None:
    """workspace/calendar/api/guides/errors: 404 "the user can't access"; 403 requiredAccessLevel."""
    emulator.workspace.register("calendars", {"id": "clerk@northbridge.example", "writers": [], "readers": [HEAD]})
    with pytest.raises(HttpError) as error:
        google("calendar").events().list(calendarId="clerk@northbridge.example").execute()
    assert refusal(error) == (404, "notFound")
    reader = google("calendar", subject=HEAD).events()
    assert reader.list(calendarId="clerk@northbridge.example").execute()["accessRole"] == "reader"
    with pytest.raises(HttpError) as error:
        reader.insert(calendarId="clerk@northbridge.example", body=event()).execute()
    assert refusal(error) == (403, "requiredAccessLevel")


def test_what_the_local_workspace_does_not_do_it_says(google: Any) -> None:
    with pytest.raises(HttpError) as error:
        insert(google("calendar"), event(recurrence=["RRULE:FREQ=DAILY"]))
    assert refusal(error) == (501, "notImplemented")


def test_of_many_who_insert_the_same_id_at_once_one_succeeds(emulator: Any, session: Any) -> None:
    signed_in = session("https://www.googleapis.com/auth/calendar.events")
    address, header = f"{emulator.url}/calendar/v3/calendars/primary/events", dict(signed_in.headers)

    def attempt(_: int) -> int:
        return requests.post(address, json=event(id="c0ffee"), headers=header, timeout=10).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(attempt, range(24)))
    assert statuses == [200] + [409] * 23
