"""A complaint about the headteacher does not reach the headteacher; an alert that is acknowledged stops calling."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rules.engine.school.school_days import LONDON
from service.demo.samples import CLERK, Sample, blank_question, complaint
from tests.journeys.arrived import drafts, entries, inbox, references, rows
from tests.journeys.running import settled
from tests.journeys.school_day import SchoolDay, school_day
from tests.journeys.signed_in import Visitor

HEAD = "head@northbridge.example"
CHAIR = "chair@governors.northbridge.example"
DSL = "r.calder@northbridge.example"
DEPUTIES = ("i.sheikh@northbridge.example", "b.norcross@northbridge.example")
RUNG = timedelta(minutes=16)
"""A little longer than the ladder waits: the deputies are called after 15 minutes, the headteacher 15 after that."""


def about_the_head(today: date) -> Sample:
    """The first run's complaint, but about the headteacher, whom it names."""
    given = complaint(today)
    about = {
        "Who or what is your complaint about?": "The headteacher",
        "Name of the person (if one)": "Mrs Helen Marsh",
        "What is your complaint concerning?": "Mrs Marsh would not listen, and sent us away.",
    }
    return Sample(given.form, given.respondent, given.answers | about)


@dataclass(frozen=True)
class Complaint:
    """What became of it, and where the console is."""

    reference: str
    state: dict[str, Any]
    console: str


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Complaint]:
    with settled(tmp_path_factory.mktemp("head") / "place") as running:
        running.start()
        running.send(about_the_head(datetime.now(LONDON).date()))
        state = running.settle()
        yield Complaint(references(state, CLERK)[0], state, running.place.address)


def test_nothing_of_it_reaches_the_headteacher(made: Complaint) -> None:
    assert inbox(made.state, HEAD) == []
    assert not [draft for owner, draft in drafts(made.state) if HEAD in (owner, draft["to"])]
    assert not [entry for entry in entries(made.state) if HEAD in entry.guests or entry.calendar == HEAD]
    assert not [row for _, row in rows(made.state) if HEAD in " ".join(row)]
    assert HEAD not in json.dumps([made.state["mail"], made.state["calendar"], made.state["sheets"]])


def test_it_reaches_the_clerk_and_the_chair(made: Complaint) -> None:
    assert references(made.state, CLERK) == references(made.state, CHAIR) == [made.reference]


def test_the_headteacher_cannot_tell_it_from_a_case_that_does_not_exist(made: Complaint) -> None:
    head = Visitor(made.console, HEAD)
    cases = head.open("/")
    assert (cases.status_code, made.reference in cases.text) == (200, False)
    hidden, missing = head.open(f"/cases/{made.reference}"), head.open("/cases/C-1999-0001")
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert hidden.text == missing.text


def test_the_clerk_sees_it(made: Complaint) -> None:
    clerk = Visitor(made.console, CLERK)
    assert made.reference in clerk.open("/").text
    page = clerk.open(f"/cases/{made.reference}")
    assert (page.status_code, made.reference in page.text) == (200, True)


def called(day: SchoolDay) -> list[str]:
    """Who of the ladder was called about an alert that nobody acknowledged."""
    return [who for who in (*DEPUTIES, HEAD) if any("not acknowledged" in subject for subject in day.inbox(who))]


@pytest.mark.parametrize("acknowledged", [True, False])
def test_an_alert_calls_the_next_person_until_somebody_has_it(tmp_path: Path, acknowledged: bool) -> None:
    with school_day(tmp_path / "place") as day:
        day.send(blank_question(day.clock().date()))
        (reference,) = references(day.emulator.state(), DSL)
        dsl = Visitor(day.place.address, DSL)
        page = dsl.open(f"/cases/{reference}")
        if acknowledged:
            assert dsl.post(f"/cases/{reference}/acknowledge", {"csrf": "not ours"}).status_code == 400
            assert dsl.press(page, "/acknowledge").status_code == 200
            day.settle()
        day.later(RUNG)
        day.later(RUNG)
        assert called(day) == ([] if acknowledged else [*DEPUTIES, HEAD])
