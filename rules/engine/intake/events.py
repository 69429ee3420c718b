"""From a reading of a form to an event: its people, what the school's lists and days add, what has happened."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from rules.engine.intake.complainants import complainant_of, is_name
from rules.engine.intake.facts import Reading, yes_no
from rules.engine.intake.left_blank import left_blank
from rules.engine.intake.paper import facts_of_note
from rules.engine.intake.report_people import parties_of_report, party, vulnerability_of, year_group
from rules.engine.intake.spots import part_of_the_day
from rules.engine.model.policy import UNKNOWN, FactValue
from rules.engine.model.situation import CaseFile, Event, Happening, KeptOut, Party
from rules.engine.school.directory import Directory, Person
from rules.engine.school.people import match_lines
from rules.engine.school.school_days import LONDON, add_months

_REFERENCE = re.compile(r"\b[A-Z]{1,3}-[0-9]{4}-[0-9]{4,}\b", re.IGNORECASE | re.ASCII)
_TYPED_REFERENCE = re.compile(r"\b([A-Z]{1,3})[\s\W_]*([0-9]{4})[\s\W_]+([0-9]{1,})\b", re.IGNORECASE | re.ASCII)
"""As people type it: in small letters, with blanks or other dashes, without its noughts."""
_MAY_LIE_AHEAD = frozenset({"meeting offered", "cap hearing date set", UNKNOWN})
"""What may be recorded with the day on which it is to be; everything else is recorded once it has happened."""
ROUNDED = timedelta(hours=1)
"""So much later than it was recorded may a time be: people write it in round figures, and clocks differ."""
LONG_BEFORE = timedelta(days=31)
_ROLES_COMPLAINED_ABOUT = {
    "headteacher": "headteacher",
    "chair": "chair",
    "vice-chair": "vice-chair",
    "governor": "governor",
    "clerk": "clerk",
    "business-manager": "business manager",
    "dsl": "dsl",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """How a response came: when it was sent (aware), by whom (a verified address, or one that the sender typed)."""

    at: datetime
    respondent: str | None
    occurrence: str
    edited: bool = False
    first_at: datetime | None = None
    """When it first came, for a later version."""


def event_of(reading: Reading, sent: Sent, directory: Directory) -> Event:
    """The event that this response is. KeyError where its form's event has no reader (loading refuses such a form)."""
    if reading.form.anonymous:
        sent = replace(sent, respondent=None)
    return _READERS[reading.form.event](reading, sent, directory)


# --- reports -----------------------------------------------------------------------------------------------------


def _report(reading: Reading, sent: Sent, directory: Directory) -> Event:
    facts = dict(reading.facts)
    parties = parties_of_report(reading, sent.respondent, directory)
    facts["people targeted"] = _kinds(parties, "targeted", facts.get("stated targeted"))
    facts["people reported"] = _kinds(parties, "reported", facts.get("stated reported"))
    facts["somebody could not be matched"] = yes_no(any(p.key is None and p.typed for p in parties))
    facts["an adult is spoken of"] = yes_no(any(p.role == "reported" and not p.typed for p in parties))
    facts["a pupil has special needs"] = _special_needs(parties, facts.get("special needs reported"), directory)
    facts["vulnerability"] = vulnerability_of(parties, facts.get("vulnerability"), directory)
    facts["reported by"] = _reported_by(reading, sent, directory)
    facts["a pupil gave their name"] = yes_no(reading.form.anonymous and is_name(reading.texts.get("reporter", "")))
    facts["a member of staff saw it"] = yes_no(any(p.role == "witness" and p.kind == "staff" for p in parties))
    facts["a year 7 pupil is targeted"] = yes_no(
        any(p.role == "targeted" and p.kind in ("pupil", "unknown") and p.year == 7 for p in parties)
        or ("targeted" not in {p.role for p in parties} and year_group(facts.get("year targeted")) == 7)
    )
    facts["questions left blank"] = left_blank(reading)
    facts["part of the day"] = part_of_the_day(reading.times.get("time of the incident"))
    happened = reading.dates.get("date of the incident")
    day = (sent.first_at or sent.at).astimezone(LONDON).date()
    if happened is not None and happened > sent.at.astimezone(LONDON).date():
        reading.oddities.append("the incident is dated after its report")
        happened = None
    facts["days late"] = max(0, (day - happened).days) if happened is not None else None
    return _event(
        "report received",
        facts,
        reading,
        sent,
        parties=parties,
        happenings=(Happening("report received", sent.at),),
        details={"incident day": (happened or day).isoformat()},
    )


