"""Rules prove themselves: each example is run before a rule file is believed."""

from __future__ import annotations

from collections.abc import Iterator

from rules.engine.conditions import holds
from rules.engine.explain import because, why_not
from rules.engine.facts import complete
from rules.engine.places import mistake
from rules.engine.policy import EVENT, EffectSpec, Example, FactWord, Policies, Rule
from rules.engine.problem import Problem

_NAMES: dict[str, FactWord] = {}
"""Whoever mends an example looks for a fact by its name, not for the sentence in which it is read aloud."""


def run(policies: Policies, rule: Rule, example: Example) -> str | None:
    """None where the example comes true; otherwise what happened instead."""
    given = {EVENT: rule.on[0], **example.given}
    facts = complete(policies.vocabulary.facts, given)
    applied = holds(rule.condition, facts)
    if not example.expect:
        return f"it applied: {because(rule, facts, _NAMES)}" if applied else None
    if not applied:
        return f"the rule did not apply: {why_not(rule, facts, _NAMES)}"
    made = {pair for spec in rule.then for pair in _says(spec)}
    missing = [f"{kind}: {what}" for kind, what in example.expect if (kind, what) not in made]
    return f"the rule does not lead to {', '.join(missing)}" if missing else None


def _says(spec: EffectSpec) -> Iterator[tuple[str, str]]:
    yield spec.kind, spec.what
    for phrase in spec.to:
        yield spec.kind, phrase


def examples(policies: Policies) -> Iterator[Problem]:
    """The examples that do not come true."""
    for rule in policies.rules:
        for example in rule.examples:
            wrong = run(policies, rule, example)
            if wrong is not None:
                what = f'Rule "{rule.id}", example "{example.title}": {wrong}'
                instead = "Mend the rule, or the example."
                yield mistake(policies, rule.file, example.line, what, instead, word=example.title)
