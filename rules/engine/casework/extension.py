"""A new date for stage two (CP-3d) is later than the one it moves, and counts only if its letter goes out in time."""

from __future__ import annotations

from datetime import date, datetime

from rules.engine.casework.conduct import EXTENDED, OutOfOrder
from rules.engine.model.situation import CaseFile, Event
from rules.engine.proposing.make import Grounds, Making
from rules.engine.wording.letters import in_words

CLOCK = "CP-3d"
TOLD = "complainant told of the revised date"
"""What happens when the letter with the new date is released."""


def not_later(event: Event, case: CaseFile) -> OutOfOrder | None:
    """Why a new date that is no later than the one it is to move cannot be recorded; None where it can."""
    given = event.details.get("new date")
    if event.facts.get("what happened") != EXTENDED or not given:
        return None
    first = _first_date(case)
    if first is None or date.fromisoformat(given) > first:
        return None
    why = f"the new target date is not after {in_words(first)}, by which the answer is due"
    return why, "Record it again with a later date.", ("CP-3d",)


def say_if_too_late(making: Making, what: str) -> None:
    """The first date has passed: a new one is told to the complainant, and moves nothing. A person hears that."""
    if what not in (EXTENDED, TOLD):
        return
    missed = any(clock.id == CLOCK and clock.state == "missed" for clock in making.case.deadlines.values())
    if missed:
        why = "the first date had passed before the complainant was told of a new one, so the answer stays overdue"
        grounds = Grounds(rules=("CP-3d",), clauses=("CP-3d",), because=f"A new date does not count: {why}.")
        once = f"{what}:{making.situation.event.occurrence}"
        making.flag("answer as soon as you can: the new date does not count", making.in_charge, why, grounds, once=once)


def _first_date(case: CaseFile) -> date | None:
    due = [clock.due for clock in case.deadlines.values() if clock.id == CLOCK and clock.state in ("open", "paused")]
    return (due[0].date() if isinstance(due[0], datetime) else due[0]) if due else None