def _reported_by(reading: Reading, sent: Sent, directory: Directory) -> str:
    if reading.form.anonymous:
        return "pupil"
    known = sent.respondent and directory.by_email(sent.respondent)
    return "staff" if known else "somebody else"


def _special_needs(parties: Iterable[Party], reported: FactValue, directory: Directory) -> FactValue:
    pupils = [directory.pupil(p.key) for p in parties if p.role == "targeted" and p.kind == "pupil" and p.key]
    if reported == "yes" or any(pupil is not None and pupil.send in ("K", "E") for pupil in pupils):
        return "yes"
    return "no" if reported == "no" or pupils else UNKNOWN


# --- complaints --------------------------------------------------------------------------------------------------


def _complaint(reading: Reading, sent: Sent, directory: Directory) -> Event:
    facts = dict(reading.facts)
    named = _named_in_complaint(reading, directory)
    facts["complained about"] = _complained_about(facts.get("stated complained about"), named, directory)
    facts["person complained about is known"] = yes_no(all(p.key for p in named)) if named else UNKNOWN
    complainant = complainant_of(reading, sent.respondent, directory)
    facts["complainant gave a name"] = yes_no(complainant.named)
    facts["discussed before"] = yes_no(
        "date discussed" in reading.dates
        or any(reading.texts.get(name) for name in ("discussed with", "result of the discussion"))
    )
    day = sent.at.astimezone(LONDON).date()
    matter = reading.dates.get("date of the matter")
    if matter is not None and matter > day:
        reading.oddities.append("the matter is dated after the complaint")
        matter = None
    facts["days past three months"] = max(0, (day - add_months(matter, 3)).days) if matter is not None else None
    number = len(named)
    pupils = match_lines(directory, reading.texts.get("pupil concerned", ""), stated="pupil", year=None)
    parties = named + tuple(party(number + i, "pupil concerned", m, "pupil", None) for i, m in enumerate(pupils, 1))
    return _event(
        "complaint received",
        facts,
        reading,
        sent,
        parties=parties,
        happenings=(Happening("complaint received", sent.at),),
        complainant=complainant.address,
        kept_out=complainant.kept_out,
        cites=tuple(dict.fromkeys(ref.upper() for text in reading.texts.values() for ref in _REFERENCE.findall(text))),
    )


def _named_in_complaint(reading: Reading, directory: Directory) -> tuple[Party, ...]:
    typed = reading.texts.get("complained about", "")
    matches = match_lines(directory, typed, stated="staff", year=None)
    return tuple(party(i, "complained about", match, "staff", None) for i, match in enumerate(matches, 1))


def _complained_about(stated: FactValue, named: Iterable[Party], directory: Directory) -> frozenset[str]:
    words = {str(stated)} if isinstance(stated, str) and stated != UNKNOWN else set()
    if "chair and vice-chair" in words:
        words = {"chair", "vice-chair"}
    return frozenset(words) | roles_complained_about(named, directory) or frozenset({UNKNOWN})


def roles_complained_about(named: Iterable[Party], directory: Directory) -> frozenset[str]:
    """In the words of "complained about": the roles of those who are named, or who may be."""
    words: set[str] = set()
    for one in named:
        for key in (one.key, *one.possible):
            person = directory.by_email(key) if key else None
            if person is not None:
                words |= {_ROLES_COMPLAINED_ABOUT[role] for role in person.roles if role in _ROLES_COMPLAINED_ABOUT}
                words |= {"governor"} if person.governs else {"staff"}
                words |= {"staff"} if person.kind == "staff" or "staff-governor" in person.roles else set()
    return frozenset(words)


# --- updates and contacts ----------------------------------------------------------------------------------------


def _update(reading: Reading, sent: Sent, directory: Directory) -> Event:
    # An update says what it says; what it leaves out stands as it was on the case.
    facts = {name: value for name, value in reading.facts.items() if name == "what happened" or value != UNKNOWN}
    what = str(facts.get("what happened", UNKNOWN))
    at, timed = _when(reading, "update", sent, may_lie_ahead=what in _MAY_LIE_AHEAD)
    involved = match_lines(directory, reading.texts.get("involved", ""), stated="unknown", year=None)
    adults = tuple(m.found.email for m in involved if isinstance(m.found, Person))
    by = (sent.respondent or "").strip().lower()
    happening = Happening(what, at, timed, reading.dates.get("new date"), ",".join(adults), by, sent.at)
    facts |= facts_of_note(reading)
    details = {
        "case": _reference(reading),
        "outcome": reading.texts.get("outcome", ""),
        "shelf mark": reading.texts.get("shelf mark", ""),
        "new date": d.isoformat() if (d := reading.dates.get("new date")) else "",
        "date": d.isoformat() if (d := reading.dates.get("date of the update")) else "",
        "time": t.isoformat("minutes") if (t := reading.times.get("time of the update")) else "",
    }
    unknown = what == UNKNOWN
    return _event(
        "update recorded",
        facts,
        reading,
        sent,
        parties=tuple(party(i, "witness", match, "unknown", None) for i, match in enumerate(involved, 1)),
        happenings=() if unknown else (happening,),
        details=details,
        people=adults,
    )


