"""When an event is: Google's start and end, as instants and back (developers.google.com/workspace/calendar/api/
concepts/events-calendars)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from integrations.workspace_emulator.calls import Json
from integrations.workspace_emulator.errors import ApiError, invalid

ZONE = "Europe/London"


def instant(value: str) -> datetime:
    """An RFC 3339 time that carries its offset. Raises ApiError 400 for one without."""
    parsed = datetime.fromisoformat(value)
    if parsed.tzinfo is None:
        raise invalid("Bad Request", reason="badRequest")
    return parsed


def when(moment: Json, name: str = "start") -> datetime:
    """A start or end as an instant; an all-day one is midnight in the calendar's zone. Raises ApiError 400."""
    if ("date" in moment) == ("dateTime" in moment):
        raise invalid(f"Invalid {name} time.", reason="invalid")
    zone = _zone(moment.get("timeZone", ZONE))
    if "date" in moment:
        return datetime.combine(date.fromisoformat(moment["date"]), time(), zone)
    parsed = datetime.fromisoformat(moment["dateTime"])
    if parsed.tzinfo is None:
        if "timeZone" not in moment:
            raise invalid(f"Missing time zone definition for {name} time.", reason="required")
        parsed = parsed.replace(tzinfo=zone)
    return parsed


def normalised(moment: Json, name: str) -> Json:
    """A start or end as Google gives it back: in the calendar's zone, with its offset. Raises ApiError 400."""
    at = when(moment, name)
    if "date" in moment:
        return {"date": moment["date"]}
    zone = moment.get("timeZone", ZONE)
    return {"dateTime": at.astimezone(_zone(ZONE)).isoformat(timespec="seconds"), "timeZone": zone}


def check_span(start: Json, end: Json) -> None:
    """Raises ApiError 400 for a span that is empty, or all-day at one end only."""
    if ("date" in start) != ("date" in end):
        raise invalid("Invalid start time.", reason="invalid")
    if when(end, "end") < when(start) or ("date" in start and when(end, "end") == when(start)):
        raise ApiError(400, "timeRangeEmpty", "The specified time range is empty.", domain="calendar")


def stamp(at: datetime) -> str:
    """``created`` and ``updated``: UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def in_words(start: Json, end: Json) -> str:
    """For people: ``Mon 12 Oct 2026, 09:00 to 09:30``, or the days alone."""
    first, last = when(start).astimezone(_zone(ZONE)), when(end, "end").astimezone(_zone(ZONE))
    if "date" in start:
        return f"{first:%a %-d %b %Y}"
    if first.date() == last.date():
        return f"{first:%a %-d %b %Y, %H:%M} to {last:%H:%M}"
    return f"{first:%a %-d %b %Y, %H:%M} to {last:%a %-d %b %Y, %H:%M}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise invalid(f"Invalid time zone definition: {name}", reason="invalid") from None
