"""The three meanings of a rule held equal: ``python -m tests.rules.three_meanings [pairs] [seed]``.

The reference, durable-rules and z3 are asked the same random rules about the same random facts: 100,000 pairs of a rule
and facts, unless told otherwise. A tenth as many are of rules that are written as YAML: all three are asked what the
parser reads there, and it must be what was meant.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from random import Random

from rules.engine.matching.compile import Matcher
from rules.engine.model.conditions import holds
from rules.engine.model.policy import EVENT, All, Condition, Facts, FactWord, Is
from rules.engine.proving.prove import Meaning
from tests.rules import written
from tests.rules.strategies import answers, rule_set, vocabulary
from tests.rules.test_differential import small_enough

RULES, FACTS = 20, 10


def compare(pairs: int, seed: int) -> int:
    """Compare so many pairs of a rule and facts, or a few more; AssertionError with the seed where they differ."""
    random, compared = Random(seed), 0
    while compared < pairs:
        words = vocabulary(random, random.randint(1, 15))
        rules = small_enough(rule_set(random, words, RULES))
        compared += _compared(rules, rules, words, [answers(random, words) for _ in range(FACTS)], seed)
    return compared


def compare_written(pairs: int, seed: int) -> int:
    """As ``compare``, of rules that are written as YAML and read by the parser."""
    random, compared = Random(seed), 0
    while compared < pairs:
        words = written.vocabulary(random, random.randint(1, 11))
        meant = small_enough(
            {f"AB-{n:02d}": written.condition(random, words, random.randint(0, 3)) for n in range(RULES)}
        )
        policies = written.read_back(random, words, meant)
        read = {rule.id: rule.condition for rule in policies.rules}
        events = FactWord(EVENT, "choice", (*sorted(policies.vocabulary.events), "something else"), meaning="")
        asked = {**policies.vocabulary.facts, EVENT: events}
        on = {name: All((Is(EVENT, (written.EVENT_WORD,)), when)) for name, when in meant.items()}
        compared += _compared(on, read, asked, [answers(random, asked) for _ in range(FACTS)], seed)
    return compared


def _compared(
    meant: Mapping[str, Condition], rules: Mapping[str, Condition], words: Mapping[str, FactWord], given: list[Facts],
    seed: int,
) -> int:  # fmt: skip
    matcher, meaning = Matcher(rules, words), Meaning(words)
    try:
        for facts in given:
            wanted, by_reference = (
                frozenset(n for n, when in of.items() if holds(when, facts)) for of in (meant, rules)
            )
            by_z3 = frozenset(name for name, when in rules.items() if meaning.holds(when, facts))
            assert wanted == by_reference == matcher.matching(facts) == by_z3, f"seed {seed}: {facts}"
    finally:
        matcher.close()
    return len(rules) * len(given)


if __name__ == "__main__":
    wanted, seed = (*map(int, sys.argv[1:]), *(100_000, 20260901)[len(sys.argv) - 1 :])
    print(f"{compare(wanted, seed):,} pairs of a rule and facts: reference, durable-rules and z3 say the same")
    print(f"{compare_written(wanted // 10, seed):,} of them written as YAML: they say what was meant")
