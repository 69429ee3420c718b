"""School days, against dates worked by hand and against what must hold for every date."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rules.engine.school.school_days import (
    LONDON,
    SchoolCalendar,
    Span,
    TermDatesNotLoaded,
    add_months,
    end_of,
    read_term_dates,
)

ROOT = Path(__file__).parents[2]
TERM_DATES = (ROOT / "service" / "sample_school" / "term-dates.csv").read_text(encoding="utf-8")
VECTORS = yaml.safe_load((Path(__file__).parent / "date_vectors.yaml").read_text(encoding="utf-8"))
CALENDAR = SchoolCalendar(read_term_dates(TERM_DATES))
HEADING = "kind,name,first_day,last_day\n"


def _worked_out(vector: dict[str, Any], days: SchoolCalendar) -> date | int | bool:
    match vector["op"]:
        case "received":
            return days.received(datetime.fromisoformat(vector["at"]))
        case "add" | "back" | "window_start" as op:
            return getattr(days, op)(vector["day"], vector["count"])
        case "count":
            return days.count(vector["after"], vector["until"])
        case "clear_days":
            return days.clear_days(vector["sent"], vector["meeting"])
        case "earliest_meeting":
            return days.earliest_meeting(vector["sent"], vector["clear"])
        case "add_months":
            return add_months(vector["day"], vector["months"])
        case "in_time":
            limit = end_of(days.add(vector["start"], vector["count"]))
            return datetime.fromisoformat(vector["at"]) <= limit
        case "resumed":
            left = vector["count"] - days.count(vector["start"], vector["paused"])
            return days.add(vector["resumed"], left)
        case op:
            raise AssertionError(f"no such operation: {op}")


@pytest.mark.parametrize("vector", VECTORS, ids=[f"{v['op']}: {v['tests']}" for v in VECTORS])
def test_a_date_worked_by_hand(vector: dict[str, Any]) -> None:
    days = CALENDAR.with_closures(vector.get("closures", ()))
    if "error" in vector:
        with pytest.raises(TermDatesNotLoaded) as stopped:
            _worked_out(vector, days)
        assert str(stopped.value) == f"term dates for {vector['error']} are not loaded"
        return
    result = _worked_out(vector, days)
    assert result == vector["gives"]
    assert ("weekday" in vector) is isinstance(result, date), "a date names its weekday"
    if isinstance(result, date):
        assert result.strftime("%a") == vector["weekday"]


@pytest.mark.parametrize(
    ("start", "count", "words"),
    [
        (
            date(2026, 10, 12),
            15,
            "15 school days after Mon 12 Oct 2026; left out: half-term 24 Oct to 1 Nov, training day 2 Nov",
        ),
        (
            date(2026, 12, 18),
            1,
            "1 school day after Fri 18 Dec 2026; left out: Christmas holiday 19 Dec to 3 Jan, training day 4 Jan",
        ),
        (
            date(2027, 3, 22),
            20,
            "20 school days after Mon 22 Mar 2027; left out: Easter holiday 26 Mar to 11 Apr, bank holiday 3 May",
        ),
        (date(2026, 9, 1), 1, "1 school day after Tue 1 Sep 2026; left out: training day 2 Sep"),
        (date(2026, 11, 5), 1, "1 school day after Thu 5 Nov 2026"),
        (date(2026, 11, 6), 1, "1 school day after Fri 6 Nov 2026"),
        (date(2026, 11, 5), 0, "the same day, Thu 5 Nov 2026"),
        (
            date(2026, 10, 28),
            1,
            "1 school day after Wed 28 Oct 2026; left out: half-term 29 Oct to 1 Nov, training day 2 Nov",
        ),
    ],
)
def test_how_a_date_was_counted_in_words(start: date, count: int, words: str) -> None:
    assert CALENDAR.in_words(start, CALENDAR.add(start, count), count) == words


def test_closed_days_are_named_together() -> None:
    days = CALENDAR.with_closures([date(2026, 11, 11), date(2026, 11, 12), date(2026, 11, 16)])
    due = days.add(date(2026, 11, 10), 3)
    assert due == date(2026, 11, 18)  # Wednesday
    assert days.in_words(date(2026, 11, 10), due, 3) == (
        "3 school days after Tue 10 Nov 2026; left out: closed days 11 Nov to 12 Nov, closed day 16 Nov"
    )


def test_a_summer_between_two_loaded_years_is_a_holiday() -> None:
    later = HEADING + "term,Autumn 1,2027-09-01,2027-10-22\n"
    days = SchoolCalendar((*read_term_dates(TERM_DATES), *read_term_dates(later)))
    assert not days.is_school_day(date(2027, 8, 10))  # Tuesday
    assert days.add(date(2027, 7, 21), 1) == date(2027, 9, 1)  # Wednesday
    assert days.in_words(date(2027, 7, 21), date(2027, 9, 1), 1).endswith("left out: summer holiday 22 Jul to 31 Aug")


def test_september_before_a_later_start_of_term_is_known_to_be_holiday() -> None:
    days = SchoolCalendar(read_term_dates(HEADING + "term,Autumn 1,2026-09-07,2026-10-23\n"))
    assert days.received(datetime(2026, 9, 1, 9, tzinfo=LONDON)) == date(2026, 9, 7)  # Monday
    with pytest.raises(TermDatesNotLoaded, match="2025/26"):
        days.is_school_day(date(2026, 8, 31))


def test_the_year_that_is_missing_is_this_one_until_its_summer_term_is_loaded() -> None:
    days = SchoolCalendar(read_term_dates(HEADING + "term,Autumn 1,2026-09-01,2026-10-23\n"))
    with pytest.raises(TermDatesNotLoaded, match="2026/27"):
        days.add(date(2026, 10, 23), 1)


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_ends_of_time_are_not_loaded(day: date) -> None:
    for ask in (
        CALENDAR.is_school_day,
        CALENDAR.on_or_after,
        CALENDAR.next_after,
    ):
        with pytest.raises(TermDatesNotLoaded):
            ask(day)
    assert CALENDAR.window_start(day, 60) <= day


def test_a_day_ends_at_its_last_second_in_london() -> None:
    assert end_of(date(2026, 10, 6)).isoformat() == "2026-10-06T23:59:59+01:00"  # Tuesday, BST
    assert end_of(date(2026, 11, 10)).isoformat() == "2026-11-10T23:59:59+00:00"  # Tuesday, GMT


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        CALENDAR.received(datetime(2026, 10, 6, 12))  # noqa: DTZ001  that is what is tested


def test_the_cut_off_is_the_schools_to_set() -> None:
    days = SchoolCalendar(CALENDAR.spans, cut_off=time(15, 30))
    assert days.received(datetime(2026, 10, 6, 15, 30, tzinfo=LONDON)) == date(2026, 10, 6)  # Tuesday
    assert days.received(datetime(2026, 10, 6, 15, 30, 1, tzinfo=LONDON)) == date(2026, 10, 7)  # Wednesday


def test_the_version_tells_calendars_apart_and_the_same_one_again() -> None:
    again = SchoolCalendar(read_term_dates(TERM_DATES))
    closed = CALENDAR.with_closures([date(2026, 11, 12)])
    other_holidays = SchoolCalendar(CALENDAR.spans, bank_holidays=lambda day: False)
    assert again.version == CALENDAR.version
    assert closed.with_closures([date(2026, 11, 12)]).version == closed.version
    assert (
        len({d.version for d in (CALENDAR, closed, other_holidays, SchoolCalendar(CALENDAR.spans, cut_off=time(16)))})
        == 4
    )


def test_negative_counts_are_refused() -> None:
    day = date(2026, 11, 10)
    for ask in (CALENDAR.add, CALENDAR.back):
        with pytest.raises(ValueError, match=r"counted back|added forwards"):
            ask(day, -1)
    with pytest.raises(ValueError, match="at least one"):
        CALENDAR.window_start(day, 0)


def test_no_calendar_without_school_days() -> None:
    weekend = Span("term", "Odd", date(2026, 10, 10), date(2026, 10, 11))
    with pytest.raises(ValueError, match="at least one term"):
        SchoolCalendar([])
    with pytest.raises(ValueError, match="at least one school day"):
        SchoolCalendar([weekend])


def test_next_years_bank_holidays_are_present() -> None:
    days = SchoolCalendar([Span("term", "Summer", date(2028, 4, 24), date(2028, 5, 26))])
    assert not days.is_school_day(date(2028, 5, 1))  # Monday, Early May


# --- what must hold for every date ---

DAYS = st.dates(date(2026, 9, 1), date(2027, 7, 21))
SCHOOL_DAYS = DAYS.filter(CALENDAR.is_school_day)
COUNTS = st.integers(1, 60)


def _or_none(ask: Any, *arguments: Any) -> Any:
    try:
        return ask(*arguments)
    except TermDatesNotLoaded:
        return None


@given(DAYS, COUNTS)
def test_add_and_count_are_inverse(day: date, count: int) -> None:
    due = _or_none(CALENDAR.add, day, count)
    if due is None:
        assert CALENDAR.count(day, CALENDAR.last) < count
    else:
        assert CALENDAR.is_school_day(due)
        assert CALENDAR.count(day, due) == count


@given(SCHOOL_DAYS, COUNTS)
def test_back_undoes_add(day: date, count: int) -> None:
    due = _or_none(CALENDAR.add, day, count)
    assert due is None or CALENDAR.back(due, count) == day


@given(DAYS, DAYS, COUNTS)
def test_a_later_start_is_never_due_earlier(one: date, other: date, count: int) -> None:
    first, second = (_or_none(CALENDAR.add, day, count) for day in sorted((one, other)))
    assert second is None or first <= second


@given(DAYS, COUNTS, st.sets(DAYS, max_size=8))
def test_a_closure_never_makes_a_date_earlier(day: date, count: int, closures: set[date]) -> None:
    open_due = _or_none(CALENDAR.add, day, count)
    closed_due = _or_none(CALENDAR.with_closures(closures).add, day, count)
    assert closed_due is None or (open_due is not None and open_due <= closed_due and closed_due not in closures)


@given(DAYS.filter(lambda day: day >= date(2026, 9, 3)), st.integers(0, 20))
def test_the_earliest_meeting_has_the_clear_days_and_none_earlier_has(sent: date, clear: int) -> None:
    meeting = _or_none(CALENDAR.earliest_meeting, sent, clear)
    if meeting is not None:
        assert CALENDAR.clear_days(sent, meeting) >= clear
        assert CALENDAR.back(meeting, 1) <= sent or CALENDAR.clear_days(sent, CALENDAR.back(meeting, 1)) < clear


@given(st.integers(0, 323 * 24 * 60 * 60))
def test_receipt_is_a_school_day_not_before_it_came(seconds: int) -> None:
    at = datetime(2026, 9, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    day = CALENDAR.received(at)
    local = at.astimezone(LONDON)
    assert CALENDAR.is_school_day(day)
    assert day >= local.date()
    assert CALENDAR.count(local.date() - timedelta(days=1), day) <= 2


@given(DAYS, COUNTS)
def test_a_window_holds_its_school_days_and_starts_on_one(day: date, count: int) -> None:
    start = CALENDAR.window_start(day, count)
    held = CALENDAR.count(start - timedelta(days=1), day)
    assert held == count or (held < count and start <= date(2026, 9, 3))


# --- reading term dates ---


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            "trem,Autumn,2026-09-01,2026-10-23",
            'line 2: kind is "trem": write term, inset or closure; did you mean term?',
        ),
        ("x,Autumn,2026-09-01,2026-10-23", 'line 2: kind is "x": write term, inset or closure'),
        ("term,Autumn,01/09/2026,2026-10-23", 'line 2: first_day is "01/09/2026": write 2026-09-01'),
        ("term,Autumn,2026-09-01,", 'line 2: last_day is "": write the day as year-month-day, such as 2026-09-01'),
        ("term,Autumn,2026-02-30,2026-03-01", 'first_day is "2026-02-30": write the day'),
        ("term,Autumn,2026-10-23,2026-09-01", "line 2: last_day 2026-09-01 is before first_day 2026-10-23"),
        ("term,Autumn,2026-09-01,2027-10-23", "line 2: a term of 418 days: look at the years"),
        (
            "term,One,2026-09-01,2026-10-23\nterm,Two,2026-10-20,2026-12-18",
            "line 3: Two begins on 2026-10-20, before One ends on 2026-10-23",
        ),
        (
            "term,Two,2027-04-12,2027-05-28\nterm,One,2026-09-01,2026-10-23",
            "line 2: nothing is entered between 2026-10-23 (One) and 2027-04-12 (Two): add the terms between",
        ),
        ("inset,Training,2026-09-01,2026-09-02", "term-dates.csv has no terms: write one line for each"),
        ("term,Autumn,2026-09-01,2026-10-23,extra", "line 2: 5 cells under 4 columns"),
        ('term,"Autumn,2026-09-01,2026-10-23', "cannot be read as CSV"),
    ],
)
def test_a_mistake_in_term_dates_is_said(rows: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"line \d|no terms") as stopped:
        read_term_dates(HEADING + rows + "\n")
    assert message in str(stopped.value)
    assert "term-dates.csv" in str(stopped.value)


def test_every_mistake_is_listed_at_once() -> None:
    with pytest.raises(ValueError, match=r"line \d|no terms") as stopped:
        read_term_dates(HEADING + "term,A,x,2026-10-23\n\nterm,B,2026-11-02,y\n")
    assert [line.split(":")[0] for line in str(stopped.value).splitlines()] == [
        "term-dates.csv line 2",
        "term-dates.csv line 4",
    ]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="line 1: the column last_day is missing"):
        read_term_dates("kind,name,first_day\nterm,A,2026-09-01\n")


def test_spans_come_in_order_whatever_the_spreadsheet_saved() -> None:
    text = (
        "\ufeff" + HEADING.upper() + " INSET ,,2026-09-01, 2026-09-01\r\n,,,\r\nterm,Autumn 1,2026-09-01,2026-10-23\r\n"
    )
    assert read_term_dates(text) == (
        Span("inset", "inset", date(2026, 9, 1), date(2026, 9, 1)),
        Span("term", "Autumn 1", date(2026, 9, 1), date(2026, 10, 23)),
    )
