"""One calendar entry. Until a person releases it, it stands on the organiser's calendar, with no guest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import time

from integrations.ports import DeliveryError, Diary, DiaryEntry
from rules.engine.model.effects import CalendarEntry
from service.flows.progress import Delivered
from service.store import Action, Progress

INVITED = "invited"
"""How far a delivery came whose guest has the entry."""


@dataclass(frozen=True, slots=True)
class Place:
    """A calendar. ``own``: it is somebody's own, written in their name."""

    calendar: str
    own: bool

    def key(self, action: Action) -> str:
        """What names the entry there. In an own calendar the same name may be that of an invitation to it."""
        return f"{action.id} {self.calendar}" if self.own else action.id


def move_entry(action: Action, entry: CalendarEntry, diary: Diary, there: Place, to: Place | None) -> Delivered:
    """Take the entry from a calendar whose reader may not know of it any more, to another. Raises DeliveryError.

    Its guest, who knows of it, hears of it anew from there, and nothing of the old place.
    """
    delivered = deliver_entry(replace(action, step=""), entry, diary, to) if to is not None else None
    diary.cancel(there.calendar, there.key(action), own=there.own, quiet=True)
    if delivered is None:
        raise _nowhere()
    return delivered


def deliver_entry(action: Action, entry: CalendarEntry, diary: Diary, place: Place | None) -> Delivered:
    """Create, move or cancel the entry on this calendar, on which it stays (None: there is none). DeliveryError."""
    if place is None:
        raise _nowhere()
    calendar, key, own = place.calendar, place.key(action), place.own
    if entry.action == "cancel":
        diary.cancel(calendar, key, own=own)
        return Delivered("done", "cancelled", {"step": "cancelled", "place": calendar})
    released = entry.status == "sent"
    if action.step == INVITED and not released:
        # A guest from outside hears of the new day when somebody releases it; until then theirs stands as it was.
        return Delivered("held", "waits", {})
    event = diary.put(
        DiaryEntry(
            key=key,
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


def _nowhere() -> DeliveryError:
    """Everybody in whose diary it could stand is kept out of the case: a person hears that it stands in none."""
    return DeliveryError("no-clean-diary", permanent=True)
