"""The clocks of a case: what happened on it and the school's days give every deadline and its state. Nothing is stored.

How its day is counted stands in ``reckoning``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import zip_longest
from typing import Literal

from rules.engine.clocks.reckoning import Reckoning, day_of, due_day, pauses
from rules.engine.model.conditions import holds
from rules.engine.model.effects import Deadline, DeadlineState
from rules.engine.model.policy import DeadlineSpec, Facts, Procedure
from rules.engine.model.situation import CaseFile, Happening
from rules.engine.school.school_days import SchoolCalendar, TermDatesNotLoaded, end_of

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
    until: int | None = None
    """Where it stands that it began anew."""

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
    happenings = tuple(happenings)
    if _is_over(happenings, procedure.ends_when, procedure.reopens_when):
        return "closed"
    state: Literal["open", "paused"] = "open"
    for happening in happenings:
        if happening.what in (*procedure.ends_when, *procedure.reopens_when):
            state = "open"
        elif happening.what in procedure.pauses_when:
            state = "paused"
        elif happening.what in procedure.resumes_when:
            state = "open"
    return state


def _is_over(happenings: Sequence[Happening], ends: Collection[str], reopens: Collection[str]) -> bool:
    """Whether an end was recorded that nothing has undone. What opens a case again does so too where it is dated
    before the end, and was recorded after it: who records it knows of the end.
    """
    again = [(place, one) for place, one in enumerate(happenings) if one.what in reopens]
    return any(
        happening.what in ends and not any(place < after or _recorded_after(one, happening) for after, one in again)
        for place, happening in enumerate(happenings)
    )


def _recorded_after(one: Happening, other: Happening) -> bool:
    return one.recorded is not None and other.recorded is not None and one.recorded > other.recorded


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
                starts = _starts(spec, case)
                anew = starts[1:] if spec.anew_when else ()
                for since, until in zip_longest(starts, anew):
                    reckoning = Reckoning(procedure, stage, spec, case, facts, now, calendar, since, until)
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
    if spec.each_time or spec.due.every is not None:
        return found
    return _anew(spec, case, found[0]) if found else []


def _anew(spec: DeadlineSpec, case: CaseFile, first: int) -> list[int]:
    """The start, and each time that it begins anew: once a day, however often the same is recorded."""
    starts = [first]
    for place, happening in enumerate(case.happenings):
        if (
            place > first
            and happening.what in spec.anew_when
            and day_of(happening) > day_of(case.happenings[starts[-1]])
        ):
            starts.append(place)
    return starts


def _turns(r: Reckoning, turn: int, news: Collection[str]) -> Iterator[Clock]:
    if not holds(r.spec.when, r.facts):
        return
    due, counted = due_day(r)
    while True:
        kept = r.case.deadlines.get(_key(r.spec, turn))
        if kept is not None and (kept.state in ENDED or not _moves(r, news)):
            due = _day(kept.due)
            counted = kept.counted
        clock = Clock(r.spec, turn, due, "open", counted, r.since, r.until)
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
    # What runs alongside the stages ends with a stage of its own, and begins again with the case.
    ends = set(r.stage.closes_when if r.stage.alongside else r.procedure.ends_when) - set(r.spec.done_when)
    for_good = {*(() if r.stage.alongside else r.stage.closes_when), *r.spec.cancelled_by} - set(r.spec.done_when)
    # Each of these ended one run of a review: those before this one, though only their day be known.
    runs_before = sum(happening.what == r.spec.due.after for happening in r.case.happenings[: r.since])
    ended_before = [h for h in r.case.happenings if h.what in r.spec.cancelled_by][:runs_before]
    while_it_ran = [
        happening
        for happening in r.case.happenings
        if _not_before(happening, r.started)
        and happening.at <= end_of(due)
        and not (r.spec.due.every is not None and happening in ended_before)
    ]
    anew = None if r.until is None else r.case.happenings[r.until]
    if any(happening is anew or happening.what in for_good for happening in while_it_ran):
        return True
    # A review does not go on with the case: what it reviews begins again then.
    return _is_over(while_it_ran, ends, () if r.spec.due.every is not None else r.procedure.reopens_when)


def _not_before(happening: Happening, start: Happening) -> bool:
    if happening.timed and start.timed:
        return happening.at >= start.at
    # Of one of them only the day is known.
    return day_of(happening) >= day_of(start)


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
    """Each thing done meets one deadline: the second follow-up check is not met by the first, nor by anything before
    the day of the first.

    Where each start has a clock of its own, or only what is done afterwards counts, it is met by the first thing done
    after that start; a review by what was done before what it reviews began again.
    """
    used: dict[tuple[tuple[str, ...], int], tuple[int, date]] = {}
    result = {}
    for clock in sorted(found, key=lambda c: (c.since if c.spec.anew_when else 0, c.due, c.turn)):
        wanted = clock.spec.done_when
        if clock.spec.each_time or clock.spec.only_afterwards:
            later = [h for h in happenings[clock.since + 1 :] if h.what in wanted]
            result[clock.key] = _met(clock, later[0]) if later else clock
            continue
        first, last = _run(clock, happenings)
        group = wanted, 0 if clock.spec.anew_when else first
        used_up, before = used.get(group, (-1, date.min))
        done = next(
            (
                place
                for place in range(first, last)
                if happenings[place].what in wanted
                and place > used_up
                and day_of(happenings[place]) > before
                and _may_meet(clock, happenings, place)
            ),
            None,
        )
        result[clock.key] = clock if done is None else _met(clock, happenings[done])
        if done is not None:
            used[group] = done, max(clock.due, day_of(happenings[done]))
    return [result[clock.key] for clock in found]


def _may_meet(clock: Clock, happenings: tuple[Happening, ...], place: int) -> bool:
    """Whether what was done here can be what the clock asks for.

    What began anew is met by what was done since that day; on the day itself, by another thing than began it. What no
    longer runs is met by nothing that came after its day.
    """
    day, start = day_of(happenings[place]), happenings[clock.since]
    if clock.state == "cancelled" and day > clock.due:
        return False
    if not clock.spec.anew_when or start.what not in clock.spec.anew_when:
        return True
    return day > day_of(start) or (day == day_of(start) and start.what not in clock.spec.done_when)


def _run(clock: Clock, happenings: tuple[Happening, ...]) -> tuple[int, int]:
    """Between which places among what has happened a clock is met."""
    if clock.spec.due.every is None:
        return 0, len(happenings) if clock.until is None else clock.until + 1
    starts = [place for place, happening in enumerate(happenings) if happening.what == clock.spec.due.after]
    first = 0 if clock.since == starts[0] else clock.since + 1
    return first, next((place for place in starts if place > clock.since), len(happenings))


def _met(clock: Clock, done: Happening) -> Clock:
    return replace(clock, state="met" if day_of(done) <= clock.due else "late")


def _day(due: date | datetime) -> date:
    return due.date() if isinstance(due, datetime) else due


def changed(clock: Clock, before: Mapping[str, Deadline]) -> bool:
    """Whether this clock is new or differs from what the case has."""
    kept = before.get(clock.key)
    return kept is None or (kept.state, _day(kept.due)) != (clock.state, clock.due)
