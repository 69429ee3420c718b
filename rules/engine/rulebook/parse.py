"""From the texts of the rule files to Policies, or to every mistake in them at once."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from rules.engine.model.form import Form
from rules.engine.model.policy import (
    EVENT,
    UNKNOWN,
    Audience,
    FactWord,
    Policies,
    Procedure,
    Rule,
    Template,
    Vocabulary,
)
from rules.engine.reading.document import Entries, Items, Node, read
from rules.engine.reading.places import mistake
from rules.engine.reading.problem import Problem, RuleFilesError
from rules.engine.reading.read_conditions import Conditions
from rules.engine.reading.read_forms import read_forms
from rules.engine.reading.read_guarantees import read_guarantees
from rules.engine.reading.read_procedures import read_procedure
from rules.engine.reading.read_rules import Rules
from rules.engine.reading.read_words import read_audiences, read_facts, read_notes, read_settings, read_templates
from rules.engine.reading.shapes import Desk
from rules.engine.rulebook.check import check_rules

_HEADS = ("facts", "settings", "templates", "procedure", "form", "anti-bullying", "complaints", "notes", "guarantees")
_RULE = re.compile(r"^- *rule:", re.MULTILINE)


def parse(texts: Mapping[str, str]) -> Policies:
    """Read all rule files. ``texts``: file name to text. Raises RuleFilesError with every problem found.

    Where the words can be read, the rules without a mistake are tried too: their examples are no second round.
    """
    desk = Desk()
    roots = _roots(desk, texts)
    events = frozenset(word for root in _headed(roots, "facts") for word in desk.words(root.get("events")))
    explained = [
        key.text
        for root in _headed(roots, "facts")
        if isinstance(root.get("facts"), Entries)
        for key, _ in desk.entries(root.get("facts"), root, "facts")
    ]
    forms = read_forms(desk, _headed(roots, "form"), events, explained)
    settings: dict[str, int] = {}
    for root in _headed(roots, "settings"):
        settings |= read_settings(desk, desk.entries(root.get("settings"), root, "settings"))
    words = _vocabulary(desk, roots, forms, events)
    conditions = Conditions(desk, words.facts, settings)
    clauses = _register(roots)
    rules = Rules(desk, words, conditions, clauses, forms)
    found, sound = _rules(desk, rules, roots)
    procedures = _procedures(desk, rules, roots)
    notes = tuple(note for root in _headed(roots, "notes") for note in read_notes(desk, root, clauses, settings))
    guarantees = tuple(g for root in _headed(roots, "guarantees") for g in read_guarantees(desk, root, rules))
    policies = Policies(
        version=version(texts),
        vocabulary=replace(words, facts=conditions.facts),
        # In the order of their names, wherever they are written: explanations and effects follow it.
        rules=tuple(sorted(sound if desk.problems else found, key=lambda rule: rule.id)),
        procedures=procedures,
        settings=settings,
        forms={form.name: form for form in forms},
        clauses=clauses,
        guarantees=guarantees,
        notes=notes,
        texts=texts,
    )
    desk.problems += _said_twice(policies, found)
    if desk.problems:
        raise RuleFilesError([*desk.problems, *check_rules(policies)])
    return policies


def version(texts: Mapping[str, str]) -> str:
    """A short fingerprint of the rule files: the same texts have the same version."""
    digest = hashlib.sha256()
    for name in sorted(texts):
        digest.update(name.encode() + b"\0" + texts[name].encode() + b"\0")
    return digest.hexdigest()[:12]


def _roots(desk: Desk, texts: Mapping[str, str]) -> list[Node]:
    roots: list[Node] = []
    stop = False
    for name in sorted(texts):
        try:
            root = read(texts[name], name)
        except RuleFilesError as error:
            desk.problems += error.problems
            # Without the words of an unreadable file, every rule that uses them would seem wrong.
            stop = stop or not _RULE.search(texts[name])
            continue
        if isinstance(root, Items) or (isinstance(root, Entries) and any(root.get(head) for head in _HEADS)):
            roots.append(root)
        else:
            what = "This file is neither rules, nor a procedure, nor words."
            desk.wrong(root, what, f"Begin with a list of rules, or with one of: {', '.join(_HEADS)}.")
    if stop:
        raise RuleFilesError(desk.problems)
    return roots


def _headed(roots: Iterable[Node], head: str) -> list[Entries]:
    return [root for root in roots if isinstance(root, Entries) and root.get(head) is not None]


def _rules(desk: Desk, rules: Rules, roots: Iterable[Node]) -> tuple[list[Rule], list[Rule]]:
    """All rules, and those in which no mistake was found."""
    found: list[Rule] = []
    sound: list[Rule] = []
    for node in (node for root in roots if isinstance(root, Items) for node in root.nodes):
        before = len(desk.problems)
        rule = rules.read(node)
        if rule is not None:
            found.append(rule)
            _proved(desk, rule, node)
            sound += [rule] if len(desk.problems) == before else []
    return found, sound


def _procedures(desk: Desk, rules: Rules, roots: Iterable[Node]) -> dict[str, Procedure]:
    found: dict[str, Procedure] = {}
    for root in _headed(roots, "procedure"):
        procedure = read_procedure(desk, root, rules)
        if procedure is not None and procedure.track in found:
            what = f'"{procedure.track}" has two procedures.'
            desk.wrong(root.get("procedure") or root, what, "Write all its stages in one file.")
        if procedure is not None:
            found[procedure.track] = procedure
    return found


def _register(roots: Iterable[Node]) -> frozenset[str]:
    policies = [
        root.get(name) for root in roots if isinstance(root, Entries) for name in ("anti-bullying", "complaints")
    ]
    return frozenset(key.text for policy in policies if isinstance(policy, Entries) for key, _ in policy)


def _vocabulary(desk: Desk, roots: list[Node], forms: list[Form], events: frozenset[str]) -> Vocabulary:
    facts: dict[str, FactWord] = {}
    audiences: dict[str, Audience] = {}
    templates: dict[str, Template] = {}
    happenings = {
        word for form in forms for q in form.questions if q.name == "what happened" for word in q.answers.values()
    }
    for root in _headed(roots, "facts"):
        desk.only(root, ("facts", "people", "events", "happenings"), "the vocabulary")
        facts |= read_facts(desk, desk.entries(root.get("facts"), root, "facts"), forms)
        audiences |= read_audiences(desk, desk.entries(root.get("people"), root, "people"))
        happenings |= set(desk.words(root.get("happenings")))
    for root in _headed(roots, "templates"):
        templates |= read_templates(desk, desk.entries(root.get("templates"), root, "templates"))
    facts[EVENT] = FactWord(EVENT, "choice", (*sorted(events), UNKNOWN), "what has just happened")
    return Vocabulary(facts, audiences, templates, events, frozenset(happenings))


def _said_twice(policies: Policies, rules: Iterable[Rule]) -> Iterator[Problem]:
    places = [(rule.id, rule.file, rule.line) for rule in rules]
    stages = [stage for procedure in policies.procedures.values() for stage in procedure.stages]
    places += [(clock.id, clock.file, clock.line) for stage in stages for clock in stage.deadlines]
    places += [(promise.id, promise.file, promise.line) for promise in policies.guarantees]
    counted = Counter(name for name, _, _ in places)
    for name, file, line in places:
        if counted[name] > 1:
            what = f'"{name}" is used {counted[name]} times.'
            yield mistake(policies, file, line, what, "Give each rule, deadline and guarantee its own name.", word=name)


def _proved(desk: Desk, rule: Rule, node: Node) -> None:
    place = (isinstance(node, Entries) and node.get("rule")) or node
    if not any(example.expect for example in rule.examples):
        what = f'Rule "{rule.id}" has no example where it applies.'
        desk.wrong(place, what, "Add one under `examples:`, with the effects that it expects.")
    if all(example.expect for example in rule.examples):
        what = f'Rule "{rule.id}" has no example where it does not apply.'
        desk.wrong(place, what, "Add one under `examples:`, with `expect: nothing`.")
