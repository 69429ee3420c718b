"""The day on which one clock of a case is due: counted from its day 0, stopped by pauses, moved by an extension.

How days are counted stands in principles.md under "Counting"; beside each day stands how it was counted, in words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rules.engine.model.policy import DeadlineSpec, Due, Facts, Procedure, Stage
from rules.engine.model.situation import CaseFile, Happening
from rules.engine.school.day_words import named_day
from rules.engine.school.school_days import LONDON, SchoolCalendar, add_months, end_of


@dataclass(frozen=True, slots=True)
class Reckoning:
    """One clock of one case, and everything that its day depends on."""

    procedure: Procedure
    stage: Stage
    spec: DeadlineSpec
    case: CaseFile
    facts: Facts
    now: datetime
    calendar: SchoolCalendar
    since: int
    """Where what it counts from stands among the happenings of the case."""
    until: int | None = None
    """Where it stands that the clock begins anew, if it does."""

    @property
    def started(self) -> Happening:
        """What it counts from."""
        return self.case.happenings[self.since]

    @property
    def pauses_when(self) -> tuple[str, ...]:
        """What stops it: nothing, where it runs beside the stages of the case."""
        return () if self.stage.alongside else self.procedure.pauses_when

    @property
    def first_day(self) -> date:
        """Day 0 (Counting 2, 3 and 8)."""
        start = self.started
        day = day_of(start)
        if self.spec.counts_from == "the day itself":
            return day
        return self.calendar.received(start.at) if start.timed else self.calendar.on_or_after(day)


@dataclass(slots=True)
class _Hand:
    """Where a clock's hand stands while what happened on the case is gone through, in order."""

    day: date
    words: str
    extended: bool = False
    stopped: date | None = None
    """Since when it stands still."""
    promised: bool = False
    """Whether the day was given in writing while it stood still: then no pause moves it that it is not over with."""


def due_day(r: Reckoning) -> tuple[date, str]:
    """When it is due, and how that was counted. Of two readings the earlier holds (Counting 7).

    TermDatesNotLoaded where the count leaves the loaded dates.
    """
    first_day = r.first_day
    hand = _gone_through(r, r.spec.due, first_day)
    due, words = hand.day, hand.words
    if r.spec.also is not None:
        other = _gone_through(r, r.spec.also, first_day)
        earlier = min(due, other.day)
        words = f"{words}, {named_day(due)}; read otherwise: {other.words}, {named_day(other.day)}; the earlier holds"
        due = earlier
    return due, words + _came(r, first_day)


def pauses(r: Reckoning) -> Iterator[tuple[date, date | None]]:
    """Each pause that this clock lived through; one that began before the clock did stopped it on its day 0."""
    first_day = r.first_day
    since: date | None = None
    for happening in r.case.happenings:
        day = day_of(happening)
        if happening.what in r.pauses_when and since is None:
            since = max(day, first_day)
        elif happening.what in r.procedure.resumes_when and since is not None:
            if day > first_day:
                yield since, day
            since = None
    if since is not None:
        yield since, None


def _gone_through(r: Reckoning, due: Due, first_day: date) -> _Hand:
    """The clock stops at the school day that it had reached, goes on from there, and is extended (Counting 9)."""
    hand = _Hand(*_plain(r, due, first_day))
    for happening in r.case.happenings:
        day = day_of(happening)
        if happening.what in r.pauses_when and hand.stopped is None:
            since = max(day, first_day)
            if since <= hand.day:
                hand.stopped = since
        elif happening.what in r.procedure.resumes_when and hand.stopped is not None:
            if day > first_day:
                _go_on(r, due, hand, day)
            hand.stopped, hand.promised = None, False
        elif r.spec.extended_by is not None and happening.what == r.spec.extended_by:
            _extend(hand, happening)
    if hand.stopped is not None:
        hand.words += f"; stopped on {named_day(hand.stopped)}{_reached(r, due, hand)}"
    return hand


def _plain(r: Reckoning, due: Due, first_day: date) -> tuple[date, str]:
    match due.unit:
        case "school days":
            day = r.calendar.add(first_day, due.count)
            return day, r.calendar.in_words(first_day, day, due.count)
        case "day given":
            return _by_the_day_given(r, due, r.started.day or first_day)
        case "months":
            return add_months(first_day, due.count), f"{due.count} calendar months after {named_day(first_day)}"
        case _:
            return first_day + timedelta(days=due.count), f"{due.count} days after {named_day(first_day)}"


def _by_the_day_given(r: Reckoning, due: Due, given: date) -> tuple[date, str]:
    """The day itself, or so many school days before it; where so many do not lie between, the day itself."""
    words = f"the day that was given on {named_day(day_of(r.started))}"
    before = r.calendar.back(given, due.count) if due.count else given
    if before in (given, r.first_day) or before < r.first_day:
        return given, words
    return before, f"{due.count} school days before {named_day(given)}, {words}"


def _go_on(r: Reckoning, due: Due, hand: _Hand, day: date) -> None:
    """From ``day`` on, with what was left when it stopped. A day that was promised meanwhile, and is ahead, stands."""
    if hand.stopped is None or (hand.promised and hand.day >= day):
        return
    stopped = f"; stopped {named_day(hand.stopped)}{_reached(r, due, hand)}, went on {named_day(day)}"
    if due.unit == "school days":
        left = r.calendar.count(hand.stopped, hand.day)
        hand.day = r.calendar.add(day, left) if left else r.calendar.on_or_after(day)
    else:
        hand.day += day - hand.stopped
    hand.words += stopped


def _extend(hand: _Hand, happening: Happening) -> None:
    """To the new day, if its written notice went out before the one that it replaces passed (CP-3d)."""
    in_time = hand.stopped is not None or happening.at <= end_of(hand.day)
    if happening.day is None or happening.day <= hand.day or not in_time:
        return
    hand.day, hand.extended = happening.day, True
    hand.words = f"extended in writing to {named_day(happening.day)}; before: {hand.words}"
    if hand.stopped is not None:
        hand.stopped, hand.promised = max(hand.stopped, day_of(happening)), True


def _reached(r: Reckoning, due: Due, hand: _Hand) -> str:
    """How far it had come when it stopped."""
    if hand.stopped is None or due.unit != "school days":
        return ""
    left = r.calendar.count(hand.stopped, hand.day)
    return f" with {left} school days left" if hand.extended else f" at school day {due.count - left}"


def _came(r: Reckoning, first_day: date) -> str:
    """Where day 0 is not the day on which it came: when it came, after hours or on a day without school."""
    start = r.started
    at = start.at.astimezone(LONDON)
    if at.date() == first_day or r.spec.due.unit == "day given":
        return ""
    clock = f" at {at:%H:%M}" if start.timed else ""
    return f"; it came on {named_day(at.date())}{clock}, which counts as {named_day(first_day)}"


def day_of(happening: Happening) -> date:
    """Its day in Europe/London."""
    return happening.at.astimezone(LONDON).date()
