"""What an update changes on a case besides what the rules say: who may act, holds, people removed, work ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, time

from rules.engine.directory import Directory, Person
from rules.engine.effects import CalendarEntry, Notice, NotTold, Refused, Withhold
from rules.engine.events import roles_complained_about
from rules.engine.guards import NAMED, held_from_families, merge
from rules.engine.hearing import Hearing, NoHearing, plan
from rules.engine.letters import in_words
from rules.engine.make import Grounds, Making
from rules.engine.policy import UNKNOWN, FactValue, Policies, Procedure
from rules.engine.school_days import LONDON
from rules.engine.situation import CaseFile, Event, KeptOut, Situation

DSL_ONLY = ("dsl decision: parents may be told", "dsl decision: parents must not be told")
MAY_TELL, MUST_NOT = DSL_ONLY
NAMED_LATER = "person complained about named"
PANEL_AGREED, PANEL_STOOD_DOWN = "cap panel member agreed", "cap panel member stood down"
HEARING_SET = "cap hearing date set"
ACTED_ALONE = "a governor acted alone on the complaint"
FAMILIES = "parents and carers of everyone in the case"
CLOSED = "case closed"
NOT_COUNTED = ("not substantiated", "entered in error", "incident unlinked from a pattern")
INDEPENDENT = ("independent panel granted", "the whole board is aware")
"""After these no governor of this school sits on the panel (CP-3m)."""
AROUND_THE_PANEL = (PANEL_AGREED, PANEL_STOOD_DOWN, HEARING_SET, "cap hearing held", "independent panel asked for")
"""To be named in these is no earlier part in the matter."""
REOPENED = "case reopened"
NEEDS_A_PERSON = (NAMED_LATER, PANEL_AGREED, PANEL_STOOD_DOWN, ACTED_ALONE)
PANEL = 3


def refusal(event: Event, case: CaseFile, directory: Directory) -> tuple[str, str, str] | None:
    """What, why and instead, where the one who records this may not; None where they may."""
    what = str(event.facts.get("what happened", "an update"))
    actor = directory.by_email(event.actor or "")
    if actor is None:
        return what, "it was not recorded by somebody of the school's lists", "Somebody on the case records it."
    if actor.email in {kept.address for kept in case.kept_out}:
        return what, "the person concerned cannot record anything on their own case", "Somebody else records it."
    if what in DSL_ONLY and not _decides_for_families(actor, case, directory):
        return what, "only the designated safeguarding lead or a deputy decides this", "The DSL records the decision."
    if what in DSL_ONLY and not event.details.get("outcome", "").strip():
        return what, "a decision of the DSL needs its reason", "Record it again with the reason."
    return None


def _decides_for_families(actor: Person, case: CaseFile, directory: Directory) -> bool:
    """The DSL or a deputy; where all of them are kept out, the headteacher, then the chair (I2, AB-9j)."""
    if {"dsl", "deputy-dsl"} & set(actor.roles):
        return True
    kept_out = {kept.address for kept in case.kept_out}
    for role in ("dsl", "deputy-dsl", "headteacher", "chair"):
        clean = [person for person in directory.holders(role) if person.email not in kept_out]
        if clean:
            return actor in clean
    return False


def taint(case: CaseFile, address: str, directory: Directory) -> str | None:
    """Why this governor may not sit on the panel (CP-3m), or None."""
    person = directory.by_email(address)
    if person is None or person.kind != "governor" or "clerk" in person.roles:
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


def update_case(event: Event, case: CaseFile, directory: Directory) -> CaseFile:
    """The case with what the update says of its people: somebody named later, a panel member agreed or stood down."""
    what = event.facts.get("what happened")
    match what:
        case "person complained about named":
            named = [KeptOut(address, NAMED) for address in event.people]
            maybe = [
                KeptOut(key, "they may be the person concerned, until a person decides who was meant")
                for party in event.parties if party.key is None
                for key in party.possible if directory.by_email(key)
            ]  # fmt: skip
            panel = tuple(member for member in case.panel if member not in {k.address for k in (*named, *maybe)})
            return replace(case, kept_out=merge(case.kept_out, [*named, *maybe]), panel=panel)
        case "cap panel member agreed":
            clean = [a for a in event.people if taint(case, a, directory) is None]
            return replace(case, panel=tuple(dict.fromkeys((*case.panel, *clean)))[:PANEL])
        case "cap panel member stood down" | "a governor acted alone on the complaint":
            return replace(case, panel=tuple(member for member in case.panel if member not in event.people))
        case "independent panel granted" | "the whole board is aware":
            return replace(case, panel=())
    return case


def chair_took_part(case: CaseFile, directory: Directory) -> bool:
    """Whether the chair had a part in the complaint before, or is who it is about (CP-3i)."""
    chairs = {person.email for person in directory.everyone() if "chair" in person.roles}
    had = {kept.address for kept in case.kept_out} | {task.assignee for task in case.tasks.values()}
    return bool(chairs & had.union(*(h.who.split(",") for h in case.happenings)))


def learnt(event: Event, case: CaseFile, directory: Directory) -> dict[str, FactValue]:
    """What an update says beyond what happened: that consent is here, what the person named later is."""
    match event.facts.get("what happened"):
        case "written consent received":
            return {"written consent": "yes"}
        case "person complained about named" if case.track == "complaint":
            about = case.facts.get("complained about")
            before = about if isinstance(about, frozenset) else frozenset()
            return {"complained about": (before | roles_complained_about(event.parties, directory)) - {UNKNOWN}}
    return {}


def carry_out(making: Making, before: CaseFile, procedure: Procedure | None) -> None:
    """The effects of an update that do not depend on the rules."""
    event = making.situation.event
    what = str(event.facts.get("what happened", ""))
    grounds = Grounds(rules=("update",), clauses=(), because=f'"{what}" was recorded on the case.')
    if what != HEARING_SET or isinstance(hearing_wanted(making.policies, making.situation, making.case), Hearing):
        tick_off(making, what, grounds)
    if what == MAY_TELL:
        _lift(making, grounds)
    if what == MUST_NOT:
        _hold_again(making)
    if what in NEEDS_A_PERSON and not any(party.key or party.possible for party in event.parties):
        _nobody_found(making, what)
    if what == PANEL_AGREED:
        _refuse_tainted(making, before)
    if what == HEARING_SET:
        _hearing(making)
    if making.case.panel != before.panel:
        _panel_changed(making, before)
    if what == REOPENED and making.case.track == "complaint":
        why = "its tasks ended when it was closed; its clocks run on"
        again = Grounds(rules=("update",), clauses=("CP-2g",), because=grounds["because"])
        making.flag("see what is owed on a reopened case", making.in_charge, why, again, once=event.occurrence)
    if procedure is not None and what in procedure.ends_when:
        _end(making, grounds)
    if what == CLOSED and making.case.track == "bullying" and not event.details.get("outcome", "").strip():
        _was_everybody_heard(making)
    if procedure is not None and what in procedure.reopens_when and before.state == "closed":
        _plan_again(making, grounds)


def _was_everybody_heard(making: Making) -> None:
    """Closing needs each account, or a reason why not (AB-9b). The case is closed; a person looks at it again."""
    unheard = sum(task.not_a_party and task.state == "open" for task in making.case.tasks.values())
    if unheard:
        why = f"closed without a reason, and {unheard} of those who are in it have not been heard"
        grounds = Grounds(rules=("update",), clauses=("AB-9b",), because=f"The case was {why}.")
        once = making.situation.event.occurrence
        making.flag("a case was closed before everybody was heard", making.in_charge, why, grounds, once=once)


def _plan_again(making: Making, grounds: Grounds) -> None:
    """Open again: the diary entries that the closing took out and that still lie ahead come back."""
    now = making.situation.now
    for entry in making.case.entries.values():
        if entry.action == "cancel" and entry.start > now:
            key = f"{entry.key.partition(':again:')[0]}:again:{now.isoformat()}"
            making.effects.append(replace(entry, key=key, action="create", because=grounds["because"]))


def tick_off(making: Making, what: str, grounds: Grounds) -> None:
    """The tasks that this ends; of those that stand for one party each, one."""
    heard = False
    for task in making.case.tasks.values():
        if task.state == "open" and what in task.done_when and not (heard and task.not_a_party):
            making.effects.append(replace(task, state="done", because=grounds["because"]))
            heard = heard or task.not_a_party


def _lift(making: Making, grounds: Grounds) -> None:
    for withhold in making.case.withholds.values():
        if withhold.active:
            because = f"The {withhold.lifted_by} decided that parents may be told, and gave the reason."
            making.effects.append(
                replace(
                    withhold, active=False, because=because, details=f"{withhold.details}: lifted", not_told=()
                )
            )


def _hold_again(making: Making) -> None:
    """Nothing reaches parents from the DSL's "must not" on, whatever was decided, or drafted, before it (AB-9j)."""
    if held_from_families(making.case.withholds) is not None:
        return
    making.effects.append(
        Withhold(
            key=f"withhold:{FAMILIES}:dsl decision:{making.situation.now.isoformat()}",
            case=making.case.ref,
            rules=("update",),
            clauses=("AB-9j", "AB-8g"),
            because="The DSL decided that parents must not be told, and gave the reason.",
            details="everything about this case",
            from_=(FAMILIES,),
            lifted_by="designated safeguarding lead",
        )
    )


