"""What history says of the people and the place of a report, and of a complaint's subject: counted for the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import combinations, product

from rules.engine.casework.identified import MATCHED, with_pupils
from rules.engine.casework.incidents import (
    TOPIC_ROLE,
    Incidents,
    day_of,
    day_of_incident,
    incident_day,
    people_to_count,
    topics_of,
)
from rules.engine.intake.spots import AT_A_SPOT, spot_of
from rules.engine.model.patterns import EVERYBODY, MOST_LISTED, Counted, Incident, Tally, in_one_window
from rules.engine.model.policy import FactWord
from rules.engine.model.situation import LATER_REPORT, CaseFile, Event, Party
from rules.engine.school.school_days import SchoolCalendar

BY_TOPIC = "by topic"
Of = tuple[str, Iterable[Incident]]
"""Of whom or what, and every case of theirs."""


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
    asked = {
        name: (word.counts, word.window)
        for name, word in words.items()
        if word.counts in counting.ways and word.window is not None
    }
    found = {name: counting.found(*how, out) for name, how in asked.items()}
    readers = {who for each in found.values() for _, cases in each for one in cases for who in one.kept_out}

    def known_to(reader: str) -> Counted:
        tallies = {name: counting.tallies(*how, found[name], reader) for name, how in asked.items()}
        return Counted({name: tuple(_with_tasks(one, tasks) for one in each) for name, each in tallies.items()}, reader)

    everything = known_to(EVERYBODY)
    apart = (known_to(reader) for reader in sorted(readers))
    return replace(event, facts={**event.facts, **everything.facts}, counted=(everything, *apart))


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

    def found(self, counts: str, window: int, kept_out_of: Callable[[str], frozenset[str]]) -> list[Of]:
        """For each of those counted in this way every other case that might count, and who may know nothing of it."""
        since = self.calendar.window_start(self.day, _with_day_0(counts, window))
        found: list[Of] = []
        for of, incidents in self._of(counts, since, max(self.until, self.day)):
            others = {one.ref: replace(one, kept_out=kept_out_of(one.ref)) for one in incidents if one.ref != self.own}
            found.append((of, tuple(others.values())))
        return found

    def tallies(self, counts: str, window: int, found: Iterable[Of], reader: str) -> tuple[Tally, ...]:
        """What of these falls into one window with this one, as far as the reader may know of them."""
        days, this_too = _with_day_0(counts, window), counts not in _OTHERS_ONLY
        known = ((of, (one for one in incidents if reader not in one.kept_out)) for of, incidents in found)
        return tuple(Tally(of, in_one_window(seen, self.day, days, self.calendar), this_too) for of, seen in known)

    def _of(self, counts: str, since: date, until: date) -> list[Of]:
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
                cited: list[Of] = [("the report that it cites", self.cited)] if self.cited else []
                cited += [
                    (_one(p), (*person(_key(p), "targeted", since, until), *person(_key(p), "reported", since, until)))
                    for p in self.parties if p.role == "pupil concerned" and p.key
                ]  # fmt: skip
                return cited
            case _:
                return [(topic, person(key, TOPIC_ROLE, since, until)) for topic, key in topics_of(self.event).items()]


def _with_day_0(counts: str, window: int) -> int:
    """Within two school days of each other: the day itself is day 0 (Counting 2)."""
    return window + (counts == "roles reversed")


_OTHERS_ONLY = ("roles reversed", "of the pupil concerned")
_OF_PEOPLE = ("by person", "against person", "between pair", "by group", "roles reversed")
_OF_REPORTS = (*_OF_PEOPLE, "by place and time")
_OF_COMPLAINTS = (BY_TOPIC, "of the pupil concerned")


def _counting(
    incidents: Incidents, event: Event, calendar: SchoolCalendar, case: CaseFile | None, cited: Iterable[CaseFile]
) -> _Counting | None:
    own = case.ref if case is not None else None
    if event.name == LATER_REPORT and case is not None:
        day = incident_day(event)
        return _Counting(incidents, event, calendar, own, case.parties, day, day, ("of the pupil concerned",))
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
