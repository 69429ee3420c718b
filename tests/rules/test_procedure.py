"""Clocks: when they are due, what stops them, and what the days in between do to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rules.engine.clocks.procedure import Clock, clocks, stage_of, state_of
from rules.engine.model.situation import Happening
from tests.rules.northbridge import DAYS, POLICIES, a_case, at, happened

BULLYING = POLICIES.procedures["bullying"]
COMPLAINT = POLICIES.procedures["complaint"]


def on(track: str, now: str, *happenings: Happening) -> dict[str, Clock]:
    case = a_case(track, happenings=happenings)
    procedure = POLICIES.procedures[track]
    found, failed = clocks(procedure, case, {"complained about": frozenset({"staff"})}, at(now), DAYS)
    assert not failed
    return {clock.key.removeprefix("deadline:"): clock for clock in found}


REPORT = happened("report received", "2026-10-06 11:20")
STAGE_2 = happened("stage 2 begins", "2026-10-06 11:20")


def test_nothing_runs_before_it_has_begun() -> None:
    assert on("complaint", "2026-10-06 12:00", happened("complaint received", "2026-10-06 11:20")) == {}


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-10-06 11:20", "2026-10-06"),  # a Tuesday in term: the same day
        ("2026-10-06 17:01", "2026-10-07"),  # after the cut-off: the next school day
        ("2026-10-10 09:00", "2026-10-12"),  # a Saturday
        ("2026-10-24 09:00", "2026-11-03"),  # half-term, with a training day after it
    ],
)
def test_a_first_action_is_owed_on_the_day_of_effective_receipt(received: str, due: str) -> None:
    clock = on("bullying", received, happened("report received", received))["AB-8a"]
    assert (clock.due, clock.state) == (date.fromisoformat(due), "open")


def test_a_follow_up_counts_from_the_report_and_leaves_holidays_out() -> None:
    found = on("bullying", "2026-10-06 12:00", REPORT)
    assert [found[f"AB-9c-{n}"].due for n in (1, 2, 3)] == [date(2026, 10, 13), date(2026, 11, 4), date(2026, 11, 25)]
    assert "half-term" in found["AB-9c-2"].counted


def test_a_clock_is_missed_at_the_end_of_its_day_and_not_before() -> None:
    assert on("bullying", "2026-10-06 23:59", REPORT)["AB-8a"].state == "open"
    assert on("bullying", "2026-10-07 00:00", REPORT)["AB-8a"].state == "missed"


def test_what_was_done_in_time_is_met_and_what_was_done_after_is_late() -> None:
    in_time = on("bullying", "2026-10-08 09:00", REPORT, happened("first action taken", "2026-10-06 15:00"))
    late = on("bullying", "2026-10-08 09:00", REPORT, happened("first action taken", "2026-10-07 09:00"))
    assert (in_time["AB-8a"].state, late["AB-8a"].state) == ("met", "late")


def test_one_check_meets_one_clock() -> None:
    check = happened("follow-up check: bullying has stopped", "2026-10-12 10:00")
    found = on("bullying", "2026-10-12 12:00", REPORT, check)
    assert (found["AB-9c-1"].state, found["AB-9c-2"].state) == ("met", "open")


def test_a_review_comes_again() -> None:
    held = happened("parents held", "2026-10-06 11:20")
    assert set(on("bullying", "2026-10-06 12:00", REPORT, held)) >= {"AB-9i"}
    later = on("bullying", "2026-10-14 09:00", REPORT, held)
    assert later["AB-9i"].state == "missed"
    assert later["AB-9i:1"].due > later["AB-9i"].due


def test_what_ends_a_case_cancels_its_clocks() -> None:
    withdrawn = happened("complaint withdrawn", "2026-10-08 10:00")
    assert on("complaint", "2026-10-09 09:00", STAGE_2, withdrawn)["CP-3d"].state == "cancelled"


def test_a_pause_stops_the_clock_where_it_is_and_it_goes_on_from_there() -> None:
    plain = on("complaint", "2026-10-06 12:00", STAGE_2)["CP-3d"]
    paused = happened("procedure paused (legal action)", "2026-10-08 10:00")
    resumed = happened("procedure resumed", "2026-10-13 10:00")
    assert on("complaint", "2026-10-09 09:00", STAGE_2, paused)["CP-3d"].state == "paused"
    again = on("complaint", "2026-10-13 12:00", STAGE_2, paused, resumed)["CP-3d"]
    lost = DAYS.count(date(2026, 10, 8), date(2026, 10, 13))
    assert (again.state, again.due) == ("open", DAYS.add(plain.due, lost))


def test_an_extension_counts_once_its_notice_is_out_and_never_after_the_day_has_passed() -> None:
    plain = on("complaint", "2026-10-06 12:00", STAGE_2)["CP-3d"]
    new = date(2026, 11, 20)
    told = replace(happened("complainant told of the revised date", "2026-10-20 10:00"), day=new)
    assert on("complaint", "2026-10-20 12:00", STAGE_2, told)["CP-3d"].due == new
    too_late = replace(told, at=at(f"{plain.due} 12:00").replace(day=plain.due.day + 1))
    assert on("complaint", "2026-11-10 12:00", STAGE_2, too_late)["CP-3d"].due == plain.due


def test_of_two_readings_the_earlier_holds_and_both_are_shown() -> None:
    begun = happened("stage 2 about the headteacher begins", "2026-10-06 11:20")
    clock = on("complaint", "2026-10-06 12:00", begun)["CP-3f"]
    assert clock.due == date(2026, 10, 21)  # 15 days; 15 school days would be after half-term
    assert "the earlier holds" in clock.counted


def test_beyond_the_last_term_date_there_is_no_guess() -> None:
    case = a_case(happenings=(happened("report received", "2027-07-19 11:00"),))
    found, failed = clocks(BULLYING, case, {}, at("2027-07-19 12:00"), DAYS)
    assert {clock.spec.id for clock in found} == {"AB-8a"}
    assert {one.why for one in failed} == {"term dates for 2027/28 are not loaded"}


def test_the_stage_is_the_last_that_has_opened() -> None:
    asked = happened("complainant asks for stage 3", "2026-10-27 10:00")
    assert stage_of(COMPLAINT, (), None) is None
    assert stage_of(COMPLAINT, (STAGE_2,), None) == "2"
    assert stage_of(COMPLAINT, (STAGE_2, asked), None) == "3"


def test_a_case_is_closed_paused_and_opened_by_what_happened_last() -> None:
    closed = happened("case closed", "2026-10-20 10:00")
    again = happened("case reopened", "2026-10-21 10:00")
    paused = happened("procedure paused (legal action)", "2026-10-08 10:00")
    assert state_of(COMPLAINT, (STAGE_2, paused)) == "paused"
    assert state_of(COMPLAINT, (STAGE_2, paused, closed)) == "closed"
    assert state_of(COMPLAINT, (STAGE_2, closed, again)) == "open"


def test_a_case_opened_again_is_open_though_that_is_dated_before_its_closing() -> None:
    closed = replace(happened("case closed", "2026-10-20 10:00"), recorded=at("2026-10-20 10:00"))
    resumed = happened("follow-up check: bullying has resumed", "2026-10-19 12:00")
    told_later = replace(resumed, recorded=at("2026-10-21 09:00"))
    told_before = replace(resumed, recorded=at("2026-10-19 15:00"))
    assert state_of(BULLYING, (REPORT, told_later, closed)) == "open"
    assert state_of(BULLYING, (REPORT, told_before, closed)) == "closed"


def test_a_review_ends_with_the_case_and_does_not_come_back_by_itself() -> None:
    held = happened("parents held", "2026-10-06 11:20")
    closed, again = happened("case closed", "2026-10-08 10:00"), happened("case reopened", "2026-10-09 10:00")
    held_anew = happened("parents held", "2026-10-09 10:00")
    found = on("bullying", "2026-10-12 09:00", REPORT, held, closed, again, held_anew)
    assert (found["AB-9i"].state, found["AB-9i:1"].state) == ("cancelled", "open")
    assert found["AB-9i:1"].due == date(2026, 10, 16)
