"""The account of a case (AB-8k): complete, in order, and fit to be read."""

from __future__ import annotations

from pathlib import Path

from rules import load
from service.flows.scenario import read_scenario
from service.flows.simulate import Play
from tests.policies.scenario_tests import read_test, school_of, written

WHOLE_CASE = Path(__file__).parents[1] / "policies/anti_bullying/transphobic_pupil_says_no.yaml"
DSL = "r.calder@northbridge.example"


def account(tmp_path: Path) -> list[str]:
    """Every line of the case of a pupil who says no, as the case page has it."""
    test = read_test(WHOLE_CASE)
    file = tmp_path / "scenario.yaml"
    file.write_text(written(test.played), encoding="utf-8")
    scenario = read_scenario(file)
    play = Play(scenario, school_of(test, tmp_path), load(), scenario.start)
    list(play.records())
    with play.store.read() as tx:
        return [entry.text for entry in tx.chronology.of_case("B-2026-0001")]


def test_the_account_says_what_came_in_what_was_decided_and_what_was_done(tmp_path: Path) -> None:
    lines = account(tmp_path)
    told = [
        "Report received.",
        "Kept from parents and carers of everyone in the case until the designated safeguarding lead decides:"
        " everything about this case (AB-9i, AB-8g).",
        f"Told {DSL} (designated safeguarding lead) (AB-9d, AB-8f).",
        f"Task for {DSL} (designated safeguarding lead), due Wed 7 Oct 2026: Ask the pupil about telling parents,"
        " and record their wish (AB-9i, AB-8g, AB-8c).",
        "Clock: First action, due Tue 6 Oct 2026 (AB-8a, AB-9a).",
        "DSL decision: parents may be told: recorded by m.ellison@northbridge.example.",
        "Not accepted: dsl decision: parents may be told; only the designated safeguarding lead or a deputy decides"
        " this (AB-9j, AB-8g).",
        "Not done in time: First action, due Tue 6 Oct 2026 (AB-8a, AB-9a).",
        "The designated safeguarding lead decided that parents may be told, and gave the reason (AB-9i, AB-8g).",
        f"A letter to carer1.0003@family.example (parent or carer) waits in the mailbox of {DSL} (AB-9j, AB-8g).",
    ]
    assert [line for line in told if line not in lines] == []
    assert [lines.index(line) for line in told] == sorted(lines.index(line) for line in told)


def test_every_line_of_the_account_is_a_sentence(tmp_path: Path) -> None:
    for line in account(tmp_path):
        assert line[0].isupper(), line
        assert line.endswith("."), line
        assert "None" not in line, line
