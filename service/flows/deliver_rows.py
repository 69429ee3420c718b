"""Tasks, and matters for a person, as rows of the task sheet."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from integrations.ports import TaskRow
from rules.engine.effects import Flag, Task
from service.store import Action

TASKS: Final = "Tasks"
MATTERS: Final = "For a person (restricted)"
"""What was found may name a kind, so the tab is one that only some may read."""

_LONDON = ZoneInfo("Europe/London")


def row_of(action: Action, effect: Task | Flag, console: str) -> TaskRow:
    """The row of an action. ``console`` is the address under which people find the case."""
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


def _due(due: date | datetime | None) -> str:
    """A day, or a day and time in Europe/London, so written that a column of them sorts."""
    match due:
        case datetime():
            return due.astimezone(_LONDON).strftime("%Y-%m-%d %H:%M")
        case date():
            return due.isoformat()
        case None:
            return ""
