"""Three responses, from the form to the mailbox: the connector in Node, the server, durable-rules, Google's client.

What is checked is what arrived, in the Workspace's own state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rules.engine.school.school_days import LONDON
from rules.engine.school.typed_names import fold
from service.demo.arrived import Cases, panel_is_busy, wrong
from service.demo.run import fill_diaries
from service.demo.samples import COMPLAINANT, PANEL, blank_question, complaint, in_confidence, to_the_panel
from service.school import School
from tests.journeys.arrived import (
    CARERS,
    Entry,
    drafts,
    entries,
    in_the_open,
    inbox,
    references,
    subjects,
)
from tests.journeys.connected import forms_of
from tests.journeys.running import settled
from tests.policies.always import TELLING

DSL = "r.calder@northbridge.example"
HEAD = "head@northbridge.example"
CLERK = "clerk@governors.northbridge.example"
REPORTERS = ("m.ellison@northbridge.example", "p.nair@northbridge.example")
NAMED = ("samira", "haddad", "kayden", "stubbs", "eli", "rose", "rhys", "tanner", "steven", "boyle")
CLEAR_SCHOOL_DAYS = 5
MOST_SCHOOL_DAYS = 20


@dataclass(frozen=True)
class Arrived:
    """What the Workspace held once all was delivered."""

    state: dict[str, Any]
    cases: Cases
    school: School
    at: datetime

    @property
    def meetings(self) -> list[Entry]:
        return entries(self.state, self.cases.complaint)


@pytest.fixture(scope="module")
def arrived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arrived]:
    with settled(tmp_path_factory.mktemp("three") / "place") as running, forms_of(running) as forms:
        now = datetime.now(UTC)
        today = now.astimezone(LONDON).date()
        fill_diaries(running.place, running.emulator, now)
        running.start()
        for sample in (blank_question(today), in_confidence(today), complaint(today)):
            forms.fill_in(sample)
        found = references(running.emulator.state(), HEAD)[-1]
        for step in to_the_panel(found, today):
            forms.fill_in(step)
        blank, confidence = (references(running.emulator.state(), reporter)[0] for reporter in REPORTERS)
        yield Arrived(running.settle(), Cases(blank, confidence, found), running.place.school, now)


def test_all_that_the_first_run_looks_at_is_as_it_should_be(arrived: Arrived) -> None:
    assert wrong(arrived.state, arrived.cases, arrived.school, arrived.at) == []


def test_every_call_kept_to_googles_own_description(arrived: Arrived) -> None:
    assert arrived.state["violations"] == []


def test_a_blank_safeguarding_question_goes_to_the_dsl_at_once(arrived: Arrived) -> None:
    alerts = [mail for mail in inbox(arrived.state, DSL) if arrived.cases.blank in mail["subject"]]
    assert [mail["subject"].startswith("URGENT ") for mail in alerts] == [True]
    assert alerts[0]["to"] == DSL
    assert alerts[0]["cc"] == alerts[0]["bcc"] == ""


@pytest.mark.parametrize("which", ["blank", "confidence"])
def test_no_carer_hears_of_a_report_that_is_held(arrived: Arrived, which: str) -> None:
    state, reference = arrived.state, getattr(arrived.cases, which)
    assert not [address for address, box in state["mail"].items() if address.endswith(CARERS) and box["inbox"]]
    about = [draft for _, draft in drafts(state) if reference in draft["subject"] + draft["body"]]
    assert not [draft["to"] for draft in about if draft["to"] != DSL]
    assert not [guest for entry in entries(state, reference) for guest in entry.guests if guest.endswith(CARERS)]


def test_the_only_drafts_to_a_family_are_the_complainants_own(arrived: Arrived) -> None:
    outside = {(owner, draft["to"]) for owner, draft in drafts(arrived.state) if draft["to"].endswith(CARERS)}
    assert {to for _, to in outside} == {COMPLAINANT}
    assert (CLERK, COMPLAINANT) in outside
    assert not any(owner.endswith(CARERS) for owner, _ in outside)


def test_nothing_in_the_open_names_anybody_or_says_a_kind(arrived: Arrived) -> None:
    texts = [text.replace("@", " ").replace(".", " ") for text in in_the_open(arrived.state)]
    assert len(texts) > 50
    named = [text for text in texts if set(re.findall(r"[^\W_]+", fold(text))) & set(NAMED)]
    assert named == []
    assert [text for text in texts if any(word in text.casefold() for word in TELLING)] == []


def test_each_guest_of_the_hearing_is_alone_on_an_entry(arrived: Arrived) -> None:
    invited = sorted(guest for meeting in arrived.meetings for guest in meeting.guests)
    assert invited == sorted([*PANEL, HEAD])
    assert all(len(meeting.guests) <= 1 and meeting.hidden for meeting in arrived.meetings)
    assert {meeting.title for meeting in arrived.meetings} == {f"Meeting ({arrived.cases.complaint})"}
    for guest in invited:
        (invitation,) = (mail for mail in inbox(arrived.state, guest) if mail["subject"].startswith("Invitation:"))
        assert not [other for other in {*invited, COMPLAINANT} - {guest} if other in invitation["body"]]


def test_the_complainant_is_invited_by_nobody_but_a_person(arrived: Arrived) -> None:
    assert subjects(arrived.state, COMPLAINANT) == []
    assert len([meeting for meeting in arrived.meetings if meeting.guests == ()]) == 1


def test_the_hearing_is_in_time_with_clear_days_and_a_free_panel(arrived: Arrived) -> None:
    calendar, today = arrived.school.calendar, arrived.at.astimezone(LONDON).date()
    (start,) = {meeting.start for meeting in arrived.meetings}
    day = start.astimezone(LONDON).date()
    assert calendar.is_school_day(day)
    assert _school_days_between(arrived.school, today, day) >= CLEAR_SCHOOL_DAYS
    assert _school_days_between(arrived.school, calendar.received(arrived.at), day) < MOST_SCHOOL_DAYS
    assert day not in {away for _, away in panel_is_busy(arrived.school, today)}


def _school_days_between(school: School, first: Any, last: Any) -> int:
    """School days after the first and before the last, counted one by one."""
    days = (last - first).days
    return sum(school.calendar.is_school_day(first + timedelta(days=number)) for number in range(1, days))
