"""One calendar entry. Until a person releases it, it stands on the organiser's calendar, with no guest."""

from __future__ import annotations

from datetime import time

from integrations.ports import Diary, DiaryEntry
from rules.engine.effects import CalendarEntry
from service.flows.progress import Delivered
from service.store import Action, Progress

INVITED = "invited"
"""How far a delivery came whose guest has the entry."""


def deliver_entry(action: Action, entry: CalendarEntry, diary: Diary, calendar: str, *, own: bool) -> Delivered:
    """Create, move or cancel the entry on this calendar, on which it stays. ``own``: in the name of whose it is.

    Raises DeliveryError.
    """
    if entry.action == "cancel":
        diary.cancel(calendar, action.id, own=own)
        return Delivered("done", "cancelled", {"step": "cancelled", "place": calendar})
    released = entry.status == "sent"
    if action.step == INVITED and not released:
        # A guest from outside hears of the new day when somebody releases it; until then theirs stands as it was.
        return Delivered("held", "waits", {})
    event = diary.put(
        DiaryEntry(
            key=action.id,
            calendar=calendar,
            title=entry.title,
            description=entry.description,
            start=entry.start,
            end=entry.end,
            guest=entry.attendees[0] if released and entry.attendees and entry.attendees[0] != calendar else None,
            own=own,
            all_day=entry.start < entry.end and entry.start.time() == entry.end.time() == time(),
        )
    )
    step = INVITED if released and entry.attendees else "put"
    progress = Progress(step=step, remote_id=event, remote_version=action.version, place=calendar)
    return Delivered("done" if released else "held", "put", progress)
