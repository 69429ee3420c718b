"""The appeal panel of a complaint: who may sit on it, its hearing, and what becomes of both when it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

from rules.engine.casework.hearing import PANEL, Hearing, NoHearing, over_the_end_of_school, plan, proposals
from rules.engine.casework.invitations import invite
from rules.engine.model.effects import CalendarEntry, Refused
from rules.engine.model.policy import Policies
from rules.engine.model.situation import CaseFile, Situation
from rules.engine.proposing.make import Grounds, Making
from rules.engine.school.day_words import named_day
from rules.engine.school.directory import Directory
from rules.engine.school.school_days import LONDON
from rules.engine.wording.letters import in_words

CLERK = "clerk to governors"
PANEL_AGREED, PANEL_STOOD_DOWN = "cap panel member agreed", "cap panel member stood down"
HEARING_SET = "cap hearing date set"
ACTED_ALONE = "a governor acted alone on the complaint"
INDEPENDENT = ("independent panel granted", "the whole board is aware")
"""After these no governor of this school sits on the panel (CP-3m)."""
ASK_ANOTHER = "Ask a governor with no earlier part in the matter, and record first and last name."
FROM_ELSEWHERE = "Ask governors of other schools, with governor services, and invite them yourself."
ABOUT_STAFF = frozenset({"staff", "headteacher", "dsl", "business manager"})
STAY = "see whether everybody can stay at the hearing until it ends; if not, set an earlier hour"
AROUND_THE_PANEL = (PANEL_AGREED, PANEL_STOOD_DOWN, HEARING_SET, "cap hearing held", "independent panel asked for")
"""To be named in these is no earlier part in the matter."""


def taint(case: CaseFile, address: str, directory: Directory) -> str | None:
    """Why this governor may not sit on the panel (CP-3m), or None."""
    person = directory.by_email(address)
    if person is None or not person.governs or "clerk" in person.roles:
        return "only governors sit on the panel"
    kept = next((k for k in case.kept_out if k.address == address), None)
    if kept is not None:
        return kept.why
    if independent(case):
        return "an independent panel hears this complaint, of governors from elsewhere"
    took_part = [h.what for h in case.happenings if address in h.who.split(",") and h.what not in AROUND_THE_PANEL]
    if ACTED_ALONE in took_part:
        return "they acted alone on the complaint (CP-3c)"
    if took_part:
        return "they took part in the matter before"
    if any(n.to == address and n.status == "sent" for n in case.notices.values()):
        return "they were told of the complaint before"
    if any(t.assignee == address for t in case.tasks.values()):
        return "they took part in an earlier stage"
    return None


def independent(case: CaseFile) -> bool:
    """Whether an independent panel is to hear it."""
    return any(h.what in INDEPENDENT for h in case.happenings)


def refuse_tainted(making: Making, before: CaseFile) -> None:
    """Somebody who may not sit on the panel: refused, and the clerk looks for another (CP-3m)."""
    event = making.situation.event
    _look_for_bias(making)
    unclear = [party for party in event.parties if party.key is None and party.possible]
    reasons = {a: taint(before, a, making.situation.directory) for a in event.people}
    reasons |= {f"party {p.number} of the update": "it is not clear which governor is meant" for p in unclear}
    for address, tainted in reasons.items():
        why = tainted or (None if address in making.case.panel else f"the panel has its {PANEL} members")
        if why is not None:
            clauses = ("CP-3m", "CP-3c") if "CP-3c" in why else ("CP-3m",)
            grounds = Grounds(rules=("CP-3m",), clauses=clauses, because=f"A panel member was refused: {why}.")
            making.effects.append(
                Refused(
                    key=f"refused:panel:{address}:{event.occurrence}",
                    case=making.case.ref,
                    what=f"{address} on the panel",
                    why=why,
                    instead=FROM_ELSEWHERE if independent(making.case) else ASK_ANOTHER,
                    **grounds,
                )
            )
            making.flag("find another panel member", CLERK, why, grounds, once=f"{address}:{event.occurrence}")


def bar_from_the_panel(making: Making) -> None:
    """A governor acted alone on the complaint: it is said at once that they cannot sit on its panel (CP-3c)."""
    why = "they acted alone on the complaint (CP-3c)"
    grounds = Grounds(
        rules=("CP-3c",), clauses=("CP-3c", "CP-3m"), because="Whoever acted alone on a complaint is not on its panel."
    )
    for address in making.situation.event.people:
        person = making.situation.directory.by_email(address)
        if person is not None and person.governs:
            making.effects.append(
                Refused(
                    key=f"refused:acted alone:{address}", case=making.case.ref, what=f"{address} on the panel", why=why,
                    instead=ASK_ANOTHER, **grounds,
                )
            )  # fmt: skip


def _look_for_bias(making: Making) -> None:
    """A staff governor works with whom it is about: whether that looks like bias, a person decides (CP-3m)."""
    about = making.case.facts.get("complained about")
    if not isinstance(about, frozenset) or not about & ABOUT_STAFF:
        return
    for address in making.situation.event.people:
        person = making.situation.directory.by_email(address)
        if person is not None and "staff-governor" in person.roles and address in making.case.panel:
            why = "a staff governor would sit on a complaint about somebody they work with or under"
            grounds = Grounds(rules=("CP-3m",), clauses=("CP-3m",), because=f"A panel member was recorded: {why}.")
            name = "decide whether a staff governor on the panel looks like bias"
            making.flag(name, CLERK, why, grounds, once=address)


def panel_changed(making: Making, before: CaseFile) -> None:
    """Who left the panel is no longer invited, who joined it is; too few of them is the clerk's to mend."""
    case, now = making.case, making.situation.now
    hearing = next((e for e in case.entries.values() if _stands(e) and e.start > now), None)
    if hearing is None:
        if len(case.panel) == PANEL > len(before.panel):
            _propose(making)
        return
    left = set(before.panel) - set(case.panel)
    for entry in case.entries.values():
        if _stands(entry) and left & set(entry.attendees):
            making.effects.append(replace(entry, action="cancel", because="They are no longer on the panel."))
    day = hearing.start.astimezone(LONDON).date()
    wanted = int(making.policies.settings["clear days of notice"])
    joined = set(case.panel) - set(before.panel)
    if joined and making.situation.calendar.clear_days(now.astimezone(LONDON).date(), day) >= wanted:
        _invite(making, "panel members", Hearing(hearing.start, hearing.end))
    elif joined:
        _for_the_clerk(making, "choose another hearing date", f"fewer than {wanted} clear school days are left")
    if len(case.panel) < PANEL and not independent(case):
        _for_the_clerk(making, "find another panel member", f"the panel has {len(case.panel)} of {PANEL} members")


