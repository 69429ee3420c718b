"""A diary entry that bears the title of a clock stands on that clock's day, and stands or falls with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

from rules.engine.clocks.procedure import Clock
from rules.engine.model.effects import CalendarEntry
from rules.engine.model.policy import Procedure
from rules.engine.proposing.make import Making
from rules.engine.school.school_days import LONDON


def bring_entries_along(making: Making, found: Iterable[Clock]) -> None:
    """The entries of these clocks, all that the case has: taken out, put back or moved as their clocks were.

    What a rule would put into a diary counts from now; its clock knows better from when, and whether it still runs.
    """
    by_title: dict[str, list[Clock]] = {}
    for clock in found:
        by_title.setdefault(_title(clock.spec.title, making), []).append(clock)
    made = {effect.key: effect for effect in making.effects if isinstance(effect, CalendarEntry)}
    decided: dict[str, CalendarEntry | None] = {}
    clock_of: dict[str, Clock] = {}
    for entry in (dict(making.case.entries) | made).values():
        clock_of_it = _clock_of(making, entry, by_title.get(entry.title, []))
        if clock_of_it is not None:
            decided[entry.key] = _after(making, entry, clock_of_it)
            clock_of[entry.key] = clock_of_it
    for after in tuple(decided.values()):
        for instead in _passed_on(making, after, clock_of, decided.values()):
            decided[instead.key] = instead
    in_place = [decided.pop(effect.key, effect) for effect in making.effects]
    making.effects = [effect for effect in (*in_place, *decided.values()) if effect is not None]


def goes_on(making: Making, procedure: Procedure, entry: CalendarEntry) -> bool:
    """Whether it is of a clock that runs beside the stages of the case, and so is not ended with them."""
    titles = {_title(spec.title, making) for stage in procedure.stages if stage.alongside for spec in stage.deadlines}
    return entry.title in titles


def _title(clock: str, making: Making) -> str:
    return f"{clock} ({making.case.ref})"


def _clock_of(making: Making, entry: CalendarEntry, clocks: list[Clock]) -> Clock | None:
    """Of the turns of its clock the one on whose day it stands; a new entry is of the last of them."""
    before = making.case.entries.get(entry.key)
    if before is None:
        return clocks[-1] if clocks else None
    on_its_day = [clock for clock in clocks if _stood_on(making, clock) == before.start.date()]
    # A clock that begins anew may stand on the day of the one that it ends: the entry is of the one that runs.
    return min(on_its_day, key=lambda clock: clock.state == "cancelled", default=None)


def _stood_on(making: Making, clock: Clock) -> date:
    kept = making.case.deadlines.get(clock.key)
    if kept is None:
        return clock.due
    return kept.due.date() if isinstance(kept.due, datetime) else kept.due


def _after(making: Making, entry: CalendarEntry, clock: Clock) -> CalendarEntry | None:
    """What becomes of an entry; None where nothing does, or where it is not made at all."""
    before = making.case.entries.get(entry.key)
    start = datetime.combine(clock.due, entry.start.timetz().replace(tzinfo=None), LONDON)
    if start <= making.situation.now:
        return None
    if entry.action == "cancel" and entry is not before:
        return entry  # somebody was found to have no part in it
    if before is None or before.action == "cancel":
        if clock.state != "open" or _stands(making, entry, start) or not making.audiences.may_know(entry.attendees[0]):
            return None
        return replace(entry, action="create", start=start, end=start + (entry.end - entry.start))
    if clock.state == "cancelled":
        return replace(before, action="cancel", because=f"{clock.name} no longer runs.")
    if clock.state != "open" or start == before.start:
        return None
    because = f"{clock.name}: {clock.counted}."
    return replace(before, action="move", start=start, end=start + (before.end - before.start), because=because)


def _passed_on(
    making: Making, entry: CalendarEntry | None, clock_of: Mapping[str, Clock], made: Iterable[CalendarEntry | None]
) -> Iterator[CalendarEntry]:
    """Whoever had it in their diary has no part in the case any more: whose duty it is now has it in theirs."""
    if entry is None or entry.action != "cancel" or clock_of[entry.key].state != "open":
        return
    for one in making.audiences.one(clock_of[entry.key].spec.duty_of).recipients[:1]:
        key = f"{entry.key}:{one.address}"
        instead = replace(entry, key=key, attendees=(one.address,), role=one.role, action="create")
        if key not in making.case.entries and not _stands(making, instead, entry.start, made):
            yield instead


def _stands(making: Making, entry: CalendarEntry, start: datetime, made: Iterable[CalendarEntry | None] = ()) -> bool:
    """Whether they have it in their diary already: the same was recorded twice, say."""
    same = (entry.title, entry.attendees, start)
    there = (*making.case.entries.values(), *(one for one in made if one is not None))
    return any((one.title, one.attendees, one.start) == same and one.action != "cancel" for one in there)
