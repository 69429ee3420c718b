"""The appeal hearing (CP-3l, CP-3m): a day in bounds with the panel free, or a refusal with days that would do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from rules.engine.model.effects import Deadline
from rules.engine.model.policy import Policies
from rules.engine.model.situation import CaseFile, Happening, Situation
from rules.engine.school.day_words import named_day
from rules.engine.school.school_days import LONDON, TermDatesNotLoaded

APPEAL = "appeal received"
DEVIATION = "deviation from the procedure"
CLOCK = "CP-3l"
"""The deadline of a complaint by which the panel sits."""
PANEL = 3
STARTS = tuple(time(hour, half) for hour in range(9, 15) for half in (0, 30))
SCHOOL_BEGINS, SCHOOL_ENDS = STARTS[0], time(15, 30)
SHOWN = 4
DEVIATE = "record a deviation from the procedure with its reason and a new target date, and then set the day."


@dataclass(frozen=True, slots=True)
class Hearing:
    """When it sits: aware, Europe/London; it begins within school time."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class NoHearing:
    """Why the day will not do, and which would."""

    why: str
    instead: str


def plan(
    policies: Policies, situation: Situation, case: CaseFile, wanted: date | None, at: time | None, *, elsewhere: bool
) -> Hearing | NoHearing:
    """The hearing on the wanted day and hour, or on the first that does; a refusal names the days that would do.

    ``elsewhere``: an independent panel sits, whose members are in no list of this school.
    """
    appeal = next((h for h in reversed(case.happenings) if h.what == APPEAL), None)
    if appeal is None:
        return NoHearing("no appeal is recorded on this case", "Record that the complainant asks for stage 4 first.")
    if case.state != "open":
        return NoHearing(f"the case is {case.state}", "Record that it goes on, or that it was reopened, first.")
    if len(case.panel) < PANEL and not elsewhere:
        agreed = len(case.panel)
        return NoHearing(f"the panel has {agreed} of {PANEL} members", "Record each member who has agreed first.")
    try:
        first, last = bounds(policies, situation, case, appeal)
        free = list(_free(policies, situation, case, first, last))
    except TermDatesNotLoaded as error:
        return NoHearing(str(error), "Load the next year's term dates.")
    if wanted is None:
        chosen = next((h for h in free if at is None or h.start.timetz().replace(tzinfo=None) == at), None)
        return chosen or NoHearing(
            "the panel is not free together on any day that is in time", _days(free, first, last)
        )
    instead, in_bounds = _days(free, first, last), first <= wanted <= last and situation.calendar.is_school_day(wanted)
    if at is not None and in_bounds:
        start = datetime.combine(wanted, at, LONDON)
        asked = Hearing(start, start + _length(policies))
        if _begins_in_school_time(asked) and not _meets_another(asked, _busy(situation, case)):
            return asked
    on_the_day = next((h for h in free if h.start.date() == wanted), None)
    if at is None and on_the_day is not None:
        return on_the_day
    return NoHearing(_why(situation, policies, wanted, first, last, at), instead)


def proposals(policies: Policies, situation: Situation, case: CaseFile) -> str | None:
    """The days and hours at which a panel that is now complete is free, and between which bounds; None without appeal.

    Nothing is chosen: that is the clerk's to do.
    """
    appeal = next((h for h in reversed(case.happenings) if h.what == APPEAL), None)
    if appeal is None or case.state != "open":
        return None
    try:
        first, last = bounds(policies, situation, case, appeal)
        free = list(_free(policies, situation, case, first, last))
    except TermDatesNotLoaded as error:
        return f"The panel is complete, but {error}: load the next year's term dates."
    notice, days = policies.settings["clear days of notice"], _days(free, first, last)
    return (
        f"The panel is complete. With {notice} clear school days of notice from today the first day is "
        f"{named_day(first)}; the last on which it may sit is {named_day(last)}. {days}"
    )


def bounds(policies: Policies, situation: Situation, case: CaseFile, appeal: Happening) -> tuple[date, date]:
    """The first day that leaves the clear days of notice, and the last on which the panel may sit.

    The last is the day of the case's own clock, which pauses stop and a person re-dates, or the later one of a
    deviation that is on record with its reason (CP-2f). TermDatesNotLoaded where they cannot be counted.
    """
    calendar = situation.calendar
    today = situation.now.astimezone(LONDON).date()
    received = (
        calendar.received(appeal.at) if appeal.timed else calendar.on_or_after(appeal.at.astimezone(LONDON).date())
    )
    notice, within = int(policies.settings["clear days of notice"]), int(policies.settings["hearing within"])
    kept = case.deadlines.get(f"deadline:{CLOCK}")
    last = calendar.add(received, within) if kept is None else calendar.back(_day(kept), _allowed(policies) - within)
    agreed = (h.day for h in case.happenings if h.what == DEVIATION and h.day is not None)
    return calendar.earliest_meeting(today, notice), max((last, *agreed))