def _propose(making: Making) -> None:
    """The panel is complete: the clerk is shown the days and hours at which it is free (CP-3l)."""
    found = proposals(making.policies, making.situation, making.case)
    if found is not None:
        grounds = Grounds(rules=("CP-3l",), clauses=("CP-3l", "CP-3m"), because="Three governors have agreed to sit.")
        making.tell((CLERK,), "hearing_days", grounds, once=making.situation.event.occurrence, what=found)


def _stands(entry: CalendarEntry) -> bool:
    return entry.key.startswith("hearing:") and entry.action != "cancel"


def _for_the_clerk(making: Making, name: str, why: str) -> None:
    grounds = Grounds(rules=("CP-3m",), clauses=("CP-3m", "CP-3l"), because=f"The panel has changed: {why}.")
    making.flag(name, CLERK, why, grounds, once=making.situation.event.occurrence)


def set_hearing(making: Making) -> None:
    """Invite the panel, the headteacher and the complainant; or say why the day will not do, and what would."""
    event, case = making.situation.event, making.case
    found = hearing_wanted(making.policies, making.situation, case)
    if not isinstance(found, Hearing):
        grounds = Grounds(rules=("CP-3l",), clauses=("CP-3l",), because=f"The hearing was not set: {found.why}.")
        making.effects.append(
            Refused(
                key=f"refused:hearing:{event.occurrence}",
                case=case.ref,
                what="the hearing date",
                why=found.why,
                instead=found.instead,
                **grounds,
            )
        )
        evidence = f"{found.why}. {found.instead}"
        making.flag("choose another hearing date", CLERK, evidence, grounds, once=event.occurrence)
        return
    for phrase in ("panel members", "headteacher", "complainant"):
        _invite(making, phrase, found)
    too_long = over_the_end_of_school(found)
    if too_long is not None:
        grounds = Grounds(rules=("CP-3l",), clauses=("CP-3l",), because=f"The hearing was set: {too_long}.")
        making.flag(STAY, CLERK, too_long, grounds, once=event.occurrence)


