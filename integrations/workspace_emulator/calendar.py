"""The Calendar API (developers.google.com/workspace/calendar/api/v3/reference)."""

from __future__ import annotations

import re
from typing import Any

from integrations.workspace_emulator.calls import Call, Clock, Handler, Json
from integrations.workspace_emulator.diaries import Diaries, Diary, as_seen, guests_of
from integrations.workspace_emulator.errors import ApiError, invalid
from integrations.workspace_emulator.event_times import ZONE, check_span, instant, normalised, stamp, when
from integrations.workspace_emulator.partial import page_of

# The server's own fields: a client may send them back, and they change nothing.
READ_ONLY = ("kind", "etag", "created", "updated", "creator", "organizer", "htmlLink", "eventType", "sequence")
UNSUPPORTED = {"recurrence": "recurring events", "syncToken": "sync tokens"}


class Calendar:
    """Events and free/busy, on top of the diaries."""

    def __init__(self, diaries: Diaries, clock: Clock) -> None:
        self._diaries = diaries
        self._clock = clock
        self.handlers: dict[str, Handler] = {
            "calendar.calendars.get": self.get_calendar,
            "calendar.events.insert": self.insert,
            "calendar.events.get": self.get,
            "calendar.events.list": self.list_events,
            "calendar.events.patch": self.patch,
            "calendar.events.update": self.update,
            "calendar.events.delete": self.delete,
            "calendar.freebusy.query": self.free_busy,
        }

    def get_calendar(self, call: Call) -> Json:
        """What is known of a calendar."""
        diary = self._open(call)
        return {"kind": "calendar#calendar", "etag": '"1"', "id": diary.id, "summary": diary.id, "timeZone": ZONE}

    def insert(self, call: Call) -> Json:
        """A new event. An id of the client's own is honoured; one ever used, even by a deleted event, is 409."""
        diary = self._open(call, write=True)
        body = {key: value for key, value in call.body.items() if key not in READ_ONLY}
        if "id" in body and "iCalUID" in body:
            raise invalid("Only one of id and iCalUID may be given.", reason="invalid")
        event_id = body.get("id") or self._diaries.new_id()
        if not re.fullmatch(r"[a-v0-9]{5,1024}", event_id):
            raise invalid("Invalid resource id value.", reason="invalid")
        if event_id in diary.events:
            raise ApiError(409, "duplicate", "The requested identifier already exists.")
        event: Json = {
            "kind": "calendar#event",
            "id": event_id,
            "status": "confirmed",
            "htmlLink": f"https://www.google.com/calendar/event?eid={event_id}",
            "created": stamp(self._clock()),
            "creator": {"email": call.subject},
            "organizer": {"email": diary.id},
            "iCalUID": f"{event_id}@google.com",
            "sequence": 0,
            "reminders": {"useDefault": True},
            "eventType": "default",
        }
        event |= _settled(body)
        event["id"] = event_id
        self._diaries.touch(event)
        diary.events[event_id] = event
        self._tell(call, event, "insert", guests_of(event))
        return as_seen(event, diary.id)

    def get(self, call: Call) -> Json:
        """One event; a deleted one is still there, with status cancelled."""
        diary = self._open(call)
        for event in self._diaries.on(diary):
            if event["id"] == call.params["eventId"]:
                return event
        raise ApiError(404, "notFound", "Not Found")

    def patch(self, call: Call) -> Json:
        """Change the fields given; null removes one; lists are replaced whole."""
        return self._change(call, lambda event: _merged(event, _own_fields(call.body)))

    def update(self, call: Call) -> Json:
        """Replace the event: what the body does not name is gone. Brings a deleted event back."""
        for name in ("start", "end"):
            if name not in call.body:
                raise ApiError(400, "required", f"Missing {name} time.")

        def replaced(event: Json) -> Json:
            kept = {key: event[key] for key in (*READ_ONLY, "id", "iCalUID", "reminders") if key in event}
            return kept | {"status": "confirmed"} | _own_fields(call.body)

        return self._change(call, replaced)

    def delete(self, call: Call) -> None:
        """Cancel the event: its id stays taken for good. A second time is 410."""
        _, event = self._own_event(call)
        if event["status"] == "cancelled":
            raise ApiError(410, "deleted", "Resource has been deleted")
        event["status"] = "cancelled"
        self._diaries.touch(event)
        self._tell(call, event, "delete", guests_of(event))

    def list_events(self, call: Call) -> Json:
        """The events between two instants, the caller's own and those that the calendar's owner is invited to."""
        diary = self._open(call)
        params = call.params
        if "syncToken" in params:
            raise _unsupported("syncToken")
        if params.get("orderBy") == "startTime" and not params.get("singleEvents"):
            raise ApiError(400, "badRequest", "The requested ordering is not available for the particular query.")
        found = [event for event in self._diaries.on(diary) if _listed(event, call)]
        order = "updated" if params.get("orderBy") == "updated" else "start"
        found.sort(key=(lambda e: e["updated"]) if order == "updated" else (lambda e: when(e["start"])))
        page, following = page_of(found, params, "maxResults", 250, 2500)
        answer: Json = {
            "kind": "calendar#events",
            "etag": f'"p{len(found)}"',
            "summary": diary.id,
            "updated": max((event["updated"] for event in found), default=stamp(self._clock())),
            "timeZone": ZONE,
            "accessRole": self._diaries.access(diary, call.subject),
            "defaultReminders": [],
            "items": page,
        }
        return answer | ({"nextPageToken": following} if following else {})

    def free_busy(self, call: Call) -> Json:
        """When each calendar asked for is taken; one that cannot be read carries an error in its place."""
        for name in ("timeMin", "timeMax"):
            if name not in call.body:
                raise ApiError(400, "required", "Required", location=("parameter", name))
        start, end = instant(call.body["timeMin"]), instant(call.body["timeMax"])
        if end <= start:
            raise ApiError(400, "timeRangeEmpty", "The specified time range is empty.", domain="calendar")
        calendars: Json = {}
        for item in call.body.get("items", []):
            diary = self._diaries.diary(call.subject if item["id"] == "primary" else item["id"])
            if self._diaries.access(diary, call.subject) == "none":
                calendars[item["id"]] = {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}
                continue
            spans = sorted(
                (max(when(e["start"]), start), min(when(e["end"], "end"), end))
                for e in self._diaries.on(diary)
                if _takes_time(e) and when(e["start"]) < end and when(e["end"], "end") > start
            )
            calendars[item["id"]] = {"busy": [{"start": _utc(a), "end": _utc(b)} for a, b in _joined(spans)]}
        answer = {"kind": "calendar#freeBusy", "timeMin": stamp(start), "timeMax": stamp(end)}
        return answer | {"calendars": calendars}

    def _open(self, call: Call, *, write: bool = False) -> Diary:
        asked = str(call.params["calendarId"])
        diary = self._diaries.diary(call.subject if asked == "primary" else asked)
        access = self._diaries.access(diary, call.subject)
        if access == "none":
            raise ApiError(404, "notFound", "Not Found")
        if write and access == "reader":
            raise ApiError(
                403, "requiredAccessLevel", "You need to have writer access to this calendar.", domain="calendar"
            )
        return diary

    def _own_event(self, call: Call) -> tuple[Diary, Json]:
        diary = self._open(call, write=True)
        event = diary.events.get(str(call.params["eventId"]))
        if event is None:
            if any(e["id"] == call.params["eventId"] for e in self._diaries.on(diary)):
                raise ApiError(
                    403, "forbiddenForNonOrganizer", "Only the organiser may change this event.", domain="calendar"
                )
            raise ApiError(404, "notFound", "Not Found")
        if call.if_match not in (None, "*", event["etag"]):
            raise ApiError(412, "conditionNotMet", "Precondition Failed", location=("header", "If-Match"))
        return diary, event

    def _change(self, call: Call, change: Any) -> Json:
        diary, before = self._own_event(call)
        after = _settled(change(before))
        if (after["start"], after["end"]) != (before["start"], before["end"]):
            after["sequence"] = before["sequence"] + 1
        self._diaries.touch(after)
        diary.events[before["id"]] = after
        gone = [guest for guest in guests_of(before) if guest not in guests_of(after)]
        newly = [guest for guest in guests_of(after) if guest not in guests_of(before)]
        stayed = [guest for guest in guests_of(after) if guest in guests_of(before)]
        for action, guests in (("delete", gone), ("insert", newly), ("update", stayed)):
            if guests:
                self._tell(call, after, action, guests)
        return as_seen(after, diary.id)

    def _tell(self, call: Call, event: Json, action: str, guests: list[str]) -> None:
        # sendNotifications is the older name of the same wish (events.insert, "deprecated").
        default = "all" if call.params.get("sendNotifications") else "none"
        self._diaries.notify(event, action, call.params.get("sendUpdates", default), guests)


