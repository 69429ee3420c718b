"""Each trap of durable-rules is refused or out of reach, in the order in which they were measured."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any as Anything

import pytest

from rules.engine.matching import compile as adapter
from rules.engine.matching.compile import Matcher, RuleTooLarge
from rules.engine.model.policy import UNKNOWN, Any, Compare, Condition, FactValue, FactWord, Includes, Is, Not
from tests.rules.strategies import answers, rule_set, vocabulary
from tests.rules.watched import FACTS, FOUND, GIVEN, RULES, Watched, in_another_process, numbers, one


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    found = Watched()
    monkeypatch.setattr(adapter, "durable", found)
    return found


def test_the_first_message_of_a_ruleset_matches_so_that_deleting_its_session_is_safe(watched: Watched) -> None:
    with closing(Matcher(RULES, FACTS)) as matcher:
        assert [name for name, _ in watched.calls] == [
            "create_ruleset",
            "assert_fact",
            "start_action_for_state",
            "complete_and_start_action",
            "delete_state",
        ]
        assert json.loads(watched.given("assert_fact", 1)[0]) == {"sid": "s", "id": "m", "_z": 1}
        assert matcher.matching(GIVEN) == FOUND


def test_no_session_is_left_after_thousands_of_messages() -> None:
    in_another_process(f"from {__name__} import ask_often; ask_often(3000)")


def ask_often(times: int) -> None:
    matcher = Matcher(RULES, FACTS)
    assert all(matcher.matching(GIVEN) == FOUND for _ in range(times))


def test_every_message_has_the_same_session_and_it_is_deleted(watched: Watched) -> None:
    with closing(Matcher(RULES, FACTS)) as matcher:
        for _ in range(3):
            matcher.matching(GIVEN)
    assert watched.given("delete_state", 1) == ["s"] * len(watched.given("assert_fact", 1))


def test_the_stock_host_and_its_timers_are_never_started() -> None:
    in_another_process(
        "import sys, threading; from rules.engine.matching.compile import Matcher; Matcher({}, {});"
        "assert 'durable' not in sys.modules and threading.active_count() == 1"
    )


def test_only_the_functions_that_were_measured_are_used() -> None:
    tree = ast.parse(Path(adapter.__file__).read_text(encoding="utf-8"))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "durable"
    }
    assert used == {
        "create_ruleset",
        "delete_ruleset",
        "assert_fact",
        "start_action_for_state",
        "complete_and_start_action",
        "delete_state",
    }


def test_a_thousand_distinct_tests_load_and_can_all_be_true() -> None:
    """511 in one ruleset would hang, and 64 that are true at once would be refused."""
    facts = numbers(1000)
    with closing(Matcher({name: one(name) for name in facts}, facts)) as matcher:
        assert matcher.matching(dict.fromkeys(facts, 1)) == set(facts)


def test_six_hundred_rules_may_share_a_test() -> None:
    """257 in one ruleset could not be loaded."""
    facts = numbers(1)
    rules = {f"R{n}": one("n0") for n in range(600)}
    with closing(Matcher(rules, facts)) as matcher:
        assert matcher.matching({"n0": 1}) == set(rules)
        assert matcher.matching({"n0": 0}) == frozenset()


def test_no_message_has_more_facts_than_a_shard_has_tests(watched: Watched) -> None:
    """More than 251 would be refused."""
    facts = numbers(400)
    with closing(Matcher({name: one(name) for name in facts}, facts)) as matcher:
        assert matcher.matching(dict.fromkeys(facts, 0) | {"n399": 1}) == {"n399"}
    messages = [json.loads(text) for text in watched.given("assert_fact", 1)]
    assert max(map(len, messages)) <= 48 + len({"sid", "id", "_z"})


def test_an_alternative_of_which_several_parts_hold_is_one_match() -> None:
    facts = numbers(5)
    with closing(Matcher({"AB-01": Any(tuple(map(one, facts)))}, facts)) as matcher:
        assert matcher.matching(dict.fromkeys(facts, 1)) == {"AB-01"}


def rulesets_of_every_shape() -> Iterator[Mapping[str, Anything]]:
    random = Random(3)
    for _ in range(30):
        facts = vocabulary(random, 12)
        for number, when in enumerate(rule_set(random, facts, 20).values()):
            try:
                compiled = adapter._compile({f"R{number}": when}, facts)
            except RuleTooLarge:
                continue
            yield from (json.loads(shard.ruleset()) for shard in compiled.shards)


def test_what_crosses_is_flat_short_and_of_the_operators_that_are_right() -> None:
    """No second key that is ignored, no ``$or``, ``$nex`` or unknown operator, no pattern, no text of anyone's."""
    tests = []
    for ruleset in rulesets_of_every_shape():
        assert ruleset.pop("~end") == {"pri": 65535, "all": [{"m": {"_z": 1}}]}
        for rule in ruleset.values():
            ((message,), tests_of_rule) = (rule["all"], rule["all"][0]["m"]["$and"])
            assert (list(rule), list(message), list(message["m"])) == (["all"], ["m"], ["$and"])
            tests += tests_of_rule
    assert len(tests) > 500
    operators = set()
    for test in tests:
        ((key, operand),) = test.items()
        if key.startswith("$"):
            operators.add(key)
            ((key, operand),) = operand.items()
        assert re.fullmatch(r"f\d{1,6}", key)
        assert type(operand) is int or re.fullmatch(r"w\d{1,6}", operand)
    assert operators == {"$neq", "$lt", "$lte", "$gt", "$gte"}


