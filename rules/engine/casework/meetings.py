"""The meeting with the complainant at stages one and two (CP-3e): offers in the diary, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from rules.engine.casework.invitations import invite
from rules.engine.model.situation import CaseFile, Event
from rules.engine.proposing.make import Grounds, Making
from rules.engine.school.school_days import LONDON
from rules.engine.wording.letters import in_words

OFFERED = "meeting offered"
MET = ("meeting held", "meeting held in the complainant's absence")
OVER = (*MET, "complainant asks for stage 3")
"""After these, an offer that still lies ahead is none any more."""
UNLESS_SAID = time(9, 0)
LASTS = timedelta(hours=1)


def offered(case: CaseFile, event: Event) -> int:
    """How many meetings were offered since the last one that was held, the one that this event records included."""
    count = 0
    for happening in (*case.happenings, *event.happenings):
        if happening.what in MET:
            count = 0
        count += happening.what == OFFERED
    return count


def plan_meeting(making: Making) -> None:
    """The meeting that was offered stands in the diary of whoever holds it; the complainant is a guest by release.

    A new offer moves it. An offer of which no day ahead is given is on record, and in no diary.
    """
    wanted = _wanted(making)
    if making.case.track != "complaint" or wanted is None:
        return
    start, timed = wanted
    end = start + LASTS
    hour = "" if timed else "; no hour was given, so it stands at nine: give the hour to move it"
    because = f"A meeting was offered on {in_words(start)}{hour}."
    grounds = Grounds(rules=("CP-3e",), clauses=("CP-3e",), because=because)
    host = _host(making.case)
    for phrase in (host, "complainant"):
        invite(making, "meeting", phrase, start, end, host, grounds)


def meeting_over(making: Making) -> None:
    """An offer that still lies ahead comes out of the diaries: they have met, or the next stage has begun."""
    what = making.situation.event.facts.get("what happened")
    because = f"“{what}” was recorded: the meeting that was offered is not needed any more."
    for entry in making.case.entries.values():
        ahead = entry.action != "cancel" and entry.start > making.situation.now
        if entry.key.startswith("meeting:") and ahead:
            making.effects.append(replace(entry, action="cancel", because=because))


def _host(case: CaseFile) -> str:
    """Who meets the complainant: whoever handles the complaint, and about the headteacher the chair (CP-3f)."""
    about = case.facts.get("complained about")
    of_the_head = isinstance(about, frozenset) and "headteacher" in about
    return "chair of governors" if of_the_head else "complaint handler"


def _wanted(making: Making) -> tuple[datetime, bool] | None:
    """When it is to be, and whether an hour was given: the new date, or the update's own where that lies ahead."""
    details, now = making.situation.event.details, making.situation.now
    day = details.get("new date") or details.get("date")
    if not day:
        return None
    hour = details.get("time")
    start = datetime.combine(
        date.fromisoformat(day), time.fromisoformat(hour) if hour else UNLESS_SAID, LONDON
    )  # fmt: skip
    return (start, bool(hour)) if start > now else None
