"""Tasks, and matters for a person, as rows of the task sheet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from integrations.ports import DeliveryError, TaskRow
from rules.engine.model.effects import Flag, Task
from rules.engine.school.school_days import LONDON
from service.flows.progress import Delivered
from service.store import Action

TASKS: Final = "Tasks (restricted)"
MATTERS: Final = "For a person (restricted)"
"""A task's title or clause, and what was found, may tell a kind: both tabs are for those only who may read that."""
SEALED: Final = "Sign in to see what this is"
WRITTEN: Final = Delivered("done", "written", {"step": "written"})

_TRIES_TOGETHER: Final = 3


def parts_to_try(due: Sequence[Action], error: DeliveryError) -> list[Sequence[Action]]:
    """Into which parts a batch that failed is divided, to find the row to blame; none where it is not one row's fault.

    By halves a bad one among 200 is found in 16 calls; Sheets allows 60 a minute. What is said to be everybody's fault
    may still be that of one tab, which somebody has protected.
    """
    tabs = [[action for action in due if isinstance(action.effect, kind)] for kind in (Task, Flag)]
    if all(tabs) and error.permanent:
        return [*tabs]
    may_be_one = error.permanent or error.reason == "unexpected" or any(a.attempts >= _TRIES_TOGETHER for a in due)
    if len(due) == 1 or error.systemic or error.retry_after or not may_be_one:
        return []
    return [due[: len(due) // 2], due[len(due) // 2 :]]


def row_of(action: Action, console: str) -> TaskRow:
    """The row of an action. ``console`` is the address under which people find the case."""
    effect = action.effect
    assert isinstance(effect, Task | Flag)  # noqa: S101  the lane holds nothing else
    if effect.sealed:
        return _sealed(action, effect, console)
    shared = {
        "Clauses": ", ".join(effect.clauses),
        "Link": f"{console}/cases/{effect.case}" if effect.case else console,
    }
    if isinstance(effect, Flag):
        cells = {
            "Reference": effect.case or "",
            "Matter": effect.name,
            "For": effect.role,
            "What was found": effect.evidence,
        }
        return TaskRow(action.id, MATTERS, cells | shared)
    cells = {
        "Reference": effect.case or "",
        "What to do": effect.title,
        "For": effect.role,
        "Who": effect.assignee,
        "Due": _due(effect.due),
        "State": effect.state,
    }
    return TaskRow(action.id, TASKS, cells | shared)


def _sealed(action: Action, effect: Task | Flag, console: str) -> TaskRow:
    """A row that somebody may read who is kept out of the case: whose turn it is, and nothing of the case."""
    nothing = {"Reference": "", "For": "", "Clauses": "", "Link": console}
    if isinstance(effect, Flag):
        return TaskRow(action.id, MATTERS, nothing | {"Matter": SEALED, "What was found": ""})
    turn = {"What to do": SEALED, "Who": effect.assignee, "Due": _due(effect.due), "State": effect.state}
    return TaskRow(action.id, TASKS, nothing | turn)


def _due(due: date | datetime | None) -> str:
    """A day, or a day and time in Europe/London, so written that a column of them sorts."""
    match due:
        case datetime():
            return due.astimezone(LONDON).strftime("%Y-%m-%d %H:%M")
        case date():
            return due.isoformat()
        case None:
            return ""
