"""The day of an appeal panel: in bounds, in school time, its members free; otherwise the days that would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from rules.engine.casework.hearing import Hearing, NoHearing, bounds, over_the_end_of_school, plan
from rules.engine.model.situation import CaseFile, Event
from tests.rules.northbridge import DAYS, POLICIES, a_case, a_situation, at, happened

PANEL = ("p.lomax@governors.northbridge.example", "s.whelan@governors.northbridge.example",
         "j.beckett@governors.northbridge.example")  # fmt: skip
APPEAL = happened("appeal received", "2026-10-08 10:00")
CASE = replace(a_case("complaint", happenings=(APPEAL,)), panel=PANEL)
NOW = "2026-10-12 10:00"
FIRST, LAST = date(2026, 10, 20), date(2026, 11, 13)

Busy = Mapping[str, tuple[tuple[datetime, datetime], ...]]


def planned(
    wanted: str | None = None,
    hour: time | None = None,
    *,
    case: CaseFile = CASE,
    busy: Busy | None = None,
    now: str = NOW,
) -> Hearing | NoHearing:
    situation = replace(a_situation(now, Event("update recorded"), case), busy=busy or {})
    day = date.fromisoformat(wanted) if wanted else None
    return plan(POLICIES, situation, case, day, hour, elsewhere=False)


def refused(found: Hearing | NoHearing) -> NoHearing:
    assert isinstance(found, NoHearing)
    return found


def test_the_bounds_are_five_clear_school_days_and_twenty_school_days() -> None:
    first, last = bounds(POLICIES, a_situation(NOW, Event("update recorded"), CASE), CASE, APPEAL)
    assert DAYS.clear_days(date(2026, 10, 12), first) == 5
    assert DAYS.count(date(2026, 10, 8), last) == 20
    assert (first, last) == (FIRST, LAST)


def test_the_first_day_that_does_is_chosen() -> None:
    found = planned()
    assert isinstance(found, Hearing)
    assert found.start == at("2026-10-20 09:00")
    assert found.end - found.start == timedelta(minutes=120)


def test_the_day_and_hour_asked_for_are_taken_where_they_do() -> None:
    assert planned(LAST.isoformat(), time(13, 30)) == Hearing(at("2026-11-13 13:30"), at("2026-11-13 15:30"))


def test_too_early_too_late_and_no_school_are_refused_with_days_that_would_do() -> None:
    early, late, holiday = (refused(planned(day)) for day in ("2026-10-19", "2026-11-16", "2026-10-28"))
    assert "fewer than 5 clear school days" in early.why
    assert "later than 20 school days" in late.why
    assert "not a school day" in holiday.why
    assert all("Tue 2026-10-20" in found.instead for found in (early, late, holiday))


def test_hours_that_are_proposed_end_in_school_time() -> None:
    late = ((at("2026-10-20 08:00"), at("2026-10-20 13:20")),)
    assert planned("2026-10-20", busy={PANEL[0]: late}) == Hearing(at("2026-10-20 13:30"), at("2026-10-20 15:30"))
    later = ((at("2026-10-20 08:00"), at("2026-10-20 13:40")),)
    assert "not free together that day" in refused(planned("2026-10-20", busy={PANEL[0]: later})).why
    assert planned("2026-10-20", time(14, 0), busy={PANEL[0]: later}) == Hearing(
        at("2026-10-20 14:00"), at("2026-10-20 16:00")
    )


def test_an_hour_that_a_person_gives_begins_in_school_time_and_its_end_is_shown_to_a_person() -> None:
    found = planned("2026-10-20", time(14, 0))
    assert found == Hearing(at("2026-10-20 14:00"), at("2026-10-20 16:00"))
    assert "lasts until 16:00; school ends at 15:30" in (over_the_end_of_school(found) or "")
    fits = planned("2026-10-20", time(13, 30))
    assert isinstance(fits, Hearing)
    assert over_the_end_of_school(fits) is None
    for hour in (time(8, 59), time(15, 30), time(19, 0)):
        assert "does not begin within school time, 09:00 to 15:30" in refused(planned("2026-10-20", hour)).why


def test_the_diaries_of_the_panel_are_kept() -> None:
    morning = ((at("2026-10-20 08:00"), at("2026-10-20 11:10")),)
    found = planned(busy={PANEL[1]: morning})
    assert isinstance(found, Hearing)
    assert found.start == at("2026-10-20 11:30")


def test_a_panel_that_is_never_free_is_said() -> None:
    always = ((at("2026-10-01 00:00"), at("2026-12-01 00:00")),)
    found = refused(planned(busy={PANEL[0]: always}))
    assert "not free together" in found.why
    assert "change the panel" in found.instead


def test_without_an_appeal_a_whole_panel_or_an_open_case_there_is_no_day() -> None:
    assert "no appeal" in refused(planned(case=replace(CASE, happenings=()))).why
    assert "2 of 3" in refused(planned(case=replace(CASE, panel=PANEL[:2]))).why
    assert "paused" in refused(planned(case=replace(CASE, state="paused"))).why


def test_beyond_the_last_term_date_there_is_no_guess() -> None:
    case = replace(CASE, happenings=(happened("appeal received", "2027-07-19 10:00"),))
    assert refused(planned(case=case, now="2027-07-19 11:00")).why == "term dates for 2027/28 are not loaded"
