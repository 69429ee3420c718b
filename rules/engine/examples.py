"""Rules prove themselves: each example is run, and every text is written once, before a rule file is believed."""

from __future__ import annotations

from collections.abc import Iterator

from rules.engine.conditions import holds
from rules.engine.explain import because, why_not
from rules.engine.facts import complete
from rules.engine.letters import GAPS, gaps_of
from rules.engine.policy import EVENT, EffectSpec, Example, Policies, Rule
from rules.engine.problem import Problem


def check(policies: Policies) -> tuple[Problem, ...]:
    """What is wrong with policies that could be read: examples that do not come true, texts with gaps nobody fills."""
    return tuple(sorted([*_examples(policies), *_texts(policies)]))


def run(policies: Policies, rule: Rule, example: Example) -> str | None:
    """None where the example comes true; otherwise what happened instead."""
    given = {EVENT: rule.on[0], **example.given}
    facts = complete(policies.vocabulary.facts, given)
    applied = holds(rule.condition, facts)
    if not example.expect:
        return f"it applied: {because(rule, facts)}" if applied else None
    if not applied:
        return f"the rule did not apply: {why_not(rule, facts)}"
    made = {pair for spec in rule.then for pair in _says(spec)}
    missing = [f"{kind}: {what}" for kind, what in example.expect if (kind, what) not in made]
    return f"the rule does not lead to {', '.join(missing)}" if missing else None


def _says(spec: EffectSpec) -> Iterator[tuple[str, str]]:
    yield spec.kind, spec.what
    for phrase in spec.to:
        yield spec.kind, phrase


def _examples(policies: Policies) -> Iterator[Problem]:
    for rule in policies.rules:
        for example in rule.examples:
            wrong = run(policies, rule, example)
            if wrong is not None:
                what = f'Rule "{rule.id}", example "{example.title}": {wrong}'
                yield Problem(rule.file, example.line, 1, what, "Mend the rule, or the example.")


def _texts(policies: Policies) -> Iterator[Problem]:
    for template in policies.vocabulary.templates.values():
        for name, text in (("subject", template.subject), ("body", template.body)):
            try:
                unknown = sorted(gaps_of(text) - GAPS - _loops(text))
            except ValueError as error:
                yield Problem("templates.yaml", 1, 1, f'The {name} of "{template.name}" cannot be read: {error}')
                continue
            for gap in unknown:
                what = f'The {name} of "{template.name}" speaks of "{gap}", which nothing fills.'
                yield Problem("templates.yaml", 1, 1, what, f"A text may speak of: {', '.join(sorted(GAPS))}.")


def _loops(text: str) -> frozenset[str]:
    """Names that a text makes for itself: ``{% for title, by_when in tasks %}``."""
    return frozenset(("title", "by_when")) if "in tasks" in text else frozenset()
