"""The clocks of a case: what happened on it and the school's days give every deadline and its state. Nothing is stored.

How its day is counted stands in ``reckoning``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from rules.engine.conditions import holds
from rules.engine.effects import Deadline, DeadlineState
from rules.engine.policy import DeadlineSpec, Facts, Procedure
from rules.engine.reckoning import Reckoning, due_day, pauses
from rules.engine.school_days import LONDON, SchoolCalendar, TermDatesNotLoaded, end_of
from rules.engine.situation import CaseFile, Happening

ENDED = ("met", "late", "cancelled")
"""A clock that has ended keeps its day: a pause moves only what still runs."""


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A clock that could not be set, and why: "term dates for 2027/28 are not loaded"."""

    spec: DeadlineSpec
    why: str


@dataclass(frozen=True, slots=True)
class Clock:
    """One deadline of one case as it stands now."""

    spec: DeadlineSpec
    turn: int
    due: date
    state: DeadlineState
    counted: str
    since: int = 0
    """Where what it started from stands among the happenings of the case."""

    @property
    def key(self) -> str:
        """Its identity in the case."""
        return _key(self.spec, self.turn)

    @property
    def name(self) -> str:
        """What it is called; the turns of a repeated one are told apart."""
        return self.spec.title + (f" ({self.turn + 1})" if self.turn else "")


def _key(spec: DeadlineSpec, turn: int) -> str:
    return f"deadline:{spec.id}" + (f":{turn}" if turn else "")


def stage_of(procedure: Procedure, happenings: Iterable[Happening], before: str | None) -> str | None:
    """The stage that the case has reached: the last one whose opening has happened."""
    reached = before
    for happening in happenings:
        for stage in procedure.stages:
            if happening.what in stage.opens_when:
                reached = stage.name
    return reached


def state_of(procedure: Procedure, happenings: Iterable[Happening]) -> Literal["open", "paused", "closed"]:
    """Open, paused or closed, by what happened last."""
    state: Literal["open", "paused", "closed"] = "open"
    for happening in happenings:
        if happening.what in procedure.ends_when:
            state = "closed"
        elif happening.what in procedure.reopens_when:
            state = "open"
        elif happening.what in procedure.pauses_when and state == "open":
            state = "paused"
        elif happening.what in procedure.resumes_when and state == "paused":
            state = "open"
    return state


def clocks(
    procedure: Procedure,
    case: CaseFile,
    facts: Facts,
    now: datetime,
    calendar: SchoolCalendar,
    news: Collection[str] = (),
) -> tuple[list[Clock], list[Uncounted]]:
    """Every clock that has started, with its due day and its state at ``now``; and those that could not be set.

    A clock that is in the case already keeps its day, whatever the calendar says now (a changed calendar makes a
    proposal, never a change), unless it still runs and is paused, resumed or extended by the ``news``: what has just
    happened.
    """
    found: list[Clock] = []
    failed: list[Uncounted] = []
    for stage in procedure.stages:
        for spec in stage.deadlines:
            turn = 0
            try:
                for since in _starts(spec, case):
                    reckoning = Reckoning(procedure, stage, spec, case, facts, now, calendar, since)
                    for clock in _turns(reckoning, turn, news):
                        found.append(clock)
                        turn += 1
            except TermDatesNotLoaded as error:
                failed.append(Uncounted(spec, str(error)))
    return _one_done_each(found, case.happenings), failed


def _starts(spec: DeadlineSpec, case: CaseFile) -> list[int]:
    """Where the clock starts among what has happened: the first time only, unless each time has a clock of its own.

    A review runs again where what it reviews begins again.
    """
    found = [place for place, happening in enumerate(case.happenings) if happening.what == spec.due.after]
    if spec.due.unit == "day given":
        found = [place for place in found if case.happenings[place].day is not None]
    return found if spec.each_time or spec.due.every is not None else found[:1]


def _turns(r: Reckoning, turn: int, news: Collection[str]) -> Iterator[Clock]:
    if not holds(r.spec.when, r.facts):
        return
    due, counted = due_day(r)
    while True:
        kept = r.case.deadlines.get(_key(r.spec, turn))
        if kept is not None and (kept.state in ENDED or not _moves(r, news)):
            due = _day(kept.due)
            counted = kept.counted
        clock = Clock(r.spec, turn, due, "open", counted, r.since)
        yield replace(clock, state=_state(r, clock))
        if r.spec.due.every is None or r.now < end_of(due) or _cancelled(r, due):
            return
        # The next review counts from the day on which this one was due.
        counted = r.calendar.in_words(due, r.calendar.add(due, r.spec.due.every), r.spec.due.every)
        due, turn = r.calendar.add(due, r.spec.due.every), turn + 1


