"""Each letter as whoever gets it and whoever signs it reads it: finished sentences, days with weekdays, who signs."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path

import pytest

import service
from rules import load
from rules.engine.model.effects import CalendarEntry, Deadline
from rules.engine.model.policy import Template
from rules.engine.model.situation import CaseFile, Event, Happening, Situation
from rules.engine.school.school_days import LONDON
from rules.engine.wording.letter_words import signed_anew, title_of, words_of
from rules.engine.wording.letters import MARK, in_words, write
from service.school import load_school
from tests.policies.always import TELLING

POLICIES = load()
LETTERS = [template for template in POLICIES.vocabulary.templates.values() if template.held_by is not None]
SCHOOL = load_school(Path(service.__file__).parent / "sample_school")
CLOCKS = {d.id for p in POLICIES.procedures.values() for stage in p.stages for d in stage.deadlines}
TUESDAY = datetime(2026, 10, 6, 11, 20, tzinfo=LONDON)
HEAD, CHAIR = "head@northbridge.example", "chair@governors.northbridge.example"
OURSELVES = ("Headteacher", "Chair of the governing board")


def situation(new_date: str = "2026-11-18") -> Situation:
    event = Event(
        "update recorded", happenings=(Happening("meeting offered", TUESDAY),), details={"new date": new_date}
    )  # fmt: skip
    return Situation(TUESDAY, event, SCHOOL.directory, SCHOOL.calendar, school=SCHOOL.name, console=SCHOOL.console)


def known(case: CaseFile, held_by: str) -> dict[str, object]:
    grounds = {"case": case.ref, "rules": ("x",), "clauses": ("CP-3d",), "because": "So."}
    clocks = [
        Deadline(
            key=f"deadline:{name}", id=name, name=name, due=date(2026, 11, 4), state="open", counted="", duty_of=HEAD,
            **grounds,  # type: ignore[arg-type]
        )
        for name in CLOCKS
    ]  # fmt: skip
    start = datetime(2026, 11, 12, 9, 30, tzinfo=LONDON)
    hearing = CalendarEntry(
        key="hearing:x", action="create", status="sent", held_by=None, title="", description="", start=start, end=start,
        attendees=(), role="", **grounds,  # type: ignore[arg-type]
    )  # fmt: skip
    return {
        "case": case.ref, "school": SCHOOL.name, "role": "complainant", "link": "", "tasks": [], "decisions": [],
        "urgent": False, "what": "", "due": "", "minutes": 15, "sent_to": "someone@family.example",
    } | words_of(situation(), case, [*clocks, hearing], held_by)  # fmt: skip


def written(template: Template, stage: str = "1", held_by: str = HEAD) -> tuple[str, str]:
    case = CaseFile("C-2026-0001", "complaint", "open", stage, TUESDAY, {"complained about": frozenset({"staff"})})
    return write(template, known(case, held_by))


@pytest.mark.parametrize("stage", ["1", "2"])
@pytest.mark.parametrize("template", LETTERS, ids=lambda template: template.name)
def test_a_letter_is_whole_but_for_what_it_says_is_to_be_written(template: Template, stage: str) -> None:
    _, body = written(template, stage)
    assert not re.search(r"None|unknown|[{}]|Undefined|  |\.\.|,,| ,| \.|\(\)", body), body
    assert body.count("[") - body.startswith("[Not finished") == body.count(MARK), "every bracket says what to write"
    assert body.count("[") == body.count("]")
    assert body.rstrip().endswith(SCHOOL.name)
    assert not any(line.endswith((" the", " of", " and", " a")) for line in body.splitlines()), "no line is broken off"
    # Nobody takes a draft for finished: above it stands how much is left.
    first = body.splitlines()[0]
    left = body.count(MARK)
    assert left
    assert first.startswith(f"[Not finished: {left} place")


@pytest.mark.parametrize("template", LETTERS, ids=lambda template: template.name)
def test_a_subject_tells_nothing(template: Template) -> None:
    subject, _ = written(template)
    assert not any(word in subject.casefold() for word in (*TELLING, "complain", "unreasonable", "bar", "headteacher"))


@pytest.mark.parametrize("template", LETTERS, ids=lambda template: template.name)
def test_each_day_is_given_with_its_weekday(template: Template) -> None:
    _, body = written(template, "2")
    for weekday, day in re.findall(r"(\w+) (\d{1,2} (?:October|November) 2026)", body):
        assert f"{datetime.strptime(day, '%d %B %Y').replace(tzinfo=LONDON):%A}" == weekday


def test_each_clock_that_a_letter_speaks_of_exists() -> None:
    spoken = {name for template in LETTERS for name in re.findall(r'by\["([^"]+)"\]', template.body)}
    assert spoken
    assert spoken <= CLOCKS


def test_whoever_holds_the_draft_signs_it() -> None:
    receipt = POLICIES.vocabulary.templates["complaint_receipt"]
    for address, title in zip((HEAD, CHAIR), OURSELVES, strict=True):
        assert written(receipt, held_by=address)[1].rstrip().endswith(f"{title}, {SCHOOL.name}")


def test_a_draft_that_passes_to_somebody_else_is_signed_by_them() -> None:
    _, body = written(POLICIES.vocabulary.templates["complaint_receipt"])
    before, after = (title_of(SCHOOL.directory, address) for address in (HEAD, CHAIR))
    again = signed_anew(body, SCHOOL.name, before, after)
    assert again.rstrip().endswith(f"{after}, {SCHOOL.name}")
    assert before not in again


def test_somebody_without_a_title_that_letters_know_writes_their_own() -> None:
    assert title_of(SCHOOL.directory, "p.nair@northbridge.example").startswith(MARK)
    assert title_of(SCHOOL.directory, None).startswith(MARK)


def test_a_day_that_is_not_known_is_left_to_be_written() -> None:
    case = CaseFile("C-2026-0001", "complaint", "open", "1", TUESDAY)
    words = words_of(situation(""), case, (), HEAD)
    assert words["new_date"] == f"{MARK}the new date]"
    assert words["by"]["CP-3d"] == f"{MARK}date]"  # type: ignore[index]
    assert words["meets"]["hearing"] == f"{MARK}day and time]"  # type: ignore[index]
    assert words["today"] == in_words(date(2026, 10, 6)) == "Tuesday 6 October 2026"


@pytest.mark.parametrize(
    ("about", "to"),
    [
        ("staff", "the chair of governors"),
        ("school", "the chair of governors"),
        ("headteacher", "the clerk to the governors"),
        ("chair", "the clerk to the governors"),
        ("whole board", "the clerk to the governors"),
    ],
)
def test_stage_three_is_asked_for_with_somebody_whom_it_is_not_about(about: str, to: str) -> None:
    facts = {"complained about": frozenset({about})}
    case = CaseFile("C-2026-0001", "complaint", "open", "2", TUESDAY, facts)
    outcome = POLICIES.vocabulary.templates["stage_2_outcome"]
    assert f"Write to {to} and say" in write(outcome, known(case, HEAD))[1]