def withdraw_drafts(making: Making, why: str, *, family_only: bool) -> None:
    """Drafts that nobody may release any more are taken back."""
    for notice in making.case.notices.values():
        if notice.status == "draft" and (notice.family or not family_only):
            making.effects.append(replace(notice, status="withdrawn", because=why))


def _refuse_tainted(making: Making, before: CaseFile) -> None:
    event = making.situation.event
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
                    instead="Ask a governor with no earlier part in the matter, and record first and last name.",
                    **grounds,
                )
            )
            making.flag(
                "find another panel member", "clerk to governors", why, grounds, once=f"{address}:{event.occurrence}"
            )


def _nobody_found(making: Making, what: str) -> None:
    """Somebody should have been named, and the lists know nobody like that: a person looks (I6)."""
    why = "nobody in the school's lists fits the name that was given, or none was"
    grounds = Grounds(rules=("update",), clauses=("AB-8l",), because=f"{what!r} was recorded, but {why}.")
    role = "clerk to governors" if what in (PANEL_AGREED, PANEL_STOOD_DOWN, ACTED_ALONE) else making.in_charge
    making.flag("say again who was meant", role, why, grounds, once=making.situation.event.occurrence)


def _panel_changed(making: Making, before: CaseFile) -> None:
    """Who left the panel is no longer invited, who joined it is; too few of them is the clerk's to mend."""
    case, now = making.case, making.situation.now
    hearing = next((e for e in case.entries.values() if _stands(e) and e.start > now), None)
    if hearing is None:
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


