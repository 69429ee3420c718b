"""What patterns are counted from: who was part of which incident, where, and what complaints are about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from rules.engine.casework.changes import NOT_COUNTED, UNLINKED
from rules.engine.casework.ending import REOPENED
from rules.engine.casework.identified import MATCHED
from rules.engine.intake.spots import AT_A_SPOT, spot_of
from rules.engine.model.patterns import Incident
from rules.engine.model.policy import UNKNOWN
from rules.engine.model.situation import CaseFile, Event, Party
from rules.engine.school.school_days import LONDON

TOPIC_ROLE = "subject"
CONCERNED = "pupil concerned"
"""The role in which a pupil is in a complaint; counted while it is open."""
PartOf = tuple[str, str]
"""The key of a person, and the role that they have in a case."""


class Incidents(Protocol):
    """Who had which part in which case, on which day. Counts are of distinct cases that count."""

    def add(self, ref: str, person_key: str, role: str, day: date, source_submission: str | None) -> None:
        """A person's part in a case; the same part again corrects the day, and nothing else."""

    def of_person(self, person_key: str, role: str, since: date, until: date) -> Sequence[Incident]:
        """The cases that count in which this person had this role, from ``since`` to ``until``, both included."""

    def of_pair(self, one: PartOf, other: PartOf, since: date, until: date) -> Sequence[Incident]:
        """As ``of_person``, for the cases in which both had their part."""

    def mark(self, ref: str, *, counts: bool, person_key: str | None = None) -> None:
        """Whether a case counts, or one person's part in it."""


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

    def of_person(self, person_key: str, role: str, since: date, until: date) -> list[Incident]:
        parts = self.parts.get((person_key, role), {})
        return [Incident(ref, p.day) for ref, p in parts.items() if p.counts and since <= p.day <= until]

    def of_pair(self, one: PartOf, other: PartOf, since: date, until: date) -> list[Incident]:
        theirs = {ref for ref, part in self.parts.get(other, {}).items() if part.counts}
        return [found for found in self.of_person(*one, since, until) if found.ref in theirs]

    def mark(self, ref: str, *, counts: bool, person_key: str | None = None) -> None:
        for (person, _), parts in self.parts.items():
            if ref in parts and person_key in (None, person):
                parts[ref].counts = counts


def remember(incidents: Incidents, submission_id: str, event: Event, cases: Sequence[CaseFile]) -> None:
    """Add what an event leads to, decided into ``cases``: unfounded, mistaken and unlinked incidents are taken away."""
    if not cases:
        return
    case = cases[0]
    if event.name == "report received" and case.track == "bullying":
        for key, role in _parts(event.parties):
            incidents.add(case.ref, key, role, incident_day(event), submission_id)
        spot = spot_of(event.facts)
        if spot is not None:
            incidents.add(case.ref, spot, AT_A_SPOT, incident_day(event), submission_id)
    elif event.name == "complaint received":
        for key in topics_of(event).values():
            incidents.add(case.ref, key, TOPIC_ROLE, day_of(event), submission_id)
        for key in _concerned(case):
            incidents.add(case.ref, key, CONCERNED, day_of(event), submission_id)
    elif event.facts.get("what happened") == MATCHED and case.track == "bullying":
        for key, role in _parts(case.parties):
            incidents.add(case.ref, key, role, day_of_incident(case), submission_id)
    _leave_out(incidents, event, case)
    for key in _concerned(case):
        incidents.mark(case.ref, counts=case.state != "closed", person_key=key)


def complaints_of(incidents: Incidents, case: CaseFile, since: date, until: date) -> list[str]:
    """The open complaints, received from ``since`` to ``until``, that concern a pupil of this report."""
    keys = [key for key, _ in _parts(case.parties)]
    found = (one.ref for key in keys for one in incidents.of_person(key, CONCERNED, since, until))
    return list(dict.fromkeys(found))


def _concerned(case: CaseFile) -> list[str]:
    return [p.key for p in case.parties if case.track == "complaint" and p.role == CONCERNED and p.key]


def _leave_out(incidents: Incidents, event: Event, case: CaseFile) -> None:
    """What does not count, whoever is added to it later; of an unlinked incident those who are named, or all of it.

    A case that is opened again counts again.
    """
    what = str(event.facts.get("what happened", ""))
    recorded = [h.what for h in case.happenings if h.what in (*NOT_COUNTED, REOPENED)]
    if what == REOPENED:
        incidents.mark(case.ref, counts=True)
    elif what == UNLINKED and (named := [party.key for party in event.parties if party.key]):
        for key in named:
            incidents.mark(case.ref, counts=False, person_key=key)
    elif what in (UNLINKED, *NOT_COUNTED) or (recorded and recorded[-1] in NOT_COUNTED):
        incidents.mark(case.ref, counts=False)


def people_to_count(parties: Iterable[Party]) -> tuple[tuple[Party, ...], tuple[Party, ...]]:
    """The pupils matched as reported, and those as targeted: whose history counts. Nobody unmatched is counted."""
    known = [party for party in parties if party.kind == "pupil" and party.key]
    return tuple(p for p in known if p.role == "reported"), tuple(p for p in known if p.role == "targeted")


def topics_of(event: Event) -> dict[str, str]:
    """What complaints of one campaign have in common: each subject that is given, and its key in the history."""
    topics = event.facts.get("topic")
    given = sorted(topics - {UNKNOWN}) if isinstance(topics, frozenset) else ()
    return {topic: f"topic:{topic}" for topic in given}


def incident_day(event: Event) -> date:
    """The day that a report's incident counts on, in patterns."""
    return date.fromisoformat(event.details["incident day"])


def day_of_incident(case: CaseFile) -> date:
    """The day that a case counts on, from what it remembers of its report."""
    late = case.facts.get("days late")
    day = case.opened_at.astimezone(LONDON).date()
    return date.fromordinal(day.toordinal() - (late if isinstance(late, int) else 0))


def _parts(parties: Iterable[Party]) -> list[tuple[str, str]]:
    """The matched pupils of a report and their roles: each link carries its role (principles.md, People)."""
    reported, targeted = people_to_count(parties)
    return [(party.key or "", party.role) for party in (*reported, *targeted)]


def day_of(event: Event) -> date:
    """The day, in Europe/London, of the first thing that an event says has happened."""
    return event.happenings[0].at.astimezone(LONDON).date()
