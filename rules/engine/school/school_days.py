"""Counting school days: which days they are, when something counts as received, when a time limit ends.

A school day is a day on which pupils attend: not a weekend, a bank holiday in England, a holiday, a training (INSET)
day or a closure. The day of effective receipt is day 0. Beyond the term dates that are loaded there is an error.
"""

from __future__ import annotations

import calendar
import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

from rules.engine.school.day_words import holiday_name, named_break, named_day
from rules.engine.school.term_dates import Span, read_term_dates

__all__ = ["LONDON", "SchoolCalendar", "Span", "TermDatesNotLoaded", "add_months", "end_of", "read_term_dates"]

END_OF_WEEK = time(15, 30)
LONDON = ZoneInfo("Europe/London")

_DAY = timedelta(days=1)
_SEPTEMBER, _JUNE = 9, 6


class TermDatesNotLoaded(Exception):  # noqa: N818  reads as what is the matter
    """A day was needed for which no term dates are loaded; ``str()`` names the school year that must be loaded."""

    def __init__(self, starts: int) -> None:
        """``starts`` is the calendar year in which the school year begins, in September."""
        super().__init__(f"term dates for {starts}/{(starts + 1) % 100:02d} are not loaded")
        self.starts = starts


class SchoolCalendar:
    """One school's days. Immutable; made of its term dates, the closures declared since and its receipt cut-off."""

    def __init__(
        self,
        spans: Iterable[Span],
        *,
        closures: Iterable[date] = (),
        cut_off: time = time(17),
        bank_holidays: Callable[[date], bool] | None = None,
    ) -> None:
        """``bank_holidays`` says whether a day is one (by default those of England); ValueError without any term."""
        self.spans = tuple(sorted(spans, key=lambda span: (span.first, span.last, span.kind, span.name)))
        self.closures = frozenset(closures)
        self.cut_off = cut_off
        self._bank_holidays = bank_holidays or _is_bank_holiday_in_england
        self._terms = tuple(span for span in self.spans if span.kind == "term")
        if not self._terms:
            raise ValueError("a school calendar needs at least one term")
        dated = [span for span in self.spans if span.kind != "closure"]
        self.last = max(span.last for span in dated)
        """The last day for which dates are loaded."""
        first = min(span.first for span in dated)
        # Where the autumn term is loaded, the days of September before it are known to be holiday.
        september = date(_school_year(first), _SEPTEMBER, 1)
        self.first = september if first.month == _SEPTEMBER else first
        """The first day for which dates are loaded."""
        self._left_out = dict(self._days_left_out())
        self._days = tuple(
            day for term in self._terms for day in _each(term) if _is_weekday(day) and day not in self._left_out
        )
        if not self._days:
            raise ValueError("a school calendar needs at least one school day")
        self.version = self._fingerprint()
        """A short hash of everything that the calendar was made of."""

    def with_closures(self, dates: Iterable[date]) -> SchoolCalendar:
        """The same calendar with these days closed as well, under another version."""
        return SchoolCalendar(
            self.spans, closures=self.closures | set(dates), cut_off=self.cut_off, bank_holidays=self._bank_holidays
        )

    # --- days ----------------------------------------------------------------------------------------------------

    def is_school_day(self, day: date) -> bool:
        """Whether pupils attend on that day; TermDatesNotLoaded outside the loaded dates."""
        self._need(day)
        place = bisect_left(self._days, day)
        return place < len(self._days) and self._days[place] == day

    def on_or_after(self, day: date) -> date:
        """The day itself if it is a school day, or else the next one; TermDatesNotLoaded where that is not known."""
        return day if self.is_school_day(day) else self.add(day, 1)

    def next_after(self, day: date) -> date:
        """The first school day after that day; TermDatesNotLoaded where that is not known."""
        return self.add(day, 1)

    # --- counting ------------------------------------------------------------------------------------------------

    def add(self, day: date, count: int) -> date:
        """The ``count``-th school day after ``day``, which is day 0 and need not be a school day itself.

        ``count`` 0 is the day as given. TermDatesNotLoaded if the count leaves the loaded dates.
        """
        if count < 0:
            raise ValueError("school days are added forwards; use back")
        if count == 0:
            return day
        self._need(_after(day))
        place = bisect_right(self._days, day) + count - 1
        if place >= len(self._days):
            raise TermDatesNotLoaded(self._year_to_load(self.last + _DAY))
        return self._days[place]

    def back(self, day: date, count: int) -> date:
        """The ``count``-th school day before ``day``; 0 is the day as given. TermDatesNotLoaded as for ``add``."""
        if count < 0:
            raise ValueError("school days are counted back by a positive number; use add")
        if count == 0:
            return day
        self._need(_before(day))
        place = bisect_left(self._days, day) - count
        if place < 0:
            raise TermDatesNotLoaded(self._year_to_load(self.first - _DAY))
        return self._days[place]

    def count(self, after: date, until: date) -> int:
        """How many school days lie after ``after``, up to and including ``until``; 0 if ``until`` is not later."""
        if until <= after:
            return 0
        self._need(_after(after))
        self._need(until)
        return bisect_right(self._days, until) - bisect_right(self._days, after)

    def clear_days(self, sent: date, meeting: date) -> int:
        """Full school days strictly between the day of sending and the day of the meeting."""
        return self.count(sent, _before(meeting))

    def earliest_meeting(self, sent: date, clear: int) -> date:
        """The first school day that leaves at least ``clear`` clear school days after the day of sending."""
        return self.add(sent, clear + 1)

    def window_start(self, day: date, count: int) -> date:
        """The first day of the window of ``count`` school days that ends with ``day``.

        Never fails: where dates are not loaded the window is the longer one, reaching back to the first school day that
        is loaded (or ``day`` itself, if that is earlier still), so that nothing is left out of a pattern.
        """
        if count < 1:
            raise ValueError("a window has at least one school day")
        place = bisect_right(self._days, day) - count
        return min(day, self._days[max(place, 0)])

    def end_of_week(self, at: datetime, every: int = 1) -> datetime:
        """15:30 on the last school day of the school week that ``at`` (aware) is in, or of the next one after that.

        ``every``: of each so many weeks of the calendar, only one; where it has no school day, the one that follows.
        Never fails: where dates are not loaded it is the Friday.
        """
        local = at.astimezone(LONDON)
        monday = local.date() - timedelta(days=local.weekday())
        turn = False
        while True:
            turn = turn or monday.toordinal() // 7 % every == 0
            last = self._last_of_week(monday)
            if turn and last is not None and (end := datetime.combine(last, END_OF_WEEK, LONDON)) > local:
                return end
            monday += timedelta(days=7)

    def _last_of_week(self, monday: date) -> date | None:
        """The last school day of the week of that Monday; its Friday where dates are not loaded."""
        days = [monday + timedelta(days=number) for number in range(7)]
        try:
            return max((day for day in days if self.is_school_day(day)), default=None)
        except TermDatesNotLoaded:
            return days[4]

    # --- receipt ----------------------------------------------------------------------------------------

    def received(self, at: datetime) -> date:
        """The school day on which something that came in at that moment counts as received (day 0).

        After the cut-off, or on a day without school, it is the next school day; at the cut-off to the second it is in
        time. ``at`` is aware, in any zone; ValueError if it is not. TermDatesNotLoaded where the day is not known.
        """
        if at.utcoffset() is None:
            raise ValueError("a time of receipt needs its time zone")
        local = at.astimezone(LONDON)
        day = local.date()
        return self.next_after(day) if local.time() > self.cut_off else self.on_or_after(day)

    # --- in words ------------------------------------------------------------------------------------------------

    def in_words(self, start: date, due: date, count: int) -> str:
        """How ``due`` was counted, for people.

        For example ``15 school days after Mon 12 Oct 2026; left out: half-term 24 Oct to 1 Nov, training day 2 Nov``.
        Weekends go without saying.
        """
        if count == 0:
            return f"the same day, {named_day(start)}"
        said = f"{count} school {'day' if count == 1 else 'days'} after {named_day(start)}"
        breaks = sorted([*self._holidays_between(start, due), *self._single_days_between(start, due)])
        if not breaks:
            return said
        return said + "; left out: " + ", ".join(named_break(what, first, last) for first, last, what in breaks)

    def _holidays_between(self, start: date, due: date) -> Iterator[tuple[date, date, str]]:
        for before, after in zip(self._terms, self._terms[1:], strict=False):
            first, last = max(before.last + _DAY, start + _DAY), min(after.first - _DAY, due)
            if first <= last and any(_is_weekday(day) for day in _each(Span("closure", "", first, last))):
                yield first, last, holiday_name(before.last, after.first)

    def _single_days_between(self, start: date, due: date) -> Iterator[tuple[date, date, str]]:
        run: tuple[date, date, str] | None = None
        for day, what in sorted(self._left_out.items()):
            if not start < day <= due or not _is_weekday(day):
                continue
            if run and run[1] + _DAY == day and run[2] == what:
                run = (run[0], day, what)
                continue
            if run:
                yield run
            run = (day, day, what)
        if run:
            yield run

    # --- within --------------------------------------------------------------------------------------------------

    def _days_left_out(self) -> Iterator[tuple[date, str]]:
        """Days of a term on which pupils do not attend, each with why; the later word for a day wins."""
        in_term = [day for term in self._terms for day in _each(term)]
        yield from ((day, "closed day") for day in in_term if day in self.closures)
        for span in self.spans:
            if span.kind != "term":
                what = "training day" if span.kind == "inset" else "closed day"
                yield from ((day, what) for day in _each(span) if any(t.first <= day <= t.last for t in self._terms))
        yield from ((day, "bank holiday") for day in in_term if self._bank_holidays(day))

    def _need(self, day: date) -> None:
        if not self.first <= day <= self.last:
            raise TermDatesNotLoaded(self._year_to_load(day))

    def _year_to_load(self, day: date) -> int:
        """The school year whose dates are missing: after a summer term that is loaded, it is the next one."""
        year = _school_year(day)
        summer_is_loaded = year == _school_year(self.last) and _JUNE <= self.last.month < _SEPTEMBER
        return year + 1 if day > self.last and summer_is_loaded else year

    def _fingerprint(self) -> str:
        parts = [f"{span.kind} {span.name} {span.first} {span.last}" for span in self.spans]
        parts += [f"closed {day}" for day in sorted(self.closures)]
        parts += [f"left out {day} {what}" for day, what in sorted(self._left_out.items())]
        parts.append(f"cut-off {self.cut_off.isoformat()}")
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def end_of(due: date | datetime) -> datetime:
    """When it is too late: the last second of that day in London, or that moment where it is one. Aware."""
    return due if isinstance(due, datetime) else datetime.combine(due, time(23, 59, 59), tzinfo=LONDON)


def add_months(day: date, months: int) -> date:
    """The same day of the month so many calendar months later, or the last day of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@cache
def _england() -> Any:
    return holidays.country_holidays("GB", subdiv="ENG")


def _is_bank_holiday_in_england(day: date) -> bool:
    return day in _england()


def _school_year(day: date) -> int:
    return day.year if day.month >= _SEPTEMBER else day.year - 1


def _is_weekday(day: date) -> bool:
    return day.weekday() < calendar.SATURDAY


def _each(span: Span) -> Iterator[date]:
    return (span.first + _DAY * number for number in range((span.last - span.first).days + 1))


def _after(day: date) -> date:
    return day if day == date.max else day + _DAY


def _before(day: date) -> date:
    return day if day == date.min else day - _DAY