def _stands(entry: CalendarEntry) -> bool:
    return entry.key.startswith("hearing:") and entry.action != "cancel"


def _for_the_clerk(making: Making, name: str, why: str) -> None:
    grounds = Grounds(rules=("CP-3m",), clauses=("CP-3m", "CP-3l"), because=f"The panel has changed: {why}.")
    making.flag(name, "clerk to governors", why, grounds, once=making.situation.event.occurrence)


def _hearing(making: Making) -> None:
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
        making.flag("choose another hearing date", "clerk to governors", evidence, grounds, once=event.occurrence)
        return
    for phrase in ("panel members", "headteacher", "complainant"):
        _invite(making, phrase, found)


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
    case = making.case
    grounds = Grounds(
        rules=("CP-3l",), clauses=("CP-3l",),
        because=f"The panel sits on {in_words(hearing.start)}, with five clear school days of notice and in time.",
    )  # fmt: skip
    reached = making.audiences.reach(phrase)
    clerk = making.audiences.one("clerk to governors")
    for guest in reached.recipients:
        if phrase == "headteacher" and guest.role != phrase:
            continue  # the head is kept out: nobody is invited in their place
        key = f"hearing:{guest.address}"
        before = case.entries.get(key)
        same = before is not None and before.action != "cancel" and before.start == hearing.start
        if same:
            continue
        released = before is not None and before.status == "sent" and not guest.outside
        making.effects.append(
            CalendarEntry(
                key=key,
                case=case.ref,
                not_told=tuple(reached.not_told),
                action="move" if before is not None and before.action != "cancel" else "create",
                status="draft" if guest.outside and not released else "sent",
                held_by=clerk.recipients[0].address if guest.outside and clerk.recipients else None,
                title=f"Meeting ({case.ref})",
                description=making.pointer(),
                start=hearing.start,
                end=hearing.end,
                attendees=(guest.address,),
                role=guest.role,
                **grounds,
            )
        )
    if not reached.recipients and reached.not_told:
        making.notes += [f"not invited, {told.who}: {told.why}" for told in reached.not_told]