def _own_fields(body: Json) -> Json:
    return {key: value for key, value in body.items() if key not in (*READ_ONLY, "id", "iCalUID")}


def _merged(old: Json, changes: Json) -> Json:
    merged = dict(old)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = _merged(merged[key], value)
        else:
            merged[key] = {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value
    return merged


def _settled(event: Json) -> Json:
    """The event with its times and guests as Google keeps them. Raises ApiError 400."""
    if "recurrence" in event:
        raise _unsupported("recurrence")
    for name in ("start", "end"):
        if name not in event:
            raise ApiError(400, "required", f"Missing {name} time.")
    check_span(event["start"], event["end"])
    settled = event | {name: normalised(event[name], name) for name in ("start", "end")}
    if "attendees" in event:
        if not all(re.fullmatch(r"[^@\s]+@[^@\s]+", guest.get("email", "")) for guest in event["attendees"]):
            raise invalid("Invalid attendee email.", reason="invalid")
        settled["attendees"] = [{"responseStatus": "needsAction"} | guest for guest in event["attendees"]]
    return settled


def _listed(event: Json, call: Call) -> bool:
    params = call.params
    if event["status"] == "cancelled" and not (params.get("showDeleted") or "updatedMin" in params):
        return False
    if "timeMin" in params and when(event["end"], "end") <= instant(params["timeMin"]):
        return False
    if "timeMax" in params and when(event["start"]) >= instant(params["timeMax"]):
        return False
    if "updatedMin" in params and instant(event["updated"]) < instant(params["updatedMin"]):
        return False
    if "iCalUID" in params and event["iCalUID"] != params["iCalUID"]:
        return False
    text = f"{event.get('summary', '')} {event.get('description', '')} {event.get('location', '')}".lower()
    if params.get("q", "").lower() not in text:
        return False
    return _has_properties(event, call)


def _has_properties(event: Json, call: Call) -> bool:
    for kind in ("private", "shared"):
        held = event.get("extendedProperties", {}).get(kind, {})
        for wanted in call.params.get(f"{kind}ExtendedProperty", []):
            name, _, value = wanted.partition("=")
            if held.get(name) != value:
                return False
    return True


def _takes_time(event: Json) -> bool:
    declined = any(g.get("self") and g.get("responseStatus") == "declined" for g in event.get("attendees", []))
    return event["status"] != "cancelled" and event.get("transparency") != "transparent" and not declined


def _joined(spans: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    joined: list[tuple[Any, Any]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _utc(at: Any) -> str:
    return stamp(at).replace(".000Z", "Z")


def _unsupported(what: str) -> ApiError:
    return ApiError(501, "notImplemented", f"The local Workspace does not do {UNSUPPORTED[what]}.")
