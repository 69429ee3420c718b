"""What time does to a case: deadlines that open, pass and are met, and reminders before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from rules.engine.casework.diary import bring_entries_along
from rules.engine.clocks.procedure import Clock, changed, clocks
from rules.engine.model.effects import Alarm, Deadline, Task
from rules.engine.model.policy import DeadlineSpec, Facts, Procedure
from rules.engine.model.situation import CaseFile
from rules.engine.proposing.make import Grounds, Making
from rules.engine.school.school_days import LONDON, TermDatesNotLoaded
from rules.engine.wording.letters import in_words

REMIND_AT = time(8, 0)
PAUSE_CLAUSES = ("CP-7b",)
RE_DATE = "re-date deadlines"


def run_clocks(making: Making, procedure: Procedure, facts: Facts) -> None:
    """Bring the case's deadlines up to now: the changed ones become effects, a missed one tells those it names."""
    case, now, calendar = making.case, making.situation.now, making.situation.calendar
    before = making.situation.case.happenings if making.situation.case is not None else ()
    news = {happening.what for happening in case.happenings if happening not in before}
    found, failed = clocks(procedure, case, facts, now, calendar, news)
    for clock in found:
        if changed(clock, case.deadlines):
            _record(making, clock)
            _bring_tasks_along(making, clock, found)
    bring_entries_along(making, found)
    for why in dict.fromkeys(one.why for one in failed):
        specs = [one.spec for one in failed if one.why == why]
        titles = ", ".join(spec.title for spec in specs)
        grounds = _together(specs, f"These clocks cannot be set, because {why}: {titles}.")
        if f"flag:{why}:{case.ref}" not in case.made:
            making.flag(why, making.in_charge, grounds["because"], grounds, once=case.ref)


def _record(making: Making, clock: Clock) -> None:
    spec = clock.spec
    holder = making.audiences.one(spec.duty_of)
    duty_of = holder.recipients[0].address if holder.recipients else ""
    grounds = _grounds(spec, f"{spec.title}: {clock.counted}.")
    before = making.case.deadlines.get(clock.key)
    if "paused" in (clock.state, before.state if before is not None else None):
        grounds["clauses"] = tuple(dict.fromkeys((*grounds["clauses"], *PAUSE_CLAUSES)))
    making.effects.append(
        Deadline(
            key=clock.key,
            case=making.case.ref,
            not_told=tuple(holder.not_told),
            id=spec.id,
            name=clock.name,
            due=clock.due,
            state=clock.state,
            counted=clock.counted,
            duty_of=duty_of,
            **grounds,
        )
    )
    if clock.state == "missed":
        missed = _grounds(spec, f"{spec.title} was due on {in_words(clock.due)} and has not been recorded.")
        making.tell(
            spec.if_missed, "deadline_missed", missed, once=f"{clock.key}:missed", what=spec.title, due=clock.due
        )
    if clock.state == "open" and spec.remind is not None:
        _remind_later(making, clock, spec.remind, grounds)


def _bring_tasks_along(making: Making, clock: Clock, running: Iterable[Clock]) -> None:
    """The task that meets this clock, and no other, is due when it is, and ends when it ends. One with a day of its
    own, sooner than the clock, keeps it.

    A clock that comes round is a review, which no task ends; a task for each person in the case has its own day.
    """
    done = set(clock.spec.done_when)
    if clock.spec.due.every is not None:
        return
    shared = any(done & set(other.spec.done_when) and other.key != clock.key for other in running)
    if shared and clock.state != "cancelled":
        return
    made = {e.key: e for e in making.effects if isinstance(e, Task)}
    kept = making.case.deadlines.get(clock.key)
    for task in (dict(making.case.tasks) | made).values():
        if task.state != "open" or not done & set(task.done_when) or isinstance(task.due, datetime) or task.not_a_party:
            continue
        if clock.state == "cancelled":
            if shared and task.due != clock.due:
                continue  # it is another clock's that the same thing meets
            making.effects.append(replace(task, state="cancelled", because=f"{clock.name} no longer runs."))
        elif clock.state == "open" and task.due != clock.due and _is_its_own(task, clock, kept):
            making.effects.append(replace(task, due=clock.due))


def _is_its_own(task: Task, clock: Clock, kept: Deadline | None) -> bool:
    """Whether the task has gone by this clock so far; by one that only begins it goes unless it is due sooner."""
    return task.due == kept.due if kept is not None else not isinstance(task.due, date) or task.due > clock.due


