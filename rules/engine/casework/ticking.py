"""Which tasks an update ends. Work is never taken as done for somebody of whom the update does not speak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rules.engine.casework.identified import heard
from rules.engine.intake.left_blank import NOTHING
from rules.engine.model.effects import Task
from rules.engine.proposing.make import Grounds, Making

HEARD = ("interview held", "account or statement received")
"""What shows that somebody's account is there."""
TARGETED_HEARD = "the one targeted was heard"
COMPLETE = "the report leaves nothing open"


def tick_off_what_follows(making: Making) -> None:
    """What an event ends beyond what it says itself: the one targeted is heard now, the report is complete now."""
    event, case = making.situation.event, making.case
    what = event.facts.get("what happened")
    if event.name == "report received" and event.facts.get("questions left blank") == frozenset({NOTHING}):
        tick_off(making, COMPLETE, "A later version of the report answers what was left open.")
    targeted = {party.number for party in case.parties if party.role == "targeted"}
    if event.name == "update recorded" and what in HEARD and targeted & heard(event, case):
        tick_off(making, TARGETED_HEARD, f"“{what}” was recorded on the case.")


def tick_off(making: Making, what: str, because: str) -> None:
    """The tasks that this ends; of those that stand for one person each, only those of whoever is meant."""
    waiting = [task for task in making.case.tasks.values() if task.state == "open" and what in task.done_when]
    each = [task for task in waiting if task.not_a_party]
    whole = [task for task in waiting if not task.not_a_party]
    meant = _meant(making, each)
    for task in (*whole, *meant):
        making.effects.append(replace(task, state="done", because=because))
    if each and not meant and not whole:
        grounds = Grounds(rules=("update",), clauses=("AB-8k",), because=f"{because} It does not say of whom.")
        making.answer_sender(what, grounds, template="say_of_whom")


def number_of(task: Task) -> int:
    """The number of the party for whom a task stands; 0 where it stands for none."""
    number = task.title.rpartition(": party ")[2]
    return int(number) if number.isdecimal() else 0


def _meant(making: Making, each: Sequence[Task]) -> Sequence[Task]:
    """Those of the parties named; of nobody named, the only one there is, or the only one of whoever recorded it."""
    event = making.situation.event
    if event.parties:
        named = heard(event, making.case)
        return [task for task in each if number_of(task) in named]
    mine = [task for task in each if task.assignee == event.actor]
    return next((tasks for tasks in (each, mine) if len({number_of(task) for task in tasks}) == 1), [])
