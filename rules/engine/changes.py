"""What an update changes on a case besides what the rules say: who may act, holds, people removed, work ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, time

from rules.engine.directory import Directory
from rules.engine.effects import CalendarEntry, NotTold, Refused, Withhold
from rules.engine.guards import NAMED, held_from_families, merge
from rules.engine.hearing import Hearing, plan
from rules.engine.letters import in_words
from rules.engine.make import Grounds, Making
from rules.engine.policy import Procedure
from rules.engine.situation import CaseFile, Event, KeptOut

DSL_ONLY = ("dsl decision: parents may be told", "dsl decision: parents must not be told")
MAY_TELL, MUST_NOT = DSL_ONLY
NAMED_LATER = "person complained about named"
PANEL_AGREED, PANEL_STOOD_DOWN = "cap panel member agreed", "cap panel member stood down"
HEARING_SET = "cap hearing date set"
ACTED_ALONE = "a governor acted alone on the complaint"
NOT_COUNTED = ("not substantiated", "entered in error", "incident unlinked from a pattern")


def refusal(event: Event, case: CaseFile, directory: Directory) -> tuple[str, str, str] | None:
    """What, why and instead, where the one who records this may not; None where they may."""
    what = str(event.facts.get("what happened", "an update"))
    actor = directory.by_email(event.actor or "")
    if actor is None:
        return what, "it was not recorded by somebody of the school's lists", "Somebody on the case records it."
    if actor.email in {kept.address for kept in case.kept_out}:
        return what, "the person concerned cannot record anything on their own case", "Somebody else records it."
    if what in DSL_ONLY and not {"dsl", "deputy-dsl"} & set(actor.roles):
        return what, "only the designated safeguarding lead or a deputy decides this", "The DSL records the decision."
    if what in DSL_ONLY and not event.details.get("outcome", "").strip():
        return what, "a decision of the DSL needs its reason", "Record it again with the reason."
    return None


def taint(case: CaseFile, address: str, directory: Directory) -> str | None:
    """Why this governor may not sit on the panel (CP-3m), or None."""
    person = directory.by_email(address)
    if person is None or person.kind != "governor" or "clerk" in person.roles:
        return "only governors sit on the panel"
    kept = next((k for k in case.kept_out if k.address == address), None)
    if kept is not None:
        return kept.why
    if any(address in h.who.split(",") for h in case.happenings if h.what == ACTED_ALONE):
        return "they acted alone on the complaint (CP-3c)"
    if any(n.to == address and n.status == "sent" for n in case.notices.values()):
        return "they were told of the complaint before"
    if any(t.assignee == address for t in case.tasks.values()):
        return "they took part in an earlier stage"
    return None


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
            return replace(case, panel=tuple(dict.fromkeys((*case.panel, *clean))))
        case "cap panel member stood down" | "a governor acted alone on the complaint":
            return replace(case, panel=tuple(member for member in case.panel if member not in event.people))
    return case


def carry_out(making: Making, before: CaseFile, procedure: Procedure | None) -> None:
    """The effects of an update that do not depend on the rules."""
    event = making.situation.event
    what = str(event.facts.get("what happened", ""))
    grounds = Grounds(rules=("update",), clauses=(), because=f'"{what}" was recorded on the case.')
    _tick_off(making, what, grounds)
    if what == MAY_TELL:
        _lift(making, grounds)
    if what in (PANEL_AGREED, PANEL_STOOD_DOWN):
        _refuse_tainted(making, before)
    if what == HEARING_SET:
        _hearing(making)
    removed = {k.address for k in making.case.kept_out} - {k.address for k in before.kept_out}
    if removed:
        _remove(making, removed)
    if procedure is not None and what in procedure.ends_when:
        _end(making, grounds)


def _tick_off(making: Making, what: str, grounds: Grounds) -> None:
    for task in making.case.tasks.values():
        if task.state == "open" and what in task.done_when:
            making.effects.append(replace(task, state="done", because=grounds["because"]))
            return


def _lift(making: Making, grounds: Grounds) -> None:
    for withhold in making.case.withholds.values():
        if withhold.active:
            because = f"The {withhold.lifted_by} decided that parents may be told, and gave the reason."
            making.effects.append(
                replace(withhold, active=False, because=because, details=f"{withhold.details}: lifted")
            )


def withdraw_drafts(making: Making, why: str, *, family_only: bool) -> None:
    """Drafts that nobody may release any more are taken back."""
    for notice in making.case.notices.values():
        if notice.status == "draft" and (notice.family or not family_only):
            making.effects.append(replace(notice, status="withdrawn", because=why))


def _refuse_tainted(making: Making, before: CaseFile) -> None:
    event = making.situation.event
    for address in event.people:
        why = taint(before, address, making.situation.directory)
        if event.facts.get("what happened") == PANEL_AGREED and why is not None:
            grounds = Grounds(rules=("CP-3m",), clauses=("CP-3m",), because=f"A panel member was refused: {why}.")
            making.effects.append(
                Refused(
                    key=f"refused:panel:{address}:{event.occurrence}",
                    case=making.case.ref,
                    what=f"{address} on the panel",
                    why=why,
                    instead="Ask a governor with no earlier part in the matter.",
                    **grounds,
                )
            )
            making.flag(
                "find another panel member", "clerk to governors", why, grounds, once=f"{address}:{event.occurrence}"
            )


def _hearing(making: Making) -> None:
    event, case = making.situation.event, making.case
    wanted, at = _wanted(making)
    found = plan(making.policies, making.situation, case, wanted, at)
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


def _wanted(making: Making) -> tuple[date | None, time | None]:
    """The day asked for: the new date, or the date of the update where that lies ahead; None leaves the choice."""
    details = making.situation.event.details
    today = making.situation.now.date()
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


def _remove(making: Making, removed: set[str]) -> None:
    """Somebody turned out to be the person concerned: from this moment nothing of the case is theirs (I2)."""
    why = "They are, or may be, the person concerned."
    told = tuple(NotTold(making.case.ref, NAMED, address) for address in sorted(removed))
    for task in making.case.tasks.values():
        if task.state == "open" and task.assignee in removed:
            making.effects.append(replace(task, state="cancelled", because=why, not_told=told))
            grounds = Grounds(rules=task.rules, clauses=task.clauses, because=f"Passed on: {task.because}")
            making.give_task(
                task.title, "complaint handler", grounds, once=f"passed on:{task.key}", due=task.due,
                done_when=task.done_when, not_a_party=task.not_a_party,
            )  # fmt: skip
    for notice in making.case.notices.values():
        if notice.status == "draft" and notice.to in removed:
            making.effects.append(replace(notice, status="withdrawn", because=why, not_told=told))
        elif notice.status == "draft" and notice.held_by in removed:
            holder = making.audiences.last_resort()
            making.effects.append(
                replace(notice, held_by=holder.address if holder else None, because=why, not_told=told)
            )
    for entry in making.case.entries.values():
        if entry.action != "cancel" and removed & set(entry.attendees):
            making.effects.append(replace(entry, action="cancel", because=why, not_told=told))


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
