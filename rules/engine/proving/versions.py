"""What z3 shows of rules beside guarantees: those that never apply, twins, what changed between two versions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from random import Random

from rules.engine.model.conditions import holds
from rules.engine.model.policy import All, Any, Condition, Facts, FactValue, FactWord, Not, Policies, Rule
from rules.engine.proving.claims import Claims
from rules.engine.proving.counterexample import Filled, circumstances, filled_form, in_words, says
from rules.engine.proving.prove import Search

SAMPLES = 64
"""Random facts by which rules are told apart before z3 is asked whether two always apply together."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Submissions of one kind that two versions treat differently, with one of them as an example."""

    event: str
    what: str
    added: bool
    """True: only the new version does it. False: only the old one did."""
    rules: tuple[str, ...]
    facts: Facts
    form: Filled
    before: tuple[str, ...]
    after: tuple[str, ...]
    beside: tuple[str, ...] = ()
    """As for ``Broken``."""


def never_apply(policies: Policies) -> tuple[Rule, ...]:
    """Rules that no submission can ever bring about."""
    search = Search(policies.vocabulary.facts)
    return tuple(rule for rule in policies.rules if not search.any(rule.condition))


def always_together(policies: Policies) -> tuple[tuple[Rule, Rule], ...]:
    """Pairs of rules that apply to exactly the same submissions: they could be one."""
    search = Search(policies.vocabulary.facts)
    conditions = {rule.id: rule.condition for rule in policies.rules}
    alike: dict[tuple[bool, ...], list[Rule]] = {}
    samples = _samples(policies)
    for rule in policies.rules:
        alike.setdefault(tuple(holds(conditions[rule.id], facts) for facts in samples), []).append(rule)
    return tuple(
        (one, other)
        for group in alike.values()
        for one, other in combinations(group, 2)
        if one.on == other.on
        and search.any(conditions[one.id])
        and not search.any(_differs(conditions[one.id], conditions[other.id]))
    )


def differences(old: Policies, new: Policies) -> tuple[Difference, ...]:
    """What the new version does otherwise: one entry for each event and effect that some submissions gain or lose."""
    was, now = Claims(old), Claims(new)
    search = Search({**was.facts, **now.facts})
    found: list[Difference] = []
    before, after = _lines(was), _lines(now)
    for line in dict.fromkeys((*before, *after)):
        lost, gained = _either(before.get(line, ())), _either(after.get(line, ()))
        for added, condition in ((True, All((gained, Not(lost)))), (False, All((lost, Not(gained))))):
            facts = search.plainest(condition)
            if facts is None:
                continue
            rules = tuple(rule.id for rule in (after if added else before)[line] if holds(rule.condition, facts))
            form, told = filled_form(new, facts), (in_words(was, facts), in_words(now, facts))
            beside = tuple(circumstances(new, facts))
            found.append(Difference(line[0], line[1], added, rules, facts, form, *told, beside))
    return tuple(found)


def _lines(claims: Claims) -> dict[tuple[str, str], tuple[Rule, ...]]:
    """Every effect in words, with its event, and the rules that lead to it."""
    found: dict[tuple[str, str], tuple[Rule, ...]] = {}
    for rule in claims.policies.rules:
        for event in rule.on:
            for spec in rule.then:
                for what in says(spec):
                    found[event, what] = (*found.get((event, what), ()), rule)
    return found


def _either(rules: Iterable[Rule]) -> Condition:
    return Any(tuple(rule.condition for rule in rules))


def _differs(one: Condition, other: Condition) -> Condition:
    return Any((All((one, Not(other))), All((other, Not(one)))))


def _samples(policies: Policies) -> list[Facts]:
    random = Random(1)  # noqa: S311  the same each time; nothing secret hangs on it
    return [{name: _value(random, word) for name, word in policies.vocabulary.facts.items()} for _ in range(SAMPLES)]


def _value(random: Random, word: FactWord) -> FactValue:
    match word.kind:
        case "number":
            return random.choice((None, 0, 1, 3, 10, 11))
        case "choice":
            return random.choice(word.words)
        case _:
            return frozenset(random.sample(word.words, min(2, len(word.words))))
