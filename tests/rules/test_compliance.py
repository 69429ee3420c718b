"""A case lists the clauses that applied to it, and how each stands: the worst of what it asked for (AB-13a)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from rules import load
from rules.engine.clocks.compliance import WORST_LAST, compliance
from rules.engine.model.effects import Deadline, Flag, Notice, Task
from rules.engine.model.situation import CaseFile
from service.flows.scenario import read_scenario
from service.flows.simulate import Play
from service.school import load_school
from tests.policies.scenario_tests import SAMPLE

TUESDAY = date(2026, 10, 6)
CASE = CaseFile("B-2026-0001", "bullying", "open", None, datetime(2026, 10, 6, 10, 0, tzinfo=UTC))
SCENARIOS = Path(__file__).parents[1] / "policies"


def grounds(clause: str) -> dict[str, Any]:
    return {"key": clause, "case": CASE.ref, "rules": (), "clauses": (clause,), "because": ""}


def deadline(state: Any) -> Deadline:
    return Deadline(id="d", name="A duty", due=TUESDAY, state=state, counted="", duty_of="", **grounds("AB-8a"))


def task(state: Any, due: date | datetime | None) -> Task:
    return Task(role="", assignee="", title="", due=due, state=state, **grounds("AB-8a"))


@pytest.mark.parametrize(
    ("state", "stands"),
    [("met", "met"), ("late", "late"), ("missed", "missed"), ("open", "not yet"), ("paused", "not yet")],
)
def test_a_deadline_says_how_its_clause_stands(state: str, stands: str) -> None:
    assert compliance(replace(CASE, deadlines={"d": deadline(state)}), TUESDAY) == {"AB-8a": stands}


@pytest.mark.parametrize(
    ("state", "due", "stands"),
    [
        ("done", date(2026, 10, 5), "met"),
        ("open", TUESDAY, "not yet"),
        ("open", date(2026, 10, 5), "missed"),
        ("open", datetime(2026, 10, 5, 22, 59, tzinfo=UTC), "missed"),  # 23:59 on the Monday in London
        ("open", datetime(2026, 10, 5, 23, 30, tzinfo=UTC), "not yet"),  # half past midnight on the Tuesday
        ("open", None, "not yet"),
    ],
)
def test_a_task_is_missed_once_its_day_has_ended(state: str, due: Any, stands: str) -> None:
    assert compliance(replace(CASE, tasks={"t": task(state, due)}), TUESDAY) == {"AB-8a": stands}


def test_what_was_cancelled_asks_for_nothing() -> None:
    case = replace(CASE, deadlines={"d": deadline("cancelled")}, tasks={"t": task("cancelled", None)})
    assert compliance(case, TUESDAY) == {}


def test_the_worst_of_what_a_clause_asked_for_counts() -> None:
    notice = Notice(to="", role="", status="sent", held_by=None, urgent=False, subject="", body="", template="",
                    **grounds("AB-8a"))  # fmt: skip
    flag = Flag(name="", role="", evidence="", **grounds("AB-8i"))
    case = replace(CASE, notices={"n": notice}, flags={"f": flag}, deadlines={"d": deadline("late")})
    assert compliance(case, TUESDAY) == {"AB-8a": "late", "AB-8i": "met"}
    assert WORST_LAST == ("met", "not yet", "late", "missed")


@pytest.mark.parametrize("name", ["complaints/whole_procedure", "anti_bullying/two_years"])
def test_every_clause_of_a_long_case_stands_somehow_and_no_other(name: str, tmp_path: Path) -> None:
    whole = yaml.load((SCENARIOS / f"{name}.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506  as text
    played = {key: whole[key] for key in ("start", "until", "closures", "events") if key in whole}
    (tmp_path / "played.yaml").write_text(yaml.safe_dump(played, sort_keys=False), encoding="utf-8")
    scenario = read_scenario(tmp_path / "played.yaml")
    play = Play(scenario, load_school(SAMPLE), load(), scenario.start)
    records = [record for record in play.records() if record["case"] is not None]
    with play.store.read() as tx:
        cases = [case for case in map(tx.cases.load, tx.cases.refs()) if case is not None]
    for case in cases:
        stands = compliance(case, scenario.until.date())
        made = [r for r in records if r["case"] == case.ref and r["kind"] not in ("submission", "case", "refused")]
        missed = {c for r in made if r["kind"] == "deadline" and r["state"] in ("missed", "late") for c in r["clauses"]}
        assert set(stands) <= {clause for record in made for clause in record["clauses"]}
        assert {clause for clause, how in stands.items() if how == "late"} <= missed
        assert stands
