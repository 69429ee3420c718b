"""Why: rule by rule, clause by clause; those that did not apply too, and who was not told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from rules.engine.conditions import Reason, decisive, holds, say, wording
from rules.engine.effects import AnyEffect, NotTold
from rules.engine.policy import EVENT, Facts, FactValue, Rule


@dataclass(frozen=True, slots=True)
class RuleReason:
    """One rule in an explanation: whether it applied, and the answers that decided it."""

    rule: str
    title: str
    clauses: tuple[str, ...]
    applied: bool
    because: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a decision is what it is. ``sentence`` can be read aloud; ``not_told`` says who was kept out."""

    sentence: str
    event: str
    applied: tuple[RuleReason, ...]
    did_not: tuple[RuleReason, ...]
    not_told: tuple[NotTold, ...]
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Plain JSON values."""
        # By hand: ``asdict`` copies every text of it, and this is done for every decision.
        flat = _flat(self)
        return flat | {name: tuple(map(_flat, getattr(self, name))) for name in ("applied", "did_not", "not_told")}


def _flat(value: RuleReason | NotTold | Explanation) -> dict[str, object]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def because(rule: Rule, facts: Facts) -> str:
    """One sentence: what the rule is for, and the answers that made it apply."""
    found = list(dict.fromkeys(_found(reason.atom.fact, reason.value) for reason in _reasons(rule, facts)))
    told = f", because {_and(found)}" if found else ""
    return f"{rule.title}{told} ({', '.join(rule.clauses)})."


def why_not(rule: Rule, facts: Facts) -> str:
    """One sentence: the first answer that kept the rule from applying, and what it covers."""
    reasons = _reasons(rule, facts)
    if not reasons:
        return "its condition can never hold"
    reason = reasons[0]
    return f"{_found(reason.atom.fact, reason.value)}; it needs {wording(reason.atom, negated=reason.negated)}"


def explain(
    rules: Iterable[Rule], applied: Iterable[str], facts: Facts, effects: Iterable[AnyEffect], notes: Iterable[str] = ()
) -> Explanation:
    """The whole explanation of one decision. Rules for other kinds of event are left out."""
    did = frozenset(applied)
    event = str(facts[EVENT])
    heard = [rule for rule in rules if event in rule.on]
    yes = tuple(RuleReason(r.id, r.title, r.clauses, True, because(r, facts)) for r in heard if r.id in did)
    no = tuple(
        RuleReason(r.id, r.title, r.clauses, False, why_not(r, facts))
        for r in heard
        if r.id not in did and not holds(r.condition, facts)
    )
    not_told = tuple(dict.fromkeys(told for effect in effects for told in effect.not_told))
    sentence = yes[0].because if yes else "No rule applied."
    return Explanation(sentence, event, yes, no, not_told, tuple(notes))


def as_text(explanation: Mapping[str, object]) -> str:
    """An explanation that was kept as JSON, as lines to be read."""
    lines = [str(explanation["sentence"]), ""]
    for title, name in (("Applied", "applied"), ("Did not apply", "did_not")):
        rules = explanation[name]
        if isinstance(rules, list | tuple) and rules:
            lines.append(f"{title}:")
            lines += [f"  {rule['rule']:<10} {rule['because'] if name == 'applied' else _no(rule)}" for rule in rules]
            lines.append("")
    told = explanation["not_told"]
    if isinstance(told, list | tuple) and told:
        lines.append("Not told:")
        lines += [f"  {one['who']}{_of(one['address'])}: {one['why']}" for one in told]
    notes = explanation.get("notes")
    if isinstance(notes, list | tuple):
        lines += [f"Note: {note}" for note in notes]
    return "\n".join(lines).rstrip() + "\n"


def _no(rule: Mapping[str, object]) -> str:
    return f"{rule['title']}: {rule['because']}"


def _of(address: object) -> str:
    return f" ({address})" if address else ""


def _reasons(rule: Rule, facts: Facts) -> tuple[Reason, ...]:
    found = decisive(rule.condition, facts)
    return tuple(reason for reason in found if reason.atom.fact != EVENT) or decisive(rule.when, facts)


def _found(fact: str, value: FactValue) -> str:
    told = say(value)
    return f'"{fact}" was not answered' if told == "not answered" else f'"{fact}" is {told}'


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
