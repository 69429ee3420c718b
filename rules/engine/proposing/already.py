"""What a case has already, so that it is not given twice: a task that is open, a letter to a family."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rules.engine.model.effects import AnyEffect, Task
from rules.engine.model.situation import CaseFile, Event
from rules.engine.proposing.notices import Grounds, Letter


def open_already(
    case: CaseFile, made: Iterable[AnyEffect], event: Event, same: tuple[str, str, tuple[str, ...]]
) -> Task | None:
    """The open task of this assignee, title and ``done when``: what ends the one would end the other too.

    None where nothing ends it, or where this event does.
    """
    done_when = same[2]
    if not done_when or event.facts.get("what happened") in done_when:
        return None
    tasks = dict(case.tasks) | {effect.key: effect for effect in made if isinstance(effect, Task)}
    found = (task for task in tasks.values() if task.state == "open")
    return next((task for task in found if (task.assignee, task.title, task.done_when) == same), None)


def on_more_grounds(task: Task, grounds: Grounds) -> Task:
    """The task, resting on these too, unless they count cases of which some may not know who know of the task."""
    if task.rests_on != grounds.get("rests_on", ()):
        return task
    rules = tuple(dict.fromkeys((*task.rules, *grounds["rules"])))
    return replace(task, rules=rules, clauses=tuple(dict.fromkeys((*task.clauses, *grounds["clauses"]))))


def hears_already(case: CaseFile, letters: Iterable[Letter], carer: str, this: str) -> bool:
    """Whether this carer has another letter about the case than ``this``, or its draft: there is no second one.

    Who has two children in it would read from a second letter that both are, and on which sides.
    """
    drafted = any(letter.to.family and letter.to.address == carer for letter in letters)
    return drafted or any(
        notice.family and notice.to == carer and notice.status != "withdrawn" and notice.key != this
        for notice in case.notices.values()
    )
