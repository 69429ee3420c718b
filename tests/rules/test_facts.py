"""A response becomes facts: complete, typed, and odd where it is odd; nothing raises and nothing is guessed."""

from __future__ import annotations

from datetime import date, time

import pytest

from rules.engine.intake.facts import Answer, Reading, complete, read_response
from rules.engine.model.form import Form, Question
from tests.rules.northbridge import POLICIES

YES_NO = {"Yes": "yes", "No": "no"}
FORM = Form(
    "any", "Any form", "form-1", "report received",
    (
        Question("Is there a risk?", "q1", "i1", "risk", "choice", YES_NO),
        Question("Where?", "q2", "i2", "place", "choice", {"Hall": "hall"}, other="other"),
        Question("What kind?", "q3", "i3", "kind", "choices", {"Physical": "physical", "Online": "online"}),
        Question("How often?", "q4", "i4", "times", "number", {}),
        Question("Any files?", "q5", "i5", "evidence", "given", {}),
        Question("When?", "q6", "i6", "day", "date", {}),
        Question("What time?", "q7", "i7", "hour", "time", {}),
        Question("What happened?", "q8", "i8", "account", "text", {}),
    ),
)  # fmt: skip


def reading(**answers: object) -> Reading:
    return read_response(FORM, [Answer(name, "", value) for name, value in answers.items()])


@pytest.mark.parametrize("answer", ["Yes", "yes", "  YES  "])
def test_a_choice_is_the_word_of_its_option(answer: str) -> None:
    assert reading(q1=answer).facts["risk"] == "yes"


@pytest.mark.parametrize("answer", [None, "", "   ", []])
def test_a_blank_is_no_answer_and_not_odd(answer: object) -> None:
    found = reading(q1=answer, q3=answer)
    assert (found.facts["risk"], found.facts["kind"]) == ("unknown", frozenset({"unknown"}))
    assert found.oddities == []


def test_a_question_is_found_by_id_by_item_and_by_its_words() -> None:
    by_item = read_response(FORM, [Answer("i1", "", "No")])
    by_words = read_response(FORM, [Answer("", " Is there a risk? ", "No")])
    assert by_item.facts["risk"] == by_words.facts["risk"] == "no"


def test_what_is_no_option_is_unknown_and_odd_without_its_content() -> None:
    found = reading(q1="Perhaps, ask Ann")
    assert found.facts["risk"] == "unknown"
    assert found.oddities == ['the answer to "Is there a risk?" is not one of its options']


def test_an_own_answer_is_taken_where_the_form_has_other() -> None:
    assert reading(q2="Behind the shed").facts["place"] == "other"


def test_a_question_that_did_not_come_was_not_answered() -> None:
    assert reading().facts == {
        "risk": "unknown", "place": "unknown", "kind": frozenset({"unknown"}), "times": None, "evidence": "no",
    }  # fmt: skip


def test_two_answers_to_one_choice_are_none() -> None:
    found = reading(q1=["Yes", "No"])
    assert found.facts["risk"] == "unknown"
    assert len(found.oddities) == 1


def test_several_choices_keep_those_that_are_known() -> None:
    found = reading(q3=["Online", "Nonsense"])
    assert found.facts["kind"] == frozenset({"online"})
    assert len(found.oddities) == 1


@pytest.mark.parametrize(
    ("answer", "number"), [("3", 3), ("about 3 times", 3), ("none", None), ("3 or 4", None), ("9" * 10, None)]
)
def test_a_number_is_one_number(answer: str, number: int | None) -> None:
    assert reading(q4=answer).facts["times"] == number


def test_whether_something_was_given() -> None:
    assert reading(q5=["a-file-id"]).facts["evidence"] == "yes"
    assert reading(q5=None).facts["evidence"] == "no"


def test_days_hours_and_texts_are_kept_and_no_facts() -> None:
    found = reading(q6="2026-10-06", q7="11:20", q8="He hid my bag.")
    assert (found.dates, found.times) == ({"day": date(2026, 10, 6)}, {"hour": time(11, 20)})
    assert found.texts == {"account": "He hid my bag."}
    assert not found.facts.keys() & {"day", "hour", "account"}


@pytest.mark.parametrize("value", [{"a": 1}, 7, [1, 2], True])
def test_what_is_neither_text_nor_choices_is_odd(value: object) -> None:
    found = reading(q1=value)
    assert found.facts["risk"] == "unknown"
    assert found.oddities == ['the answer to "Is there a risk?" is neither text nor choices']


def test_a_question_that_the_form_has_not_is_odd() -> None:
    assert read_response(FORM, [Answer("zz", "Favourite colour?", "Blue")]).oddities == [
        "question 1 of the response is not one of this form"
    ]


def test_every_fact_is_there_and_what_nobody_said_is_unknown() -> None:
    words = POLICIES.vocabulary.facts
    found = complete(words)
    assert found.keys() == words.keys()
    assert found["safeguarding concern"] == "unknown"
    assert found["kind of bullying"] == frozenset({"unknown"})
    assert found["days late"] is None


def test_the_later_layer_wins_and_what_does_not_fit_is_unknown() -> None:
    words = POLICIES.vocabulary.facts
    found = complete(words, {"place": "library", "days late": 1}, {"place": "toilets", "days late": "many"})
    assert (found["place"], found["days late"]) == ("toilets", None)
    assert complete(words, {"place": "the moon"})["place"] == "unknown"


def test_a_count_over_days_takes_the_plain_count() -> None:
    words = POLICIES.vocabulary.facts
    [name] = [n for n in words if n.startswith("incidents by this person in ")]
    assert complete(words, {"incidents by this person": 3})[name] == 3
    assert complete(words, {"incidents by this person": 3, name: 2})[name] == 2


def test_an_answer_longer_than_anybody_reads_is_kept_whole_and_called_odd() -> None:
    long = "He took it. " * 75_000
    found = reading(q8=long)
    assert found.texts["account"] == long.strip()
    assert found.oddities == ['the answer to "What happened?" is longer than 20,000 characters']
    assert reading(q8="He took it. " * 1_000).oddities == []
