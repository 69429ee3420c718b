"""The clocks of a case: what happened on it and the school's days give every deadline and its state. Nothing is stored.

How days are counted is DOMAIN's "Counting"; each deadline says in words how it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from rules.engine.conditions import holds
from rules.engine.effects import Deadline, DeadlineState
from rules.engine.policy import DeadlineSpec, Due, Facts, Procedure, Stage
from rules.engine.school_days import LONDON, SchoolCalendar, TermDatesNotLoaded, add_months
from rules.engine.situation import CaseFile, Happening


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
    procedure: Procedure, case: CaseFile, facts: Facts, now: datetime, calendar: SchoolCalendar
) -> tuple[list[Clock], list[Uncounted]]:
    """Every clock that has started, with its due day and its state at ``now``; and those that could not be set.

    A clock that is in the case already keeps its day, whatever the calendar says now (a changed calendar makes a
    proposal, never a change), unless it was paused, resumed or extended since.
    """
    found: list[Clock] = []
    failed: list[Uncounted] = []
    for stage in procedure.stages:
        for spec in stage.deadlines:
            try:
                found += _turns(_Reckoning(procedure, stage, spec, case, facts, now, calendar))
            except TermDatesNotLoaded as error:
                failed.append(Uncounted(spec, str(error)))
    return _one_done_each(found, case.happenings), failed


@dataclass(frozen=True, slots=True)
class _Reckoning:
    procedure: Procedure
    stage: Stage
    spec: DeadlineSpec
    case: CaseFile
    facts: Facts
    now: datetime
    calendar: SchoolCalendar

    @property
    def started(self) -> Happening | None:
        return next((h for h in self.case.happenings if h.what == self.spec.due.after), None)

    @property
    def first_day(self) -> date | None:
        """Day 0 (DOMAIN, Counting 2, 3 and 8)."""
        start = self.started
        if start is None:
            return None
        day = start.at.astimezone(LONDON).date()
        if self.spec.counts_from == "the day itself":
            return day
        return self.calendar.received(start.at) if start.timed else self.calendar.on_or_after(day)


def _turns(r: _Reckoning) -> Iterator[Clock]:
    first_day = r.first_day
    if first_day is None or not holds(r.spec.when, r.facts):
        return
    due, counted = _due(r, first_day)
    turn = 0
    while True:
        kept = r.case.deadlines.get(_key(r.spec, turn))
        if kept is not None and not _moved(r):
            due = _day(kept.due)
            counted = kept.counted
        clock = Clock(r.spec, turn, due, "open", counted)
        yield replace(clock, state=_state(r, clock))
        if r.spec.due.every is None or r.now < r.calendar.ends(due) or _cancelled(r, due):
            return
        # The next review counts from the day on which this one was due.
        counted = r.calendar.in_words(due, r.calendar.add(due, r.spec.due.every), r.spec.due.every)
        due, turn = r.calendar.add(due, r.spec.due.every), turn + 1


def _due(r: _Reckoning, first_day: date) -> tuple[date, str]:
    due, words = _read(r, r.spec.due, first_day)
    if r.spec.also is not None:
        other, other_words = _read(r, r.spec.also, first_day)
        earlier = min(due, other)
        words = f"{words}, {_named(due)}; read otherwise: {other_words}, {_named(other)}; the earlier holds"
        due = earlier
    words += _came(r, first_day)
    extended = _extension(r, due)
    if extended is not None:
        return extended, f"extended in writing to {_named(extended)}; before: {words}"
    return due, words


def _came(r: _Reckoning, first_day: date) -> str:
    """Where day 0 is not the day on which it came: when it came, after hours or on a day without school."""
    start = r.started
    at = start.at.astimezone(LONDON) if start is not None else None
    if at is None or start is None or at.date() == first_day:
        return ""
    clock = f" at {at:%H:%M}" if start.timed else ""
    return f"; it came on {_named(at.date())}{clock}, which counts as {_named(first_day)}"


def _read(r: _Reckoning, due: Due, first_day: date) -> tuple[date, str]:
    match due.unit:
        case "school days":
            day, words = r.calendar.add(first_day, due.count), ""
            words = r.calendar.in_words(first_day, day, due.count)
            reached, since = 0, first_day
            for paused, resumed in _pauses(r, first_day):
                if paused > day:
                    break
                reached += r.calendar.count(since, paused)
                if resumed is None:
                    return day, f"{words}; stopped on {_named(paused)} at school day {reached}"
                since, day = resumed, r.calendar.add(resumed, due.count - reached)
                words += f"; stopped {_named(paused)} at school day {reached}, went on {_named(resumed)}"
            return day, words
        case "months":
            return add_months(first_day, due.count), f"{due.count} calendar months after {_named(first_day)}"
        case _:
            day, words = first_day + timedelta(days=due.count), f"{due.count} days after {_named(first_day)}"
            for paused, resumed in _pauses(r, first_day):
                if paused > day or resumed is None:
                    break
                day += resumed - paused
                words += f"; stopped {_named(paused)}, went on {_named(resumed)}"
            return day, words


def _pauses(r: _Reckoning, first_day: date) -> Iterator[tuple[date, date | None]]:
    """Each pause that this clock lived through; one that began before the clock did stopped it at school day 0."""
    since: date | None = None
    for happening in r.case.happenings:
        day = happening.at.astimezone(LONDON).date()
        if happening.what in r.procedure.pauses_when and since is None:
            since = max(day, first_day)
        elif happening.what in r.procedure.resumes_when and since is not None:
            if day > first_day:
                yield since, day
            since = None
    if since is not None:
        yield since, None


def _extension(r: _Reckoning, due: date) -> date | None:
    """The new day, if its written notice went out before the one that it replaces passed (CP-3d)."""
    extended: date | None = None
    for happening in r.case.happenings if r.spec.extended_by is not None else ():
        before = extended or due
        in_time = happening.at <= r.calendar.ends(before)
        if happening.what == r.spec.extended_by and happening.day and happening.day > before and in_time:
            extended = happening.day
    return extended


def _moved(r: _Reckoning) -> bool:
    moving = {*r.procedure.pauses_when, *r.procedure.resumes_when, r.spec.extended_by}
    return any(h.what in moving for h in r.case.happenings)


def _cancelled(r: _Reckoning, due: date) -> bool:
    """Whether the clock ended before its day: the stage was closed, or the case, and it was not reopened since."""
    start = r.started
    if start is None:
        return False
    ends = set(r.procedure.ends_when) - set(r.spec.done_when)
    for_good = {*r.stage.closes_when, *r.spec.cancelled_by} - set(r.spec.done_when)
    over = False
    for happening in r.case.happenings:
        if not _not_before(happening, start) or happening.at > r.calendar.ends(due):
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


def _state(r: _Reckoning, clock: Clock) -> DeadlineState:
    if _cancelled(r, clock.due):
        return "cancelled"
    if r.now >= r.calendar.ends(clock.due) and not _paused_by(r, clock.due):
        return "missed"
    return "paused" if state_of(r.procedure, r.case.happenings) == "paused" else "open"


def _paused_by(r: _Reckoning, due: date) -> bool:
    """Whether a pause that still lasts began while the clock ran: what was missed before stays missed."""
    first_day = r.first_day
    pauses = list(_pauses(r, first_day)) if first_day is not None else []
    return any(resumed is None and paused <= due for paused, resumed in pauses)


def _one_done_each(found: list[Clock], happenings: tuple[Happening, ...]) -> list[Clock]:
    """Each thing done meets one deadline: the second follow-up check is not met by the first."""
    used: dict[tuple[str, ...], int] = {}
    result = {}
    for clock in sorted(found, key=lambda c: (c.due, c.turn)):
        wanted = clock.spec.done_when
        done = [h for h in happenings if h.what in wanted]
        turn = used.get(wanted, 0)
        if turn < len(done):
            used[wanted] = turn + 1
            day = done[turn].at.astimezone(LONDON).date()
            result[clock.key] = replace(clock, state="met" if day <= clock.due else "late")
        else:
            result[clock.key] = clock
    return [result[clock.key] for clock in found]


def _day(due: date | datetime) -> date:
    return due.date() if isinstance(due, datetime) else due


def _named(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


def changed(clock: Clock, before: Mapping[str, Deadline]) -> bool:
    """Whether this clock is new or differs from what the case has."""
    kept = before.get(clock.key)
    return kept is None or (kept.state, _day(kept.due)) != (clock.state, clock.due)
