"""What of a case's page a reader may know: nothing that was made because of an earlier case that is kept from them.

They read the case as if the other had never been (I2, I12, AB-9i), the explanation too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from rules.engine.deciding.standpoints import as_known
from rules.engine.model.effects import AnyEffect
from rules.engine.model.situation import CaseFile
from rules.engine.school.directory import Person
from service.store import Action, DecisionRecord, Entry, Transaction

E = TypeVar("E", bound=AnyEffect)


@dataclass(frozen=True, slots=True)
class Known:
    """A case with its record, as far as the reader may know."""

    case: CaseFile
    actions: tuple[Action, ...]
    account: tuple[Entry, ...]
    decisions: tuple[DecisionRecord, ...]


def known_to(person: Person, tx: Transaction, case: CaseFile) -> Known:
    """What was made, written down and decided on this case, without what rests on a case that is kept from them."""
    actions, account = tx.actions.of_case(case.ref), tx.chronology.of_case(case.ref)
    decisions = tx.decisions.of_case(case.ref)
    counted = {ref for action in actions for ref in action.effect.rests_on}
    counted |= {ref for entry in account for ref in entry.rests_on}
    counted |= {ref for decision in decisions for ref in decision.counted}
    unseen = frozenset(ref for ref in counted if person.email in tx.cases.kept_out_of(ref))
    if not unseen:
        return Known(case, tuple(actions), tuple(account), tuple(decisions))

    def some(effects: Mapping[str, E]) -> dict[str, E]:
        return {effect.key: effect for effect in as_known(effects.values(), person.email, unseen)}

    known = replace(
        case, notices=some(case.notices), tasks=some(case.tasks), entries=some(case.entries), flags=some(case.flags)
    )
    return Known(
        known,
        tuple(
            replace(action, effect=effect)
            for action in actions
            for effect in as_known([action.effect], person.email, unseen)
        ),
        tuple(e for e in account if unseen.isdisjoint(e.rests_on) or person.email in e.known_to),
        tuple(one for decision in decisions if (one := _as_known(decision, person, unseen)) is not None),
    )


def _as_known(decision: DecisionRecord, person: Person, unseen: frozenset[str]) -> DecisionRecord | None:
    """None where the reader was kept out of something that counted only after it was decided: then nothing is said."""
    if unseen.isdisjoint(decision.counted):
        return decision
    known = decision.apart.get(person.email)
    return replace(decision, explanation=known) if known is not None else None
