"""The one decision: policies and a situation give effects. The rules propose; the guards have the last word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from rules.engine.casework import changes, clockwork, panel
from rules.engine.casework.cases import case_after, is_for, on_its_track, tracks_of
from rules.engine.casework.ending import open_for_new_work
from rules.engine.casework.holds import ask_to_decide, with_hold
from rules.engine.casework.ladder import ACKNOWLEDGED, LADDER_CLAUSES
from rules.engine.casework.overtaken import take_back_overtaken
from rules.engine.casework.school_year import OF_THE_SCHOOL, effects_of
from rules.engine.casework.struck import answer_clock
from rules.engine.casework.ticking import tick_off_what_follows
from rules.engine.casework.who_records import DSL_ONLY, may_hear, refusal, too_early
from rules.engine.clocks.procedure import stage_of, state_of
from rules.engine.deciding.all_facts import facts_of
from rules.engine.deciding.last_word import have_the_last_word
from rules.engine.deciding.standpoints import Standpoint, explanations, speak, standpoints
from rules.engine.intake.facts import complete
from rules.engine.intake.guards import merge
from rules.engine.model.conditions import holds
from rules.engine.model.effects import AnyEffect, Flag, Notice, Refused
from rules.engine.model.policy import EVENT, Facts, Policies, Procedure, Rule
from rules.engine.model.situation import NO_CASE, CaseFile, Situation
from rules.engine.proposing.audiences import Audiences
from rules.engine.proposing.make import Grounds, Making
from rules.engine.proposing.sealing import is_sealed, sealed
from rules.engine.wording.explain import Explanation, explain

NO_SUCH_CASE = "there is no case with the reference that was given"
SEND_AGAIN = "Look for the reference in the task sheet, and send it again."
UNREADABLE = "look at a response that could not be read in full"
DIFFERED = "the two evaluations of the rules differed"


class Matching(Protocol):
    """What tells which rules hold: durable-rules with the reference beside it, or the reference alone."""

    def matching(self, facts: Facts) -> MatchedLike:
        """Every fact of the vocabulary is in ``facts``."""


class MatchedLike(Protocol):
    """Which rules hold, on which the two differed, and what went wrong."""

    @property
    def rules(self) -> frozenset[str]: ...
    @property
    def disagreed(self) -> frozenset[str]: ...
    @property
    def error(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows. ``cases`` are the files as they stand after it, the event's case first; effects name theirs."""

    cases: tuple[CaseFile, ...]
    effects: tuple[AnyEffect, ...]
    explanation: Explanation
    policy_version: str
    calendar_version: str
    disagreed: frozenset[str] = frozenset()
    error: str | None = None
    counted: tuple[str, ...] = ()
    """The earlier cases that were counted for it."""
    apart: Mapping[str, Explanation] = field(default_factory=dict)
    """For each who may not know of one of those, by address, the explanation as far as they may know."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference evaluator on its own: for examples, and for a submission that has twice killed a worker."""

    rules: Mapping[str, Rule]

    def matching(self, facts: Facts) -> Alone:
        """Every rule whose condition holds."""
        return Alone(frozenset(rule.id for rule in self.rules.values() if holds(rule.condition, facts)))


@dataclass(frozen=True, slots=True)
class Alone:
    """What the reference alone says."""

    rules: frozenset[str]
    disagreed: frozenset[str] = frozenset()
    error: str | None = None


