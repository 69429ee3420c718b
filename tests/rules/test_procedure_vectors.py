"""When the clocks of the procedures are due, against days that were worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from rules.engine.casework.hearing import bounds
from rules.engine.clocks.procedure import clocks
from rules.engine.intake.events import Sent, event_of
from rules.engine.intake.facts import Answer, complete, read_response
from rules.engine.model.effects import Deadline
from rules.engine.model.situation import CaseFile, Event, Happening
from rules.engine.school.school_days import LONDON, SchoolCalendar
from tests.rules.northbridge import DAYS, PEOPLE, POLICIES, a_case, a_situation, at, happened

WRITTEN = (Path(__file__).parent / "procedure_vectors.yaml").read_text(encoding="utf-8")
VECTORS: list[dict[str, Any]] = yaml.load(WRITTEN, Loader=yaml.BaseLoader)  # noqa: S506  text, lists and mappings only
CLOCKS = [vector for vector in VECTORS if "deadline" in vector]
MONTHS = [vector for vector in VECTORS if "matter" in vector]
HEARINGS = [vector for vector in VECTORS if "appeal" in vector]
NOTHING_SAID = complete(POLICIES.vocabulary.facts)
DEADLINES = {
    spec.id: procedure
    for procedure in POLICIES.procedures.values()
    for stage in procedure.stages
    for spec in stage.deadlines
}


def moment(text: str) -> datetime:
    """As written, in London where no zone is."""
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=LONDON)


def on_the_case(what: str, when: str, day: str | None = None) -> Happening:
    """What happened, and the day that it sets."""
    found = Happening(what, moment(when)) if "+" in when else happened(what, when)
    return replace(found, day=date.fromisoformat(day)) if day else found


def days_of(vector: dict[str, Any]) -> SchoolCalendar:
    return DAYS.with_closures(map(date.fromisoformat, vector.get("closures", ())))


def case_of(vector: dict[str, Any]) -> CaseFile:
    """The case with what happened on it, and the day that it has already."""
    case = a_case("complaint", happenings=tuple(on_the_case(*one) for one in vector["on"]))
    if "kept" not in vector:
        return case
    key = f"deadline:{vector['deadline']}"
    kept = Deadline(
        key=key, case=case.ref, rules=(), clauses=(), because="", id=vector["deadline"], name="", state="open",
        due=date.fromisoformat(vector["kept"]), counted="", duty_of="",
    )  # fmt: skip
    return replace(case, deadlines={key: kept})


@pytest.mark.parametrize("vector", CLOCKS, ids=[f"{n} {v['deadline']}" for n, v in enumerate(CLOCKS, 1)])
def test_a_clock_is_due_on_the_day_that_was_worked_out(vector: dict[str, Any]) -> None:
    procedure, case = DEADLINES[vector["deadline"].partition(":")[0]], case_of(vector)
    now = moment(vector["now"]) if "now" in vector else max(h.at for h in case.happenings)
    found, failed = clocks(procedure, case, NOTHING_SAID, now, days_of(vector))
    if "error" in vector:
        assert f"term dates for {vector['error']} are not loaded" in {
            one.why for one in failed if one.spec.id == vector["deadline"]
        }
        return
    (clock,) = (clock for clock in found if clock.key == f"deadline:{vector['deadline']}")
    assert (clock.due.isoformat(), f"{clock.due:%a}") == (vector["gives"], vector["weekday"]), clock.counted
    assert clock.state == vector.get("state", "open")
    assert all(shown in clock.counted for shown in vector.get("shows", ()))


@pytest.mark.parametrize("vector", MONTHS, ids=lambda v: f"{v['matter']} to {v['complained']}")
def test_three_months_are_calendar_months(vector: dict[str, Any]) -> None:
    form = POLICIES.forms["complaint"]
    reading = read_response(form, [Answer("", "When did it happen?", vector["matter"])])
    event = event_of(reading, Sent(at(f"{vector['complained']} 12:00"), None, "first"), PEOPLE)
    assert event.facts["days past three months"] == int(vector["late"])


@pytest.mark.parametrize("vector", HEARINGS, ids=lambda v: f"{v['appeal']}, asked {v['now']}")
def test_a_hearing_lies_between_its_notice_and_its_limit(vector: dict[str, Any]) -> None:
    appeal = on_the_case("appeal received", vector["appeal"])
    case = a_case("complaint", happenings=(appeal,))
    situation = replace(a_situation(vector["now"], Event("update recorded"), case), calendar=days_of(vector))
    assert [day.isoformat() for day in bounds(POLICIES, situation, case, appeal)] == [vector["first"], vector["last"]]


def test_every_clock_was_worked_out() -> None:
    assert set(DEADLINES) == {vector["deadline"].partition(":")[0] for vector in CLOCKS}
