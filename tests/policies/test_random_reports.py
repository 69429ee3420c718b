"""Reports, updates and odd answers at random, played in one school: what always holds, holds of each."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rules import Policies, load
from rules.engine.model.form import Form
from service.flows.simulate import simulate
from service.school import School, load_school
from tests.policies.always import broken
from tests.policies.scenario_tests import SAMPLE, written

SECONDS = 15.0
ROUNDS = 60
PEOPLE = (
    "Ella Mitchell", "Theo Green", "Poppy Lewis", "Poppy Lewis 8B", "Zoë King", "Mia O'Neill\nLily Chen", "Helen Marsh",
    "Ruth Calder", "Ruth Calder\nImran Sheikh", "the headteacher", "DSL", "Mr Marsh", "Sian Lowther", "Beth Norcross",
    "Ana Ferreira", "Frances Doyle", "Margaret Vane", "safeguarding@northbridge.example", "Nobody of that name",
    "I don't know", "", "Ben Marsh and Theo Green", "Samira Haddad", "\x00\u202e", "x" * 400,
)  # fmt: skip
ODD = ("", "maybe", "9999999999999", "2026-02-31", "🙂", ["Yes", "No"], {"a": "b"})
SENDERS = (
    "m.ellison@northbridge.example", "r.calder@northbridge.example", "head@northbridge.example",
    "s.lowther@northbridge.example", "i.sheikh@northbridge.example", "someone@family.example", "",
)  # fmt: skip
UPDATES = (
    "First action taken", "Interview held", "Alert acknowledged", "Case closed", "Case reopened", "Not substantiated",
    "Pupil's wish about telling parents recorded", "DSL decision: parents may be told",
    "DSL decision: parents must not be told", "Follow-up check: bullying has resumed", "Pupil matched",
    "Person complained about named",
)  # fmt: skip


def test_what_always_holds_holds_of_reports_at_random(tmp_path: Path) -> None:
    policies, school, dice = load(), load_school(SAMPLE), random.Random(20261006)
    began, played = time.monotonic(), 0
    while played < ROUNDS and time.monotonic() - began < SECONDS:
        scenario = a_scenario(dice, policies)
        records = play(scenario, school, policies, tmp_path / "random.yaml")
        breaches = broken(records, school, scenario)
        assert not breaches, f"{breaches}\n{written(scenario)}"
        assert no_report_without_a_reader(records), written(scenario)
        played += 1
    assert played >= 5


def no_report_without_a_reader(records: Iterable[dict[str, Any]]) -> bool:
    """Somebody of the school is told of each new report (AB-8l)."""
    records = list(records)
    came = [r for r in records if r["kind"] == "submission" and r["form"] != "case-update"]
    new = {r["event"] for r in came if r["outcome"] in ("new", "unknown")}
    return new <= {r["event"] for r in records if r["kind"] == "notice" and r["status"] == "sent"}


def play(scenario: dict[str, Any], school: School, policies: Policies, file: Path) -> list[dict[str, Any]]:
    file.write_text(written(scenario), encoding="utf-8")
    return list(simulate(file, school, policies))


def a_scenario(dice: random.Random, policies: Policies) -> dict[str, Any]:
    at = datetime(2026, 9, 4, 8) + timedelta(days=dice.randrange(300), minutes=dice.randrange(1440))  # noqa: DTZ001
    start, events = at, []
    for number in range(dice.randrange(1, 4)):
        form = dice.choice(("bullying-report", "bullying-report", "student-report", "nothing-we-know"))
        asked = policies.forms.get(form, policies.forms["bullying-report"])
        events.append({
            "id": f"report{number}", "at": at.isoformat(), "form": form, "response": f"r-{dice.randrange(3)}",
            "respondent": dice.choice(SENDERS), "answers": answers(dice, asked),
        })  # fmt: skip
        at += timedelta(minutes=dice.randrange(1, 4000))
        events.append(update(dice, number, at))
        at += timedelta(minutes=dice.randrange(1, 4000))
    return {"start": start.isoformat(), "until": (at + timedelta(days=12)).isoformat(), "events": events}


def answers(dice: random.Random, form: Form) -> dict[str, Any]:
    """An answer to some of the questions: mostly one of the form's own, now and then an odd one."""
    found: dict[str, Any] = {}
    for question in form.questions:
        if dice.random() < 0.25:
            continue
        if dice.random() < 0.08:
            found[question.title] = dice.choice(ODD)
        elif question.shape == "people":
            found[question.title] = dice.choice(PEOPLE)
        elif question.answers:
            found[question.title] = dice.choice(list(question.answers))
        elif question.shape == "date":
            found[question.title] = "2026-10-06"
        else:
            found[question.title] = "Name-calling at break."
    return found


def update(dice: random.Random, number: int, at: datetime) -> dict[str, Any]:
    return {
        "id": f"update{number}", "at": at.isoformat(), "form": "case-update", "respondent": dice.choice(SENDERS),
        "answers": {
            "Case reference": f"${{report{number}.case}}", "What happened?": dice.choice(UPDATES),
            "On what date?": at.date().isoformat(), "Who was involved?": dice.choice(PEOPLE),
            "Reason or outcome": dice.choice(("", "We have spoken.")),
        },
    }  # fmt: skip
