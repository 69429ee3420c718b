"""durable-rules is held to the reference: 20,000 random rule sets and facts, and the corners one by one."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from random import Random
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.engine.matching.compile import Matcher, RuleTooLarge
from rules.engine.matching.normal_form import normal_form
from rules.engine.model.conditions import holds
from rules.engine.model.policy import ALWAYS, All, Any, Compare, Condition, Facts, FactWord, Includes, Is, Not
from tests.rules.strategies import EDGE, NUMBERS, WORDS, answers, condition, rule_set, steered, vocabulary
from tests.rules.watched import in_another_process

SETS = 20_000
FACTS_FOR_A_SET = 2


def expected(rules: Mapping[str, Condition], facts: Facts) -> frozenset[str]:
    return frozenset(rule_id for rule_id, when in rules.items() if holds(when, facts))


def small_enough(rules: Mapping[str, Condition]) -> dict[str, Condition]:
    """The rules that are not refused as too large."""
    kept = {}
    for rule_id, when in rules.items():
        try:
            normal_form(rule_id, when)
        except RuleTooLarge:
            continue
        kept[rule_id] = when
    return kept


@contextmanager
def matching(rules: Mapping[str, Condition], facts: Mapping[str, FactWord]) -> Iterator[Matcher]:
    with closing(Matcher(rules, facts)) as matcher:
        yield matcher


def compare_in_bulk(seed: int, sets: int) -> int:
    """Compare so many rule sets and count the answers compared; AssertionError with the seed where they differ."""
    random, decided = Random(seed), 0
    for number in range(sets):
        size = 500 if number % 5000 == 4999 else random.choice((0, 1, 1, 2, 3, 5, 8, 13, 21))
        facts = vocabulary(random, random.randint(1, 15))
        rules = small_enough(rule_set(random, facts, size))
        with matching(rules, facts) as matcher:
            for _ in range(FACTS_FOR_A_SET):
                given_facts = answers(random, facts)
                found, wanted = matcher.matching(given_facts), expected(rules, given_facts)
                assert found == wanted, f"seed {seed}, set {number}: {found ^ wanted}"
                decided += len(rules)
    return decided


@pytest.mark.timeout(180)
def test_twenty_thousand_rule_sets_without_a_difference() -> None:
    """In a process of its own: a crash of the C code fails this test and leaves the others."""
    command = f"from {__name__} import compare_in_bulk; print(compare_in_bulk(20260901, {SETS}))"
    assert int(in_another_process(command)) > 5 * SETS * FACTS_FOR_A_SET


@settings(max_examples=200, deadline=None)
@given(steered, st.integers(1, 6), st.integers(0, 6), st.integers(0, 4))
def test_small_sets_that_hypothesis_can_shrink(random: Random, words: int, size: int, depth: int) -> None:
    facts = vocabulary(random, words)
    rules = small_enough(rule_set(random, facts, size, depth))
    with matching(rules, facts) as matcher:
        for _ in range(3):
            given_facts = answers(random, facts)
            assert matcher.matching(given_facts) == expected(rules, given_facts)


@settings(max_examples=300, deadline=None)
@given(steered, st.integers(1, 4), st.integers(0, 4))
def test_the_normal_form_means_the_same(random: Random, words: int, depth: int) -> None:
    facts = vocabulary(random, words)
    when = condition(random, facts, depth)
    terms = [All(tuple(a if wanted else Not(a) for a, wanted in term)) for term in normal_form("AB-01", when)]
    for _ in range(5):
        given_facts = answers(random, facts)
        assert holds(Any(tuple(terms)), given_facts) is holds(when, given_facts)


@pytest.mark.parametrize("size", [1, 20, 100, 500])
@pytest.mark.parametrize("how_many", ["none", "some", "all"])
def test_no_rule_some_and_all_of_them(size: int, how_many: str) -> None:
    facts = {f"fact {n}": FactWord(f"fact {n}", "choice", ("yes", "no", "unknown"), "") for n in range(60)}
    names = list(facts)
    rules = {f"R{n}": All((Is(names[n % 60], ("yes",)), Is(names[n * 7 % 60], ("yes", "no")))) for n in range(size)}
    yes = {"none": set(), "some": set(names[::2]), "all": set(names)}[how_many]
    given_facts = {name: "yes" if name in yes else "no" for name in names}
    with matching(rules, facts) as matcher:
        found = matcher.matching(given_facts)
    assert found == expected(rules, given_facts)
    assert found == {"none": set(), "some": found, "all": set(rules)}[how_many]


@pytest.mark.parametrize("tests", [47, 48, 49, 96, 97])
def test_the_border_of_a_shard(tests: int) -> None:
    """With every test true at once, and with one of them false."""
    names = [f"count {n}" for n in range(tests)]
    facts = {name: FactWord(name, "number", (), "") for name in names}
    rules: dict[str, Condition] = {name: Compare(name, "at least", 1) for name in names}
    rules["first and last"] = All((rules[names[0]], rules[names[-1]]))
    with matching(rules, facts) as matcher:
        assert matcher.matching(dict.fromkeys(names, 1)) == set(rules)
        assert matcher.matching(dict.fromkeys(names, 1) | {names[-1]: 0}) == set(names[:-1])
        assert matcher.matching(dict.fromkeys(names)) == frozenset()


@pytest.mark.parametrize("bound", NUMBERS)
def test_bounds_to_the_edge_of_what_is_exact(bound: int) -> None:
    facts = {"n": FactWord("n", "number", (), "")}
    least, most = Compare("n", "at least", bound), Compare("n", "at most", bound)
    rules = {"least": least, "most": most, "less": Not(least), "more": Not(most), "both": All((least, most))}
    with matching(rules, facts) as matcher:
        for number in (None, *NUMBERS, max(-EDGE, bound - 1), min(EDGE, bound + 1)):
            assert matcher.matching({"n": number}) == expected(rules, {"n": number}), number


def test_words_that_begin_alike_and_words_in_great_number() -> None:
    words = (*WORDS, *(f"word {n}" for n in range(1200)), "unknown")
    facts = {"one": FactWord("one", "choice", words, ""), "several": FactWord("several", "choices", words, "")}
    asked = (*WORDS, "word 1", "word 10", "word 100", "word 1000")
    rules: dict[str, Condition] = {}
    for word in asked:
        rules |= {f"is {word}": Is("one", (word,)), f"not {word}": Not(Is("one", (word,)))}
        rules |= {f"in {word}": Includes("several", (word,)), f"out {word}": Not(Includes("several", (word,)))}
    with matching(rules, facts) as matcher:
        for word in (*asked, "word 101", "word 11"):
            given_facts = {"one": word, "several": frozenset({word, "yes"})}
            assert matcher.matching(given_facts) == expected(rules, given_facts), word


def test_overlapping_branches_and_one_fact_twice() -> None:
    facts = {
        "n": FactWord("n", "number", (), ""),
        "kind": FactWord("kind", "choices", ("a", "b", "c", "unknown"), ""),
        "who": FactWord("who", "choice", ("x", "y", "unknown"), ""),
    }
    between = All((Compare("n", "at least", 2), Compare("n", "at most", 4)))
    either = Any((Includes("kind", ("a",)), Includes("kind", ("b",)), Includes("kind", ("a", "b"))))
    rules: dict[str, Condition] = {
        "between": between,
        "outside": Not(between),
        "either": either,
        "overlap": Any((either, All((either, between)), between)),
        "two words": All((Is("who", ("x", "y")), Not(Is("who", ("x",))), Not(Is("who", ("unknown",))))),
        "impossible": All((Is("who", ("x",)), Is("who", ("y",)))),
        "itself and not": All((between, Not(between))),
        "itself or not": Any((between, Not(between))),
        "always": ALWAYS,
        "never": Any(()),
    }
    with matching(rules, facts) as matcher:
        for n in (None, 1, 2, 4, 5):
            for kind in (frozenset(), frozenset("a"), frozenset("ab"), frozenset("abc"), frozenset({"unknown"})):
                for who in ("x", "y", "unknown"):
                    given_facts = {"n": n, "kind": kind, "who": who}
                    assert matcher.matching(given_facts) == expected(rules, given_facts), given_facts


def test_eight_threads_on_one_matcher_while_others_come_and_go() -> None:
    random = Random(8)
    facts = vocabulary(random, 12)
    rules = small_enough(rule_set(random, facts, 60))
    asked = [answers(random, facts) for _ in range(200)]
    with matching(rules, facts) as matcher:

        def ask(given_facts: Facts) -> bool:
            if given_facts is asked[50] or given_facts is asked[150]:
                matcher.rebuild()
            with matching({"own": rules[min(rules)]}, facts) as own:
                alone = own.matching(given_facts) == expected({"own": rules[min(rules)]}, given_facts)
            return alone and matcher.matching(given_facts) == expected(rules, given_facts)

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(ask, asked))


def test_a_child_after_a_fork_goes_on_while_threads_were_matching() -> None:
    """In a process of its own, which has no other threads when it starts."""
    command = f"from {__name__} import fork_while_matching; fork_while_matching()"
    in_another_process(command)


def fork_while_matching() -> None:
    random = Random(9)
    facts = vocabulary(random, 8)
    rules = small_enough(rule_set(random, facts, 40))
    asked = [(given_facts, expected(rules, given_facts)) for given_facts in (answers(random, facts) for _ in range(50))]
    matcher = Matcher(rules, facts)
    done = Event()

    def ask() -> bool:
        return all(matcher.matching(given_facts) == wanted for given_facts, wanted in asked)

    def ask_until_done() -> bool:
        return all(ask() for _ in iter(done.is_set, True))

    sys.setswitchinterval(1e-5)  # so that the others are in the middle of something
    with ThreadPoolExecutor(3) as pool:
        busy = [pool.submit(ask_until_done) for _ in range(3)]
        try:
            for _ in range(10):
                child = os.fork()
                if child == 0:
                    signal.alarm(20)  # a child that waits for ever ends too, and not well
                    right = ask()
                    matcher.rebuild()
                    os._exit(0 if right and ask() else 1)
                assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        finally:
            done.set()
        assert all(work.result() for work in busy)
