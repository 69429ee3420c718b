"""What patterns are counted from: who was part of which incident, where, and what complaints are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import product
from typing import Protocol

from rules.engine.changes import NOT_COUNTED
from rules.engine.identified import MATCHED
from rules.engine.policy import UNKNOWN, FactValue, FactWord
from rules.engine.school_days import LONDON, SchoolCalendar
from rules.engine.situation import CaseFile, Event, Party
from rules.engine.spots import AT_A_SPOT, spot_of

_TOPIC_ROLE = "subject"


class Incidents(Protocol):
    """Who had which part in which case, on which day. Counts are of distinct cases that count."""

    def add(self, ref: str, person_key: str, role: str, day: date, source_submission: str | None) -> None:
        """A person's part in a case; the same part again corrects the day, and nothing else."""

    def count_person(self, person_key: str, role: str, since: date, until: date) -> int:
        """In how many cases this person had this role, from ``since`` to ``until``, both included."""

    def count_pair(self, first: str, second: str, since: date, until: date) -> int:
        """In how many cases the one was reported and the other targeted."""

    def mark(self, ref: str, *, counts: bool) -> None:
        """Whether a case counts."""


@dataclass(slots=True)
class Part:
    """Somebody's part in a case: the day of the incident, and whether it counts."""

    day: date
    counts: bool = True


@dataclass(slots=True)
class RecalledIncidents:
    """Incidents held in memory: for a replay, and for a rule's own examples."""

    parts: dict[tuple[str, str], dict[str, Part]] = field(default_factory=dict)
    """Person and role to the cases in which they had it."""

    def add(self, ref: str, person_key: str, role: str, day: date, source_submission: str | None) -> None:
        del source_submission
        self.parts.setdefault((person_key, role), {}).setdefault(ref, Part(day)).day = day

    def count_person(self, person_key: str, role: str, since: date, until: date) -> int:
        return len(self._cases(person_key, role, since, until))

    def count_pair(self, first: str, second: str, since: date, until: date) -> int:
        together = self.parts.get((second, "targeted"), {})
        return sum(ref in together and together[ref].counts for ref in self._cases(first, "reported", since, until))

    def mark(self, ref: str, *, counts: bool) -> None:
        for parts in self.parts.values():
            if ref in parts:
                parts[ref].counts = counts

    def _cases(self, person: str, role: str, since: date, until: date) -> list[str]:
        parts = self.parts.get((person, role), {})
        return [ref for ref, part in parts.items() if part.counts and since <= part.day <= until]


def counted(
    incidents: Incidents, event: Event, words: Mapping[str, FactWord], calendar: SchoolCalendar, *, new: bool
) -> dict[str, FactValue]:
    """Every count that rules ask for, over its own window; ``new``: this event opens a case, which counts too.

    Of several people who are counted, the one with most; nothing where the event is neither a report nor a complaint.
    """
    if event.name not in ("report received", "complaint received"):
        return {}
    day = incident_day(event) if event.name == "report received" else _day_of(event)
    found: dict[str, FactValue] = {}
    for name, word in words.items():
        if word.counts is None or word.window is None:
            continue
        count = _count(incidents, event, word.counts, calendar.window_start(day, word.window), day, new=new)
        if count is not None:
            found[name] = count
    return found


def _count(incidents: Incidents, event: Event, way: str, since: date, day: date, *, new: bool) -> int | None:
    """The most that anybody has; None where this kind of event is not counted in this way."""
    here = 1 if new else 0
    if (way == "by topic") is (event.name == "report received"):
        return None
    reported, targeted = people_to_count(event)
    match way:
        case "by topic":
            topic = topic_of(event)
            return None if topic is None else incidents.count_person(topic, _TOPIC_ROLE, since, day) + here
        case "by person":
            found = [incidents.count_person(p.key or "", "reported", since, day) for p in reported]
        case "against person":
            found = [incidents.count_person(p.key or "", "targeted", since, day) for p in targeted]
        case "by place and time":
            spot = spot_of(event.facts)
            found = [incidents.count_person(spot, AT_A_SPOT, since, day)] if spot else []
        case "roles reversed":
            pairs = product(targeted, reported)
            return max((incidents.count_pair(p.key or "", q.key or "", since, day) for p, q in pairs), default=0)
        case _:
            pairs = product(reported, targeted)
            found = [incidents.count_pair(p.key or "", q.key or "", since, day) for p, q in pairs]
    return max((count + here for count in found), default=0)


def remember(incidents: Incidents, submission_id: str, event: Event, cases: Sequence[CaseFile]) -> None:
    """Add what an event leads to, decided into ``cases``: unfounded, mistaken and unlinked incidents are taken away."""
    if not cases:
        return
    case = cases[0]
    if event.name == "report received" and case.track == "bullying":
        for key, role in _parts(event):
            incidents.add(case.ref, key, role, incident_day(event), submission_id)
        spot = spot_of(event.facts)
        if spot is not None:
            incidents.add(case.ref, spot, AT_A_SPOT, incident_day(event), submission_id)
    elif event.name == "complaint received" and (topic := topic_of(event)) is not None:
        incidents.add(case.ref, topic, _TOPIC_ROLE, _day_of(event), submission_id)
    elif event.facts.get("what happened") == MATCHED and case.track == "bullying":
        day = case.opened_at.astimezone(LONDON).date()
        for key, role in _parts(replace(event, parties=case.parties)):
            incidents.add(case.ref, key, role, day, submission_id)
    elif event.facts.get("what happened") in NOT_COUNTED:
        incidents.mark(case.ref, counts=False)


def people_to_count(event: Event) -> tuple[tuple[Party, ...], tuple[Party, ...]]:
    """The pupils matched as reported, and those as targeted: whose history counts. Nobody unmatched is counted."""
    known = [party for party in event.parties if party.kind == "pupil" and party.key]
    return tuple(p for p in known if p.role == "reported"), tuple(p for p in known if p.role == "targeted")


def topic_of(event: Event) -> str | None:
    """What complaints of one campaign have in common, as history knows it; None where the subject is not given."""
    topic = event.facts.get("topic")
    return f"topic:{topic}" if isinstance(topic, str) and topic != UNKNOWN else None


def incident_day(event: Event) -> date:
    """The day that a report's incident counts on, in patterns."""
    return date.fromisoformat(event.details["incident day"])


def _parts(event: Event) -> list[tuple[str, str]]:
    """The matched pupils of a report and their roles: links carry the role of this incident (DOMAIN, People)."""
    reported, targeted = people_to_count(event)
    return [(party.key or "", party.role) for party in (*reported, *targeted)]


def _day_of(event: Event) -> date:
    return event.happenings[0].at.astimezone(LONDON).date()
