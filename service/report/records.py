"""What the figures are counted from: plain values, without a name in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Standing = Literal["counted", "not substantiated", "entered in error"]
Hold = Literal["never held", "held now", "held, then lifted"]
Category = tuple[str, str]
"""A word as the facts have it, and how it is printed."""


ENDINGS: Mapping[str, str] = {
    "complaint withdrawn": "withdrawn",
    "stage 1 resolved": "resolved",
    "complaint resolved": "resolved",
    "late complaint refused": "too late",
}
"""What was recorded when a complaint ended, in the words of the procedure, and how that is counted."""


@dataclass(frozen=True, slots=True)
class Clock:
    """One duty on one case: its clauses, what it is called, and whether it was met, late, missed or is not due."""

    clauses: tuple[str, ...]
    name: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A report in which only pupils are involved (I13). Words are those of the forms; ``unknown`` is a blank.

    ``ref`` is empty where somebody of the school is kept out of the case: then it is in the sums, and in no list.
    ``alert_minutes`` is from sending the report to the first alert, ``action_days`` and ``close_days`` are school days
    from its effective receipt; None where it has not happened.
    """

    ref: str
    received: date
    standing: Standing = "counted"
    hour: int | None = None
    place: str = "unknown"
    kinds: frozenset[str] = frozenset({"unknown"})
    behaviours: frozenset[str] = frozenset({"unknown"})
    media: frozenset[str] = frozenset({"unknown"})
    years_targeted: frozenset[str] = frozenset({"unknown"})
    years_reported: frozenset[str] = frozenset({"unknown"})
    reported_by: str = "unknown"
    how_known: str = "unknown"
    days_late: int | None = None
    alert_minutes: int | None = None
    action_days: int | None = None
    close_days: int | None = None
    clocks: tuple[Clock, ...] = ()
    outcomes: frozenset[str] = frozenset()
    sanctions: frozenset[str] = frozenset()
    clauses: tuple[tuple[str, str], ...] = ()
    """Each clause that applied, with how it stood at the end of the period."""
    hold: Hold = "never held"
    patterns: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A complaint: which stage it has reached, what it is to do with, and how it was answered."""

    received: date
    ref: str = ""
    """As of an incident."""
    topics: frozenset[str] = frozenset()
    stage: str = "unknown"
    state: str = "open"
    ended: str = ""
    """How a closed one ended, other than by an answer: a key of ``ENDINGS``."""
    upheld: str = "unknown"
    clocks: tuple[Clock, ...] = ()
    clauses: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Records:
    """Everything received from ``since`` to ``until``, both included.

    ``words``: the answers of each question, whether anybody gave them or not, and the year groups of the school.
    """

    since: date
    until: date
    incidents: tuple[Incident, ...]
    complaints: tuple[Complaint, ...]
    words: Mapping[str, tuple[Category, ...]] = field(default_factory=dict)
    no_school: frozenset[date] = frozenset()
    """The Mondays of weeks without a school day."""
