"""A scenario ends when it says so, and is the same however often it is played."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rules import Policies, load
from service.cli import main
from service.flows.scenario import ScenarioError
from service.flows.simulate import simulate
from service.school import School

EVENTS = """
events:
  - {id: first, at: 2026-10-06T10:00, form: bullying-report, answers: {}}
  - {id: later, at: 2026-10-09T10:00, form: bullying-report, answers: {}}
"""


@pytest.fixture(scope="module")
def policies() -> Policies:
    return load()


@pytest.mark.parametrize("until", ["2026-10-06T09:59", "2026-10-06T10:00", "2026-10-08T18:00", "2026-10-09T10:00"])
def test_what_comes_until_an_earlier_end_is_what_came_until_then(
    until: str, school: School, policies: Policies, tmp_path: Path
) -> None:
    def played(end: str) -> list[dict[str, object]]:
        file = tmp_path / "scenario.yaml"
        file.write_text(f"start: 2026-10-06T08:00\nuntil: {end}\n{EVENTS}")
        return list(simulate(file, school, policies))

    whole, cut = played("2026-10-12T18:00"), played(until)
    assert {record["event"] for record in whole if record["kind"] == "submission"} == {"first", "later"}
    assert cut == [record for record in whole if str(record["at"])[:16] <= until]


def test_clocks_that_strike_together_are_told_in_the_order_of_their_cases(
    school: School, policies: Policies, tmp_path: Path
) -> None:
    """Six reports of Tuesday 6 October 2026, of which nobody records the first action that day."""
    file = tmp_path / "scenario.yaml"
    reports = "".join(f"\n  - {{at: 2026-10-06T10:0{n}, form: bullying-report, answers: {{}}}}" for n in range(6))
    file.write_text(f"start: 2026-10-06T08:00\nuntil: 2026-10-07T07:00\nevents:{reports}\n")
    first, again = (list(simulate(file, school, policies)) for _ in range(2))
    missed = [str(record["case"]) for record in first if record["kind"] == "deadline" and record["state"] == "missed"]
    assert missed == [f"B-2026-000{n}" for n in range(1, 7)]
    assert first == again


def test_the_scenarios_that_the_readme_names_are_played(capsys: pytest.CaptureFixture[str]) -> None:
    top = Path(__file__).parents[2]
    named = re.findall(r"policydesk simulate (\S+\.yaml)", (top / "README.md").read_text(encoding="utf-8"))
    assert named
    for scenario in named:
        assert main(["simulate", str(top / scenario)]) == 0
        assert "URGENT" in capsys.readouterr().out


def test_what_a_scenario_says_for_tests_is_passed_over_and_nothing_else(
    school: School, policies: Policies, tmp_path: Path
) -> None:
    file = tmp_path / "scenario.yaml"
    played = f"start: 2026-10-06T08:00\nuntil: 2026-10-06T18:00\n{EVENTS}"
    file.write_text(f"title: What it shows\nexpect: []\n{played}")
    assert list(simulate(file, school, policies))
    file.write_text(f"titel: What it shows\n{played}")
    with pytest.raises(ScenarioError, match="there are closures, events, start, until"):
        list(simulate(file, school, policies))
