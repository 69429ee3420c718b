"""From the texts of the rule files to Policies, or to every mistake in them at once."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping

from rules.engine.document import Entries, Items, Node, read
from rules.engine.policy import (
    EVENT,
    UNKNOWN,
    Audience,
    FactWord,
    Form,
    Policies,
    Procedure,
    Rule,
    Template,
    Vocabulary,
)
from rules.engine.problem import Problem, RuleFilesError
from rules.engine.read_conditions import Conditions
from rules.engine.read_procedures import read_procedure
from rules.engine.read_rules import Rules
from rules.engine.read_words import (
    read_audiences,
    read_facts,
    read_form,
    read_settings,
    read_templates,
)
from rules.engine.shapes import Desk

_HEADS = ("facts", "settings", "templates", "procedure", "form", "anti-bullying", "complaints", "rules")


def parse(texts: Mapping[str, str]) -> Policies:
    """Read all rule files. ``texts``: file name to text. Raises RuleFilesError with every problem found."""
    desk = Desk()
    roots = _roots(desk, texts)
    forms = [form for root in _headed(roots, "form") if (form := read_form(desk, root))]
    settings: dict[str, int] = {}
    for root in _headed(roots, "settings"):
        settings |= read_settings(desk, desk.entries(root.get("settings"), root, "settings"))
    words = _vocabulary(desk, roots, forms)
    conditions = Conditions(desk, words.facts, settings)
    rules = Rules(desk, words, conditions, _register(roots))
    found = [rule for node in _rule_nodes(roots) if (rule := rules.read(node))]
    procedures = {p.track: p for root in _headed(roots, "procedure") if (p := read_procedure(desk, root, rules))}
    _said_twice(desk, found, procedures.values())
    _without_proof(desk, found)
    if desk.problems:
        raise RuleFilesError(desk.problems)
    words = Vocabulary(conditions.facts, words.audiences, words.templates, words.events, words.happenings)
    return Policies(
        version=version(texts),
        vocabulary=words,
        rules=tuple(found),
        procedures=procedures,
        settings=settings,
        forms={form.name: form for form in forms},
        clauses=_register(roots),
    )


def version(texts: Mapping[str, str]) -> str:
    """A short fingerprint of the rule files: the same texts have the same version."""
    digest = hashlib.sha256()
    for name in sorted(texts):
        digest.update(name.encode() + b"\0" + texts[name].encode() + b"\0")
    return digest.hexdigest()[:12]


def _roots(desk: Desk, texts: Mapping[str, str]) -> list[Node]:
    roots: list[Node] = []
    for name in sorted(texts):
        try:
            root = read(texts[name], name)
        except RuleFilesError as error:
            desk.problems += error.problems
            continue
        if isinstance(root, Items) or (isinstance(root, Entries) and any(root.get(head) for head in _HEADS)):
            roots.append(root)
        else:
            what = "This file is neither rules, nor a procedure, nor words."
            desk.wrong(root, what, f"Begin with a list of rules, or with one of: {', '.join(_HEADS)}.")
    return roots


def _headed(roots: Iterable[Node], head: str) -> list[Entries]:
    return [root for root in roots if isinstance(root, Entries) and root.get(head) is not None]


def _rule_nodes(roots: Iterable[Node]) -> Iterable[Node]:
    for root in roots:
        if isinstance(root, Items):
            yield from root.nodes


def _register(roots: Iterable[Node]) -> frozenset[str]:
    policies = [
        root.get(name) for root in roots if isinstance(root, Entries) for name in ("anti-bullying", "complaints")
    ]
    return frozenset(key.text for policy in policies if isinstance(policy, Entries) for key, _ in policy)


def _vocabulary(desk: Desk, roots: list[Node], forms: list[Form]) -> Vocabulary:
    facts: dict[str, FactWord] = {}
    audiences: dict[str, Audience] = {}
    templates: dict[str, Template] = {}
    events: set[str] = set()
    happenings = {
        word for form in forms for q in form.questions if q.name == "what happened" for word in q.answers.values()
    }
    for root in _headed(roots, "facts"):
        desk.only(root, ("facts", "people", "events", "happenings"), "the vocabulary")
        facts |= read_facts(desk, desk.entries(root.get("facts"), root, "facts"), forms)
        audiences |= read_audiences(desk, desk.entries(root.get("people"), root, "people"))
        events |= set(desk.words(root.get("events")))
        happenings |= set(desk.words(root.get("happenings")))
    for root in _headed(roots, "templates"):
        templates |= read_templates(desk, desk.entries(root.get("templates"), root, "templates"))
    facts[EVENT] = FactWord(EVENT, "choice", (*sorted(events), UNKNOWN), "what has just happened")
    return Vocabulary(facts, audiences, templates, frozenset(events), frozenset(happenings))


def _said_twice(desk: Desk, rules: list[Rule], procedures: Iterable[Procedure]) -> None:
    places = [(rule.id, rule.file, rule.line) for rule in rules]
    places += [(d.id, d.file, d.line) for p in procedures for stage in p.stages for d in stage.deadlines]
    counted = Counter(name for name, _, _ in places)
    for name, file, line in places:
        if counted[name] > 1:
            desk.problems.append(
                Problem(file, line, 1, f'"{name}" is used {counted[name]} times.', "Give each its own.")
            )


def _without_proof(desk: Desk, rules: list[Rule]) -> None:
    for rule in rules:
        applies = any(example.expect for example in rule.examples)
        does_not = any(not example.expect for example in rule.examples)
        if not applies or not does_not:
            missing = "applies" if not applies else "does not apply"
            what = f'Rule "{rule.id}" has no example where it {missing}.'
            desk.problems.append(Problem(rule.file, rule.line, 1, what, "Add one under `examples:`."))