def calendar_changed(making: Making) -> None:
    """The school's days are others now: a hearing may stand on a closed day, or its notice have become too short."""
    standing = {entry.start.astimezone(LONDON).date() for entry in making.case.entries.values() if _stands(entry)}
    for day in sorted(day for day in standing if day >= making.situation.now.astimezone(LONDON).date()):
        if not making.situation.calendar.is_school_day(day):
            _ask_anew(making, "move the hearing", f"The hearing is on {named_day(day)}, now a closed day.", day)
            continue
        since, wanted = _set_on(making.case, day), int(making.policies.settings["clear days of notice"])
        left = making.situation.calendar.clear_days(since, day) if since is not None else wanted
        if left < wanted:
            set_on = f"was set on {named_day(since or day)}, and a closed day lies between"
            why = f"The hearing on {named_day(day)} {set_on}: {left} clear school days of notice, and not {wanted}."
            _ask_anew(making, "decide whether the hearing stands, though its notice is shorter now", why, day)


def paused_before_it(making: Making) -> None:
    """The procedure is paused: what becomes of a hearing that stands in the diaries a person decides (CP-7b)."""
    ahead = [entry.start for entry in making.case.entries.values() if _stands(entry)]
    days = {start.astimezone(LONDON).date() for start in ahead if start > making.situation.now}
    for day in sorted(days):
        why = f"The procedure is paused, and the hearing on {named_day(day)} stands in the diaries."
        grounds = Grounds(rules=("hearing",), clauses=("CP-7b", "CP-3l"), because=why)
        once = making.situation.event.occurrence
        making.flag("see what becomes of the hearing while the procedure is paused", CLERK, why, grounds, once=once)


def _ask_anew(making: Making, name: str, why: str, day: date) -> None:
    grounds = Grounds(rules=("hearing",), clauses=("CP-3l",), because=why)
    if f"flag:{name}:{day.isoformat()}" not in making.case.made:
        making.flag(name, CLERK, why, grounds, once=day.isoformat())


def _set_on(case: CaseFile, day: date) -> date | None:
    """When the hearing of that day was set; None where nobody recorded that day or left the choice."""
    found = [h for h in case.happenings if h.what == HEARING_SET and h.day in (day, None) and h.recorded is not None]
    chosen = [h for h in found if h.day == day] or found
    return chosen[-1].recorded.astimezone(LONDON).date() if chosen and chosen[-1].recorded is not None else None


def hearing_wanted(policies: Policies, situation: Situation, case: CaseFile) -> Hearing | NoHearing:
    """The hearing that the update asks for, or why it cannot be; ``case`` has the panel as it is now."""
    wanted, at = _wanted(situation)
    return plan(policies, situation, case, wanted, at, elsewhere=independent(case))


def _wanted(situation: Situation) -> tuple[date | None, time | None]:
    """The day asked for: the new date, or the date of the update where that lies ahead; None leaves the choice."""
    details = situation.event.details
    today = situation.now.astimezone(LONDON).date()
    day = date.fromisoformat(details["new date"]) if details.get("new date") else None
    if day is None and details.get("date") and date.fromisoformat(details["date"]) > today:
        day = date.fromisoformat(details["date"])
    at = time.fromisoformat(details["time"]) if details.get("time") and day is not None else None
    return day, at


def _invite(making: Making, phrase: str, hearing: Hearing) -> None:
    grounds = Grounds(
        rules=("CP-3l",), clauses=("CP-3l",),
        because=f"The panel sits at {in_words(hearing.start)}, with five clear school days of notice and in time.",
    )  # fmt: skip
    invite(making, "hearing", phrase, hearing.start, hearing.end, CLERK, grounds)
