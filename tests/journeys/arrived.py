"""What stands in the Workspace in the end, in the words of those whom it reaches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

CARERS = "@family.example"
RESTRICTED = "restricted"
REFERENCE = re.compile(r"\b[A-Z]{1,3}-[0-9]{4}-[0-9]{4,}\b")


@dataclass(frozen=True)
class Entry:
    """A calendar entry; ``guests`` are invited, ``hidden`` if they cannot see one another."""

    calendar: str
    title: str
    text: str
    start: datetime
    end: datetime
    guests: tuple[str, ...]
    hidden: bool


def inbox(state: dict[str, Any], address: str) -> list[dict[str, Any]]:
    """The mails that this address received, oldest first."""
    found: list[dict[str, Any]] = state["mail"].get(address, {}).get("inbox", [])
    return found


def subjects(state: dict[str, Any], address: str) -> list[str]:
    """The subjects of the mails that this address received, oldest first."""
    return [mail["subject"] for mail in inbox(state, address)]


def drafts(state: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every draft that waits for a person, with the mailbox in which it waits."""
    return [(owner, draft) for owner, box in state["mail"].items() for draft in box["drafts"]]


def entries(state: dict[str, Any], reference: str = "") -> list[Entry]:
    """Every entry that stands, of one case if a reference is given."""
    return [
        Entry(
            calendar,
            event["summary"],
            event.get("description", ""),
            _moment(event["start"]),
            _moment(event["end"]),
            tuple(guest["email"] for guest in event.get("attendees", [])),
            event.get("guestsCanSeeOtherGuests") is False,
        )
        for calendar, events in state["calendar"]["calendars"].items()
        for event in events
        if event.get("status") != "cancelled" and reference in event.get("summary", "")
    ]


def rows(state: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Every row below the headings, with the title of its tab."""
    for sheet in state["sheets"].values():
        for tab, lines in sheet["tabs"].items():
            for line in lines[1:]:
                yield tab, [str(cell) for cell in line]


def in_the_open(state: dict[str, Any]) -> Iterator[str]:
    """What people who are not meant to know may come to see: subjects, entries' words, rows of open tabs."""
    for box in state["mail"].values():
        yield from (mail["subject"] for mail in (*box["inbox"], *box["sent"], *box["drafts"]))
    for entry in entries(state):
        yield entry.title
        yield entry.text
    for tab, row in rows(state):
        yield tab
        if RESTRICTED not in tab.casefold():
            yield " | ".join(row)


def references(state: dict[str, Any], address: str) -> list[str]:
    """The cases that mails to this address speak of, oldest first, once each."""
    return list(dict.fromkeys(ref for subject in subjects(state, address) for ref in REFERENCE.findall(subject)))


def _moment(when: dict[str, str]) -> datetime:
    return datetime.fromisoformat(when.get("dateTime") or when["date"])