def _moves(r: Reckoning, news: Collection[str]) -> bool:
    moving = {*r.pauses_when, *r.procedure.resumes_when, r.spec.extended_by}
    return not moving.isdisjoint(news)


def _cancelled(r: Reckoning, due: date) -> bool:
    """Whether the clock ended before its day: the stage was closed, or the case, and it was not reopened since."""
    start = r.started
    ends = set() if r.stage.alongside else set(r.procedure.ends_when) - set(r.spec.done_when)
    for_good = {*r.stage.closes_when, *r.spec.cancelled_by} - set(r.spec.done_when)
    # Each of these ended one run of a review: those before this one, though only their day be known.
    runs_before = sum(happening.what == r.spec.due.after for happening in r.case.happenings[: r.since])
    ended_before = [h for h in r.case.happenings if h.what in r.spec.cancelled_by][:runs_before]
    over = False
    for happening in r.case.happenings:
        if r.spec.due.every is not None and happening in ended_before:
            continue
        if not _not_before(happening, start) or happening.at > end_of(due):
            continue
        if happening.what in for_good:
            return True
        if happening.what in ends:
            over = True
        elif happening.what in r.procedure.reopens_when:
            over = False
    return over


def _not_before(happening: Happening, start: Happening) -> bool:
    if happening.timed and start.timed:
        return happening.at >= start.at
    # Of one of them only the day is known.
    return happening.at.astimezone(LONDON).date() >= start.at.astimezone(LONDON).date()


def _state(r: Reckoning, clock: Clock) -> DeadlineState:
    if _cancelled(r, clock.due):
        return "cancelled"
    if r.now >= end_of(clock.due) and not _paused_by(r, clock.due):
        return "missed"
    paused = not r.stage.alongside and state_of(r.procedure, r.case.happenings) == "paused"
    return "paused" if paused else "open"


def _paused_by(r: Reckoning, due: date) -> bool:
    """Whether a pause that still lasts began while the clock ran: what was missed before stays missed."""
    return any(resumed is None and paused <= due for paused, resumed in pauses(r))


def _one_done_each(found: list[Clock], happenings: tuple[Happening, ...]) -> list[Clock]:
    """Each thing done meets one deadline: the second follow-up check is not met by the first.

    Where each start has a clock of its own, or only what is done afterwards counts, it is met by the first thing done
    after that start; a review by what was done before what it reviews began again.
    """
    used: dict[tuple[tuple[str, ...], int], int] = {}
    result = {}
    for clock in sorted(found, key=lambda c: (c.due, c.turn)):
        wanted = clock.spec.done_when
        if clock.spec.each_time or clock.spec.only_afterwards:
            later = [h for h in happenings[clock.since + 1 :] if h.what in wanted]
            result[clock.key] = _met(clock, later[0]) if later else clock
            continue
        first, last = _run(clock, happenings)
        done = [h for h in happenings[first:last] if h.what in wanted]
        turn = used.get((wanted, first), 0)
        if turn < len(done):
            used[wanted, first] = turn + 1
            result[clock.key] = _met(clock, done[turn])
        else:
            result[clock.key] = clock
    return [result[clock.key] for clock in found]


def _run(clock: Clock, happenings: tuple[Happening, ...]) -> tuple[int, int]:
    """Between which places among what has happened a clock is met."""
    if clock.spec.due.every is None:
        return 0, len(happenings)
    starts = [place for place, happening in enumerate(happenings) if happening.what == clock.spec.due.after]
    first = 0 if clock.since == starts[0] else clock.since + 1
    return first, next((place for place in starts if place > clock.since), len(happenings))


def _met(clock: Clock, done: Happening) -> Clock:
    return replace(clock, state="met" if done.at.astimezone(LONDON).date() <= clock.due else "late")


def _day(due: date | datetime) -> date:
    return due.date() if isinstance(due, datetime) else due


def changed(clock: Clock, before: Mapping[str, Deadline]) -> bool:
    """Whether this clock is new or differs from what the case has."""
    kept = before.get(clock.key)
    return kept is None or (kept.state, _day(kept.due)) != (clock.state, clock.due)
