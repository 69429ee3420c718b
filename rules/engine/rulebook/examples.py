"""Rules and stages prove themselves: each example is run before a rule file is believed.

An example that names a day is worked out as a real case is: its answers are read as a form's, patterns are counted over
what was before, days are counted on a calendar of its own. On that every weekday is a school day, but for the bank
holidays of England and the days that the example says are closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache

from rules.engine.casework.counting import counted
from rules.engine.casework.incidents import RecalledIncidents, remember
from rules.engine.clocks.due import owed
from rules.engine.clocks.procedure import Clock, clocks, stage_of, state_of
from rules.engine.deciding.all_facts import facts_of
from rules.engine.intake.events import Sent, event_of
from rules.engine.intake.facts import blank, complete
from rules.engine.model.conditions import holds
from rules.engine.model.example import Example, ExpectedClock, Kept, Moment, StageExample
from rules.engine.model.policy import (
    EVENT,
    UNKNOWN,
    EffectSpec,
    Facts,
    FactValue,
    FactWord,
    Policies,
    Procedure,
    Rule,
    Stage,
)
from rules.engine.model.situation import CaseFile, Event, Happening, Situation
from rules.engine.reading.places import mistake
from rules.engine.reading.problem import Problem
from rules.engine.reading.read_examples import NOT_RUNNING
from rules.engine.school.day_words import named_day
from rules.engine.school.directory import Directory, Pupil
from rules.engine.school.school_days import SchoolCalendar, TermDatesNotLoaded
from rules.engine.school.term_dates import Span
from rules.engine.school.typed_names import name_words
from rules.engine.wording.explain import because, why_not

_PUPILS = ("targeted", "reported", "witnesses", "pupil concerned")
"""Where an example names pupils: each name is one."""
_SOME_YEAR = 8
_NAMES: dict[str, FactWord] = {}
"""Whoever mends an example looks for a fact by its name, not for the sentence in which it is read aloud."""
_YEARS = 5
"""School years that an example's calendar has at most."""


def run(policies: Policies, rule: Rule, example: Example) -> str | None:
    """None where the example comes true; otherwise what happened instead."""
    calendar = _calendar(example.closed, _days_of(example)) if example.today is not None else None
    facts = _facts(policies, rule, example, calendar)
    applied = holds(rule.condition, facts)
    if not example.expect:
        return f"it applied: {because(rule, facts, _NAMES)}" if applied else None
    if not applied:
        return f"the rule did not apply: {why_not(rule, facts, _NAMES)}"
    made = {pair: spec for spec in rule.then for pair in _says(spec)}
    missing = [f"{one.kind}: {one.what}" for one in example.expect if (one.kind, one.what) not in made]
    if missing:
        return f"the rule does not lead to {', '.join(missing)}"
    if example.today is None or calendar is None:
        return None
    dated = ((made[one.kind, one.what], one.due) for one in example.expect if one.due is not None)
    wrong = [said for spec, due in dated if (said := _owed_otherwise(spec, due, example, calendar))]
    return "; ".join(wrong) or None


def run_stage(policies: Policies, procedure: Procedure, stage: Stage, example: StageExample) -> str | None:
    """None where every clock is due when the example says; otherwise what is wrong, and how it was counted."""
    looked = example.today.at if example.today is not None else max((h.at for h in example.happenings), default=None)
    if looked is None:
        return "nothing has happened in it"
    calendar = _calendar(example.closed, [looked.date(), *(h.at.date() for h in example.happenings)])
    case = _case(procedure.track, policies, example.happenings, looked)
    facts = complete(policies.vocabulary.facts, {"track": procedure.track}, example.facts)
    found, failed = clocks(procedure, case, facts, looked, calendar)
    by_id: dict[str, list[Clock]] = {}
    for clock in found:
        by_id.setdefault(clock.spec.id, []).append(clock)
    wrong = [said for one in example.expect if (said := _clock_otherwise(one, by_id.get(one.id, [])))]
    return "; ".join([*wrong, *(f"{one.spec.id} cannot be counted: {one.why}" for one in failed)]) or None


