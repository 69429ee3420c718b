"""durable-rules held against the reference on random facts, before rules are believed."""

from __future__ import annotations

from contextlib import closing
from random import Random

from rules.engine.matching.compile import Matcher, prove_loadable
from rules.engine.model.conditions import holds
from rules.engine.model.policy import Compare, Facts, FactValue, FactWord, Policies, atoms

SECONDS_TO_LOAD = 30.0


def differing(policies: Policies, random: Random, how_many: int) -> tuple[frozenset[str], Facts] | None:
    """The rules on which the two differ for some facts, and those facts; None where they agree on all of ``how_many``.

    The rules are loaded in a process of their own first. RuleTooLarge or MatcherBroken where they cannot be.
    """
    rules = {rule.id: rule.condition for rule in policies.rules}
    words = policies.vocabulary.facts
    prove_loadable(rules, words, seconds=SECONDS_TO_LOAD)
    near = _numbers(policies)
    with closing(Matcher(rules, words)) as matcher:
        for _ in range(how_many):
            facts = {name: _value(random, word, near.get(name, (0,))) for name, word in words.items()}
            expected = frozenset(rule_id for rule_id, condition in rules.items() if holds(condition, facts))
            found = matcher.matching(facts)
            if found != expected:
                return found ^ expected, facts
    return None


def _numbers(policies: Policies) -> dict[str, tuple[int, ...]]:
    """For each number, those around the bounds that some rule asks about."""
    found: dict[str, set[int]] = {}
    for rule in policies.rules:
        for atom in atoms(rule.condition):
            if isinstance(atom, Compare):
                found.setdefault(atom.fact, set()).update((atom.number - 1, atom.number, atom.number + 1))
    return {name: tuple(sorted(numbers)) for name, numbers in found.items()}


def _value(random: Random, word: FactWord, near: tuple[int, ...]) -> FactValue:
    match word.kind:
        case "number":
            return random.choice((None, *near))
        case "choice":
            return random.choice(word.words)
        case _:
            return frozenset(random.sample(word.words, random.randint(1, len(word.words))))
