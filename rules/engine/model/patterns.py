"""Patterns: which incidents count beside one another, and how an escalation says what was counted (AB-9f, AB-9g)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from rules.engine.model.conditions import decisive, holds
from rules.engine.model.policy import Condition, Facts, FactValue
from rules.engine.school.school_days import SchoolCalendar

MOST_LISTED = 20
"""So many of what was counted are listed, the latest; of the others their number is said."""
EVERYBODY = ""
"""In place of a reader: whoever may know of every case that was counted."""
NOT_ALL = "they may not know of every incident that was counted"


@dataclass(frozen=True, slots=True)
class Incident:
    """An earlier case that counts: its reference, the day it counts on, and who may know nothing of it.

    ``open_tasks``: whose task of which title stands open on it.
    """

    ref: str
    day: date
    kept_out: frozenset[str] = frozenset()
    open_tasks: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted for one of a case's people or places. ``of`` names nobody: "party 2"."""

    of: str
    incidents: tuple[Incident, ...]
    this_too: bool = True
    """Whether the case itself is one more."""

    @property
    def number(self) -> int:
        """How many in all."""
        return len(self.incidents) + self.this_too


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted, for each fact that counts cases: all of it, or what one ``reader`` may know of."""

    tallies: Mapping[str, tuple[Tally, ...]]
    reader: str = EVERYBODY
    """The address of whoever may not know of all."""

    @property
    def facts(self) -> dict[str, FactValue]:
        """For each the most that any of the people, places or subjects has."""
        return {name: max((tally.number for tally in found), default=0) for name, found in self.tallies.items()}

    @property
    def refs(self) -> tuple[str, ...]:
        """The cases that were counted."""
        return refs_of(tally for found in self.tallies.values() for tally in found)

    def unseen_by(self, reader: str) -> frozenset[str]:
        """Of the cases that were counted those of which this reader may not know."""
        found = (one for tallies in self.tallies.values() for tally in tallies for one in tally.incidents)
        return frozenset(one.ref for one in found if reader in one.kept_out)


def in_one_window(found: Iterable[Incident], day: date, days: int, calendar: SchoolCalendar) -> tuple[Incident, ...]:
    """The most that fall into one window of ``days`` school days together with ``day``, oldest first.

    An incident that is reported late counts with later ones that were reported before it.
    """
    found = sorted(found, key=lambda incident: (incident.day, incident.ref))
    best: list[Incident] = []
    for last in sorted({day, *(incident.day for incident in found if incident.day > day)}):
        first = calendar.window_start(last, days)
        if first > day:
            break
        inside = [incident for incident in found if first <= incident.day <= last]
        best = inside if len(inside) > len(best) else best
    return tuple(best)


def rested_on(condition: Condition, facts: Facts, tallies: Mapping[str, tuple[Tally, ...]]) -> tuple[Tally, ...]:
    """What was counted for those on whose account the condition holds."""
    atoms = [reason.atom for reason in decisive(condition, facts) if reason.atom.fact in tallies]
    return tuple(tally for atom in atoms for tally in tallies[atom.fact] if holds(atom, {atom.fact: tally.number}))


def given_on(tallies: Iterable[Tally], assignee: str, title: str, count: int) -> str | None:
    """The counted case on which this person has this task already, and has not done it; None where there is none.

    Only of what was a pattern before, of ``count`` incidents or more: one of two may have its task for somebody else.
    """
    incidents = (one for tally in tallies if len(tally.incidents) >= count for one in tally.incidents)
    return next((one.ref for one in incidents if (assignee, title) in one.open_tasks), None)


def kept_out_of(tallies: Iterable[Tally]) -> list[str]:
    """The addresses of those who may not know of all that was counted."""
    return sorted({address for tally in tallies for one in tally.incidents for address in one.kept_out})


def refs_of(tallies: Iterable[Tally]) -> tuple[str, ...]:
    """The cases that were counted, each once."""
    return tuple(sorted({one.ref for tally in tallies for one in tally.incidents}))


def in_words(tallies: Iterable[Tally]) -> str:
    """What was counted, case by case, in sentences."""
    found = [tally for tally in tallies if tally.number]
    return " ".join(f"{one.of[0].upper()}{one.of[1:]}{_now(one)}: {_listed(one)}." for one in found)


def _now(tally: Tally) -> str:
    return f", now {tally.number}" if tally.this_too else ""


def _listed(tally: Tally) -> str:
    shown = tally.incidents[-MOST_LISTED:]
    before = len(tally.incidents) - len(shown)
    parts = [f"{before} before {shown[0].ref}"] if before else []
    parts += [f"{one.ref} ({one.day:%a} {one.day.day} {one.day:%b %Y})" for one in shown]
    parts += ["this one"] if tally.this_too else []
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
