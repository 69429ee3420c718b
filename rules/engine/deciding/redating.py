"""Days that a changed calendar moves: a proposal to a person, and what follows once one confirms it (Counting 5)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rules.engine.casework import clockwork
from rules.engine.deciding.all_facts import facts_of
from rules.engine.deciding.by_hand import begin, decided
from rules.engine.deciding.decide import Decision
from rules.engine.deciding.release import MAY_RELEASE
from rules.engine.model.effects import Refused
from rules.engine.model.policy import Facts, Policies, Procedure
from rules.engine.model.situation import Happening, Situation
from rules.engine.proposing.make import Grounds, Making
from rules.engine.wording.letters import in_words

CONFIRMED = "new dates confirmed"
NO_MORE = "no deadline that still runs stands on another day than the calendar gives"


@dataclass(frozen=True, slots=True)
class _Refusal:
    why: str
    instead: str


def confirm(policies: Policies, situation: Situation) -> Decision:
    """Put the clocks of the case on the days that the calendar now gives, by ``situation.event.actor``; or say why not.

    KeyError where the situation has no case.
    """
    making = begin(policies, situation)
    case, facts = making.case, facts_of(policies, situation)
    procedure = policies.procedure_of(case.track)
    moved = clockwork.redated(procedure, case, facts, making) if procedure is not None else []
    refused = _refusal(making, [kept.duty_of for kept, _ in moved])
    if refused is not None:
        _refuse(making, refused)
    elif procedure is not None:
        making.case = replace(case, happenings=(*case.happenings, Happening(CONFIRMED, situation.now)))
        _move(making, procedure, facts, moved)
    return decided(making)


def _refusal(making: Making, duty_of: list[str]) -> _Refusal | None:
    actor = making.situation.event.actor or ""
    person = making.situation.directory.by_email(actor)
    if person is None or not making.audiences.may_know(actor):
        return _Refusal("only somebody of the school who may see this case can confirm it", "Somebody on it does.")
    if not duty_of:
        return _Refusal(NO_MORE, "Look at the case for its dates.")
    if actor not in duty_of and not MAY_RELEASE & set(person.roles):
        return _Refusal(
            "somebody else answers for these dates", f"{duty_of[0]} confirms it, or the headteacher or the clerk."
        )
    return None


def _refuse(making: Making, refused: _Refusal) -> None:
    clauses = ("CP-2b",) if making.case.track == "complaint" else ("AB-8k",)
    grounds = Grounds(rules=("re-date",), clauses=clauses, because=f"New dates were not taken: {refused.why}.")
    once = making.situation.event.occurrence
    making.effects.append(
        Refused(
            key=f"refused:re-date:{once}", case=making.case.ref, what="the new dates", why=refused.why,
            instead=refused.instead, **grounds,
        )
    )  # fmt: skip


def _move(making: Making, procedure: Procedure, facts: Facts, moved: list[clockwork.Moved]) -> None:
    """The deadlines, whoever answers for them, and a letter to the complainant (CP-2b)."""
    actor, once = making.situation.event.actor or "", making.situation.event.occurrence
    clockwork.stand_anew(making, procedure, facts, [clock for _, clock in moved])
    for kept, clock in moved:
        grounds = Grounds(
            rules=(kept.id,), clauses=clock.spec.clauses,
            because=f"{clock.name}: the calendar has changed, and {actor} confirmed the new day.",
        )  # fmt: skip
        making.tell(
            (clock.spec.duty_of,), "deadline_moved", grounds, once=f"{clock.key}:{once}", what=clock.name, due=clock.due
        )
    if making.case.track == "complaint":
        clauses = tuple(dict.fromkeys(clause for _, clock in moved for clause in clock.spec.clauses))
        grounds = Grounds(
            rules=tuple(kept.id for kept, _ in moved), clauses=("CP-2b", *clauses),
            because="Changed timescales are told to everybody whom they concern.",
        )  # fmt: skip
        making.write_to("complainant", "new_dates", grounds, once=once, what=_listed(moved))


def _listed(moved: list[clockwork.Moved]) -> str:
    return "\n".join(f"- {clock.name}: by {in_words(clock.due)}" for _, clock in moved)
