"""Coverage says what is there and what is not: what cites a clause, what shows it both ways, what is still owed."""

from __future__ import annotations

import importlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from rules import Policies, load
from rules.engine.reading.register import read_register
from rules.engine.rulebook.carried_out import CARRIED_OUT, CarriedOut
from rules.engine.rulebook.coverage import ClauseCoverage, ClauseTests, as_table, coverage
from service.clause_tests import clause_tests, shipped_scenarios

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def policies() -> Policies:
    return load()


def one(found: tuple[ClauseCoverage, ...], clause: str) -> ClauseCoverage:
    return next(each for each in found if each.clause.id == clause)


def test_every_clause_of_the_register_is_there_once_in_its_order(policies: Policies) -> None:
    written = re.findall(r"^  ([AC][BP]-\w+): ", policies.texts["policies/register.yaml"], re.MULTILINE)
    assert [each.clause.id for each in coverage(policies, ClauseTests())] == written
    assert set(written) == policies.clauses


def test_a_clause_as_the_register_has_it(policies: Policies) -> None:
    clause = next(each for each in read_register(policies.texts) if each.id == "CP-3k")
    assert (clause.policy, clause.how) == ("complaints", ("deadline", "letter"))
    assert clause.must.startswith("Stage 4: written acknowledgement within 3 school days")


def test_a_rule_covers_its_clauses_by_its_own_examples(policies: Policies) -> None:
    found = one(coverage(policies, ClauseTests()), "AB-8e")
    assert {by.kind for by in found.by} == {"rule"}
    assert {by.name for by in found.by} == {rule.id for rule in policies.rules if "AB-8e" in rule.clauses} >= {"AB-01"}
    assert found.covered
    assert found.both_ways
    assert "AB-01: The question was left blank" in (found.fires or ())
    assert "AB-01: Name-calling, and no concern" in (found.does_not or ())


def test_without_its_rules_a_clause_is_uncovered(policies: Policies) -> None:
    without = replace(policies, rules=tuple(rule for rule in policies.rules if "AB-8e" not in rule.clauses))
    found = one(coverage(without, ClauseTests(fires={"AB-8e": ("a.yaml",)}, does_not={"AB-8e": ("b.yaml",)})), "AB-8e")
    assert not found.covered
    assert found.still_owed == ("rule",)


@pytest.mark.parametrize(("fires", "does_not"), [((), ()), (("a.yaml",), ()), ((), ("a.yaml",))])
def test_a_clock_that_is_shown_one_way_only_covers_nothing(
    policies: Policies, fires: tuple[str, ...], does_not: tuple[str, ...]
) -> None:
    alone = replace(policies, rules=())
    assert not one(coverage(alone, ClauseTests({"CP-3k": fires}, {"CP-3k": does_not})), "CP-3k").covered
    both = one(coverage(alone, ClauseTests({"CP-3k": ("a.yaml",)}, {"CP-3k": ("b.yaml",)})), "CP-3k")
    assert both.covered
    assert both.still_owed == ("letter",)


def test_what_the_software_carries_out_covers_in_its_own_way(policies: Policies) -> None:
    done = CarriedOut("CP-5d", "record", ("service.store:Store",), fires=("a::b",), does_not=("a::c",))
    found = one(coverage(policies, ClauseTests(), [done]), "CP-5d")
    assert (found.covered, found.still_owed) == (True, ("report",))
    assert not one(coverage(policies, ClauseTests(), []), "CP-5d").covered


def test_without_the_tests_the_column_is_left_out(policies: Policies) -> None:
    found = coverage(policies, None)
    assert all(each.both_ways is None for each in found)
    assert "both ways" not in as_table(found)
    assert "both ways" in as_table(coverage(policies, ClauseTests()))
    assert all("tests" not in each.as_json() for each in found)
    assert one(found, "AB-8e").covered
    assert not any(each.covered for each in coverage(policies, ClauseTests(), ()) if not each.by)


def test_the_table_and_the_json_say_the_same(policies: Policies) -> None:
    found = coverage(policies, ClauseTests())
    table = as_table(found)
    for each in found:
        said = each.as_json()
        (row,) = [line for line in table.splitlines() if line.split(" ")[0] == each.clause.id]
        assert (" nothing " in row) is (said["by"] == [])
    uncovered = [str(each.as_json()["clause"]) for each in found if not each.as_json()["covered"]]
    assert table.endswith(f"Not covered: {', '.join(uncovered)}.")


def test_the_scenarios_name_their_clauses(tmp_path: Path) -> None:
    (tmp_path / "complaints").mkdir()
    (tmp_path / "complaints" / "one.yaml").write_text("clauses: [CP-3k, CP-3l]\nclauses not: [CP-3q]\n")
    (tmp_path / "two.yaml").write_text("clauses: [CP-3k]\n")
    found = clause_tests(tmp_path)
    assert found.fires == {"CP-3k": ("complaints/one.yaml", "two.yaml"), "CP-3l": ("complaints/one.yaml",)}
    assert found.does_not == {"CP-3q": ("complaints/one.yaml",)}
    (tmp_path / "two.yaml").write_text("clauses: [CP-3k")
    with pytest.raises(ValueError, match=r"two\.yaml cannot be read"):
        clause_tests(tmp_path)


def test_the_projects_own_scenarios_are_found() -> None:
    folder = shipped_scenarios()
    assert folder == ROOT / "tests" / "policies"
    assert clause_tests(folder).fires


@pytest.mark.parametrize("done", CARRIED_OUT, ids=lambda done: f"{done.clause} {done.way}")
def test_what_is_said_to_carry_out_a_clause_is_there(policies: Policies, done: CarriedOut) -> None:
    (clause,) = [each for each in read_register(policies.texts) if each.id == done.clause]
    assert done.way in clause.how, "the register does not ask for that"
    for part in done.by:
        module, _, name = part.partition(":")
        if module in policies.forms:
            assert name in [question.name for question in policies.forms[module].questions]
        else:
            assert hasattr(importlib.import_module(module), name), part
    for test in (*done.fires, *done.does_not):
        file, _, name = test.partition("::")
        assert re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), test


def test_nothing_that_the_register_asks_for_is_owed(policies: Policies) -> None:
    assert {each.clause.id: each.still_owed for each in coverage(policies, None) if each.still_owed} == {}
