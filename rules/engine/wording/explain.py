"""Why: rule by rule, clause by clause; those that did not apply too, and who was not told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

from rules.engine.model.aloud import counted_as, found, listed
from rules.engine.model.conditions import Reason, decisive, holds, wording
from rules.engine.model.effects import AnyEffect, NotTold
from rules.engine.model.policy import EVENT, Facts, FactWord, Policies, Rule

TRACK = "track"
NOTHING = "It is on record. No rule asks for anything more."


@dataclass(frozen=True, slots=True)
class RuleReason:
    """One rule in an explanation: whether it applied, and the answers that decided it."""

    rule: str
    title: str
    clauses: tuple[str, ...]
    applied: bool
    because: str


@dataclass(frozen=True, slots=True)
class GuardReason:
    """What holds whatever the rules say, where it acted: a guard, a clock or a record of the procedure."""

    guard: str
    clauses: tuple[str, ...]
    because: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a decision is what it is. ``sentence`` can be read aloud; ``not_told`` says who was kept out.

    ``by_clause`` has, for each clause of the register that had a part, the rules and guards that carried it out.
    """

    sentence: str
    event: str
    applied: tuple[RuleReason, ...]
    did_not: tuple[RuleReason, ...]
    not_told: tuple[NotTold, ...]
    notes: tuple[str, ...] = ()
    guards: tuple[GuardReason, ...] = ()

    @property
    def by_clause(self) -> dict[str, tuple[str, ...]]:
        """Clause ids in the order in which they are cited."""
        cited: dict[str, dict[str, None]] = {}
        for name, clauses in (
            *((r.rule, r.clauses) for r in self.applied),
            *((g.guard, g.clauses) for g in self.guards),
        ):
            for clause in clauses:
                cited.setdefault(clause, {})[name] = None
        return {clause: tuple(names) for clause, names in cited.items()}

    def as_json(self) -> dict[str, object]:
        """Plain JSON values."""
        # By hand: ``asdict`` copies every text of it, and this is done for every decision.
        lists = {name: tuple(map(_flat, getattr(self, name))) for name in ("applied", "did_not", "not_told", "guards")}
        return _flat(self) | lists | {"by_clause": self.by_clause}


def _flat(value: RuleReason | GuardReason | NotTold | Explanation) -> dict[str, object]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def because(rule: Rule, facts: Facts, words: Mapping[str, FactWord]) -> str:
    """One sentence: what the rule is for, and the answers that made it apply."""
    # What is itself a list comes last: the ear cannot tell where it ends.
    reasons = sorted(
        _reasons(rule, facts), key=lambda reason: isinstance(reason.value, frozenset) and len(reason.value) > 1
    )
    told = listed(found(reason, words) for reason in reasons) if reasons else ""
    taken = list(dict.fromkeys(filter(None, (counted_as(reason, words) for reason in reasons))))
    grounds = "".join((f", because {told}" if told else "", *(f"; {one}" for one in taken)))
    return f"{rule.title}{grounds} ({', '.join(rule.clauses)})."


def why_not(rule: Rule, facts: Facts, words: Mapping[str, FactWord]) -> str:
    """One sentence: the first answer that kept the rule from applying, and what it covers."""
    reasons = _reasons(rule, facts)
    if not reasons:
        return "its condition can never hold"
    reason = reasons[0]
    return f"{found(reason, words)}; the rule asks for {wording(reason.atom, negated=reason.negated)}"


