"""What counts beside what, and what an escalation says of it (AB-9f, AB-9g); when a digest goes (AB-13b)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.engine.model.patterns import Incident, Tally, in_one_window, in_words, kept_out_of, rested_on
from rules.engine.model.policy import FactValue
from tests.rules.northbridge import DAYS, POLICIES, at

FIRST = date(2026, 9, 3)  # a Thursday, the first school day
DAY_NUMBERS = st.integers(min_value=0, max_value=110)


def incident(number: int, kept_out: frozenset[str] = frozenset()) -> Incident:
    day = FIRST + timedelta(days=number)
    return Incident(f"B-2026-{number:04d}", day, kept_out)


@given(st.sets(DAY_NUMBERS, max_size=12), DAY_NUMBERS, st.integers(min_value=1, max_value=60))
def test_all_that_count_together_lie_in_one_window_with_the_day(others: set[int], own: int, days: int) -> None:
    day = FIRST + timedelta(days=own)
    together = in_one_window((incident(number) for number in others), day, days, DAYS)
    last = max([day, *(one.day for one in together)])
    assert DAYS.window_start(last, days) <= min([day, *(one.day for one in together)])


@given(st.sets(DAY_NUMBERS, max_size=12), DAY_NUMBERS, st.integers(min_value=1, max_value=60))
def test_none_is_left_out_of_the_window_that_ends_with_the_day(others: set[int], own: int, days: int) -> None:
    day = FIRST + timedelta(days=own)
    found = [incident(number) for number in others]
    before = [one for one in found if DAYS.window_start(day, days) <= one.day <= day]
    assert len(in_one_window(found, day, days, DAYS)) >= len(before)


def test_what_was_counted_is_listed_by_its_reference_and_day() -> None:
    tally = Tally("party 2", (incident(5), incident(47)))  # Tuesdays, 8 September and 20 October 2026
    assert (
        in_words([tally]) == "Party 2, now 3: B-2026-0005 (Tue 8 Sep 2026), B-2026-0047 (Tue 20 Oct 2026) and this one."
    )


def test_of_very_many_the_latest_are_listed() -> None:
    tally = Tally("party 2", tuple(incident(number) for number in range(1, 41)))
    said = in_words([tally])
    assert said.startswith("Party 2, now 41: 20 before B-2026-0021, B-2026-0021 (Thu 24 Sep 2026), ")
    assert "B-2026-0020" not in said


def test_only_those_on_whose_account_the_rule_speaks_are_listed() -> None:
    rule = POLICIES.rule("AB-45")
    name = next(name for name, fact in POLICIES.vocabulary.facts.items() if fact.counts == "by person" and fact.window)
    often, once = Tally("party 2", (incident(5), incident(12))), Tally("party 3", (incident(5),))
    facts: dict[str, FactValue] = {name: 3, "what happened": "unknown", "event": "report received"}
    assert rested_on(rule.when, facts, {name: (often, once)}) == (often,)


def test_whoever_may_not_know_of_one_is_known_for_all() -> None:
    hidden = incident(5, frozenset({"b@school.example"}))
    assert kept_out_of([Tally("party 2", (hidden, incident(6))), Tally("party 3", (hidden,))]) == ["b@school.example"]


@pytest.mark.parametrize(
    ("received", "digest"),
    [
        ("2026-10-05 10:00", "2026-10-09 15:30"),  # a Monday
        ("2026-10-09 15:29", "2026-10-09 15:30"),  # a Friday, just before it goes
        ("2026-10-09 15:30", "2026-10-16 15:30"),  # and as it goes
        ("2026-10-10 02:00", "2026-10-16 15:30"),  # a Saturday
        ("2026-10-23 16:00", "2026-11-06 15:30"),  # the Friday before half-term
        ("2027-03-22 09:00", "2027-03-25 15:30"),  # a Monday; Good Friday ends that week early
        ("2028-01-10 09:00", "2028-01-14 15:30"),  # a Monday in a year that is not loaded
    ],
)
def test_a_digest_goes_at_the_end_of_the_school_week(received: str, digest: str) -> None:
    assert DAYS.end_of_week(at(received)) == at(digest)


@given(st.integers(min_value=0, max_value=300 * 24 * 60), st.integers(min_value=1, max_value=6))
def test_no_digest_is_set_for_the_past_nor_for_a_day_without_school(minutes: int, every: int) -> None:
    now = at("2026-09-03 00:00") + timedelta(minutes=minutes)  # from the first Thursday of term
    end = DAYS.end_of_week(now, every)
    assert end > now
    assert end.date() > date(2027, 7, 21) or DAYS.is_school_day(end.date())
