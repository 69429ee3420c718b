"""Rules that can be read and still cannot be meant: they never apply, contradict themselves, or forget a blank."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from rules.engine.matching.normal_form import Literal, RuleTooLarge, normal_form
from rules.engine.model.conditions import wording
from rules.engine.model.policy import (
    UNKNOWN,
    Atom,
    Compare,
    Condition,
    EffectSpec,
    FactWord,
    Includes,
    Is,
    Policies,
    Rule,
)
from rules.engine.reading.places import mistake
from rules.engine.reading.problem import Problem

_FAMILIES = frozenset(f"carers {of}" for of in ("of the targeted", "of the reported", "of everyone"))


# --- rules that never apply --------------------------------------------------------------------------------------


def never(policies: Policies) -> Iterator[Problem]:
    """Rules and clocks that no answers can bring about, and rules too large to be matched."""
    for rule in policies.rules:
        yield from _never(policies, rule.id, rule.when, rule.file, rule.line)
    for procedure in policies.procedures.values():
        for stage in procedure.stages:
            for clock in stage.deadlines:
                yield from _never(policies, clock.id, clock.when, clock.file, clock.line)


def _never(policies: Policies, name: str, when: Condition, file: str, line: int) -> Iterator[Problem]:
    try:
        clash = impossible(name, when, policies.vocabulary.facts)
    except RuleTooLarge as error:
        yield mistake(policies, file, line, str(error))
        return
    if clash is not None:
        what = f'"{name}" never applies: {clash}.'
        yield mistake(
            policies, file, line, what, "Write `any of` where one of them is enough, or mend a test.", word=name
        )


def impossible(name: str, condition: Condition, facts: Mapping[str, FactWord]) -> str | None:
    """Why no answers make the condition hold; None where some do. RuleTooLarge as ``normal_form``.

    Each way in which it could hold is a list of tests on facts that do not depend on one another: it is open unless the
    tests on one of them leave no answer.
    """
    clashes = []
    for term in normal_form(name, condition):
        clash = _clash(term, facts)
        if clash is None:
            return None
        clashes.append(clash)
    return clashes[0] if clashes else "there is nothing that could make it hold"


def _clash(term: Iterable[Literal], facts: Mapping[str, FactWord]) -> str | None:
    by_fact = sorted(term, key=lambda literal: literal.atom.fact)
    for fact, group in groupby(by_fact, key=lambda literal: literal.atom.fact):
        tests = list(group)
        if not _open(facts[fact], tests):
            wanted = " and ".join(wording(test.atom, negated=not test.wanted) for test in tests)
            return f'"{fact}" cannot be {wanted}' + (" at once" if len(tests) > 1 else "")
    return None


def _open(fact: FactWord, tests: Iterable[Literal]) -> bool:
    """Whether some answer passes all tests of one fact."""
    tests = list(tests)
    match fact.kind:
        case "choice":
            return any(all((word in _words(test.atom)) is test.wanted for test in tests) for word in fact.words)
        case "choices":
            refused = {word for test in tests if not test.wanted for word in _words(test.atom)}
            left = frozenset(fact.words) - refused
            return bool(left) and all(not left.isdisjoint(_words(test.atom)) for test in tests if test.wanted)
        case _:
            return _blank_passes(tests) or _number_passes(tests)


def _words(atom: Atom) -> tuple[str, ...]:
    return atom.words if isinstance(atom, Is | Includes) else ()


def _blank_passes(tests: Iterable[Literal]) -> bool:
    """A number that is not known is ``unknown``, and within no bound."""
    return all((UNKNOWN in _words(test.atom)) is test.wanted for test in tests)


def _number_passes(tests: Iterable[Literal]) -> bool:
    low, high = 0, None
    for test in tests:
        match test.atom:
            case Compare(_, op, number) if (op == "at least") is test.wanted:
                low = max(low, number if test.wanted else number + 1)
            case Compare(_, _, number):
                bound = number if test.wanted else number - 1
                high = bound if high is None else min(high, bound)
            case _ if test.wanted:
                return False  # a number that is known is not "unknown"
    return high is None or low <= high


# --- rules that contradict or repeat -----------------------------------------------------------------------------


def contradictions(policies: Policies) -> Iterator[Problem]:
    """Within one rule: something sent to those from whom everything is kept; the same effect twice; hurry outside."""
    people = policies.vocabulary.audiences
    for rule in policies.rules:
        kept = [phrase for spec in rule.then if spec.kind == "withhold" for phrase in spec.to]
        seen: set[EffectSpec] = set()
        for spec in rule.then:
            sent = spec.to if spec.kind in ("letter", "notify", "digest", "calendar") else ()
            for one, other in ((one, other) for one in sent for other in kept if _overlap(policies, one, other)):
                what = f'Rule "{rule.id}" sends something to the {one} and keeps everything from the {other}.'
                yield mistake(policies, rule.file, spec.line, what, "Delete one of the two.", word=one)
            if spec.urgent and any(people[phrase].outside for phrase in spec.to):
                what = "What leaves the school waits for a person, so it cannot be urgent."
                yield mistake(policies, rule.file, spec.line, what, "Notify somebody of the school urgently instead.")
            if spec.kind == "digest" and any(people[phrase].outside for phrase in spec.to):
                what = "A digest goes without anybody's release, so it stays in the school."
                yield mistake(policies, rule.file, spec.line, what, "Draft a letter to them instead.")
            if _bare(spec) in seen:
                what = f'Rule "{rule.id}" says this twice.'
                yield mistake(policies, rule.file, spec.line, what, "Delete one of them.")
            seen.add(_bare(spec))


def _overlap(policies: Policies, one: str, other: str) -> bool:
    if one == other:
        return True
    ties = {policies.vocabulary.audiences[phrase].relation for phrase in (one, other)}
    return ties <= _FAMILIES and "carers of everyone" in ties


def doubles(policies: Policies) -> Iterator[Problem]:
    """Rules that say what another has said: the same events, the same answers, the same effects."""
    said: dict[object, Rule] = {}
    for rule in policies.rules:
        try:
            terms = frozenset(frozenset(term) for term in normal_form(rule.id, rule.when))
        except RuleTooLarge:
            continue
        same = (frozenset(rule.on), terms, frozenset(_bare(spec) for spec in rule.then))
        first = said.setdefault(same, rule)
        if first is not rule:
            what = f'Rule "{rule.id}" says the same as "{first.id}" ({first.file}, line {first.line}).'
            yield mistake(policies, rule.file, rule.line, what, "Delete one of them.", word=rule.id)


def two_ways(policies: Policies) -> Iterator[Problem]:
    """The same task with two time limits, or the same hold lifted by two people, in rules that answer the same event.

    Only one of them can count, and which one is nobody's decision.
    """
    said: dict[tuple[str, str, str, tuple[str, ...]], tuple[Rule, EffectSpec]] = {}
    for rule in policies.rules:
        for event, spec in ((e, spec) for e in rule.on for spec in rule.then if spec.kind in ("task", "withhold")):
            first, before = said.setdefault((event, spec.kind, spec.what, spec.to), (rule, spec))
            mine, theirs = _how(spec), _how(before)
            if mine == theirs:
                continue
            where = f'"{first.id}" ({first.file}, line {before.line})'
            what = (
                f'Rule "{rule.id}" says "{spec.what}" with "{mine}", and {where} with "{theirs}". Only one can count.'
            )
            yield mistake(policies, rule.file, spec.line, what, "Write the same in both, or give it a name of its own.")


def _how(spec: EffectSpec) -> str:
    due = f"due: {spec.due.text}" if spec.due else "no time"
    return due if spec.kind == "task" else f"lifted only by: {spec.lifted_by}"


def _bare(spec: EffectSpec) -> EffectSpec:
    return EffectSpec(
        spec.kind, spec.what, spec.to, spec.using, spec.urgent, spec.due, spec.each, spec.lifted_by, spec.done_when
    )


# --- blanks ------------------------------------------------------------------------------------------------------


def blanks(policies: Policies) -> Iterator[Problem]:
    """Safety questions that are tested while no rule for the same event says what a blank does.

    The vocabulary marks them (``safety: yes``). A rule may itself cover "unknown", or leave it to another.
    """
    facts = policies.vocabulary.facts
    tests = [(rule, literal) for rule in policies.rules for literal in _tests(rule) if facts[literal.atom.fact].safety]
    decided = {(event, test.atom.fact) for rule, test in tests if _covers_blank(test) for event in rule.on}
    told = set()
    for rule, test in tests:
        fact = test.atom.fact
        if (rule.id, fact) in told or all((event, fact) in decided for event in rule.on):
            continue
        told.add((rule.id, fact))
        what = f'Rule "{rule.id}" does not say what happens when "{fact}" is left blank, and no other rule does.'
        instead = 'Add "or unknown" to its test, here or in another rule that answers the same event.'
        yield mistake(policies, rule.file, _line_of(policies, rule, fact), what, instead, word=fact)


def _tests(rule: Rule) -> list[Literal]:
    try:
        return list(dict.fromkeys(test for term in normal_form(rule.id, rule.when) for test in term))
    except RuleTooLarge:
        return []


def _covers_blank(test: Literal) -> bool:
    return (UNKNOWN in _words(test.atom)) is test.wanted


def _line_of(policies: Policies, rule: Rule, word: str) -> int:
    """The line of the rule's ``when`` in which a fact is named; the rule's own where it is written in another way."""
    lines = policies.texts.get(rule.file, "").splitlines()
    end = min((spec.line for spec in rule.then), default=len(lines))
    found = (n for n in range(rule.line, end) if lines[n - 1].strip(" -\"'").startswith(word))
    return next(found, rule.line)