def decide(policies: Policies, matcher: Matching, situation: Situation) -> Decision:
    """Decide what follows from the event. Pure: the same situation gives the same decision.

    KeyError where a track has no reference in ``situation.next_refs``; TermDatesNotLoaded never: it becomes a flag.
    """
    before = situation.case
    facts = facts_of(policies, situation)
    if before is not None and situation.event.name == "update recorded":
        refused = refusal(situation.event, before, situation.directory)
        if refused is not None:
            return _refused(policies, situation, before, facts, refused)
    matched = matcher.matching(facts)
    applied = [rule for rule in policies.rules if rule.id in matched.rules]
    if situation.event.name in OF_THE_SCHOOL:
        effects = effects_of(policies, situation, applied, facts)
        said = explain(policies, matched.rules, facts, effects)
        return Decision(
            (), effects, said, policies.version, situation.calendar.version, matched.disagreed, matched.error
        )
    situation = on_its_track(applied, situation)
    tracks = tracks_of(applied, situation)
    cases = [case_after(policies, situation, facts, applied, track) for track in tracks]
    for other in cases[1:]:
        cases[0] = replace(cases[0], linked=tuple(dict.fromkeys((*cases[0].linked, other.ref))))
    cases[1:] = [replace(other, linked=tuple(dict.fromkeys((*other.linked, cases[0].ref)))) for other in cases[1:]]
    differed = bool(matched.disagreed or matched.error)
    seen = standpoints(policies, matched.rules, facts, situation.event.counted)
    makings = [
        _make_case(
            policies, situation, case, seen, facts,
            is_main=i == 0, differed=differed and i == 0,
            left=i == 0 and before is not None and before.track != case.track,
        )
        for i, case in enumerate(cases)
    ]  # fmt: skip
    decided = {making.case.ref for making in makings}
    out = {kept.address for making in makings for kept in making.case.kept_out}
    behind = [other for other in situation.beside if other.ref not in decided and out - _addresses_out(other)]
    makings += [_follow(policies, situation, other, makings) for other in behind]
    made = [effect for making in makings for effect in making.effects]
    notes = [note for making in makings for note in making.notes]
    return Decision(
        cases=tuple(making.case for making in makings),
        effects=tuple(made),
        explanation=explain(policies, matched.rules, facts, made, notes),
        policy_version=policies.version,
        calendar_version=situation.calendar.version,
        disagreed=matched.disagreed,
        error=matched.error,
        counted=seen[0].counted.refs,
        apart=explanations(seen, makings),
    )


def _make_case(
    policies: Policies,
    s: Situation,
    case: CaseFile,
    seen: Sequence[Standpoint],
    facts: Facts,
    *,
    is_main: bool,
    differed: bool,
    left: bool,
) -> Making:
    before = s.case if is_main and s.case is not None else None
    making = Making(policies, s, case, Audiences(policies.vocabulary, s.directory, case))
    procedure = policies.procedure_of(case.track)
    spoken = frozenset().union(*(one.rules for one in seen))
    for rule in policies.rules:
        if rule.id in spoken and is_for(rule, case.track, s):
            speak(making, rule, seen)
    if before is not None and s.event.name == "update recorded":
        changes.carry_out(making, before, procedure)
    if before is not None:
        tick_off_what_follows(making)
    if before is not None and making.case.panel != before.panel:
        panel.panel_changed(making, before)
    if before is not None:
        changes.remove_concerned(making, before)
        take_back_overtaken(making, before)
    if left:
        changes.leave_the_bullying_flow(making)
    if is_main:
        answer_clock(making, facts)
        _bring_to_a_person(making, differed=differed)
    open_for_new_work(making, before)
    ask_to_decide(making, before)
    making.case = with_hold(making, before)
    if procedure is not None:
        move_on(making, procedure, facts)
    kept_out = before is not None and _addresses_out(case) != _addresses_out(before)
    have_the_last_word(making, before, moved=left or kept_out)
    return making


def _addresses_out(case: CaseFile) -> frozenset[str]:
    return frozenset(kept.address for kept in case.kept_out)


def _follow(policies: Policies, s: Situation, before: CaseFile, makings: Iterable[Making]) -> Making:
    """A linked case, out of which everybody stays who is kept out of one that was decided (I2)."""
    kept_out = merge(before.kept_out, [kept for making in makings for kept in making.case.kept_out])
    case = replace(before, kept_out=kept_out)
    making = Making(policies, s, case, Audiences(policies.vocabulary, s.directory, case))
    changes.remove_concerned(making, before)
    have_the_last_word(making, before)
    return making


def move_on(making: Making, procedure: Procedure, facts: Facts) -> None:
    """Bring stage, state and clocks of the case up to what has happened on it."""
    happenings = making.case.happenings
    making.case = replace(
        making.case,
        stage=stage_of(procedure, happenings, making.case.stage),
        state=state_of(procedure, happenings),
    )
    clockwork.run_clocks(making, procedure, facts)