def test_an_unknown_operator_is_refused() -> None:
    with pytest.raises(ValueError, match="incidents"):
        Matcher({"AB-01": Compare("incidents", "more than", 3)}, FACTS)  # type: ignore[arg-type]


def test_a_missing_fact_is_refused_before_anything_crosses(watched: Watched) -> None:
    """``$neq`` on a missing fact would be false: a protection would fail open."""
    with closing(Matcher({"AB-01": Not(Is("concern", ("no",)))}, FACTS)) as matcher:
        watched.calls.clear()
        for name in FACTS:
            with pytest.raises(KeyError, match=name):
                matcher.matching({key: value for key, value in GIVEN.items() if key != name})
        assert watched.calls == []


def test_every_column_that_a_shard_reads_is_sent(watched: Watched) -> None:
    random = Random(4)
    facts = vocabulary(random, 15)
    rules = {f"R{n}": when for n, when in enumerate(rule_set(random, facts, 80, depth=1).values())}
    with closing(Matcher(rules, facts)) as matcher:
        watched.calls.clear()
        matcher.matching(answers(random, facts))
        for shard, text in zip(matcher._shards, watched.given("assert_fact", 1), strict=True):
            assert set(re.findall(r"f\d+", shard.ruleset())) == set(json.loads(text)) - {"sid", "id", "_z"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("concern", ""),
        ("concern", "Yes"),
        ("concern", "yes "),
        ("concern", 1),
        ("concern", None),
        ("concern", frozenset({"yes"})),
        ("concern", "yes" + "x" * 65_536),
        ("kind", "verbal"),
        ("kind", None),
        ("kind", frozenset({"verbal", "Aoife Byrne"})),
        ("kind", {"verbal"}),
        ("incidents", "9"),
        ("incidents", UNKNOWN),
        ("incidents", True),
        ("incidents", 3.0),
        ("incidents", 1e22),
        ("incidents", 1e-7),
        ("incidents", float("inf")),
        ("incidents", float("nan")),
        ("incidents", 2**53),
        ("incidents", -(2**53)),
        ("incidents", 10**400),
    ],
)
def test_a_value_that_a_fact_cannot_have_is_refused_and_not_repeated(
    watched: Watched, name: str, value: FactValue
) -> None:
    with closing(Matcher(RULES, FACTS)) as matcher:
        watched.calls.clear()
        with pytest.raises(
            ValueError, match=f'The fact "{name}" has a value that a \\w+ of this vocabulary cannot have'
        ):
            matcher.matching(GIVEN | {name: value})
        assert watched.calls == []


@pytest.mark.parametrize(
    "condition",
    [
        Is("colour", ("red",)),
        Is("concern", ("maybe",)),
        Is("concern", ("yes", "maybe")),
        Is("kind", ("verbal",)),
        Is("incidents", ("3",)),
        Includes("concern", ("yes",)),
        Includes("kind", ("other",)),
        Includes("incidents", (UNKNOWN,)),
        Compare("concern", "at least", 1),
        Compare("incidents", "at least", 2**53),
        Compare("incidents", "at most", -(2**53)),
        Compare("incidents", "at most", 1.5),  # type: ignore[arg-type]
    ],
)
def test_a_test_that_does_not_suit_its_fact_is_refused(condition: Condition) -> None:
    with pytest.raises(ValueError, match=condition.fact):  # type: ignore[union-attr]
        Matcher({"AB-01": condition}, FACTS)


def test_long_words_and_enormous_names_do_not_cross() -> None:
    """Lengths would wrap at 64 KiB: "abc" and 65,536 characters more would be "abc"."""
    long, name = "abc" + "x" * 65_536, "n" * 10_000_000
    facts = {name: FactWord(name, "choice", ("abc", long, UNKNOWN), "")}
    with closing(Matcher({"short": Is(name, ("abc",)), "long": Is(name, (long,))}, facts)) as matcher:
        assert matcher.matching({name: "abc"}) == {"short"}
        assert matcher.matching({name: long}) == {"long"}


def test_facts_that_are_not_of_the_vocabulary_do_not_cross(watched: Watched) -> None:
    with closing(Matcher(RULES, FACTS)) as matcher:
        assert matcher.matching(GIVEN | {"id": "Aoife", "sid": "other", "_z": 0, "f0": "w0"}) == FOUND
    assert "Aoife" not in "".join(watched.given("assert_fact", 1))
