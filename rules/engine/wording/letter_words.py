"""What letters speak of beyond the reference: the days of clocks and meetings, who signs, who is written to next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from rules.engine.model.effects import AnyEffect, CalendarEntry, Deadline
from rules.engine.model.situation import CaseFile, Situation
from rules.engine.school.directory import Directory
from rules.engine.school.school_days import LONDON
from rules.engine.wording.letters import in_words, mark

_TITLES: Mapping[str, str] = {
    "headteacher": "Headteacher",
    "chair": "Chair of the governing board",
    "vice-chair": "Vice-chair of the governing board",
    "clerk": "Clerk to the governors",
    "dsl": "Designated safeguarding lead",
    "deputy-dsl": "Deputy designated safeguarding lead",
    "deputy-headteacher": "Deputy headteacher",
    "business-manager": "Business manager",
}
_NOT_TO_THE_CHAIR = frozenset({"headteacher", "chair", "vice-chair", "whole board"})
"""Where the complaint is about one of these, the chair does not investigate it at stage three (CP-2e, CP-3i)."""


def words_of(
    situation: Situation, case: CaseFile, effects: Iterable[AnyEffect], held_by: str | None
) -> dict[str, object]:
    """What a letter may say of the case as it stands with these effects. ``held_by``: who signs it.

    A day that is not known is a place for the signatory to fill.
    """
    effects = tuple(effects)
    new_date = situation.event.details.get("new date")
    return {
        "today": in_words(_day_answered(situation)),
        "received": in_words(case.opened_at.astimezone(LONDON).date()),
        "stage": case.stage,
        "new_date": in_words(date.fromisoformat(new_date)) if new_date else mark("the new date"),
        "by": _clocks(case, effects),
        "meets": _meetings(case, effects),
        "next_stage_to": _next_stage_to(case),
        "signed_by": title_of(situation.directory, held_by),
        "address_of": _addresses(situation.directory),
    }


def title_of(directory: Directory, address: str | None) -> str:
    """How somebody signs: by their role. Of several roles, the first that letters know."""
    person = directory.by_email(address or "")
    held = [title for role, title in _TITLES.items() if person is not None and role in person.roles]
    return held[0] if held else mark("your name and role")


def signed_anew(body: str, school: str, before: str, after: str) -> str:
    """The letter with another signatory: it has passed to somebody else."""
    return body.replace(f"\n{before}, {school}\n", f"\n{after}, {school}\n")


def _day_answered(situation: Situation) -> date:
    happened = situation.event.happenings
    return (happened[0].at if happened else situation.now).astimezone(LONDON).date()


def _clocks(case: CaseFile, effects: Iterable[AnyEffect]) -> Mapping[str, str]:
    """The day of each clock that runs, by its id; the latest turn of one that comes round."""
    running = dict(case.deadlines) | {e.key: e for e in effects if isinstance(e, Deadline)}
    known = {d.id: in_words(d.due) for d in running.values() if d.state in ("open", "missed")}
    return defaultdict(lambda: mark("date"), known)


def _meetings(case: CaseFile, effects: Iterable[AnyEffect]) -> Mapping[str, str]:
    """When it meets, by what it is: the hearing of the panel, the meeting that was offered."""
    entries = dict(case.entries) | {e.key: e for e in effects if isinstance(e, CalendarEntry)}
    known = {e.key.partition(":")[0]: in_words(e.start) for e in entries.values() if e.action != "cancel"}
    return defaultdict(lambda: mark("day and time"), known)


def _next_stage_to(case: CaseFile) -> str:
    about = case.facts.get("complained about")
    elsewhere = isinstance(about, frozenset) and bool(about & _NOT_TO_THE_CHAIR)
    return "the clerk to the governors" if elsewhere else "the chair of governors"


def _addresses(directory: Directory) -> Mapping[str, str]:
    """Outside bodies by their role, as a letter writes them; a gap to fill where none is listed."""
    known = {role: f"{person.name}, {person.email}" for person in directory.outside for role in person.roles}
    return defaultdict(lambda: mark("the body and its address"), known)
