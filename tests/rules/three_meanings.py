"""The three meanings of a rule held equal: ``python -m tests.rules.three_meanings [pairs] [seed]``.

The reference, durable-rules and z3 are asked the same random rules about the same random facts: 100,000 pairs of a rule
and facts, unless told otherwise.
"""

from __future__ import annotations

import sys
from random import Random

from rules.engine.compile import Matcher
from rules.engine.conditions import holds
from rules.engine.prove import Meaning
from tests.rules.strategies import answers, rule_set, vocabulary
from tests.rules.test_differential import small_enough

RULES, FACTS = 20, 10


def compare(pairs: int, seed: int) -> int:
    """Compare so many pairs of a rule and facts, or a few more; AssertionError with the seed where they differ."""
    random, compared = Random(seed), 0
    while compared < pairs:
        words = vocabulary(random, random.randint(1, 15))
        rules = small_enough(rule_set(random, words, RULES))
        matcher, meaning = Matcher(rules, words), Meaning(words)
        try:
            for _ in range(FACTS):
                facts = answers(random, words)
                by_reference = frozenset(name for name, when in rules.items() if holds(when, facts))
                by_z3 = frozenset(name for name, when in rules.items() if meaning.holds(when, facts))
                assert matcher.matching(facts) == by_reference == by_z3, f"seed {seed}, after {compared} pairs: {facts}"
                compared += len(rules)
        finally:
            matcher.close()
    return compared


if __name__ == "__main__":
    wanted, seed = (*map(int, sys.argv[1:]), *(100_000, 20260901)[len(sys.argv) - 1 :])
    print(f"{compare(wanted, seed):,} pairs of a rule and facts: reference, durable-rules and z3 say the same")
