"""What a report leaves open of the questions that the policy asks (AB-9l): each is asked again, and none refuses it."""

from __future__ import annotations

from collections.abc import Mapping

from rules.engine.intake.facts import Reading
from rules.engine.model.policy import UNKNOWN

ASKED: Mapping[str, str] = {
    "account": "what happened",
    "first time": "whether it was the first time",
    "times before": "how many times before",
    "targeted": "who was targeted",
    "reported": "who is said to have done it",
    "place": "where it happened",
    "witnesses": "who saw it",
    "what the pupil did": "what the pupil has done about it",
    "action by others": "whether anybody else has acted",
}
"""The policy's questions, by the names that forms give them, in the words of "questions left blank"."""

NOTHING = "nothing"


def left_blank(reading: Reading) -> frozenset[str]:
    """Those of the policy's questions that the form asks and the answer leaves open; ``NOTHING`` where it leaves none.

    Empty for a form that asks none of them. How often before is left open only by somebody who says that it was not
    the first time, or does not say.
    """
    asked = {question.name for question in reading.form.questions} & ASKED.keys()
    if not asked:
        return frozenset()
    blank = {name for name in asked if not _answered(reading, name)}
    if reading.facts.get("first time") == "yes":
        blank.discard("times before")
    return frozenset(ASKED[name] for name in blank) or frozenset({NOTHING})


def _answered(reading: Reading, name: str) -> bool:
    return bool(reading.texts.get(name, "").strip()) or reading.facts.get(name) not in (None, UNKNOWN)
