"""How large a rule may be, what happens when durable-rules fails, and both meanings side by side."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any as Anything

import durable_rules_engine as durable
import pytest

from rules.engine.matching import compile as adapter
from rules.engine.matching.compile import Matcher, MatcherBroken, RuleTooLarge, SideBySide, prove_loadable
from rules.engine.matching.normal_form import Literal, normal_form
from rules.engine.model.policy import ALWAYS, All, Any, Compare, Condition, Not
from tests.rules.strategies import rule_set, vocabulary
from tests.rules.watched import FACTS, FOUND, GIVEN, RULES, Watched, numbers, one


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    found = Watched()
    monkeypatch.setattr(adapter, "durable", found)
    return found


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


def test_what_says_no_more_than_something_shorter_is_dropped() -> None:
    a, b, c = (Compare("n0", "at least", number) for number in (1, 2, 3))
    wanted = ((Literal(a, True),),)
    assert normal_form("AB-01", Any((All((c, a)), All((b, a)), a, All((a,))))) == wanted
    assert normal_form("AB-01", Any((All((b, Not(b))), a))) == wanted
    assert normal_form("AB-01", All((a, Not(a)))) == ()
    assert normal_form("AB-01", Any((ALWAYS, a))) == ((),)
    assert normal_form("AB-01", Not(All((a, Not(b))))) == ((Literal(a, False),), (Literal(b, True),))
    many = Any((*(All((a, Compare("n1", "at least", number))) for number in range(100)), a))
    assert normal_form("AB-01", many) == wanted


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
