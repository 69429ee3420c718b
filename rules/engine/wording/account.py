"""The account of a case: what came in, what was decided and what was done, a line each, in order (AB-8k, CP-5a).

Why it was done is not said here: the explanation of each decision says that.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from rules.engine.model.effects import (
    AnyEffect,
    CalendarEntry,
    CaseChange,
    Deadline,
    Flag,
    Notice,
    Refused,
    Task,
    Withhold,
)
from rules.engine.model.policy import FactWord
from rules.engine.model.situation import Event
from rules.engine.school.day_words import named_day
from rules.engine.school.school_days import LONDON

UPDATE = "what happened"
RELEASED = "draft released"
_MOVED = {"create": "Put into", "move": "Moved in", "cancel": "Taken out of"}
_CLOCKS = {"met": "Done in time", "late": "Done late", "missed": "Not done in time", "paused": "Clock paused"}


def line_of_event(event: Event, words: Mapping[str, FactWord]) -> str:
    """What has happened. Who recorded it is said of updates alone: a pupil's report may have no author."""
    recorded = event.facts.get(UPDATE)
    if event.name == RELEASED:
        return f"Release of a draft, asked for by {event.actor}."
    if event.name != "update recorded" or not isinstance(recorded, str):
        return f"{event.name[0].upper()}{event.name[1:]}."
    label = words[UPDATE].labels.get(recorded, recorded) if UPDATE in words else recorded
    return f"{label}: recorded by {event.actor or 'somebody unknown'}."


def line_of_effect(effect: AnyEffect) -> str | None:
    """What was done, with the clauses that it rests on; None for what only the machine needs to know."""
    done = _done(effect)
    if done is None:
        return None
    named = effect.clauses and not isinstance(effect, CaseChange)
    return f"{done} ({', '.join(effect.clauses)})." if named else f"{done}."


def _done(effect: AnyEffect) -> str | None:
    match effect:
        case CaseChange():
            return effect.because.removesuffix(".")
        case Notice():
            return _letter(effect)
        case Task():
            if effect.state != "open":
                return f"{'Done' if effect.state == 'done' else 'Not needed any more'}: {effect.title}"
            return f"Task for {effect.assignee} ({effect.role}), due {_when(effect.due)}: {effect.title}"
        case CalendarEntry():
            whose = ", ".join(effect.attendees)
            return f"{_MOVED[effect.action]} the diary of {whose}: {effect.title}, {_when(effect.start)}"
        case Deadline():
            if effect.state in _CLOCKS:
                return f"{_CLOCKS[effect.state]}: {effect.name}, due {_when(effect.due)}"
            return f"{'Clock' if effect.state == 'open' else 'Clock stopped'}: {effect.name}, due {_when(effect.due)}"
        case Withhold():
            if not effect.active:
                return effect.because.removesuffix(".")
            return f"Kept from {' and '.join(effect.from_)} until the {effect.lifted_by} decides: {effect.details}"
        case Flag():
            return f"For the {effect.role} to decide: {effect.name}"
        case Refused():
            return f"Not accepted: {effect.what}; {effect.why}"
        case _:
            return None


def _letter(notice: Notice) -> str:
    whom = f"{notice.to} ({notice.role})"
    match notice.status:
        case "draft":
            return f"A letter to {whom} waits in the mailbox of {notice.held_by}"
        case "withdrawn":
            return f"The letter to {whom} was taken back"
        case _:
            return f"Told {'urgently ' if notice.urgent else ''}{whom}"


def _when(when: date | datetime | None) -> str:
    if when is None:
        return "as soon as possible"
    if isinstance(when, datetime):
        local = when.astimezone(LONDON)
        return f"{named_day(local.date())} {local:%H:%M}"
    return named_day(when)
