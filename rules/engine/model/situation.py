"""What a decision is made from: the event, the case so far, the people, the days. All given; nothing looked up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from rules.engine.model.effects import CalendarEntry, Deadline, Flag, Notice, Task, Withhold
from rules.engine.model.patterns import Counted
from rules.engine.model.policy import Facts
from rules.engine.school.directory import Directory
from rules.engine.school.school_days import SchoolCalendar

PartyRole = Literal["targeted", "reported", "witness", "reporter", "complainant", "complained about", "pupil concerned"]
NO_CASE = "no case"
"""The reference of what belongs to no case: what is said of it says so, and leads to where all cases are."""
LATER_REPORT = "later report about its pupil"
"""The event of a complaint whose pupil is in a report of bullying that has just come."""
MARKED = "marked as "
"""How the happenings begin by which a rule marks a case."""

PartyKind = Literal["pupil", "staff", "governor", "parent", "adult", "unknown"]


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody in a case. ``key`` is set only by an exact match; ``possible``: who it might be (principles.md, People).

    ``number`` is what they are called where names must not be: "party 1".
    """

    number: int
    role: PartyRole
    kind: PartyKind
    typed: str
    key: str | None = None
    possible: tuple[str, ...] = ()
    year: int | None = None


@dataclass(frozen=True, slots=True)
class KeptOut:
    """A person who may know nothing of the case, and why (I2)."""

    address: str
    why: str


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened on a case, in the words of the procedures. ``at`` is when, ``day`` a date it sets."""

    what: str
    at: datetime
    timed: bool = True
    """False where only the date is known, so that no cut-off applies."""
    day: date | None = None
    who: str = ""
    by: str = ""
    """The address of whoever recorded it."""
    recorded: datetime | None = None
    """When they did; ``at`` is when it happened, by what they say."""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case as it stands before the event."""

    ref: str
    track: str
    state: Literal["open", "paused", "closed"]
    stage: str | None
    opened_at: datetime
    facts: Facts = field(default_factory=dict)
    parties: tuple[Party, ...] = ()
    happenings: tuple[Happening, ...] = ()
    kept_out: tuple[KeptOut, ...] = ()
    notices: Mapping[str, Notice] = field(default_factory=dict)
    tasks: Mapping[str, Task] = field(default_factory=dict)
    entries: Mapping[str, CalendarEntry] = field(default_factory=dict)
    deadlines: Mapping[str, Deadline] = field(default_factory=dict)
    withholds: Mapping[str, Withhold] = field(default_factory=dict)
    flags: Mapping[str, Flag] = field(default_factory=dict)
    made: frozenset[str] = frozenset()
    """Keys of everything ever made on this case, flags and refusals too."""
    unsent: frozenset[str] = frozenset()
    """Keys of the letters that were released and have not left yet: they can still be taken back."""
    complainant: str | None = None
    reporter: str | None = None
    linked: tuple[str, ...] = ()
    panel: tuple[str, ...] = ()

    @property
    def marks(self) -> tuple[str, ...]:
        """What rules have marked the case as, to be read where it is looked at and counted in figures."""
        marked = [h.what.removeprefix(MARKED) for h in self.happenings if h.what.startswith(MARKED)]
        return tuple(dict.fromkeys(marked))


@dataclass(frozen=True, slots=True)
class Event:
    """What has just happened. ``name`` is a word of the vocabulary; ``actor`` the verified address of who did it."""

    name: str
    facts: Facts = field(default_factory=dict)
    parties: tuple[Party, ...] = ()
    happenings: tuple[Happening, ...] = ()
    actor: str | None = None
    complainant: str | None = None
    about: str = ""
    """For a clock: the key or id of what it asks about."""
    occurrence: str = "first"
    """Which occurrence of the event this is: "first" for a report and its later versions, else an id of its own."""
    step: int = 0
    details: Mapping[str, str] = field(default_factory=dict)
    """Texts that effects may need (a new date, a shelf mark); never free text about a person."""
    oddities: tuple[str, ...] = ()
    """What could not be read, in words without personal data."""
    people: tuple[str, ...] = ()
    """Addresses of adults that the event names (a panel member, a person complained about)."""
    cites: tuple[str, ...] = ()
    """References of other cases that a complaint gives; once it is understood, those of reports of bullying alone."""
    counted: tuple[Counted, ...] = ()
    """What was counted for the facts that count cases: all of it, then what each may know of who may not know all."""
    kept_out: tuple[KeptOut, ...] = ()
    """Who has no part in it for a reason beside whom it is about: they made it, or the case that it may belong to."""


def open_tasks(tasks: Iterable[Task]) -> frozenset[tuple[str, str]]:
    """Who has still to do what: assignee and title of each task that is open."""
    return frozenset((task.assignee, task.title) for task in tasks if task.state == "open")


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything a decision may depend on. ``now`` is aware; ``next_refs`` are the references new cases would get."""

    now: datetime
    event: Event
    directory: Directory
    calendar: SchoolCalendar
    case: CaseFile | None = None
    beside: tuple[CaseFile, ...] = ()
    """The cases that are linked to it: whoever is found to be concerned in one has no part in the others."""
    next_refs: Mapping[str, str] = field(default_factory=dict)
    school: str = ""
    console: str = ""
    busy: Mapping[str, tuple[tuple[datetime, datetime], ...]] = field(default_factory=dict)
    """For a hearing: when panel members are not free."""
