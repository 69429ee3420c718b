"""What the work of a report says behind sign-in: the steps of a task, the marks of a case, the questions left blank."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules.engine.deciding.decide import Decision, Reference, decide
from rules.engine.intake.events import Sent, event_of
from rules.engine.intake.facts import Answer, read_response
from rules.engine.intake.left_blank import ASKED, left_blank
from rules.engine.model.effects import Task, from_json, record, to_json
from tests.rules.northbridge import PEOPLE, POLICIES, a_situation, at

NOW = "2026-10-06 10:00"  # a Tuesday
ALONE = Reference({rule.id: rule for rule in POLICIES.rules})
BETWEEN_PUPILS = {
    "Who was targeted?": "Ella Mitchell",
    "The person targeted is": "A student",
    "Who is said to have done it?": "Noah Chen",
    "The person said to have done it is": "A student",
}
ALL_ASKED = BETWEEN_PUPILS | {
    "Where did it happen?": "Classroom",
    "Who saw it? (staff and students)": "Theo Green",
    "What happened?": "She was pushed.",
    "Is this the first time?": "Yes",
    "What has the student already done about it?": "Nothing yet.",
    "Has anyone else taken action? What?": "A friend helped.",
}


def decided(form: str = "bullying-report", **answers: object) -> Decision:
    """What is decided of a report between pupils with these answers besides."""
    given = [Answer("", title, value) for title, value in (BETWEEN_PUPILS | answers).items()]
    reading = read_response(POLICIES.forms[form], given)
    event = event_of(reading, Sent(at(NOW), None, "first"), PEOPLE)
    refs = {track: f"{track[0].upper()}-2026-0001" for track in ("bullying", "staff-conduct", "adult")}
    return decide(POLICIES, ALONE, replace(a_situation(NOW, event), next_refs=refs))


def marks(*kinds: str, **answers: object) -> set[str]:
    given = {"What kind of bullying was it?": list(kinds)} if kinds else {}
    return {*decided(**given, **answers).cases[0].marks}


def blank(form: str, answers: dict[str, str]) -> frozenset[str]:
    given = [Answer("", title, value) for title, value in answers.items()]
    return left_blank(read_response(POLICIES.forms[form], given))


def test_a_task_carries_its_steps_to_the_page_and_to_nowhere_else() -> None:
    tasks = [effect for effect in decided().effects if isinstance(effect, Task)]
    support = next(task for task in tasks if task.title.startswith("Support the pupil targeted"))
    assert any("not to blame" in step for step in support.steps)
    assert from_json(to_json(support)) == support
    assert "steps" not in record(support)


def test_nobody_is_told_to_copy_a_sexual_picture() -> None:
    tasks = [
        effect
        for effect in decided(**{"What kind of bullying was it?": ["Sexual (including 'sexting')"]}).effects
        if isinstance(effect, Task) and effect.title.startswith("See to what is online")
    ]
    assert [task.role for task in tasks] == ["designated safeguarding lead"]
    assert "Nobody looks at a sexual picture of a child, copies, saves" in tasks[0].steps[0]


@pytest.mark.parametrize(
    ("kind", "mark"),
    [
        ("Race", "prejudice: race"),
        ("Ethnicity, nationality or culture", "prejudice: race"),
        ("Religion, faith, belief or no faith", "prejudice: religion or belief"),
        ("Special educational needs or disability (SEND)", "prejudice: disability"),
        ("Sexual orientation (homophobic or biphobic)", "prejudice: sexual orientation"),
        ("Gender (including transphobic)", "prejudice: sex or gender reassignment"),
        ("Teenage parent (pregnancy or maternity)", "prejudice: pregnancy or maternity"),
    ],
)
def test_a_case_is_marked_with_its_protected_characteristic(kind: str, mark: str) -> None:
    assert marks(kind, "Emotional") == {mark, "child-on-child abuse"}


def test_a_case_without_prejudice_has_no_such_mark() -> None:
    assert marks("Emotional", "Physical") == {"child-on-child abuse"}


def test_a_report_about_a_member_of_staff_is_not_marked_as_between_children() -> None:
    about_staff = {
        "Who is said to have done it?": "Steven Boyle",
        "The person said to have done it is": "A member of staff",
    }
    assert marks(**about_staff) == set()


def test_repeated_and_meant_is_marked_and_a_single_time_is_not() -> None:
    meant = {"Was it meant to hurt?": "Yes"}
    assert "repeated and meant to hurt" in marks(**meant, **{"Is this the first time?": "No"})
    assert "repeated and meant to hurt" not in marks(**meant, **{"Is this the first time?": "Yes"})


def test_a_pupils_own_report_is_marked_so() -> None:
    mark = "told by a pupil, nobody looks for who wrote it"
    assert mark in decided("student-report").cases[0].marks
    assert mark not in decided().cases[0].marks


def test_away_from_school_is_marked_as_in_scope() -> None:
    mark = "away from school or online, and in scope"
    assert mark in marks(**{"Where did it happen?": "Bus or school transport"})
    assert mark not in marks(**{"Where did it happen?": "Classroom"})


@pytest.mark.parametrize("question", ["Where did it happen?", "Who saw it? (staff and students)", "What happened?"])
def test_each_question_left_blank_is_named(question: str) -> None:
    assert blank("bullying-report", ALL_ASKED) == {"nothing"}
    names = {q.title: q.name for q in POLICIES.forms["bullying-report"].questions}
    left = {title: value for title, value in ALL_ASKED.items() if title != question}
    assert blank("bullying-report", left) == {ASKED[names[question]]}


def test_how_often_before_is_open_only_where_it_was_not_the_first_time() -> None:
    again = ALL_ASKED | {"Is this the first time?": "No"}
    assert blank("bullying-report", again) == {"how many times before"}
    assert blank("bullying-report", again | {"If not, how many times before?": "2"}) == {"nothing"}


def test_the_worry_box_is_not_asked_what_it_does_not_ask() -> None:
    assert "what the pupil has done about it" not in blank("student-report", {})
    assert "who was targeted" in blank("student-report", {})


def test_a_form_that_asks_nothing_of_it_leaves_nothing_open() -> None:
    assert blank("case-update", {}) == frozenset()


@pytest.mark.parametrize(("answer", "given"), [("Southbrook", "yes"), ("No.", "no"), ("none", "no"), ("", "no")])
def test_no_is_not_the_name_of_another_school(answer: str, given: str) -> None:
    form = POLICIES.forms["bullying-report"]
    reading = read_response(form, [Answer("", "Is another school involved? Which?", answer)])
    assert reading.facts["another school involved"] == given
