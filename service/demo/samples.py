"""The sample responses of the first run. Every name is invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

Answers = dict[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Sample:
    """A response to one of the forms: who sent it and what was answered, question by question."""

    form: str
    respondent: str | None
    answers: Answers = field(repr=False)


COMPLAINANT = "k.haddad@family.example"
PANEL = {
    "p.lomax@governors.northbridge.example": "Peter Lomax",
    "s.whelan@governors.northbridge.example": "Sara Whelan",
    "j.beckett@governors.northbridge.example": "Jon Beckett",
}
CLERK = "clerk@governors.northbridge.example"


def blank_question(today: date) -> Sample:
    """A bullying report on which the safeguarding question was left blank."""
    return Sample(
        "bullying-report",
        "m.ellison@northbridge.example",
        {
            "When did it happen?": today.isoformat(),
            "Where did it happen?": "Playground or field",
            "Who was targeted?": "Samira Haddad 9A",
            "The person targeted is": "A student",
            "Who is said to have done it?": "Kayden Stubbs 9C",
            "The person said to have done it is": "A student",
            "What happened?": "Pushed over twice at break, and a bag was thrown over the fence.",
            "What did they do?": ["Hitting", "Taking belongings"],
            "What kind of bullying was it?": ["Physical"],
            "Is anyone at risk of immediate harm?": "No",
            "Your name": "Mark Ellison",
        },
    )


def in_confidence(today: date) -> Sample:
    """A transphobic-bullying report; the pupil does not want parents told."""
    return Sample(
        "bullying-report",
        "p.nair@northbridge.example",
        {
            "When did it happen?": today.isoformat(),
            "Where did it happen?": "Changing rooms",
            "Who was targeted?": "Eli Rose 9B",
            "The person targeted is": "A student",
            "Who is said to have done it?": "Rhys Tanner 10A",
            "The person said to have done it is": "A student",
            "What happened?": "Called names and asked why he was in there. He told me and asked me not to ring home.",
            "What did they do?": ["Name calling", "Taunting or mocking"],
            "What kind of bullying was it?": ["Gender (including transphobic)"],
            "Is anyone at risk of immediate harm?": "No",
            "Do you have a safeguarding concern?": "Not sure",
            "Does the student want their parents or carers to know?": "No",
            "Could telling parents or carers put the student at risk?": "Not sure",
            "Your name": "Priya Nair",
        },
    )


def complaint(today: date) -> Sample:
    """A complaint about a teacher that was discussed already, so that it opens at stage two."""
    return Sample(
        "complaint",
        COMPLAINANT,
        {
            "Name": "K. Haddad",
            "Email": COMPLAINANT,
            "I am": "A parent or carer of a current pupil",
            "Who or what is your complaint about?": "A member of staff",
            "Name of the person (if one)": "Steven Boyle",
            "What is it to do with?": "Teaching or the curriculum as we deliver it",
            "When did it happen?": today.isoformat(),
            "What is your complaint concerning?": "Homework was set and never marked for a whole half-term.",
            "When did you discuss your concern with the appropriate member of staff?": today.isoformat(),
            "What was the result of the discussion?": "We could not agree.",
            "Is a child at risk of harm?": "No",
            "Is a child missing education?": "No",
            "Is legal action under way?": "No",
        },
    )


def update(case: str, what: str, today: date, *, by: str = CLERK, who: str = "") -> Sample:
    """What somebody records on a case with the case update form."""
    answers: Answers = {"Case reference": case, "What happened?": what, "On what date?": today.isoformat()}
    if who:
        answers["Who was involved?"] = who
    return Sample("case-update", by, answers)


def to_the_panel(case: str, today: date) -> list[Sample]:
    """Everything that takes the complaint from stage two to a day for its hearing."""
    head, chair = "head@northbridge.example", "chair@governors.northbridge.example"
    steps = [
        update(case, "Stage 2 outcome sent", today, by=head),
        update(case, "Complainant asks for stage 3", today),
        update(case, "Stage 3 outcome sent", today, by=chair),
        update(case, "Stage 3 outcome received by complainant", today),
        update(case, "Complainant asks for stage 4 (CAP)", today),
    ]
    steps += [update(case, "CAP panel member agreed", today, who=name) for name in PANEL.values()]
    return [*steps, update(case, "CAP hearing date set", today)]
