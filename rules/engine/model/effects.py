"""What a decision leads to. Each effect names the rule and the clause that it rests on, and who was not told and why.

An effect's ``key`` is its identity within its case: the same key again is the same notice, task or entry, so a revision
or a repeated event makes nothing twice. The fields are those of the printed records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, ClassVar, Literal

DeadlineState = Literal["open", "paused", "met", "late", "missed", "cancelled"]


@dataclass(frozen=True, slots=True)
class NotTold:
    """A role or a person kept out, and why. ``address`` is empty where a whole group is meant."""

    who: str
    why: str
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What every effect carries. ``case`` is a reference, or None before there is a case."""

    kind: ClassVar[str] = ""

    key: str
    case: str | None
    rules: tuple[str, ...]
    clauses: tuple[str, ...]
    because: str
    not_told: tuple[NotTold, ...] = ()
    rests_on: tuple[str, ...] = ()
    """The earlier cases that were counted for it: whoever may not know of one of them hears nothing of it ..."""
    known_as: Mapping[str, str] = field(default_factory=dict)
    """... save those, by address, for whom it comes of what they may know too, and why, as far as that goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChange(Effect):
    """A case opened, moved, paused or closed."""

    kind: ClassVar[str] = "case"

    track: str
    state: Literal["open", "paused", "closed"]
    stage: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Effect):
    """One message to one address. ``draft``: it waits in ``held_by``'s mailbox for a person to release it."""

    kind: ClassVar[str] = "notice"

    to: str
    role: str
    status: Literal["sent", "draft", "withdrawn"]
    held_by: str | None
    urgent: bool
    subject: str
    body: str
    template: str
    family: bool = False
    """It would reach parents or carers: what a hold on them forbids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Effect):
    """Something for one person to do. The title names nobody: "party 1"."""

    kind: ClassVar[str] = "task"

    role: str
    assignee: str
    title: str
    due: date | datetime | None
    state: Literal["open", "done", "cancelled"]
    done_when: tuple[str, ...] = ()
    """What ticks it off, in the words of the procedures."""
    steps: tuple[str, ...] = ()
    """How it is done; for the case's page, behind sign-in, and nowhere else."""
    not_a_party: bool = False
    """Whether nobody who is in the case may be given it."""
    sealed: bool = False
    """Whether somebody who works with the task sheet is kept out: then its row says nothing of the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry(Effect):
    """One entry with at most one guest; the others are not seen. Times are aware, in Europe/London."""

    kind: ClassVar[str] = "calendar"

    action: Literal["create", "move", "cancel"]
    status: Literal["sent", "draft"]
    held_by: str | None
    title: str
    description: str
    start: datetime
    end: datetime
    attendees: tuple[str, ...]
    role: str
    guests_see_each_other: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline(Effect):
    """A change of a clock. ``due`` is the end of the day in Europe/London where it is a date."""

    kind: ClassVar[str] = "deadline"

    id: str
    name: str
    due: date | datetime
    state: DeadlineState
    counted: str
    duty_of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withhold(Effect):
    """What is kept from whom. ``lifted_by`` is who alone may lift it; ``active`` False once they have."""

    kind: ClassVar[str] = "withhold"

    details: str
    from_: tuple[str, ...]
    lifted_by: str
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Effect):
    """A matter that only a person decides: its name, for whom, and what was found."""

    kind: ClassVar[str] = "flag"

    name: str
    role: str
    evidence: str
    sealed: bool = False
    """As for a task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(Effect):
    """What was not done, why, and what would do instead."""

    kind: ClassVar[str] = "refused"

    what: str
    why: str
    instead: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm(Effect):
    """A clock of the ladder: at ``at`` (aware), if the alert is still not acknowledged, the next ones are told.

    It prints no record of its own: what it leads to does.
    """

    kind: ClassVar[str] = "alarm"

    at: datetime
    event: str
    about: str
    """What the clock asks about: the key of an alert, the id of a deadline."""
    step: int = 0


DIGEST_DUE = "digest due"
"""The event of the alarms of all the cases that one digest lists; ``about`` says whose digest it is."""

AnyEffect = CaseChange | Notice | Task | CalendarEntry | Deadline | Withhold | Flag | Refused | Alarm

KINDS: Mapping[str, type[AnyEffect]] = {
    cls.kind: cls for cls in (CaseChange, Notice, Task, CalendarEntry, Deadline, Withhold, Flag, Refused, Alarm)
}

_RENAMED = {"from_": "from"}
_NEVER_PRINTED = {"key", "rests_on", "known_as"}
_NOT_PRINTED = {
    "notice": {"template", "family"},
    "task": {"done_when", "steps", "not_a_party", "sealed"},
    "calendar": {"role"},
    "deadline": {"id", "duty_of"},
    "withhold": {"active"},
    "flag": {"role", "sealed"},
}


def record(effect: AnyEffect) -> dict[str, Any]:
    """The effect as the fields of a printed record: plain JSON values, times in RFC 3339, dates as YYYY-MM-DD."""
    hidden = _NEVER_PRINTED | _NOT_PRINTED.get(effect.kind, set())
    found = {
        _RENAMED.get(f.name, f.name): plain(getattr(effect, f.name)) for f in fields(effect) if f.name not in hidden
    }
    if isinstance(effect, Task | Flag):
        found["for"] = found.pop("role", effect.role)
    return {"kind": effect.kind, **found}


def plain(value: object) -> Any:
    """A value as JSON has it."""
    match value:
        case datetime() | date():
            return value.isoformat()
        case NotTold(who, why, address):
            return {"who": who, "why": why, **({"address": address} if address else {})}
        case tuple() | frozenset():
            return [plain(item) for item in value]
        case _:
            return value


def to_json(effect: AnyEffect) -> dict[str, Any]:
    """Every field, to be kept; ``from_json`` reads it back."""
    return {"kind": effect.kind, **{f.name: plain(getattr(effect, f.name)) for f in fields(effect)}}


def from_json(data: Mapping[str, Any]) -> AnyEffect:
    """The effect that ``to_json`` wrote. KeyError for a kind that does not exist."""
    values = {
        name: _READ[name](value) if name in _READ and value is not None else value for name, value in data.items()
    }
    return KINDS[values.pop("kind")](**values)


def moment(text: str) -> date | datetime:
    """A date or a datetime, as written."""
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


_READ: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("rules", "clauses", "attendees", "from_", "done_when", "steps", "rests_on"), tuple),
    **dict.fromkeys(("start", "end", "at", "due"), moment),
    "not_told": lambda told: tuple(NotTold(**one) for one in told),
}
"""How a field that JSON cannot hold as it is, is read back."""
