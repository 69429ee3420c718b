"""Vocabularies, conditions and facts to hold the meanings of a condition against each other.

All the randomness is given: a seeded ``random.Random`` for the bulk, or one that hypothesis steers and shrinks.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from hypothesis import strategies as st

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
)

EDGE = 2**53 - 1
NUMBERS = (-EDGE, -EDGE + 1, -7, -1, 0, 1, 2, 3, 10, EDGE - 1, EDGE)
# Human text: words that begin like each other, that differ in case or in a letter, that look like code or like numbers.
WORDS = (
    "yes", "yes, twice", "yes, twice a week", "no", "No", "not sure", "1", "10", "-1", "w1", "w10", "f1", "_z", "sid",
    "true", "null", "é", "e\u0301", '"quoted"', "$neq", "sexual orientation (homophobic or biphobic)", "a" * 300,
    " ", "",
)  # fmt: skip
NAMES = ("id", "sid", "_z", "m", "kind of bullying", "kind", "kind of", "incidents by this person", "f1", "$and", "a.b")


def vocabulary(random: Random, size: int) -> dict[str, FactWord]:
    """So many facts of every kind, the reserved names of durable-rules among them."""
    names = [*random.sample(NAMES, min(size, len(NAMES))), *(f"fact {n}" for n in range(size - len(NAMES)))]
    found = {}
    for name in names:
        kind = random.choice(("choice", "choices", "number"))
        words = () if kind == "number" else (*random.sample(WORDS, random.randint(1, 12)), UNKNOWN)
        found[name] = FactWord(name, kind, words, meaning="")
    return found


def atom(random: Random, facts: Mapping[str, FactWord]) -> Condition:
    """One test that suits its fact; several words, the same word twice and no word at all included."""
    fact = facts[random.choice(list(facts))]
    if fact.kind == "number":
        if random.random() < 0.15:
            return Is(fact.name, random.choice(((), (UNKNOWN,))))
        return Compare(fact.name, random.choice(("at least", "at most")), random.choice(NUMBERS))
    words = tuple(random.choices(fact.words, k=random.choice((0, 1, 1, 1, 2, 3))))
    return Is(fact.name, words) if fact.kind == "choice" else Includes(fact.name, words)


def condition(random: Random, facts: Mapping[str, FactWord], depth: int) -> Condition:
    """A nested condition; parts repeat now and then, so that branches overlap and one fact is met twice in a rule."""
    kind = random.choice(("atom", "not", "all", "any")) if depth else "atom"
    if kind == "atom":
        return atom(random, facts)
    if kind == "not":
        return Not(condition(random, facts, depth - 1))
    parts = [condition(random, facts, depth - 1) for _ in range(random.choice((0, 1, 2, 2, 2, 3)))]
    if parts and random.random() < 0.2:
        parts.append(random.choice([parts[0], Not(parts[0])]))
    return All(tuple(parts)) if kind == "all" else Any(tuple(parts))


def rule_set(random: Random, facts: Mapping[str, FactWord], size: int, depth: int = 3) -> dict[str, Condition]:
    """So many rules by their ids."""
    return {f"AB-{number:02d}": condition(random, facts, random.randint(0, depth)) for number in range(size)}


def answers(random: Random, facts: Mapping[str, FactWord]) -> Facts:
    """A value for every fact: blanks, nothing chosen and the ends of the range included."""
    return {name: value(random, fact) for name, fact in facts.items()}


def value(random: Random, fact: FactWord) -> FactValue:
    """One value that the fact can have."""
    if fact.kind == "number":
        near = random.choice(NUMBERS) + random.choice((-1, 0, 0, 0, 1))
        return None if random.random() < 0.2 else max(-EDGE, min(EDGE, near))
    if fact.kind == "choice":
        return random.choice(fact.words)
    return frozenset(random.sample(fact.words, random.randint(0, len(fact.words))))


steered = st.randoms(use_true_random=False)
"""Randomness that hypothesis chooses, and makes simpler until it has the smallest example."""
