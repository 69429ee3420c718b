"""What an event comes to from where each reader stands: a case of which they may not know does not count for them.

So nobody can tell from what they are told, or from what they are not told, that a case is kept from them (I2, I12,
AB-9i). Whoever may know of all that was counted hears of all of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from rules.engine.conditions import holds
from rules.engine.effects import AnyEffect, CalendarEntry, Flag, Task
from rules.engine.explain import Explanation, because, explain
from rules.engine.make import Making
from rules.engine.notices import FLAG_RAISED, Grounds, Remark
from rules.engine.patterns import Counted, Tally, kept_out_of, refs_of, rested_on
from rules.engine.policy import Facts, Policies, Rule, atoms


@dataclass(frozen=True, slots=True)
class Standpoint:
    """The facts as they are from where a reader stands, and which rules hold."""

    facts: Facts
    rules: frozenset[str]
    counted: Counted

    def basis(self, rule: Rule) -> tuple[Tally, ...] | None:
        """What was counted for those on whose account the rule holds; None where it does not hold."""
        return rested_on(rule.condition, self.facts, self.counted.tallies) if rule.id in self.rules else None


def standpoints(
    policies: Policies, matched: frozenset[str], facts: Facts, counted: Sequence[Counted]
) -> tuple[Standpoint, ...]:
    """First that of whoever may know of everything, then one for each reader who may not.

    ``matched``: the rules that hold by ``facts``, for which everything counts.
    """
    everything = counted[0] if counted else Counted({})
    asking = [rule for rule in policies.rules if any(atom.fact in everything.tallies for atom in atoms(rule.condition))]
    others = matched - {rule.id for rule in asking}
    found = [Standpoint(facts, matched, everything)]
    for known in counted[1:]:
        seen = {**facts, **known.facts}
        held = {rule.id for rule in asking if holds(rule.condition, seen)}
        found.append(Standpoint(seen, others | held, known))
    return tuple(found)


def speak(making: Making, rule: Rule, from_all: Sequence[Standpoint]) -> None:
    """What the rule leads to: for whoever may know of all that it counts, and for each other what they may know."""
    everything, *others = from_all
    whole = everything.basis(rule)
    apart = [one for one in others if one.basis(rule) != whole]
    if whole is not None:
        away = {*kept_out_of(whole), *(one.counted.reader for one in apart)}
        making.make(rule.then, _grounds(making, rule, everything, whole), whole, away=away)
    for one in apart:
        basis = one.basis(rule)
        if basis is not None:
            _to_the_reader_alone(making, rule, one, basis)


def explanations(
    policies: Policies, from_all: Sequence[Standpoint], effects: Iterable[AnyEffect], remarks: Iterable[Remark]
) -> dict[str, Explanation]:
    """For each reader who may not know of all that was counted, why it was decided as far as they may know."""
    everything, *others = from_all
    made, said, found = tuple(effects), tuple(remarks), {}
    for one in others:
        unseen = everything.counted.unseen_by(one.counted.reader)
        known = [effect for effect in made if unseen.isdisjoint(effect.rests_on)]
        notes = [remark.text for remark in said if unseen.isdisjoint(remark.rests_on)]
        found[one.counted.reader] = explain(policies, one.rules, one.facts, known, notes)
    return found


def _grounds(making: Making, rule: Rule, standpoint: Standpoint, basis: tuple[Tally, ...]) -> Grounds:
    why = because(rule, standpoint.facts, making.policies.vocabulary.facts)
    return Grounds(rules=(rule.id,), clauses=rule.clauses, because=why, rests_on=refs_of(basis))


def _to_the_reader_alone(making: Making, rule: Rule, standpoint: Standpoint, basis: tuple[Tally, ...]) -> None:
    """As if what they may not know had never been. What that comes to for others is left out: they are told of all."""
    reader, effects, letters = standpoint.counted.reader, len(making.effects), len(making.letters)
    making.make(rule.then, _grounds(making, rule, standpoint, basis), basis, away=kept_out_of(basis), reader=reader)
    theirs = {reader, *(one.email for one in making.situation.directory.everyone() if reader in one.read_by)}
    making.letters[letters:] = [letter for letter in making.letters[letters:] if letter.to.address in theirs]
    asked = {letter.what for letter in making.letters[letters:] if letter.template == FLAG_RAISED}
    making.effects[effects:] = [effect for effect in making.effects[effects:] if _is_for(effect, reader, asked)]


def _is_for(effect: AnyEffect, reader: str, asked: Collection[str]) -> bool:
    match effect:
        case Task():
            return effect.assignee == reader
        case CalendarEntry():
            return reader in effect.attendees
        case Flag():
            return effect.name in asked
        case _:
            return False
