"""What an update changes on a case besides what the rules say: who may act, holds, people removed, work ended."""

from __future__ import annotations

from dataclasses import replace

from rules.engine.casework.ending import begin_again, end, opened_again, withdraw_drafts
from rules.engine.casework.extension import say_if_too_late
from rules.engine.casework.hearing import PANEL, Hearing
from rules.engine.casework.holds import MAY_TELL, MUST_NOT, OF_A_REPORT, WISH_RECORDED, hold, lift
from rules.engine.casework.identified import MATCHED, with_pupils
from rules.engine.casework.interviews import hold_back
from rules.engine.casework.meetings import OFFERED, OVER, meeting_over, plan_meeting
from rules.engine.casework.panel import (
    ACTED_ALONE,
    HEARING_SET,
    INDEPENDENT,
    PANEL_AGREED,
    PANEL_STOOD_DOWN,
    bar_from_the_panel,
    hearing_wanted,
    independent,
    paused_before_it,
    refuse_tainted,
    set_hearing,
    taint,
)
from rules.engine.casework.ticking import tick_off
from rules.engine.intake.events import roles_complained_about
from rules.engine.intake.guards import FAMILY, MAYBE, NAMED, OWN, merge
from rules.engine.model.effects import Notice, NotTold, Task
from rules.engine.model.policy import UNKNOWN, FactValue, Procedure
from rules.engine.model.situation import CaseFile, Event, KeptOut
from rules.engine.proposing.audiences import STAGE_THREE
from rules.engine.proposing.make import Grounds, Making
from rules.engine.school.directory import Directory
from rules.engine.wording.letter_words import signed_anew, title_of

NAMED_LATER = "person complained about named"
ACKNOWLEDGED = "alert acknowledged"
UNLINKED = "incident unlinked from a pattern"
NOT_COUNTED = ("not substantiated", "entered in error")
NEEDS_A_PERSON = (NAMED_LATER, PANEL_AGREED, PANEL_STOOD_DOWN, ACTED_ALONE)


def update_case(event: Event, case: CaseFile, directory: Directory) -> CaseFile:
    """The case with what the update says of its people: somebody named later, a panel member agreed or stood down."""
    what = event.facts.get("what happened")
    match what:
        case "person complained about named":
            named = [KeptOut(address, NAMED) for address in event.people]
            maybe = [
                KeptOut(key, MAYBE)
                for party in event.parties if party.key is None
                for key in party.possible if directory.by_email(key)
            ]  # fmt: skip
            panel = tuple(member for member in case.panel if member not in {k.address for k in (*named, *maybe)})
            return replace(case, kept_out=merge(case.kept_out, [*named, *maybe]), panel=panel)
        case "pupil matched":
            return with_pupils(event, case)
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
    grounds = Grounds(rules=("update",), clauses=(), because=f"“{what}” was recorded on the case.")
    if what != HEARING_SET or isinstance(hearing_wanted(making.policies, making.situation, making.case), Hearing):
        tick_off(making, what, grounds["because"])
    hold_back(making)
    if what == MAY_TELL:
        lift(making, grounds)
    if what == MUST_NOT:
        hold(making, ("AB-9j", "AB-8g"), "The DSL decided that parents must not be told, and gave the reason.")
    if what == WISH_RECORDED and making.case.track in OF_A_REPORT:
        hold(making, ("AB-9i", "AB-8g"), "The pupil's wish was recorded; what it is, only a person reads.")
    if what == MATCHED and making.case.parties == before.parties:
        _nobody_found(making, what)
    if what in NEEDS_A_PERSON and not _adults_named(making):
        _nobody_found(making, what)
    say_if_too_late(making, what)
    if what == ACTED_ALONE:
        bar_from_the_panel(making)
    if what == OFFERED:
        plan_meeting(making)
    if what in OVER:
        meeting_over(making)
    if what == PANEL_AGREED:
        refuse_tainted(making, before)
    if what == HEARING_SET:
        set_hearing(making)
    if what in INDEPENDENT and not independent(before):
        _nobody_of_this_school(making)
    if procedure is not None and what in procedure.pauses_when:
        paused_before_it(making)
    if procedure is not None and what in procedure.ends_when:
        end(making, procedure, grounds)
    if opened_again(making, before):
        begin_again(making, grounds)


def _nobody_of_this_school(making: Making) -> None:
    """An independent panel hears it: the clerk no longer looks for governors of this school (CP-3m)."""
    for task in making.case.tasks.values():
        if task.state == "open" and HEARING_SET in task.done_when:
            clauses = tuple(dict.fromkeys((*task.clauses, "CP-3m")))
            why = "An independent panel hears it, of governors from elsewhere."
            making.effects.append(replace(task, state="cancelled", because=why, clauses=clauses))


def _adults_named(making: Making) -> bool:
    """Whether the update names, or may name, somebody of the school: a pupil or a parent is not who was asked for."""
    keys = [key for party in making.situation.event.parties for key in (party.key, *party.possible) if key]
    return any(making.situation.directory.by_email(key) is not None for key in keys)


def _nobody_found(making: Making, what: str) -> None:
    """Somebody should have been named, and the lists know nobody like that: a person looks (I6)."""
    why = "nobody in the school's lists fits the name that was given, or none was"
    grounds = Grounds(rules=("update",), clauses=("AB-8l",), because=f"“{what}” was recorded, but {why}.")
    role = "clerk to governors" if what in (PANEL_AGREED, PANEL_STOOD_DOWN, ACTED_ALONE) else making.in_charge
    making.flag("say again who was meant", role, why, grounds, once=making.situation.event.occurrence)


