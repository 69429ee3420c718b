"""Tasks, and matters for a person, as rows of the task sheet."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from integrations.ports import TaskRow
from rules.engine.effects import Flag, Task
from service.store import Action

TASKS: Final = "Tasks (restricted)"
MATTERS: Final = "For a person (restricted)"
"""A task's title or clause, and what was found, may tell a kind: both tabs are for those only who may read that."""
SEALED: Final = "Sign in to see what this is"

_LONDON = ZoneInfo("Europe/London")


def row_of(action: Action, effect: Task | Flag, console: str) -> TaskRow:
    """The row of an action. ``console`` is the address under which people find the case."""
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
            return due.astimezone(_LONDON).strftime("%Y-%m-%d %H:%M")
        case date():
            return due.isoformat()
        case None:
            return ""