def _allowed(policies: Policies) -> int:
    """School days in which the procedure has the panel sit; the setting may only ask for it sooner."""
    stages = policies.procedures["complaint"].stages
    return next(spec.due.count for stage in stages for spec in stage.deadlines if spec.id == CLOCK)


def _day(kept: Deadline) -> date:
    return kept.due.date() if isinstance(kept.due, datetime) else kept.due


def _free(policies: Policies, situation: Situation, case: CaseFile, first: date, last: date) -> Iterator[Hearing]:
    busy, day = _busy(situation, case), first
    while day <= last:
        for start_time in STARTS:
            start = datetime.combine(day, start_time, LONDON)
            one = Hearing(start, start + _length(policies))
            if _in_school_time(one) and not _meets_another(one, busy):
                yield one
        day = situation.calendar.next_after(day) if day < last else last + timedelta(days=1)


def _length(policies: Policies) -> timedelta:
    return timedelta(minutes=int(policies.settings["hearing minutes"]))


def _busy(situation: Situation, case: CaseFile) -> list[tuple[datetime, datetime]]:
    return [span for member in case.panel for span in situation.busy.get(member, ())]


def over_the_end_of_school(hearing: Hearing) -> str | None:
    """What a person should see to where a hearing begins in school time and is planned to last beyond it; else None.

    The policy says nothing of when a hearing ends, so an hour that a person gives is taken.
    """
    if not _begins_in_school_time(hearing) or _in_school_time(hearing):
        return None
    minutes = int((hearing.end - hearing.start).total_seconds() // 60)
    planned = f"from {hearing.start:%H:%M} for {minutes} minutes, as hearings are planned"
    return f"{planned}, it lasts until {hearing.end:%H:%M}; school ends at {SCHOOL_ENDS:%H:%M}"


def _begins_in_school_time(hearing: Hearing) -> bool:
    return SCHOOL_BEGINS <= hearing.start.time() < SCHOOL_ENDS


def _in_school_time(hearing: Hearing) -> bool:
    """From beginning to end: so are the hours that are proposed."""
    same_day = hearing.start.date() == hearing.end.date()
    return same_day and _begins_in_school_time(hearing) and hearing.end.time() <= SCHOOL_ENDS


def _meets_another(hearing: Hearing, busy: list[tuple[datetime, datetime]]) -> bool:
    return any(start < hearing.end and hearing.start < end for start, end in busy)


def _why(
    situation: Situation,
    policies: Policies,
    wanted: date,
    first: date,
    last: date,
    at: time | None,
) -> str:
    if not situation.calendar.is_school_day(wanted):
        return f"{wanted:%A} {wanted.isoformat()} is not a school day"
    if wanted < first:
        return f"it leaves fewer than {policies.settings['clear days of notice']} clear school days of notice"
    if wanted > last:
        return f"it is later than {policies.settings['hearing within']} school days after the appeal"
    if at is not None and not SCHOOL_BEGINS <= at < SCHOOL_ENDS:
        return f"at {at:%H:%M} it does not begin within school time, {SCHOOL_BEGINS:%H:%M} to {SCHOOL_ENDS:%H:%M}"
    if at is not None:
        return f"the panel is not free at {at:%H:%M} that day"
    return "the panel is not free together that day"


def _days(free: list[Hearing], first: date, last: date) -> str:
    earliest = {h.start.date(): h.start for h in reversed(free)}
    days = [f"{day:%a} {day.isoformat()} at {start:%H:%M}" for day, start in sorted(earliest.items())][:SHOWN]
    if days:
        return f"These would do: {', '.join(days)}."
    if first > last:
        why = f"The notice reaches to {first:%a} {first.isoformat()}, past {last:%a} {last.isoformat()}, the last day"
        return f"{why}: {DEVIATE}"
    span = f"{first:%a} {first.isoformat()} to {last:%a} {last.isoformat()}"
    return f"No day from {span} does: change the panel, or {DEVIATE}"
