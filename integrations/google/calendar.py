"""Calendar: entries under an id of our own, so that inserting twice leaves one.

A repeated insert is a 409; then the entry is read and, where it differs, patched under its etag (412: read again). A
deleted entry keeps its id as ``cancelled`` and is revived by a patch. One guest at most, who sees nobody else.
developers.google.com/workspace/calendar/api/v3/reference/events
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from integrations.google.auth import Google
from integrations.google.reasons import GoogleError
from integrations.google.text import fit, is_plain_address
from integrations.ports import Busy, DeliveryError, DiaryEntry

if TYPE_CHECKING:
    from integrations.google.transport import Api

TIME_ZONE: Final = "Europe/London"
LONGEST_DESCRIPTION: Final = 8_000  # Calendar takes 8,192
LONGEST_TITLE: Final = 1_000
CALENDARS_A_QUERY: Final = 50
_READS_AGAIN: Final = 3
_SHORTENED: Final = "\n[Shortened here. The whole text is on the case.]"
_AS_THEY_ARE: Final = ("summary", "description", "visibility", "status")
_DEFAULTS: Final = {"status": "confirmed"}
_UNSET_FLAGS: Final = {"guestsCanInviteOthers": True, "guestsCanSeeOtherGuests": True, "guestsCanModify": False}


class Calendar:
    """The Diary port over Google Calendar, acting as ``acts_as``; safe for many threads."""

    def __init__(self, google: Google, acts_as: str) -> None:
        self._google = google
        self._acts_as = acts_as

    def put(self, entry: DiaryEntry) -> str:
        """Create or move the entry; returns its event id. Idempotent by ``entry.key``. Raises DeliveryError."""
        body, event_id = _event(entry), event_id_of(entry.key)
        api = self._api(entry.calendar, own=entry.own)
        request = api.resource.events().insert(
            calendarId=entry.calendar, body={**body, "id": event_id}, sendUpdates="all" if entry.guest else "none"
        )
        try:
            api.run(request)
        except GoogleError as failure:
            if failure.status != 409:
                failure.systemic = failure.systemic or failure.status == 404  # there is no such calendar
                raise
        else:
            return event_id
        self._bring_into_line(api, entry.calendar, event_id, body)
        return event_id

    def cancel(self, calendar: str, key: str, *, own: bool = False, quiet: bool = False) -> None:
        """Cancel the entry and tell its guest, unless ``quiet``; one that is gone is no error. Raises DeliveryError."""
        api, told = self._api(calendar, own=own), "none" if quiet else "all"
        request = api.resource.events().delete(calendarId=calendar, eventId=event_id_of(key), sendUpdates=told)
        try:
            api.run(request)
        except GoogleError as failure:
            if failure.status not in (404, 410):
                raise

    def busy(self, calendars: Sequence[str], start: datetime, end: datetime) -> Mapping[str, Sequence[Busy]]:
        """When each of these is not free; one that cannot be read is left out. Raises DeliveryError."""
        _check_span(start, end)
        api = self._google.api("calendar", self._acts_as)
        found: dict[str, Sequence[Busy]] = {}
        for chunk in _chunks(list(dict.fromkeys(calendars)), CALENDARS_A_QUERY):
            query = {
                "timeMin": start.isoformat(),
                "timeMax": end.isoformat(),
                "timeZone": TIME_ZONE,
                "items": [{"id": calendar} for calendar in chunk],
            }
            reply = api.run(api.resource.freebusy().query(body=query), reading=True)
            for calendar in chunk:
                seen = reply.get("calendars", {}).get(calendar)
                if seen is not None and not seen.get("errors"):
                    found[calendar] = [Busy(_instant(b["start"]), _instant(b["end"])) for b in seen.get("busy", [])]
        return found

    def _api(self, calendar: str, *, own: bool) -> Api:
        return self._google.api("calendar", calendar if own else self._acts_as)

    def _bring_into_line(self, api: Any, calendar: str, event_id: str, body: Mapping[str, Any]) -> None:
        """Make the entry that is there say what ``body`` says, touching only what differs."""
        events = api.resource.events()
        for _reading in range(_READS_AGAIN):
            try:
                there = api.run(events.get(calendarId=calendar, eventId=event_id))
            except GoogleError as failure:
                if failure.status not in (404, 410):
                    raise
                there = None
            if there is None:
                raise DeliveryError("event-not-readable", permanent=True)
            changes = _changes(there, body)
            if not changes:
                return
            told = "all" if there.get("attendees") or body["attendees"] else "none"
            request = events.patch(calendarId=calendar, eventId=event_id, body=changes, sendUpdates=told)
            if there.get("etag"):
                request.headers["If-Match"] = there["etag"]  # a guest may be answering at this moment
            try:
                api.run(request)
            except GoogleError as failure:
                if failure.status != 412:
                    raise
            else:
                return
        raise DeliveryError("conditionNotMet")


def event_id_of(key: str) -> str:
    """The event id of a key: 52 characters of base32hex, as Calendar asks, from its SHA-256."""
    return base64.b32hexencode(hashlib.sha256(key.encode()).digest()).decode().rstrip("=").lower()


def _event(entry: DiaryEntry) -> dict[str, Any]:
    _check_span(entry.start, entry.end)
    if entry.guest is not None and not is_plain_address(entry.guest):
        raise DeliveryError("bad-address", permanent=True)
    start, end = (_moment(edge, all_day=entry.all_day) for edge in (entry.start, entry.end))
    if start == end:  # an all-day entry whose end is the same day: `end` is exclusive
        raise DeliveryError("ends-before-it-starts", permanent=True)
    return {
        "summary": fit(entry.title, LONGEST_TITLE, "…"),
        "description": fit(entry.description, LONGEST_DESCRIPTION, _SHORTENED),
        "start": start,
        "end": end,
        "status": "confirmed",
        "visibility": "private",
        "guestsCanInviteOthers": False,
        "guestsCanSeeOtherGuests": False,
        "guestsCanModify": False,
        "attendees": [{"email": entry.guest}] if entry.guest else [],
        "reminders": {"useDefault": True},
    }


def _check_span(start: datetime, end: datetime) -> None:
    if start.tzinfo is None or end.tzinfo is None:
        raise DeliveryError("naive-time", permanent=True)
    if end <= start:
        raise DeliveryError("ends-before-it-starts", permanent=True)


def _moment(when: datetime, *, all_day: bool) -> dict[str, str]:
    local = when.astimezone(ZoneInfo(TIME_ZONE))
    if all_day:
        return {"date": local.date().isoformat()}
    return {"dateTime": local.isoformat(timespec="seconds"), "timeZone": TIME_ZONE}


def _changes(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of ``wanted`` that the entry does not say yet, as a patch."""
    changes = {f: wanted[f] for f in _AS_THEY_ARE if there.get(f, _DEFAULTS.get(f, "")).strip() != wanted[f].strip()}
    changes |= {f: wanted[f] for f, unset in _UNSET_FLAGS.items() if there.get(f, unset) != wanted[f]}
    for edge in ("start", "end"):
        if not _same_moment(there.get(edge, {}), wanted[edge]):
            # A patch merges: what is of the other kind (all day, or timed) has to be taken away by name.
            others = {name: None for name in ("date", "dateTime") if name in there.get(edge, {})}
            changes[edge] = {**others, **wanted[edge]}
    guests = [g for g in there.get("attendees", []) if not g.get("organizer")]
    wanted_guests = [g["email"].lower() for g in wanted["attendees"]]
    if [g.get("email", "").lower() for g in guests] != wanted_guests:
        # Keep the answer of a guest who stays.
        kept = [g for g in guests if g.get("email", "").lower() in wanted_guests]
        changes["attendees"] = kept or wanted["attendees"]
    return changes


def _same_moment(there: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    if "date" in wanted:
        return there.get("date") == wanted["date"]
    return "dateTime" in there and _instant(there["dateTime"]) == _instant(wanted["dateTime"])


def _instant(text: str) -> datetime:
    """An RFC 3339 time as Google writes it."""
    return datetime.fromisoformat(text)


def _chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (items[at : at + size] for at in range(0, len(items), size))