def _remind_later(making: Making, clock: Clock, before: int, grounds: Grounds) -> None:
    at = datetime.combine(_reminder_day(making, clock.due, before), REMIND_AT, LONDON)
    if at > making.situation.now:
        making.effects.append(
            Alarm(
                key=f"alarm:reminder:{clock.key}:{clock.due.isoformat()}",
                case=making.case.ref,
                at=at,
                event="reminder due",
                about=clock.key,
                **grounds,
            )
        )


def remind(making: Making, procedure: Procedure, key: str) -> None:
    """The reminder before a deadline, if it is still open."""
    deadline = making.case.deadlines.get(key)
    spec = next((d for stage in procedure.stages for d in stage.deadlines if deadline and d.id == deadline.id), None)
    if deadline is None or spec is None or deadline.state != "open":
        return
    today = making.situation.now.astimezone(LONDON).date()
    if spec.remind is None or _reminder_day(making, _day_of(deadline), spec.remind) > today:
        return  # it was paused or extended since: another reminder is set for its new day
    grounds = _grounds(spec, f"{spec.title} is due soon.")
    making.tell(
        (spec.duty_of,), "deadline_reminder", grounds, once=f"{key}:reminder", what=spec.title, due=deadline.due
    )


def _reminder_day(making: Making, due: date, before: int) -> date:
    """So many school days before; where the term dates do not reach so far, as many weeks of five days before."""
    try:
        return making.situation.calendar.back(due, before)
    except TermDatesNotLoaded:
        return due - timedelta(days=-(-before * 7 // 5))


def _day_of(deadline: Deadline) -> date:
    return deadline.due.date() if isinstance(deadline.due, datetime) else deadline.due


def _grounds(spec: DeadlineSpec, because: str) -> Grounds:
    return Grounds(rules=(spec.id,), clauses=spec.clauses, because=because)


def _together(specs: Iterable[DeadlineSpec], because: str) -> Grounds:
    specs = list(specs)
    clauses = tuple(dict.fromkeys(clause for spec in specs for clause in spec.clauses))
    return Grounds(rules=tuple(spec.id for spec in specs), clauses=clauses, because=because)


Moved = tuple[Deadline, Clock]
"""A deadline as the case has it, and as the calendar now gives it."""


def redated(procedure: Procedure, case: CaseFile, facts: Facts, making: Making) -> list[Moved]:
    """Deadlines that the calendar, as it is now, would put on another day: proposals for a person (Counting 5).

    Those that run, and those that were missed on a day that turns out not to have been the last.
    """
    fresh = CaseFile(
        case.ref, case.track, case.state, case.stage, case.opened_at, case.facts, case.parties, case.happenings
    )
    found, _ = clocks(procedure, fresh, facts, making.situation.now, making.situation.calendar)
    by_key = {clock.key: clock for clock in found}
    return [
        (kept, by_key[key])
        for key, kept in case.deadlines.items()
        if key in by_key
        and by_key[key].due != kept.due
        and kept.state in ("open", "missed")
        and by_key[key].state == "open"
    ]


def stand_anew(making: Making, procedure: Procedure, facts: Facts, moved: Iterable[Clock]) -> None:
    """These clocks stand on their new days from now on, and their tasks and reminders with them."""
    running, _ = clocks(procedure, making.case, facts, making.situation.now, making.situation.calendar)
    moved = tuple(moved)
    for clock in moved:
        _record(making, clock)
        _bring_tasks_along(making, clock, running)
    bring_entries_along(making, moved)
    deadlines = {effect.key: effect for effect in making.effects if isinstance(effect, Deadline)}
    making.case = replace(making.case, deadlines={**making.case.deadlines, **deadlines})


def proposals(making: Making, procedure: Procedure, facts: Facts) -> None:
    """After the calendar changed: one flag for each who could re-date something. Nothing moves by itself."""
    moved = sorted(redated(procedure, making.case, facts, making), key=lambda pair: pair[0].due.isoformat())
    for duty_of in dict.fromkeys(clock.spec.duty_of for _, clock in moved):
        mine = [(kept, clock) for kept, clock in moved if clock.spec.duty_of == duty_of]
        why = "; ".join(
            f"{clock.name} stands on {kept.due:%a %Y-%m-%d}, by the calendar as it is now it would be "
            f"{clock.due:%a %Y-%m-%d} ({clock.counted})"
            for kept, clock in mine
        )
        grounds = _together([clock.spec for _, clock in mine], f"The calendar has changed. {why}.")
        once = f"{duty_of}:" + "/".join(f"{clock.key}:{clock.due.isoformat()}" for _, clock in mine)
        if f"flag:{RE_DATE}:{once}" not in making.case.made:
            making.flag(RE_DATE, duty_of, why, grounds, once=once)
