"""When a case may be closed: each one's account is there, or the reason why it is not (AB-9b)."""

from __future__ import annotations

from rules.engine.casework.conduct import OutOfOrder
from rules.engine.casework.ticking import HEARD, number_of
from rules.engine.model.situation import CaseFile, Event

CLOSED = "case closed"


def not_all_heard(event: Event, case: CaseFile) -> OutOfOrder | None:
    """Why, instead and the clauses, where a case between pupils cannot be closed yet; None where it can."""
    if case.track != "bullying" or event.facts.get("what happened") != CLOSED:
        return None
    if event.details.get("outcome", "").strip():
        return None
    waiting = [task for task in case.tasks.values() if task.state == "open" and task.not_a_party]
    unheard = sorted({number_of(task) for task in waiting if set(HEARD) & set(task.done_when)})
    if not unheard:
        return None
    parties = [f"party {number}" for number in unheard]
    named = parties[0] if len(parties) == 1 else f"{', '.join(parties[:-1])} and {parties[-1]}"
    why = f"there is no account of {named} yet, and no reason why not"
    instead = (
        'Record each interview or account, with the name under "Who was involved?"; or close it again and give the '
        'reason under "Reason or outcome".'
    )
    return why, instead, ("AB-9b",)