def remove_concerned(making: Making, before: CaseFile) -> None:
    """Somebody turned out to be the person concerned: from this moment nothing of the case is theirs (I2)."""
    removed = {k.address for k in making.case.kept_out} - {k.address for k in before.kept_out}
    if not removed:
        return
    why = "They are, or may be, the person concerned."
    news = Grounds(rules=("kept-out",), clauses=("CP-2e",), because="Somebody on the case was found to be concerned.")
    making.tell((making.in_charge,), "case_notice", news, once=f"kept out:{'/'.join(sorted(removed))}")
    told = tuple(NotTold(making.case.ref, NAMED, address) for address in sorted(removed))
    for task in making.case.tasks.values():
        if task.state == "open" and task.assignee in removed:
            making.effects.append(replace(task, state="cancelled", because=why, not_told=told))
            grounds = Grounds(rules=task.rules, clauses=task.clauses, because=f"Passed on: {task.because}")
            making.give_task(
                task.title, making.in_charge, grounds, once=f"passed on:{task.key}", due=task.due,
                done_when=task.done_when, not_a_party=task.not_a_party,
            )  # fmt: skip
    for notice in making.case.notices.values():
        if notice.status == "draft" and notice.to in removed:
            making.effects.append(replace(notice, status="withdrawn", because=why, not_told=told))
        elif notice.status == "draft" and notice.held_by in removed:
            making.effects.append(replace(notice, held_by=_next_holder(making, notice), because=why, not_told=told))
    for entry in making.case.entries.values():
        if entry.action != "cancel" and removed & set(entry.attendees):
            making.effects.append(replace(entry, action="cancel", because=why, not_told=told))


def _next_holder(making: Making, notice: Notice) -> str | None:
    held_by = making.policies.vocabulary.templates[notice.template].held_by
    found = making.audiences.one(held_by or making.in_charge).recipients
    holder = found[0] if found else making.audiences.last_resort()
    return holder.address if holder is not None else None


def _end(making: Making, grounds: Grounds) -> None:
    """Closed, withdrawn or resolved: open work, drafts and diary entries end with it (CP-2g)."""
    for task in making.case.tasks.values():
        if task.state == "open" and making.situation.event.facts.get("what happened") not in task.done_when:
            making.effects.append(replace(task, state="cancelled", because=grounds["because"]))
    withdraw_drafts(making, grounds["because"], family_only=False)
    for entry in making.case.entries.values():
        if entry.action != "cancel" and entry.start > making.situation.now:
            making.effects.append(replace(entry, action="cancel", because=grounds["because"]))


def hold_in_force(before: CaseFile, effects: Iterable[object]) -> Withhold | None:
    """The hold on families after these effects."""
    withholds = dict(before.withholds) | {e.key: e for e in effects if isinstance(e, Withhold)}
    return held_from_families(withholds)
