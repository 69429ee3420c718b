"""Calendars and the events on them, the copies that guests see, and the invitations that they are sent."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from integrations.workspace_emulator.calls import Clock, Counter, Json
from integrations.workspace_emulator.event_times import in_words, stamp
from integrations.workspace_emulator.mailboxes import Mailboxes
from integrations.workspace_emulator.people import People

INVITATION_SENDER = "Google Calendar <calendar-notification@google.com>"
WORDS = {"insert": "Invitation", "update": "Updated invitation", "delete": "Cancelled event"}


@dataclass(slots=True)
class Diary:
    """One calendar. ``writers`` and ``readers``: None means that nobody is kept out."""

    id: str
    writers: frozenset[str] | None = None
    readers: frozenset[str] | None = None
    events: dict[str, Json] = field(default_factory=dict)


class Diaries:
    """All calendars; one comes to be when it is first written to."""

    def __init__(self, clock: Clock, people: People, mailboxes: Mailboxes) -> None:
        self._clock = clock
        self._people = people
        self._mailboxes = mailboxes
        self._numbers = Counter()
        self.diaries: dict[str, Diary] = {}
        self.notifications: list[Json] = []

    def describe(self, id: str, writers: Sequence[str] | None = None, readers: Sequence[str] | None = None) -> Diary:
        """A calendar that is shared only with these; its owner (whose address is its id) is always in."""
        diary = self.diary(id)
        diary.writers = None if writers is None else frozenset({*map(str.lower, writers), diary.id})
        diary.readers = None if readers is None else frozenset(map(str.lower, readers))
        return diary

    def diary(self, id: str) -> Diary:
        """The calendar of this id, which is its owner's address."""
        return self.diaries.setdefault(id.lower(), Diary(id.lower()))

    def access(self, diary: Diary, subject: str) -> str:
        """``owner``, ``writer``, ``reader`` or ``none``."""
        if diary.id == subject:
            return "owner"
        if diary.writers is None or subject in diary.writers:
            return "writer"
        return "reader" if diary.readers is not None and subject in diary.readers else "none"

    def new_id(self) -> str:
        """An event id for one who brought none."""
        return f"emulated{self._numbers.next():010d}"

    def touch(self, event: Json) -> None:
        """The event was changed: a new etag and time."""
        event["etag"] = f'"{3_000_000_000 + self._numbers.next()}"'
        event["updated"] = stamp(self._clock())

    def on(self, diary: Diary) -> Iterator[Json]:
        """What stands on a calendar: its own events, and copies of those to which its owner is invited."""
        for event in diary.events.values():
            yield as_seen(event, diary.id)
        for other in self.diaries.values():
            if other.id == diary.id:
                continue
            for event in other.events.values():
                if diary.id in guests_of(event):
                    yield as_seen(event, diary.id)

    def notify(self, event: Json, action: str, send_updates: str, guests: Sequence[str]) -> None:
        """Send invitations (or changes, or cancellations) to those guests whom ``sendUpdates`` takes in."""
        organiser = event["organizer"]["email"]
        told = [
            guest
            for guest in guests
            if send_updates == "all"
            or (send_updates == "externalOnly" and not self._people.is_internal(guest, organiser))
        ]
        record = {"event": event["id"], "action": action, "sendUpdates": send_updates, "told": told}
        self.notifications.append(record)
        for guest in told:
            self._mailboxes.arrive(guest, _subject(event, action, guest), _letter(event, guest), INVITATION_SENDER)

    def state(self) -> Json:
        """For tests: every event by calendar, and who was told."""
        calendars = {diary.id: list(diary.events.values()) for diary in self.diaries.values()}
        return copy.deepcopy({"calendars": calendars, "notifications": self.notifications})


def guests_of(event: Json) -> list[str]:
    """The addresses invited."""
    return [guest["email"].lower() for guest in event.get("attendees", []) if "email" in guest]


def as_seen(event: Json, viewer: str) -> Json:
    """An event as it stands on the viewer's calendar: who is ``self``, and other guests hidden where they must be."""
    seen = copy.deepcopy(event)
    for who in (seen["organizer"], seen["creator"], *seen.get("attendees", [])):
        if who.get("email", "").lower() == viewer:
            who["self"] = True
    organises = seen["organizer"]["email"].lower() == viewer
    if not organises and seen.get("guestsCanSeeOtherGuests") is False and "attendees" in seen:
        seen["attendees"] = [guest for guest in seen["attendees"] if guest.get("self")]
        seen["attendeesOmitted"] = True
    return seen


def _subject(event: Json, action: str, guest: str) -> str:
    times = in_words(event["start"], event["end"])
    return f"{WORDS[action]}: {event.get('summary', '(No title)')} @ {times} ({guest})"


def _letter(event: Json, guest: str) -> str:
    others = [email for email in guests_of(event) if email != guest]
    shown = [guest, *others] if event.get("guestsCanSeeOtherGuests", True) else [guest]
    lines = [
        event.get("summary", "(No title)"),
        "",
        f"When: {in_words(event['start'], event['end'])} (Europe/London)",
        f"Where: {event['location']}" if event.get("location") else "",
        f"Organiser: {event['organizer']['email']}",
        f"Guests: {', '.join(shown)}",
        "",
        event.get("description", ""),
    ]
    return "\n".join(lines).rstrip() + "\n"