def _contact(reading: Reading, sent: Sent, directory: Directory) -> Event:
    at, timed = _when(reading, "contact", sent)
    return _event(
        "contact logged",
        reading.facts,
        reading,
        sent,
        happenings=(Happening("contact logged", at, timed, recorded=sent.at),),
        details={"case": _reference(reading)},
    )


def _reference(reading: Reading) -> str:
    """The case reference as it is kept; as it was typed where none or several can be read from it."""
    typed = reading.texts.get("case reference", "").strip()
    found = {f"{m[1].upper()}-{m[2]}-{int(m[3]):04}" for m in _TYPED_REFERENCE.finditer(typed)}
    return found.pop() if len(found) == 1 else typed.upper()


def _when(reading: Reading, what: str, sent: Sent, *, may_lie_ahead: bool = False) -> tuple[datetime, bool]:
    """When it happened, by the answers: a day alone is noon of that day, so that no cut-off is applied to it."""
    day = reading.dates.get(f"date of the {what}")
    clock = reading.times.get(f"time of the {what}")
    if day is None:
        return sent.at, True
    at = datetime.combine(day, time(12) if clock is None else clock, LONDON)
    if not may_lie_ahead and day > sent.at.astimezone(LONDON).date():
        reading.oddities.append("it is dated after the day on which it was recorded, so it counts from when that was")
        return sent.at, True
    if not may_lie_ahead and clock is not None and at > sent.at + ROUNDED:
        reading.oddities.append("its time is later than when it was recorded, so it counts from when that was")
        return sent.at, True
    return at, clock is not None


def not_long_before(event: Event, case: CaseFile) -> Event:
    """The event; one that is dated long before its case began counts from when it was recorded, and a person looks."""
    if not event.happenings or event.happenings[0].at >= case.opened_at - LONG_BEFORE:
        return event
    oddity = "it is dated more than a month before the case began, so it counts from when it was recorded"
    happened, *more = event.happenings
    dated = replace(happened, at=happened.recorded, timed=True) if happened.recorded is not None else happened
    return replace(
        event,
        happenings=(dated, *more),
        oddities=(*event.oddities, oddity),
        facts={**event.facts, "something could not be read": "yes"},
    )


# --- shared ------------------------------------------------------------------------------------------------------


def _event(
    name: str,
    facts: Mapping[str, FactValue],
    reading: Reading,
    sent: Sent,
    *,
    parties: tuple[Party, ...] = (),
    happenings: tuple[Happening, ...] = (),
    details: Mapping[str, str] | None = None,
    complainant: str | None = None,
    people: tuple[str, ...] = (),
    kept_out: tuple[KeptOut, ...] = (),
    cites: tuple[str, ...] = (),
) -> Event:
    oddities = tuple(reading.oddities)
    extra = {"something could not be read": yes_no(oddities), "edited": yes_no(sent.edited)}
    return Event(
        name=name,
        facts={**facts, **extra},
        parties=parties,
        happenings=happenings,
        actor=sent.respondent.strip().lower() if sent.respondent else None,
        complainant=complainant,
        occurrence=sent.occurrence,
        details=details or {},
        oddities=oddities,
        people=people,
        kept_out=kept_out,
        cites=cites,
    )


def _kinds(parties: Iterable[Party], role: str, stated: FactValue) -> frozenset[str]:
    kinds: set[str] = {"staff" if party.kind == "governor" else party.kind for party in parties if party.role == role}
    kinds.discard(UNKNOWN)
    said = stated in ("pupil", "staff", "parent", "adult")
    if said and (not kinds or stated != "pupil"):
        # What the form says of an adult stands beside what the lists say: either makes it a matter about an adult.
        kinds.add(str(stated))
    return frozenset(kinds) or frozenset({UNKNOWN})


_READERS = {
    "report received": _report,
    "complaint received": _complaint,
    "update recorded": _update,
    "contact logged": _contact,
}