def remove_concerned(making: Making, before: CaseFile) -> None:
    """Somebody turned out to be the person concerned: from this moment nothing of the case is theirs (I2)."""
    removed = _newly(making.case, before)
    if not removed:
        return
    removed |= {one.email for one in making.situation.directory.everyone() if removed & set(one.read_by)}
    written_to = {k.address for k in making.case.kept_out if k.why in (OWN, FAMILY)} & {making.case.complainant}
    why = "They are, or may be, the person concerned."
    news = Grounds(rules=("kept-out",), clauses=("CP-2e",), because="Somebody on the case was found to be concerned.")
    # An alert that waited with them waits no longer: whoever has it now hears of it as urgently.
    waits = any(n.urgent and n.status == "sent" and n.to in removed for n in making.case.notices.values())
    urgent = waits and all(happening.what != ACKNOWLEDGED for happening in making.case.happenings)
    template = "dsl_alert" if urgent else "case_notice"
    once = f"kept out:{'/'.join(sorted(removed))}"
    making.tell((making.in_charge,), template, news, once=once, urgent=urgent)
    told = tuple(NotTold("person concerned", NAMED, address) for address in sorted(removed))
    _pass_work_on(making, removed, why, told)
    for notice in making.case.notices.values():
        if notice.status == "draft" and notice.to in removed - written_to:
            making.effects.append(replace(notice, status="withdrawn", because=why, not_told=told))
        elif notice.status == "draft" and notice.held_by in removed:
            making.effects.append(_passed_on(making, notice, why, told))
    for entry in making.case.entries.values():
        if entry.action != "cancel" and (removed - written_to) & set(entry.attendees):
            making.effects.append(replace(entry, action="cancel", because=why, not_told=told))
        elif entry.action != "cancel" and entry.status == "draft" and entry.held_by in removed:
            holder = _next_holder(making, making.in_charge)
            making.effects.append(replace(entry, held_by=holder, because=why, not_told=told))


def _pass_work_on(making: Making, removed: set[str], why: str, told: tuple[NotTold, ...]) -> None:
    """What they had to do is done by whoever is in charge, or at stage three by whoever investigates now.

    What a rule has just given to somebody else in their place is not given twice, and is due when it was.
    """
    theirs = [t for t in making.case.tasks.values() if t.state == "open" and t.assignee in removed]
    investigated = {task.assignee for task in theirs if task.done_when == STAGE_THREE}
    given = [e for e in making.effects if isinstance(e, Task) and e.state == "open" and e.done_when]
    for task in theirs:
        making.effects.append(replace(task, state="cancelled", because=why, not_told=told))
        instead = [one for one in given if one.done_when == task.done_when]
        if instead:
            making.effects += [replace(one, due=task.due) for one in instead]
            continue
        passed = f"Passed on: {task.because}"
        grounds = Grounds(rules=task.rules, clauses=task.clauses, because=passed, rests_on=task.rests_on)
        making.give_task(
            task.title, "stage three investigator" if task.assignee in investigated else making.in_charge, grounds,
            once=f"passed on:{task.key}", due=task.due, done_when=task.done_when, steps=task.steps,
            not_a_party=task.not_a_party,
        )  # fmt: skip


def _newly(case: CaseFile, before: CaseFile) -> set[str]:
    """Who has no part in it from now on; whoever made it and turns out to be concerned is not written to either."""
    was = {kept.address: kept.why in (OWN, FAMILY) for kept in before.kept_out}
    return {kept.address for kept in case.kept_out if was.get(kept.address, True) and kept not in before.kept_out}


def _passed_on(making: Making, notice: Notice, why: str, told: tuple[NotTold, ...]) -> Notice:
    """The draft in the mailbox of the next one who may hold it, who signs it in their own role."""
    held_by = making.policies.vocabulary.templates[notice.template].held_by
    address = _next_holder(making, held_by or making.in_charge)
    before, after = (title_of(making.situation.directory, who) for who in (notice.held_by, address))
    body = signed_anew(notice.body, making.situation.school, before, after)
    return replace(notice, held_by=address, body=body, because=why, not_told=told)


def _next_holder(making: Making, phrase: str) -> str | None:
    """Who holds a draft from now on: the first clean person whom the phrase reaches, or of the last resort."""
    found = making.audiences.one(phrase).recipients
    holder = found[0] if found else making.audiences.last_resort()
    return holder.address if holder is not None else None


def leave_the_bullying_flow(making: Making) -> None:
    """The report names an adult after all: what the bullying flow began ends; its teams have no part in it (I13)."""
    because, cited = "The report is about an adult: it leaves the bullying flow.", ("AB-9t",)
    kept = {effect.key for effect in making.effects}
    for task in making.case.tasks.values():
        if task.state == "open" and task.key not in kept:
            making.effects.append(replace(task, state="cancelled", because=because))
    for deadline in making.case.deadlines.values():
        if deadline.state in ("open", "paused"):
            making.effects.append(replace(deadline, state="cancelled", because=because))
    withdraw_drafts(making, because, family_only=True, cited=cited)
    for entry in making.case.entries.values():
        if entry.action != "cancel" and entry.start > making.situation.now:
            making.effects.append(replace(entry, action="cancel", because=because))
