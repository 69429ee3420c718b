"""Examples, and rules that can be read and cannot be meant."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

import pytest

import rules
from rules.engine.matching.normal_form import RuleTooLarge
from rules.engine.model.conditions import holds
from rules.engine.model.example import Example, Expected, StageExample
from rules.engine.model.policy import (
    UNKNOWN,
    All,
    Any,
    Compare,
    Condition,
    Facts,
    FactValue,
    FactWord,
    Includes,
    Is,
    Not,
    Procedure,
    Rule,
    Stage,
)
from rules.engine.rulebook.examples import run, run_stage
from rules.engine.rulebook.lint import impossible
from tests.rules.northbridge import PEOPLE, POLICIES
from tests.rules.strategies import condition

RULE = POLICIES.rule("AB-06")


EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.id}: {example.title}")
    for rule in POLICIES.rules
    for example in rule.examples
]
STAGES = [
    pytest.param(procedure, stage, example, id=f"{procedure.track}, stage {stage.name}: {example.title}")
    for procedure in POLICIES.procedures.values()
    for stage in procedure.stages
    for example in stage.examples
]


def test_nothing_is_wrong_with_what_is_shipped() -> None:
    assert rules.check(POLICIES, PEOPLE) == ()


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_a_rule_proves_itself(rule: Rule, example: Example) -> None:
    assert run(POLICIES, rule, example) is None


@pytest.mark.parametrize(("procedure", "stage", "example"), STAGES)
def test_a_stage_proves_itself(procedure: Procedure, stage: Stage, example: StageExample) -> None:
    assert run_stage(POLICIES, procedure, stage, example) is None


def test_an_example_that_fails_says_what_happened_instead() -> None:
    applies = Example("one", {"reported by": "staff"}, (Expected("notify", "reporter"),))
    assert run(POLICIES, RULE, applies) is None
    assert "it applied" in (run(POLICIES, RULE, replace(applies, expect=())) or "")
    assert "did not apply" in (run(POLICIES, RULE, replace(applies, given={"reported by": "pupil"})) or "")
    assert "notify: headteacher" in (
        run(POLICIES, RULE, replace(applies, expect=(Expected("notify", "headteacher"),))) or ""
    )


def test_a_role_that_nobody_holds_is_named_with_who_stands_in() -> None:
    nobody = replace(PEOPLE, staff=tuple(p for p in PEOPLE.staff if "senco" not in p.roles))
    [problem] = rules.check(POLICIES, nobody)
    assert "special needs coordinator" in problem.what
    assert "until then the deputy headteacher gets it" in problem.instead
    assert problem.source.strip().startswith("special needs coordinator:")


def test_the_notes_on_the_policies_name_their_clauses_and_what_holds() -> None:
    notes = rules.notes(POLICIES)
    assert len(notes) >= 14
    assert all(note.says and note.default and set(note.clauses) <= POLICIES.clauses for note in notes)
    assert len({note.title for note in notes}) == len(notes)


FACTS = {
    "one": FactWord("one", "choice", ("yes", "no", UNKNOWN), ""),
    "many": FactWord("many", "choices", ("a", "b", UNKNOWN), ""),
    "count": FactWord("count", "number", (), ""),
}


@pytest.mark.parametrize(
    ("wanted", "possible"),
    [
        (All((Is("one", ("yes",)), Is("one", ("no",)))), False),
        (Any((Is("one", ("yes",)), Is("one", ("no",)))), True),
        (Not(Is("one", ("yes", "no", UNKNOWN))), False),
        (All((Includes("many", ("a",)), Includes("many", ("b",)))), True),
        (All((Includes("many", ("a",)), Not(Includes("many", ("a", "b"))))), False),
        (Not(Includes("many", ("a", "b", UNKNOWN))), False),
        (All((Compare("count", "at least", 3), Compare("count", "at most", 2))), False),
        (All((Compare("count", "at least", 3), Compare("count", "at most", 3))), True),
        (All((Not(Compare("count", "at least", 3)), Not(Compare("count", "at most", 5)))), True),  # a blank
        (All((Is("count", (UNKNOWN,)), Compare("count", "at least", 0))), False),
        (Compare("count", "at most", -1), False),
        (Any(()), False),
        (All(()), True),
    ],
)
def test_what_can_never_hold_is_found(wanted: Condition, possible: bool) -> None:
    assert (impossible("X", wanted, FACTS) is None) is possible


def test_what_can_never_hold_is_what_no_answers_make_hold() -> None:
    """At random, against trying every answer."""
    some: list[FactValue] = [frozenset({"a"}), frozenset({"b"}), frozenset({"a", "b"}), frozenset({UNKNOWN})]
    some.append(frozenset({"a", "b", UNKNOWN}))
    some += [frozenset({"a", UNKNOWN}), frozenset({"b", UNKNOWN})]
    every: list[Facts] = [
        {"one": one, "many": many, "count": count}
        for one, many, count in product(("yes", "no", UNKNOWN), some, (None, 0, 1, 2, 3, 10, 2**53 - 1))
    ]
    random, checked, never = Random(7), 0, 0
    while checked < 300:
        wanted = condition(random, FACTS, depth=3)
        try:
            found = impossible("X", wanted, FACTS)
        except RuleTooLarge:
            continue
        if found is None and not any(holds(wanted, facts) for facts in every):
            # A number between the bounds that are tried may still do: not one that is written in the test.
            assert "count" in str(wanted)
        elif found is not None:
            never += 1
            assert not any(holds(wanted, facts) for facts in every), wanted
        checked += 1
    assert never > 10
