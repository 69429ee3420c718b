"""The complaints of the sample term: about teachers and the school, at each stage, some in time and some not."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

HEAD, CLERK, CHAIR = (
    "head@northbridge.example", "clerk@governors.northbridge.example", "chair@governors.northbridge.example",
)  # fmt: skip
COMPLAINANTS = (
    "Alma Reyes", "Jon Petrie", "Saba Karim", "Moira Flint", "Kofi Ansah", "Delia Frye", "Owen Lodge", "Petra Novak",
    "Idris Cole", "Wanda Scholes", "Ravi Menon", "Hetty Vance", "Tomas Beck", "Nell Garrity",
)  # fmt: skip
TOPICS = (
    "Teaching or the curriculum as we deliver it", "Teaching or the curriculum as we deliver it",
    "The way the school responded to bullying", "The way the school responded to bullying", "Facilities or services",
    "Bullying or behaviour", "Special educational needs: support in school", "Something else",
)  # fmt: skip
UPHELD = ("Upheld", "Partly upheld", "Not upheld", "Not upheld")
NO = dict.fromkeys(
    ("Is a child at risk of harm?", "Is a child missing education?", "Is legal action under way?"), "No"
)  # fmt: skip


def complaints(dice: random.Random) -> Iterator[dict[str, Any]]:
    """Events of the scenario, with ``at`` as a datetime."""
    for number, name in enumerate(COMPLAINANTS, 1):
        day = date(2026, 9, 14) + timedelta(5 * number + dice.randrange(4))
        at = datetime.combine(day, time(10, dice.randrange(60)))
        yield _complaint(dice, f"c{number}", name, at)
        yield from _course(dice, f"c{number}", at)


def _complaint(dice: random.Random, event: str, name: str, at: datetime) -> dict[str, Any]:
    answers = {
        "Name": name, "Email": f"{name.lower().replace(' ', '.')}@family.example",
        "I am": "A parent or carer of a current pupil", "Who or what is your complaint about?": dice.choice(
            ("A member of staff", "The school or its services")
        ),
        "What is it to do with?": dice.choice(TOPICS), "When did it happen?": f"{at - timedelta(5):%Y-%m-%d}",
        "What is your complaint concerning?": "It is told in the form.", "Signed": name, **NO,
    }  # fmt: skip
    return {"id": event, "at": at, "form": "complaint", "respondent": "", "answers": answers}


def _course(dice: random.Random, event: str, at: datetime) -> Iterator[dict[str, Any]]:
    yield _update(event, at + timedelta(days=dice.choice((6, 9, 24))), HEAD, "Stage 1 discussion held")
    if dice.random() < 0.45:
        yield _update(event, at + timedelta(days=26), HEAD, "Stage 1 resolved")
        return
    yield _update(event, at + timedelta(days=28), HEAD, "Complainant asks for stage 2")
    answered = _update(event, at + timedelta(days=dice.choice((40, 46, 60))), HEAD, "Stage 2 outcome sent")
    answered["answers"]["Was the complaint upheld?"] = dice.choice(UPHELD)
    yield answered
    if dice.random() < 0.4:
        yield _update(event, at + timedelta(days=64), CLERK, "Complainant asks for stage 3")
        outcome = _update(event, at + timedelta(days=80), CHAIR, "Stage 3 outcome sent")
        outcome["answers"]["Was the complaint upheld?"] = dice.choice(UPHELD)
        yield outcome


def _update(event: str, at: datetime, by: str, what: str) -> dict[str, Any]:
    answers = {"Case reference": f"${{{event}.case}}", "What happened?": what, "On what date?": f"{at:%Y-%m-%d}"}
    return {"at": at + timedelta(hours=2), "form": "case-update", "respondent": by, "answers": answers}
