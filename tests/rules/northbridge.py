"""The sample school and the shipped policies, for tests of one room of the engine at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from pathlib import Path

import rules
from rules.engine.model.policy import FactValue
from rules.engine.model.situation import CaseFile, Event, Happening, Party, PartyRole, Situation
from rules.engine.school.people import read_directory
from rules.engine.school.school_days import LONDON, SchoolCalendar
from rules.engine.school.term_dates import read_term_dates

SCHOOL = Path(__file__).parents[2] / "service" / "sample_school"
FILES = {path.stem: path.read_text(encoding="utf-8") for path in SCHOOL.glob("*.csv")}
PEOPLE = read_directory(FILES["staff"], FILES["governors"], FILES["outside-bodies"], FILES["pupils"])
DAYS = SchoolCalendar(read_term_dates(FILES["term-dates"]), cut_off=time(17))
POLICIES = rules.load()

HEAD = "head@northbridge.example"
DSL = "r.calder@northbridge.example"
DEPUTY_DSLS = ("i.sheikh@northbridge.example", "b.norcross@northbridge.example")
CHAIR = "chair@governors.northbridge.example"
CLERK = "clerk@governors.northbridge.example"
TEACHER = "m.ellison@northbridge.example"


def at(text: str) -> datetime:
    """A moment in Europe/London: ``2026-10-06 11:20``."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def happened(what: str, when: str) -> Happening:
    """Something on a case; a date alone has no hour."""
    timed = " " in when
    return Happening(what, at(when if timed else f"{when} 12:00"), timed)


def a_case(
    track: str = "bullying",
    *,
    facts: Mapping[str, FactValue] | None = None,
    parties: tuple[Party, ...] = (),
    happenings: tuple[Happening, ...] = (),
) -> CaseFile:
    """An open case of the sample school, with what the test says of it."""
    opened = at("2026-10-06 11:20")
    return CaseFile("B-2026-0001", track, "open", None, opened, facts or {}, parties, happenings)


def a_situation(now: str, event: Event, case: CaseFile | None = None) -> Situation:
    """A situation at the sample school, with nobody's diary known."""
    return Situation(at(now), event, PEOPLE, DAYS, case)


def a_pupil(number: int, role: PartyRole, upn: str | None, year: int | None = 7) -> Party:
    """Somebody who was named as a pupil; ``upn`` None: nobody, or several, bear the name."""
    return Party(number, role, "pupil", "", upn, year=year)
