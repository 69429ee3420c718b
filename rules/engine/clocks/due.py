"""When something is owed that a rule gives so much time for."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from rules.engine.model.policy import Due
from rules.engine.school.school_days import LONDON, SchoolCalendar, add_months


def owed(
    due: Due, now: datetime, calendar: SchoolCalendar, *, from_the_day: bool = False, given: date | None = None
) -> date | datetime | None:
    """When something is owed: a moment in Europe/London where minutes are counted, else a day.

    Counted from effective receipt, or ``from_the_day`` itself, as follow-up checks are (Counting 8); ``given``
    is the day that the event gives, for what is owed on that day (None where it gives none). TermDatesNotLoaded beyond
    the last term date.
    """
    if due.unit == "day given":
        return given
    if due.unit == "minutes":
        return (now + timedelta(minutes=due.count)).astimezone(LONDON)
    today = now.astimezone(LONDON).date()
    # What does not count school days needs no term dates: beyond them it counts from the day itself.
    loaded = calendar.first <= today <= calendar.last
    start = today if from_the_day or (due.unit != "school days" and not loaded) else calendar.received(now)
    if due.unit == "school days":
        return calendar.add(start, due.count)
    return add_months(start, due.count) if due.unit == "months" else start + timedelta(days=due.count)