def _bring_to_a_person(making: Making, *, differed: bool) -> None:
    """What could not be read, and a machine that disagrees with itself; nothing is dropped (I6, AB-8l)."""
    event = making.situation.event
    if event.oddities:
        found = "; ".join(event.oddities)
        grounds = Grounds(
            rules=("unreadable",), clauses=("AB-8l",), because=f"A part of the response could not be read: {found}."
        )
        making.flag(UNREADABLE, making.in_charge, found, grounds, once=event.occurrence)
    if differed:
        grounds = Grounds(rules=("side-by-side",), clauses=("AB-8l",), because=f"{DIFFERED}: both were followed.")
        making.flag(DIFFERED, making.in_charge, "both answers were followed", grounds, once=event.occurrence)


def _refused(policies: Policies, s: Situation, case: CaseFile, facts: Facts, refused: tuple[str, str, str]) -> Decision:
    """An update by somebody who may not make it: nothing changes, and a person hears of it."""
    what, why, instead = refused
    making = Making(policies, s, case, Audiences(policies.vocabulary, s.directory, case))
    clauses: tuple[str, ...] = ("CP-2e",) if case.track == "complaint" else ("AB-8k",)
    clauses = ("AB-9j", "AB-8g") if what in DSL_ONLY else LADDER_CLAUSES if what == ACKNOWLEDGED else clauses
    early = too_early(s.event, case)
    clauses = early[2] if early is not None and early[0] == why else clauses
    grounds = Grounds(rules=("who-may-record",), clauses=clauses, because=f"“{what}” was not accepted: {why}.")
    once = s.event.occurrence
    making.effects.append(
        Refused(key=f"refused:{what}:{once}", case=case.ref, what=what, why=why, instead=instead, **grounds)
    )
    making.flag("an update was refused", making.in_charge, f"{what}: {why}", grounds, once=once)
    seal = is_sealed((kept.address for kept in case.kept_out), policies.vocabulary, s.directory)
    effects = (*sealed(making.effects, case, seal=seal), *making.write())
    if may_hear(s.event.actor or "", case, s.directory):
        making.letters.clear()
        making.answer_sender(f"{why}. {instead}", grounds)
        effects = (*effects, *making.write())
    else:
        # To somebody who is kept out the case does not exist: they hear, and read in the task sheet, what a wrong
        # reference would have come to.
        nowhere = undecidable(policies, s, s.event.name, NO_SUCH_CASE, SEND_AGAIN).effects
        outside = {s.event.actor, *(kept.address for kept in case.kept_out)}
        effects += tuple(e for e in nowhere if isinstance(e, Flag) or (isinstance(e, Notice) and e.to in outside))
    return Decision((case,), effects, explain(policies, (), facts, effects), policies.version, s.calendar.version)


def undecidable(policies: Policies, situation: Situation, what: str, why: str, instead: str) -> Decision:
    """Something that belongs to no case, or that could not be decided: nothing is done, and a person hears of it (I6).

    ``situation.event.actor`` hears of it too, if they are of the school: they know best what they meant.
    """
    nowhere = CaseFile(NO_CASE, "contact", "open", None, situation.now, reporter=situation.event.actor)
    making = Making(policies, situation, nowhere, Audiences(policies.vocabulary, situation.directory, nowhere))
    grounds = Grounds(rules=("undecided",), clauses=("AB-8l",), because=f"“{what}” could not be decided: {why}.")
    once = situation.event.occurrence
    making.effects.append(Refused(key=f"refused:{once}", case=None, what=what, why=why, instead=instead, **grounds))
    making.flag(what, "designated safeguarding lead", why, grounds, once=once)
    sender = situation.directory.by_email(situation.event.actor or "")
    if sender is not None and sender.kind != "outside":
        making.tell(("reporter",), "not_placed", grounds, once=once, what=f"{why}. {instead}")
    effects = tuple(replace(effect, case=None) for effect in (*making.effects, *making.write()))
    facts = complete(policies.vocabulary.facts, {EVENT: situation.event.name})
    return Decision((), effects, explain(policies, (), facts, effects), policies.version, situation.calendar.version)
