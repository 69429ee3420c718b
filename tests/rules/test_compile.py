"""The one way in which durable-rules is used: each of its traps refused or out of reach, each failure loud."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any as Anything

import durable_rules_engine as durable
import pytest

from rules.engine import compile as adapter
from rules.engine.compile import Matcher, MatcherBroken, RuleTooLarge, SideBySide, prove_loadable
from rules.engine.policy import ALWAYS, UNKNOWN, All, Any, Compare, Condition, FactValue, FactWord, Includes, Is, Not
from tests.rules.strategies import answers, rule_set, vocabulary

FACTS = {
    "concern": FactWord("concern", "choice", ("yes", "no", "not sure", UNKNOWN), ""),
    "kind": FactWord("kind", "choices", ("verbal", "sexual", UNKNOWN), ""),
    "incidents": FactWord("incidents", "number", (), ""),
}
RULES: dict[str, Condition] = {
    "AB-01": Is("concern", ("yes", UNKNOWN)),
    "AB-02": All((Includes("kind", ("sexual",)), Not(Compare("incidents", "at least", 3)))),
    "AB-03": Any(()),
    "AB-04": ALWAYS,
}
GIVEN: dict[str, FactValue] = {"concern": "yes", "kind": frozenset({"sexual"}), "incidents": 3}
FOUND = {"AB-01", "AB-04"}


def numbers(count: int) -> dict[str, FactWord]:
    return {f"n{n}": FactWord(f"n{n}", "number", (), "") for n in range(count)}


def one(name: str) -> Condition:
    return Compare(name, "at least", 1)


def in_another_process(code: str) -> None:
    """A crash of the C code is then a failure here, and not the end of the run."""
    root = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, timeout=60)
    assert ended.returncode == 0, f"{ended.returncode}: {ended.stderr[-2000:]}"


class Watched:
    """durable-rules, with every call written down; ``instead`` replaces a function."""

    def __init__(self, **instead: Callable[..., Anything]) -> None:
        self.calls: list[tuple[str, tuple[Anything, ...]]] = []
        self.instead = instead

    def __getattr__(self, name: str) -> Callable[..., Anything]:
        def call(*arguments: Anything) -> Anything:
            self.calls.append((name, arguments))
            return self.instead.get(name, getattr(durable, name))(*arguments)

        return call

    def given(self, name: str, position: int) -> list[Anything]:
        return [arguments[position] for called, arguments in self.calls if called == name]


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    found = Watched()
    monkeypatch.setattr(adapter, "durable", found)
    return found


# --- the traps, in the order of what was measured -----------------------------------------------------------------


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
        "import sys, threading; from rules.engine.compile import Matcher; Matcher({}, {});"
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


# --- the size of rules --------------------------------------------------------------------------------------------


def pairs(count: int) -> Condition:
    """``count`` choices between two: 2 to the power of ``count`` combinations."""
    return All(tuple(Any((one(f"n{2 * n}"), one(f"n{2 * n + 1}"))) for n in range(count)))


@pytest.mark.parametrize("condition", [pairs(6), All(tuple(one(f"n{n}") for n in range(28)))])
def test_the_largest_rules_are_matched(condition: Condition) -> None:
    facts = numbers(70)
    with closing(Matcher({"AB-01": condition}, facts)) as matcher:
        assert matcher.matching(dict.fromkeys(facts, 1)) == {"AB-01"}
        assert matcher.matching(dict.fromkeys(facts, 1) | {"n0": 0, "n1": 0}) == frozenset()


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (pairs(7), "more than 64 combinations"),
        (pairs(25), "more than 64 combinations"),
        (Any(tuple(one(f"n{n}") for n in range(65))), "more than 64 combinations"),
        (Not(All(tuple(one(f"n{n}") for n in range(65)))), "more than 64 combinations"),
        (All(tuple(one(f"n{n}") for n in range(29))), "more than 28 things at once"),
    ],
)
def test_a_rule_that_is_too_large_is_named(condition: Condition, message: str) -> None:
    with pytest.raises(RuleTooLarge, match=f'Rule "AB-99" .*{message}.* Split it into several rules'):
        Matcher({"AB-01": ALWAYS, "AB-99": condition}, numbers(70))


def test_the_same_rules_make_the_same_rulesets_whatever_the_hash_seed() -> None:
    code = f"from {__name__} import print_rulesets; print_rulesets()"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            cwd=Path(__file__).parents[2],
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(printed) == 1
    assert b"$and" in printed.pop()


def print_rulesets() -> None:
    random = Random(5)
    facts = vocabulary(random, 12)
    compiled = adapter._compile(rule_set(random, facts, 60, depth=2), facts)
    print([(shard.ruleset(), list(shard.columns)) for shard in compiled.shards])


# --- failures -----------------------------------------------------------------------------------------------------


def once(answer: Callable[..., Anything], of: str) -> Callable[..., Anything]:
    """``answer`` at the first call, durable-rules itself afterwards."""
    answers = iter([answer])
    return lambda *arguments: next(answers, getattr(durable, of))(*arguments)


def fail(*_: object) -> None:
    raise durable.error("Could not assert fact, error code: 303")


@pytest.mark.parametrize(
    ("function", "answer", "message"),
    [
        ("assert_fact", fail, "error code: 303"),
        ("assert_fact", lambda *_: (2, 1), "was not taken, code 2"),
        ("start_action_for_state", lambda *_: None, "always fires last did not"),
        ("complete_and_start_action", lambda *_: None, "always fires last did not"),
        ("complete_and_start_action", lambda *_: "{", "cannot be used"),
        ("delete_state", fail, "error code: 303"),
    ],
)
def test_a_void_run_is_an_error_and_the_next_one_is_right(
    watched: Watched, function: str, answer: Callable[..., Anything], message: str
) -> None:
    with closing(Matcher(RULES, FACTS)) as matcher:
        watched.instead[function] = once(answer, function)
        with pytest.raises(MatcherBroken, match=message):
            matcher.matching(GIVEN)
        assert watched.calls[-1][0] == "delete_ruleset"
        assert matcher.matching(GIVEN) == FOUND


def test_an_interruption_leaves_nothing_behind(watched: Watched) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with closing(Matcher(RULES, FACTS)) as matcher:
        watched.instead["start_action_for_state"] = once(interrupt, "start_action_for_state")
        with pytest.raises(KeyboardInterrupt):
            matcher.matching(GIVEN)
        assert matcher.matching(GIVEN) == FOUND


def test_rules_that_are_not_loaded_are_an_error_and_free_what_was(watched: Watched) -> None:
    facts = numbers(100)
    watched.instead["create_ruleset"] = lambda name, text: (
        fail() if len(watched.given("create_ruleset", 0)) == 2 else durable.create_ruleset(name, text)
    )
    with pytest.raises(MatcherBroken, match="303"):
        Matcher({name: one(name) for name in facts}, facts)
    assert len(watched.given("delete_ruleset", 0)) == 1


def test_a_closed_matcher_answers_nothing(watched: Watched) -> None:
    matcher = Matcher(RULES, FACTS)
    matcher.close()
    matcher.close()
    assert len(watched.given("delete_ruleset", 0)) == len(watched.given("create_ruleset", 0)) == 1
    with pytest.raises(MatcherBroken, match="closed"):
        matcher.matching(GIVEN)


def test_good_rules_prove_loadable() -> None:
    prove_loadable(RULES, FACTS, seconds=30)
    prove_loadable({}, {}, seconds=30)


def test_a_hang_while_loading_is_ended_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """1,000 distinct tests in one ruleset: what the shards are for."""
    facts = numbers(1000)
    monkeypatch.setattr(adapter, "MOST_TESTS_IN_A_SHARD", 10_000)
    monkeypatch.setattr(adapter, "MOST_TERMS_IN_A_SHARD", 10_000)
    with pytest.raises(MatcherBroken, match="could not be loaded within 2 seconds"):
        prove_loadable({name: one(name) for name in facts}, facts, seconds=2)


def test_rules_that_cannot_be_loaded_fail_in_the_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "MOST_TERMS_IN_A_SHARD", 10_000)
    with pytest.raises(MatcherBroken, match="the trial ended with 1"):
        prove_loadable({f"R{n}": one("n0") for n in range(300)}, numbers(1), seconds=30)


# --- side by side -------------------------------------------------------------------------------------------------


def test_side_by_side_when_both_say_the_same() -> None:
    with closing(SideBySide(RULES, FACTS)) as both:
        assert both.matching(GIVEN) == (FOUND, frozenset(), None)
        assert both.by_reference(GIVEN) == FOUND


def test_a_match_that_durable_rules_loses_is_kept_reported_and_mended(watched: Watched) -> None:
    with closing(SideBySide(RULES, FACTS)) as both:
        watched.instead["assert_fact"] = once(
            lambda handle, _: durable.assert_fact(handle, '{"sid":"s","id":"m","_z":1}'), "assert_fact"
        )
        assert both.matching(GIVEN) == (FOUND, {"AB-01"}, None)
        assert watched.calls[-1][0] == "delete_ruleset"
        assert both.matching(GIVEN) == (FOUND, frozenset(), None)


def test_a_match_that_only_durable_rules_has_is_kept_and_reported(watched: Watched) -> None:
    with closing(SideBySide(RULES, FACTS)) as both:
        watched.instead["assert_fact"] = once(
            lambda handle, text: durable.assert_fact(handle, text.replace(": 3", ": 0")), "assert_fact"
        )
        assert both.matching(GIVEN) == ({"AB-01", "AB-02", "AB-04"}, {"AB-02"}, None)
        assert watched.calls[-1][0] == "delete_ruleset"
        assert both.matching(GIVEN) == (FOUND, frozenset(), None)


def test_an_error_of_durable_rules_leaves_the_reference_and_says_so(watched: Watched) -> None:
    with closing(SideBySide(RULES, FACTS)) as both:
        watched.instead["assert_fact"] = fail
        for _ in range(3):
            matched = both.matching(GIVEN)
            assert matched.rules == FOUND
            assert matched.disagreed == frozenset()
            assert matched.error == "durable-rules cannot be used: Could not assert fact, error code: 303"
        del watched.instead["assert_fact"]
        assert both.matching(GIVEN) == (FOUND, frozenset(), None)


def test_wrong_facts_are_not_decided_on() -> None:
    with closing(SideBySide(RULES, FACTS)) as both:
        with pytest.raises(KeyError, match="kind"):
            both.matching({"concern": "yes", "incidents": 1})
        with pytest.raises(ValueError, match="concern"):
            both.matching(GIVEN | {"concern": "Yes"})