def examples(policies: Policies) -> Iterator[Problem]:
    """The examples that do not come true."""
    for rule in policies.rules:
        for example in rule.examples:
            if (wrong := run(policies, rule, example)) is not None:
                yield _untrue(policies, f'Rule "{rule.id}"', rule.file, example, wrong)
    for procedure in policies.procedures.values():
        for stage in procedure.stages:
            for proof in stage.examples:
                if (wrong := run_stage(policies, procedure, stage, proof)) is not None:
                    yield _untrue(policies, f'Stage "{stage.name}"', stage.file, proof, wrong)


def _untrue(policies: Policies, whose: str, file: str, example: Example | StageExample, wrong: str) -> Problem:
    what = f'{whose}, example "{example.title}": {wrong}'
    instead = f"Mend the {whose.split()[0].lower()}, or the example."
    return mistake(policies, file, example.line, what, instead, word=example.title)


# --- what is given -----------------------------------------------------------------------------------------------


def _facts(policies: Policies, rule: Rule, example: Example, calendar: SchoolCalendar | None) -> dict[str, FactValue]:
    """What the example gives, over what follows from its days and its past where it has them."""
    given = {EVENT: rule.on[0] if rule.on else UNKNOWN, **example.given}
    words = policies.vocabulary.facts
    if example.today is None or calendar is None:
        return complete(words, given)
    name, now = str(given[EVENT]), example.today.at
    directory = _directory([(example.given, example.kept), *((one.given, one.kept) for one in example.earlier)])
    event = _event(policies, name, example.today, example.given, example.kept, directory)
    case = None
    if name in ("report received", "complaint received"):
        incidents = _incidents(policies, name, example, directory)
        event = counted(incidents, event, words, calendar)
    else:
        before = [
            Happening(one.what, one.when.at, one.when.timed, _new_date(one.kept))
            for one in sorted(example.earlier, key=lambda one: one.when.at)
            if one.what is not None
        ]
        case = _case(str(example.given.get("track", UNKNOWN)), policies, before, now)
    return complete(words, facts_of(policies, Situation(now, event, directory, calendar, case)), given)


def _event(
    policies: Policies, name: str, when: Moment, given: Facts, kept: Kept, directory: Directory
) -> Event:  # fmt: skip
    """These answers as the first form asks for them whose responses are this event."""
    form = next((form for form in policies.forms.values() if form.event == name), None)
    if form is None:
        return Event(name, given)
    reading = blank(form)
    reading.facts.update({fact: value for fact, value in given.items() if fact in reading.facts})
    for question, answer in kept.items():
        match answer:
            case str():
                reading.texts[question] = answer
            case date():
                reading.dates[question] = answer
            case _:
                reading.times[question] = answer
    event = event_of(reading, Sent(when.at, None, "example"), directory)
    return replace(event, facts={**event.facts, **given})


def _incidents(policies: Policies, name: str, example: Example, directory: Directory) -> RecalledIncidents:
    """Each earlier report or complaint as a case of its own; one that was found to be mistaken counts no more."""
    incidents = RecalledIncidents()
    track = "bullying" if name == "report received" else "complaint"
    for number, one in enumerate(example.earlier):
        event = _event(policies, name, one.when, one.given, one.kept, directory)
        case = CaseFile(f"earlier-{number}", track, "open", None, one.when.at, parties=event.parties)
        remember(incidents, case.ref, event, (case,))
        if one.what is not None:
            remember(incidents, case.ref, Event("update recorded", {"what happened": one.what}), (case,))
    return incidents