def explain(
    policies: Policies,
    applied: Iterable[str],
    facts: Facts,
    effects: Iterable[AnyEffect],
    notes: Iterable[str] = (),
) -> Explanation:
    """The whole explanation of one decision. Rules for other kinds of event are left out."""
    words = policies.vocabulary.facts
    did, made = frozenset(applied), tuple(effects)
    event = str(facts[EVENT])
    heard = [rule for rule in policies.rules if event in rule.on]
    held = [rule for rule in heard if rule.id in did]
    no = tuple(
        RuleReason(r.id, r.title, r.clauses, False, why_not(r, facts, words))
        for r in heard
        if r.id not in did and not holds(r.condition, facts)
    )
    yes = tuple(RuleReason(r.id, r.title, r.clauses, True, because(r, facts, words)) for r in held)
    guards = _guards(made, {rule.id for rule in policies.rules})
    return Explanation(
        sentence=_sentence(held, yes, guards),
        event=event,
        applied=yes,
        did_not=no,
        not_told=tuple(dict.fromkeys(told for effect in made for told in effect.not_told)),
        notes=tuple(notes),
        guards=guards,
    )


def _sentence(held: Sequence[Rule], yes: Sequence[RuleReason], guards: Sequence[GuardReason]) -> str:
    """The rule that matters most: an urgent alert before what is kept back, and that before everything else."""
    if not yes:
        return guards[0].because if guards else NOTHING
    first = max(range(len(held)), key=lambda place: (_weight(held[place]), -place))
    return yes[first].because


def _weight(rule: Rule) -> int:
    return max((2 if spec.urgent else 1 if spec.kind == "withhold" else 0 for spec in rule.then), default=0)


def _guards(effects: Iterable[AnyEffect], rules: frozenset[str] | set[str]) -> tuple[GuardReason, ...]:
    """What made those effects that no rule made."""
    acted: dict[str, GuardReason] = {}
    for effect in effects:
        names = [name for name in effect.rules if name not in rules]
        if names and effect.because and effect.because not in acted and effect.kind != "case":
            acted[effect.because] = GuardReason(names[0], effect.clauses, effect.because)
    return tuple(acted.values())


def as_text(explanation: Mapping[str, object]) -> str:
    """An explanation that was kept as JSON, as lines to be read."""
    lines = [str(explanation["sentence"]), ""]
    lines += _section("Applied", [(str(one["rule"]), str(one["because"])) for one in _rows(explanation, "applied")])
    lines += _section("Also", [(str(one["guard"]), str(one["because"])) for one in _rows(explanation, "guards")])
    told = [f"{one['who']}{_of(one['address'])}: {one['why']}" for one in _rows(explanation, "not_told")]
    lines += ["Not told:", *(f"  {line}" for line in told), ""] if told else []
    lines += _section("Did not apply", [(", ".join(ids), why) for ids, why in together(_rows(explanation, "did_not"))])
    by_clause = explanation.get("by_clause")
    if isinstance(by_clause, Mapping):
        lines += _section("By clause", [(clause, ", ".join(names)) for clause, names in by_clause.items()])
    notes = explanation.get("notes")
    if isinstance(notes, list | tuple):
        lines += [f"Note: {note}" for note in notes]
    return "\n".join(lines).rstrip() + "\n"


def together(did_not: Iterable[Mapping[str, object]]) -> list[tuple[list[str], str]]:
    """Rules that did not apply, those with one and the same reason together: their ids, and why.

    A rule alone with its reason says its title too.
    """
    why: dict[str, list[Mapping[str, object]]] = {}
    for one in did_not:
        why.setdefault(str(one["because"]), []).append(one)
    return [
        ([str(one["rule"]) for one in rules], reason if len(rules) > 1 else f"{rules[0]['title']}: {reason}")
        for reason, rules in why.items()
    ]


def _rows(explanation: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    found = explanation.get(name)
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list | tuple) else []


def _section(title: str, rows: Sequence[tuple[str, str]]) -> list[str]:
    if not rows:
        return []
    return [f"{title}:", *(f"  {name:<10} {text}" for name, text in rows), ""]


def _of(address: object) -> str:
    return f" ({address})" if address else ""


def _reasons(rule: Rule, facts: Facts) -> tuple[Reason, ...]:
    """Without what goes without saying: which event it was, and of which track the case is."""
    found = decisive(rule.condition, facts)
    found = tuple(reason for reason in found if reason.atom.fact != EVENT) or decisive(rule.when, facts)
    return tuple(reason for reason in found if reason.atom.fact != TRACK) or found
