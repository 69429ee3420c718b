"""Which clauses applied to a case, and whether each was met, late or missed, or is not due yet (AB-13a)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Literal

from rules.engine.model.effects import CalendarEntry, Deadline, Notice, Task
from rules.engine.model.situation import CaseFile
from rules.engine.school.school_days import LONDON

Standing = Literal["met", "not yet", "late", "missed"]
WORST_LAST: tuple[Standing, ...] = ("met", "not yet", "late", "missed")
"""A clause stands as the worst of what it asked for on the case."""


def compliance(case: CaseFile, today: date) -> Mapping[str, Standing]:
    """Each clause that anything on the case rests on, in order of its id, with how it stands at the end of ``today``.

    What was cancelled or taken back asks for nothing. Holds and flags are met by being there: they ask for no more.
    """
    found: dict[str, Standing] = {}
    for clauses, standing in _duties(case, today):
        for clause in clauses:
            found[clause] = max(found.get(clause, standing), standing, key=WORST_LAST.index)
    return dict(sorted(found.items()))


def _duties(case: CaseFile, today: date) -> Iterator[tuple[tuple[str, ...], Standing]]:
    asked: tuple[Mapping[str, Deadline | Task | Notice | CalendarEntry], ...]
    asked = (case.deadlines, case.tasks, case.notices, case.entries)
    for effect in (effect for effects in asked for effect in effects.values()):
        standing = _standing(effect, today)
        if standing is not None:
            yield effect.clauses, standing
    for kept in (*case.withholds.values(), *case.flags.values()):
        yield kept.clauses, "met"


def _standing(effect: Deadline | Task | Notice | CalendarEntry, today: date) -> Standing | None:
    match effect:
        case Deadline(state="met" | "late" | "missed" as state):
            return state
        case Deadline(state="cancelled") | Task(state="cancelled") | Notice(status="withdrawn"):
            return None
        case CalendarEntry(action="cancel"):
            return None
        case Task(state="done") | Notice(status="sent") | CalendarEntry(status="sent"):
            return "met"
        case Task(due=due) if due is not None and _day(due) < today:
            return "missed"
        case _:
            return "not yet"


def _day(due: date | datetime) -> date:
    return due.astimezone(LONDON).date() if isinstance(due, datetime) else due
