"""What an event comes to from where each reader stands: a case of which they may not know does not count for them.

Nobody can tell from what they are told, or are not told, that a case is kept from them (I2, I12, AB-9i): whatever the
event would come to without it is done as well. What it comes to with all that was counted is for the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from rules.engine.model.conditions import holds
from rules.engine.model.effects import AnyEffect, CalendarEntry, Flag, Task
from rules.engine.model.patterns import NOT_ALL, Counted, Tally, kept_out_of, refs_of, rested_on
from rules.engine.model.policy import Facts, Policies, Rule, atoms
from rules.engine.proposing.make import Making
from rules.engine.proposing.notices import Grounds, Letter
from rules.engine.proposing.sealing import is_given_work, is_sealed
from rules.engine.wording.explain import Explanation, because, explain

E = TypeVar("E", bound=AnyEffect)


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
    everything, *others = counted or (Counted({}),)
    found = [Standpoint(facts, matched, everything)]
    asking = [rule for rule in policies.rules if _asks(rule, everything)] if others else []
    for known in others:
        seen = {**facts, **known.facts}
        held = {rule.id for rule in asking if holds(rule.condition, seen)}
        found.append(Standpoint(seen, matched - {rule.id for rule in asking} | held, known))
    return tuple(found)


def speak(making: Making, rule: Rule, from_all: Sequence[Standpoint]) -> None:
    """What the rule leads to: for whoever may know of all that it counts, and for each other what they may know."""
    everything, *others = from_all
    whole = everything.basis(rule)
    apart = [one for one in others if one.basis(rule) != whole]
    effects, letters = len(making.effects), len(making.letters)
    if whole is not None:
        _make(making, rule, everything, whole, {*kept_out_of(whole), *(one.counted.reader for one in apart)})
    for one in apart:
        basis = one.basis(rule)
        if basis is not None and _could_tell(making, one.counted.reader):
            _make_as_known(making, rule, one, basis, since=(effects, letters))
    _keep_apart(making, from_all, since=(effects, letters))


def explanations(from_all: Sequence[Standpoint], makings: Sequence[Making]) -> dict[str, Explanation]:
    """Why it was decided, for each who may read of one of these cases and may not know of all that was counted."""
    everything, *others = from_all
    found = {}
    for one in others:
        reader = one.counted.reader
        unseen = everything.counted.unseen_by(reader)
        known = [making for making in makings if _could_tell(making, reader)]
        effects = list(as_known((effect for making in known for effect in making.effects), reader, unseen))
        remarks = [remark for making in known for remark in making.remarks if unseen.isdisjoint(remark.rests_on)]
        if known:
            notes = [remark.text for remark in remarks]
            found[reader] = explain(known[0].policies, one.rules, one.facts, effects, notes)
    return found


def as_known(effects: Iterable[E], reader: str, unseen: frozenset[str]) -> Iterator[E]:
    """The effects as somebody may know them who may not know of the cases ``unseen``."""
    for effect in effects:
        not_told = tuple(told for told in effect.not_told if told.why != NOT_ALL or told.address != reader)
        if unseen.isdisjoint(effect.rests_on):
            yield replace(effect, not_told=not_told)
        elif reader in effect.known_as:
            yield replace(effect, not_told=not_told, because=effect.known_as[reader])


def _asks(rule: Rule, counted: Counted) -> bool:
    return any(atom.fact in counted.tallies for atom in atoms(rule.condition))


def _could_tell(making: Making, reader: str) -> bool:
    """Whether somebody has rows, tasks or the page of this case before them, and so would miss what they expect."""
    at_work = is_given_work(reader, making.policies.vocabulary, making.situation.directory)
    return at_work and making.audiences.may_know(reader)


def _make(making: Making, rule: Rule, standpoint: Standpoint, basis: tuple[Tally, ...], away: Collection[str]) -> None:
    """What the rule leads to from here; ``away``: who may not know of all that it counts."""
    why = because(rule, standpoint.facts, making.policies.vocabulary.facts)
    grounds = Grounds(rules=(rule.id,), clauses=rule.clauses, because=why, rests_on=refs_of(basis))
    making.make(rule.then, grounds, basis, away=away, reader=standpoint.counted.reader)


def _make_as_known(
    making: Making, rule: Rule, standpoint: Standpoint, basis: tuple[Tally, ...], *, since: tuple[int, int]
) -> None:
    """As if what this reader may not know had never been; what is done all the same is done once, and known to them."""
    reader, why = standpoint.counted.reader, because(rule, standpoint.facts, making.policies.vocabulary.facts)
    before = len(making.effects), len(making.letters)
    _make(making, rule, standpoint, basis, kept_out_of(basis))
    effects, letters = making.effects[before[0] :], making.letters[before[1] :]
    del making.effects[before[0] :], making.letters[before[1] :]
    for effect in effects:
        place = next((n for n, one in enumerate(making.effects[since[0] :], since[0]) if _alike(one, effect)), None)
        if place is None:
            making.effects.append(effect)
        else:
            one = making.effects[place]
            making.effects[place] = replace(one, known_as={**one.known_as, reader: why})
    for letter in letters:
        same = next((one for one in making.letters[since[1] :] if _same_letter(one, letter)), None)
        if same is None:
            making.letters.append(letter)
        else:
            same.grounds = {**same.grounds, "known_as": {**same.grounds.get("known_as", {}), reader: why}}


def _keep_apart(making: Making, from_all: Sequence[Standpoint], *, since: tuple[int, int]) -> None:
    """Rows are sealed, and messages are written apart, from which somebody could read what they may not know."""
    everything, *others = from_all
    unseen = {one.counted.reader: everything.counted.unseen_by(one.counted.reader) for one in others}

    def kept_from(rests_on: Iterable[str], known_as: Collection[str]) -> list[str]:
        refs = frozenset(rests_on)
        return [reader for reader, kept in unseen.items() if kept & refs and reader not in known_as]

    words, directory = making.policies.vocabulary, making.situation.directory
    for place, effect in enumerate(making.effects[since[0] :], since[0]):
        if isinstance(effect, Task | Flag) and is_sealed(kept_from(effect.rests_on, effect.known_as), words, directory):
            making.effects[place] = replace(effect, sealed=True)
    for letter in making.letters[since[1] :]:
        out = kept_from(letter.grounds.get("rests_on", ()), letter.grounds.get("known_as", {}))
        letter.apart = any(making.audiences.may_know(reader) for reader in out)


def _alike(one: AnyEffect, other: AnyEffect) -> bool:
    """Whether the two are one thing to do, whatever each rests on."""
    match one, other:
        case Task(), Task():
            return (one.assignee, one.title, one.due) == (other.assignee, other.title, other.due)
        case CalendarEntry(), CalendarEntry():
            return (one.attendees, one.title, one.start) == (other.attendees, other.title, other.start)
        case _:
            return one.key == other.key and not isinstance(one, Flag)


def _same_letter(one: Letter, other: Letter) -> bool:
    return (one.to, one.template, one.what) == (other.to, other.template, other.what)
