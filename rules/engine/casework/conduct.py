"""What may be recorded on a complaint only after something else was: the ladder, stopping responses, decisions.

The software weighs nobody's conduct. It sees to the order of the steps, and that people have said what the policy asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from rules.engine.model.policy import UNKNOWN, FactValue
from rules.engine.model.situation import CaseFile, Event

DISCUSSED = "unreasonable conduct: informal discussion held"
WRITTEN = "unreasonable conduct: letter sent"
PLANNED = "unreasonable conduct: communication plan agreed"
STATEMENTS = (
    "unreasonable conduct: every reasonable step has been taken",
    "unreasonable conduct: position and options clearly stated",
    "unreasonable conduct: substantially the same points each time",
)
APPROVED = "unreasonable conduct: stopping approved by a second person"
CONTACT = "contact logged"
EXTENDED = "complex: new target date"
STOPPED = "unreasonable conduct: decision to stop responding"

BEFORE: Mapping[str, tuple[str, tuple[str, ...], str]] = {
    WRITTEN: (DISCUSSED, ("CP-8b",), "Talk with the complainant first, and record it; or record that they declined."),
    PLANNED: (WRITTEN, ("CP-8b",), "Write to the complainant first, and record it; then agree the plan."),
    "meeting held in the complainant's absence": (
        "meeting offered", ("CP-3e",), "Offer the complainant a meeting, and record each offer.",
    ),
    "bar reviewed": ("barred from the premises", ("CP-10a",), "Record the bar first."),
}  # fmt: skip
"""What must be on record before: the step, the clauses, and what to do instead."""

_REASONED: Mapping[str, tuple[str, ...]] = {
    "deviation from the procedure": ("CP-2f",),
    "legal representation allowed": ("CP-3n",),
    "barred from the premises": ("CP-10a",),
    STOPPED: ("CP-8c",),
}
"""What is recorded with its reason or not at all."""

CHANGES = "changes of basis"
_BASIS = ("topic", "stated complained about")

NEVER_FOR = "Nobody is left without an answer for being difficult, or for asking complex questions."

OutOfOrder = tuple[str, str, tuple[str, ...]]


def out_of_order(event: Event, case: CaseFile) -> OutOfOrder | None:
    """Why, instead and the clauses, where this cannot be recorded yet; None where it can."""
    what = str(event.facts.get("what happened"))
    recorded = {happening.what for happening in case.happenings}
    if what in BEFORE and BEFORE[what][0] not in recorded:
        _, clauses, instead = BEFORE[what]
        return "the step that comes before it is not on record", instead, clauses
    if what in (APPROVED, STOPPED):
        missing = sum(statement not in recorded for statement in STATEMENTS)
        if missing:
            instead = f"Somebody records each statement that is true. {NEVER_FOR}"
            verb = "is" if missing == 1 else "are"
            return f"{missing} of the three statements {verb} not on record", instead, ("CP-8c",)
    if what == STOPPED and not _approved_by_another(event, case):
        instead = f"Somebody other than the one who decides records the approval first. {NEVER_FOR}"
        return "nobody else has approved it", instead, ("CP-8c",)
    if what == EXTENDED and not event.details.get("new date"):
        return "it needs the new date", "Record it again with the new target date.", ("CP-3d",)
    if what in _REASONED and not event.details.get("outcome", "").strip():
        return "it needs its reason", "Record it again with the reason.", _REASONED[what]
    return None


def needed_before(what: str) -> tuple[str, ...]:
    """What must be on record of a complaint before this can be recorded; nothing where the order is free."""
    if what in BEFORE:
        return (BEFORE[what][0],)
    return {APPROVED: STATEMENTS, STOPPED: (*STATEMENTS, APPROVED)}.get(what, ())


def contacts_in_a_week(case: CaseFile, event: Event) -> int:
    """How many contacts were logged on the case in the seven days that end with this one, itself included."""
    logged = [happening.at for happening in event.happenings if happening.what == CONTACT]
    if not logged:
        return 0
    before = [happening.at for happening in case.happenings if happening.what == CONTACT]
    return 1 + sum(timedelta() <= logged[0] - at < timedelta(days=7) for at in before)


def changes_of_basis(case: CaseFile | None, event: Event) -> dict[str, FactValue]:
    """Whether this version of a complaint changed what it rests on, and how many versions did: facts, no judgement."""
    if event.name != "complaint received" or case is None:
        return {}
    said = [(case.facts.get(name, UNKNOWN), event.facts.get(name, UNKNOWN)) for name in _BASIS]
    changed = any(before != now and UNKNOWN not in (before, now) for before, now in said)
    counted = case.facts.get(CHANGES)
    count = (counted if isinstance(counted, int) else 0) + changed
    return {"the basis has changed": "yes" if changed else "no", CHANGES: count}


def _approved_by_another(event: Event, case: CaseFile) -> bool:
    approvers = {happening.by for happening in case.happenings if happening.what == APPROVED}
    return bool(approvers - {event.actor or "", ""})