def _directory(answers: Iterable[tuple[Facts, Kept]]) -> Directory:
    """Everybody whom the example names as a pupil is one, and there is nobody else."""
    pupils: dict[str, Pupil] = {}
    for facts, kept in answers:
        for part in _PUPILS:
            year = facts.get(f"year {part}")
            for typed in str(kept.get(part, "")).splitlines():
                first, *rest = name_words(typed) or ("",)
                key = f"PUPIL {len(pupils)}"
                in_year = int(year) if isinstance(year, str) and year.isdecimal() else _SOME_YEAR
                pupils.setdefault(typed, Pupil(key, first, " ".join(rest), "", in_year, "", "N", "", ()))
    return Directory((), (), (), tuple(pupils.values()))


def _case(track: str, policies: Policies, happenings: Iterable[Happening], now: datetime) -> CaseFile:
    """A case on which this has happened."""
    before = tuple(happenings)
    procedure = policies.procedure_of(track)
    state = state_of(procedure, before) if procedure is not None else "open"
    stage = stage_of(procedure, before, None) if procedure is not None else None
    opened = min((one.at for one in before), default=now)
    return CaseFile("example", track, state, stage, opened, {}, (), before)


def _new_date(kept: Kept) -> date | None:
    day = kept.get("new date")
    return day if isinstance(day, date) else None


# --- days --------------------------------------------------------------------------------------------------------


def _days_of(example: Example) -> list[date]:
    today = [example.today.at.date()] if example.today is not None else []
    return today + [one.when.at.date() for one in example.earlier]


def _calendar(closed: tuple[Span, ...], days: Iterable[date]) -> SchoolCalendar:
    """Every weekday is a school day, but for bank holidays and these spans: from the year before to the year after.

    What lies more than a few years before the last day is no matter: no clock and no pattern is so long.
    """
    years = [day.year for day in days]
    last = max(years)
    return _school_years(max(min(years) - 1, last - _YEARS), last + 1, closed)


@lru_cache(64)
def _school_years(first: int, last: int, closed: tuple[Span, ...]) -> SchoolCalendar:
    return SchoolCalendar((Span("term", "", date(first, 9, 1), date(last, 12, 31)), *closed))


# --- what follows ------------------------------------------------------------------------------------------------


def _says(spec: EffectSpec) -> Iterator[tuple[str, str]]:
    yield spec.kind, spec.what
    for phrase in spec.to:
        yield spec.kind, phrase


def _owed_otherwise(spec: EffectSpec, expected: Moment, example: Example, calendar: SchoolCalendar) -> str | None:
    if example.today is None or spec.due is None:
        return f'"{spec.what}" is due on no day'
    from_the_day, given = spec.kind == "calendar", _new_date(example.kept)
    try:
        due = owed(spec.due, example.today.at, calendar, from_the_day=from_the_day, given=given)
    except TermDatesNotLoaded:
        return f'"{spec.what}" is due later than an example can count'
    if due is None:
        return f'"{spec.what}" is due on the day that is given, and none is'
    if isinstance(due, datetime):
        said, right = f"{named_day(due.date())}, {due:%H:%M}", due == expected.at
    else:
        said, right = named_day(due), due == expected.at.date()
    return None if right else f'"{spec.what}" is due on {said}, not on {named_day(expected.at.date())}'


def _clock_otherwise(expected: ExpectedClock, turns: list[Clock]) -> str | None:
    """What is wrong with this clock, with how it was counted."""
    if not expected.turns:
        return f"{expected.id} runs, and is due on {named_day(turns[0].due)}" if turns else None
    if not turns:
        return f"{expected.id} is {NOT_RUNNING} by then"
    for number, (due, state) in enumerate(expected.turns):
        if number >= len(turns):
            return f"{expected.id} has {len(turns)} turn{'s' if len(turns) > 1 else ''} by then"
        clock = turns[number]
        if due is not None and due != clock.due:
            return f"{expected.id} is due on {named_day(clock.due)} ({clock.counted}), not on {named_day(due)}"
        if state is not None and state != clock.state:
            return f"{expected.id} is {clock.state}, not {state}"
        if state is None and clock.state == "cancelled":
            return f"{expected.id} is cancelled"
    return None
