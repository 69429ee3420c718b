"""What history says of the people and the place of a report, and of a complaint's subject: counted for the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import combinations, product

from rules.engine.identified import MATCHED, with_pupils
from rules.engine.incidents import (
    TOPIC_ROLE,
    Incidents,
    day_of,
    day_of_incident,
    incident_day,
    people_to_count,
    topics_of,
)
from rules.engine.patterns import MOST_LISTED, Incident, Tally, in_one_window
from rules.engine.policy import FactValue, FactWord
from rules.engine.school_days import SchoolCalendar
from rules.engine.situation import CaseFile, Event, Party
from rules.engine.spots import AT_A_SPOT, spot_of

BY_TOPIC = "by topic"
Counted = tuple[str, Iterable[Incident]]
"""Of whom or what, and every incident of theirs."""


def counted(
    incidents: Incidents,
    event: Event,
    words: Mapping[str, FactWord],
    calendar: SchoolCalendar,
    *,
    case: CaseFile | None = None,
    cited: Iterable[CaseFile] = (),
    kept_out_of: Callable[[str], frozenset[str]] = lambda ref: frozenset(),
    open_tasks_of: Callable[[str], frozenset[tuple[str, str]]] = lambda ref: frozenset(),
) -> Event:
    """The event with every count that rules ask for, over its own window: the most that any of its people has.

    ``case``: the one that it belongs to, which counts once; ``cited``: the reports that a complaint names;
    ``kept_out_of``: who may know nothing of a case; ``open_tasks_of``: who has still to do what on it.
    An event on which nothing is counted comes back as it is.
    """
    counting = _counting(incidents, event, calendar, case, cited)
    if counting is None:
        return event
    out, tasks = cache(kept_out_of), cache(open_tasks_of)
    counts: dict[str, FactValue] = {}
    tallies: dict[str, tuple[Tally, ...]] = {}
    for name, word in words.items():
        if word.counts in counting.ways and word.window is not None:
            found = counting.tallies(word.counts, word.window)
            counts[name] = max((tally.number for tally in found), default=0)
            if word.counts != BY_TOPIC:
                told = [_with_kept_out(tally, out) for tally in found]
                tallies[name] = tuple(
                    _with_tasks(tally, tasks) if word.counts in _OF_PEOPLE else tally for tally in told
                )
    return replace(event, facts={**event.facts, **counts}, tallies=tallies)


def _with_kept_out(tally: Tally, kept_out_of: Callable[[str], frozenset[str]]) -> Tally:
    return replace(tally, incidents=tuple(replace(one, kept_out=kept_out_of(one.ref)) for one in tally.incidents))


def _with_tasks(tally: Tally, tasks_of: Callable[[str], frozenset[tuple[str, str]]]) -> Tally:
    """Of the latest of them what is still to be done: on which of more there is a task is seen on their pages."""
    older, latest = tally.incidents[:-MOST_LISTED], tally.incidents[-MOST_LISTED:]
    return replace(tally, incidents=(*older, *(replace(one, open_tasks=tasks_of(one.ref)) for one in latest)))


@dataclass(frozen=True, slots=True)
class _Counting:
    """Everything that is counted for one event: ``day`` is the incident's, ``until`` the day of its report."""

    incidents: Incidents
    event: Event
    calendar: SchoolCalendar
    own: str | None
    parties: tuple[Party, ...]
    day: date
    until: date
    ways: tuple[str, ...]
    cited: tuple[Incident, ...] = ()

    def tallies(self, counts: str, window: int) -> tuple[Tally, ...]:
        """One for each of those counted in this way."""
        # Within two school days of each other: the day itself is day 0 (DOMAIN, Counting 2).
        window += counts == "roles reversed"
        since, this_too = self.calendar.window_start(self.day, window), counts not in _OTHERS_ONLY
        found = []
        for of, incidents in self._of(counts, since, max(self.until, self.day)):
            others = {one.ref: one for one in incidents if one.ref != self.own}
            together = in_one_window(others.values(), self.day, window, self.calendar)
            found.append(Tally(of, together, this_too))
        return tuple(found)

    def _of(self, counts: str, since: date, until: date) -> list[Counted]:
        person, pair = self.incidents.of_person, self.incidents.of_pair
        reported, targeted = people_to_count(self.parties)
        match counts:
            case "by person":
                return [(_one(p), person(_key(p), "reported", since, until)) for p in reported]
            case "against person":
                return [(_one(p), person(_key(p), "targeted", since, until)) for p in targeted]
            case "between pair":
                return [
                    (_two(p, q), pair((_key(p), "reported"), (_key(q), "targeted"), since, until))
                    for p, q in product(reported, targeted)
                ]
            case "by group":
                return [
                    (_two(p, q), pair((_key(p), "reported"), (_key(q), "reported"), since, until))
                    for p, q in combinations(reported, 2)
                ]
            case "roles reversed":
                return [
                    (_two(p, q), pair((_key(p), "reported"), (_key(q), "targeted"), since, until))
                    for p, q in product(targeted, reported)
                ]
            case "by place and time":
                spot = spot_of(self.event.facts)
                where = f"{self.event.facts.get('place')}, {self.event.facts.get('part of the day')}"
                return [(where, person(spot, AT_A_SPOT, since, until))] if spot else []
            case "of the pupil concerned":
                cited: list[Counted] = [("the report that it cites", self.cited)] if self.cited else []
                cited += [
                    (_one(p), (*person(_key(p), "targeted", since, until), *person(_key(p), "reported", since, until)))
                    for p in self.parties if p.role == "pupil concerned" and p.key
                ]  # fmt: skip
                return cited
            case _:
                return [(topic, person(key, TOPIC_ROLE, since, until)) for topic, key in topics_of(self.event).items()]


_OTHERS_ONLY = ("roles reversed", "of the pupil concerned")
_OF_PEOPLE = ("by person", "against person", "between pair", "by group", "roles reversed")
_OF_REPORTS = (*_OF_PEOPLE, "by place and time")
_OF_COMPLAINTS = (BY_TOPIC, "of the pupil concerned")


def _counting(
    incidents: Incidents, event: Event, calendar: SchoolCalendar, case: CaseFile | None, cited: Iterable[CaseFile]
) -> _Counting | None:
    own = case.ref if case is not None else None
    if not event.happenings:
        return None
    day = day_of(event)
    if event.name == "report received":
        parties = _numbered(event.parties, case)
        return _Counting(incidents, event, calendar, own, parties, incident_day(event), day, _OF_REPORTS)
    if event.name == "complaint received":
        parties = _numbered(event.parties, case)
        found = tuple(Incident(other.ref, day_of_incident(other)) for other in cited)
        return _Counting(incidents, event, calendar, own, parties, day, day, _OF_COMPLAINTS, found)
    if event.facts.get("what happened") == MATCHED and case is not None and case.track == "bullying":
        parties = with_pupils(event, case).parties
        return _Counting(incidents, event, calendar, own, parties, day_of_incident(case), day, _OF_PEOPLE)
    return None


def _numbered(parties: tuple[Party, ...], case: CaseFile | None) -> tuple[Party, ...]:
    """With the numbers that they have on their case, where they are on it already."""
    known = {(p.role, _key(p)): p.number for p in (case.parties if case is not None else ()) if p.key}
    return tuple(replace(p, number=known.get((p.role, _key(p)), p.number)) for p in parties)


def _key(party: Party) -> str:
    return party.key or ""


def _one(party: Party) -> str:
    return f"party {party.number}"


def _two(one: Party, other: Party) -> str:
    first, second = sorted((one.number, other.number))
    return f"parties {first} and {second}"
