"""What ends with a case, and what comes back when it is opened again: tasks, drafts, diary entries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from rules.engine.casework.diary import goes_on
from rules.engine.casework.ticking import HEARD
from rules.engine.clocks.procedure import state_of
from rules.engine.intake.guards import FAMILY, OWN
from rules.engine.model.effects import CalendarEntry, Task
from rules.engine.model.policy import Procedure, Stage
from rules.engine.model.situation import CaseFile, Happening
from rules.engine.proposing.make import Grounds, Making

REOPENED, CLOSED = "case reopened", "case closed"
ENDED = "The case has ended:"
"""How the reason begins for which something is taken back when a case is closed."""


def end(making: Making, procedure: Procedure, grounds: Grounds) -> None:
    """Closed, withdrawn or resolved: open work, drafts and diary entries end with it (CP-2g), but for those of clocks
    that run beside the stages of the case: a bar is about conduct, and not about the complaint.
    """
    because, cited = f"{ENDED} {grounds['because']}", ("CP-2g",) if making.case.track == "complaint" else ()
    ended = _ended(making, procedure)
    _say_what_was_owed(making, ended, grounds)
    for task in ended:
        clauses = tuple(dict.fromkeys((*task.clauses, *cited)))
        making.effects.append(replace(task, state="cancelled", because=because, clauses=clauses))
    beside = {clause for stage in _going_on(making, procedure) for clause in stage.clauses}
    stay = [key for key, notice in making.case.notices.items() if beside.issuperset(notice.clauses)]
    withdraw_drafts(making, because, family_only=False, cited=cited, but=stay)
    for entry in making.case.entries.values():
        if entry.action != "cancel" and entry.start > making.situation.now and not goes_on(making, procedure, entry):
            clauses = tuple(dict.fromkeys((*entry.clauses, *cited)))
            making.effects.append(replace(entry, action="cancel", because=because, clauses=clauses))


def _ended(making: Making, procedure: Procedure) -> list[Task]:
    """The open tasks that end with the case: not those that this very thing meets, or a clock that goes on."""
    what = str(making.situation.event.facts.get("what happened"))
    met_by = {
        what,
        *(done for stage in _going_on(making, procedure) for spec in stage.deadlines for done in spec.done_when),
    }
    return [task for task in making.case.tasks.values() if task.state == "open" and not met_by & set(task.done_when)]


def _going_on(making: Making, procedure: Procedure) -> list[Stage]:
    what = making.situation.event.facts.get("what happened")
    return [stage for stage in procedure.stages if stage.alongside and what not in stage.closes_when]


def _say_what_was_owed(making: Making, ended: list[Task], grounds: Grounds) -> None:
    """A case was closed, and not withdrawn or resolved: what was still to be done on it is not dropped unseen.

    A reason for closing it stands for the accounts that are missing (AB-9b).
    """
    event = making.situation.event
    if event.facts.get("what happened") != CLOSED:
        return
    owed = [task.title for task in ended if making.case.track == "complaint" or not set(HEARD) & set(task.done_when)]
    if owed:
        again = Grounds(rules=("update",), clauses=_cited(making), because=grounds["because"])
        evidence = f"it was closed before this was recorded as done: {'; '.join(owed)}"
        called = "complaint" if making.case.track == "complaint" else "case"
        name = f"see what was still owed when the {called} was closed; reopen it if any of it is"
        making.flag(name, making.in_charge, evidence, again, once=event.occurrence)


def withdraw_drafts(
    making: Making, why: str, *, family_only: bool, cited: tuple[str, ...] = (), but: Collection[str] = ()
) -> None:
    """Drafts that nobody may release any more are taken back; to a family what was released and has not left, too.

    ``but``: the keys of those that stay.
    """
    unsent = making.case.unsent if family_only else frozenset()
    for notice in making.case.notices.values():
        waits = notice.key not in but and (notice.status == "draft" or notice.key in unsent)
        if waits and (notice.family or not family_only):
            clauses = tuple(dict.fromkeys((*notice.clauses, *cited)))
            making.effects.append(replace(notice, status="withdrawn", because=why, clauses=clauses))


def opened_again(making: Making, before: CaseFile | None) -> bool:
    """Whether a case that was closed is opened again by what was recorded now."""
    procedure = making.policies.procedures.get(making.case.track)
    if procedure is None or before is None or before.state != "closed":
        return False
    return state_of(procedure, making.case.happenings) != "closed"


def open_for_new_work(making: Making, before: CaseFile | None) -> None:
    """A later version of a report that gives somebody work, or alerts somebody, opens its closed case again: no task
    stands, and no alert waits, on a case that nobody looks at.
    """
    event, case = making.situation.event, making.case
    if before is None or before.state != "closed" or event.name != "report received":
        return
    work = any(isinstance(e, Task) and e.state == "open" and e.key not in case.made for e in making.effects)
    if work or any(notice.urgent and notice.key not in case.made for notice in making.write()):
        now = making.situation.now
        again = Happening(REOPENED, now, by=event.actor or "", recorded=now)
        making.case = replace(case, state="open", happenings=(*case.happenings, again))


def begin_again(making: Making, grounds: Grounds) -> None:
    """The case is open again: the diary entries that its closing took out come back, and a person sees to its tasks."""
    _see_what_is_owed(making, grounds)
    _plan_again(making, grounds)


def _see_what_is_owed(making: Making, grounds: Grounds) -> None:
    """The tasks that the closing ended do not come back by themselves: a person gives them out anew.

    The stage that a complainant asks for has tasks of its own.
    """
    event, is_complaint = making.situation.event, making.case.track == "complaint"
    ended = [task.title for task in making.case.tasks.values() if task.because.startswith(ENDED)]
    if not ended or (is_complaint and event.facts.get("what happened") != REOPENED):
        return
    again = Grounds(rules=("update",), clauses=_cited(making), because=grounds["because"])
    why = f"its tasks ended when it was closed; its clocks run on: {'; '.join(ended)}"
    making.flag("see what is owed on a reopened case", making.in_charge, why, again, once=event.occurrence)


def _cited(making: Making) -> tuple[str, ...]:
    return ("CP-2g",) if making.case.track == "complaint" else ("AB-8k",)


def _plan_again(making: Making, grounds: Grounds) -> None:
    """Open again: the diary entries that the closing took out and that still lie ahead come back.

    Whoever is not of the school is invited once more by a person's release, as the first time (I3).
    """
    clerk = making.audiences.one("clerk to governors").recipients
    for entry in making.case.entries.values():
        if entry.action != "cancel" or entry.start <= making.situation.now or not _wanted_still(making, entry):
            continue
        again = replace(entry, action="create", because=grounds["because"])
        outside = any(making.situation.directory.by_email(guest) is None for guest in entry.attendees)
        if outside or entry.role == "complainant":
            again = replace(again, status="draft", held_by=clerk[0].address if clerk else None)
        making.effects.append(again)


def _wanted_still(making: Making, entry: CalendarEntry) -> bool:
    """Whether it was the closing that took it out, rather than a panel member's standing down or being kept out."""
    case, ended = making.case, entry.because.startswith(ENDED)
    # Who made the complaint does no work on it, and comes to its hearing all the same.
    written_to = {kept.address for kept in case.kept_out if kept.why in (OWN, FAMILY)} & {case.complainant}
    return ended and not ({kept.address for kept in case.kept_out} - written_to) & set(entry.attendees)
