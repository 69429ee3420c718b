"""What the forms ask is recorded, each question by itself, several choices at a time; and a blank as a blank."""

from __future__ import annotations

import pytest

from rules import Policies, load
from rules.engine.intake.facts import Answer, read_response
from rules.engine.model.form import Question
from rules.engine.model.policy import UNKNOWN
from rules.engine.rulebook.carried_out import CARRIED_OUT

ASKED = sorted({part for done in CARRIED_OUT for part in done.by if "." not in part})


@pytest.fixture(scope="module")
def policies() -> Policies:
    return load()


def asked(policies: Policies, part: str) -> list[Question]:
    form, _, name = part.partition(":")
    return [question for question in policies.forms[form].questions if question.name == name]


def answer_to(question: Question) -> object:
    """Something that answers it: every choice where several may be chosen."""
    match question.shape:
        case "choice":
            return next(iter(question.answers))
        case "choices":
            return list(question.answers)
        case "number":
            return "3"
        case "date":
            return "2026-10-06"  # a Tuesday
        case _:
            return "In their own words"


@pytest.mark.parametrize("part", ASKED)
def test_what_a_form_asks_is_recorded(policies: Policies, part: str) -> None:
    (question,) = asked(policies, part)
    form = policies.forms[part.partition(":")[0]]
    reading = read_response(form, [Answer(question.id, question.title, answer_to(question))])
    assert not reading.oddities
    match question.shape:
        case "choice":
            assert reading.facts[question.name] == next(iter(question.answers.values()))
        case "choices":
            assert reading.facts[question.name] == frozenset(question.answers.values()), "several at a time"
            other = read_response(form, [Answer(question.id, "", ["Something else"])])
            assert other.facts[question.name] == frozenset({question.other}), "the list has an end, and an other"
        case "number":
            assert reading.facts[question.name] == 3
        case "date":
            assert reading.dates[question.name].isoformat() == "2026-10-06"
        case _:
            assert reading.texts[question.name] == "In their own words"


@pytest.mark.parametrize("part", ASKED)
def test_what_was_left_blank_is_recorded_as_blank(policies: Policies, part: str) -> None:
    (question,) = asked(policies, part)
    reading = read_response(policies.forms[part.partition(":")[0]], [])
    kept = (reading.facts.get(question.name), reading.texts.get(question.name), reading.dates.get(question.name))
    assert kept in ((UNKNOWN, None, None), (frozenset({UNKNOWN}), None, None), (None, None, None))
    assert not reading.oddities, "a blank is no mistake"
