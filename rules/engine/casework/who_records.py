"""Who may record what on a case: a wrong update, or one of somebody who has no part in it, changes nothing (I2, I6).

What anybody of the school may have seen or been given, anybody of the school may record. What decides, ends or writes
to people is recorded by those who work on the complaint; who sits on a panel, by those who convene it.
"""

from __future__ import annotations

from rules.engine.casework.closing import not_all_heard
from rules.engine.casework.conduct import OutOfOrder, out_of_order
from rules.engine.casework.extension import not_later
from rules.engine.casework.ladder import ACKNOWLEDGED, may_acknowledge
from rules.engine.intake.guards import OWN, RECEIPT
from rules.engine.model.policy import UNKNOWN
from rules.engine.model.situation import CaseFile, Event
from rules.engine.school.directory import Directory, Person

DSL_ONLY = ("dsl decision: parents may be told", "dsl decision: parents must not be told")

SEEN_OR_GIVEN = frozenset({
    "first action taken", "interview held", "account or statement received", "parents or carers informed",
    "pupil's wish about telling parents recorded", "alert acknowledged", "person complained about named",
    "referred to police", "referred to children's social care or early help", "referred to lado or mash",
    "sanction or support agreed", "follow-up check: bullying has stopped", "follow-up check: bullying has resumed",
    "pupil matched", "stage 1 discussion held", "complainant asks for stage 2", "meeting offered", "meeting held",
    "complainant asks for stage 3", "stage 3 outcome received by complainant", "complainant asks for stage 4 (cap)",
    "independent panel asked for", "a governor acted alone on the complaint", "the whole board is aware",
    "legal representation asked for", UNKNOWN,
})  # fmt: skip
"""On a complaint: what anybody of the school may record. Nobody's way to the next stage is blocked (CP-2d)."""

THE_PANEL = frozenset({
    "cap panel member agreed", "cap panel member stood down", "cap hearing date set", "independent panel granted",
    "independent panel refused", "legal representation allowed",
})  # fmt: skip
"""What those record who convene the panel; the headteacher, who is heard by it, does not."""

STANDING = frozenset({
    "case closed", "case reopened", "not substantiated", "entered in error", "incident unlinked from a pattern",
})  # fmt: skip
"""What ends a report, opens it again or takes it out of the count: no report of bullying goes away by somebody who has
no part in it (AB-8l). Who made it has had a receipt, and tells those who work on it."""

LEAD_ON_PUPILS = frozenset({"headteacher", "deputy-headteacher", "dsl", "deputy-dsl"})
LEADS = frozenset({
    "headteacher", "deputy-headteacher", "dsl", "deputy-dsl", "chair", "vice-chair", "clerk", "business-manager",
    "office",
})  # fmt: skip
CONVENES = frozenset({"clerk", "chair", "vice-chair"})
INSTEAD_OF_A_CLERK = frozenset({"headteacher", "business-manager"})

Refusal = tuple[str, str, str]
"""What, why, and what to do instead."""


def refusal(event: Event, case: CaseFile, directory: Directory) -> Refusal | None:
    """Why the one who records this may not; None where they may."""
    what = str(event.facts.get("what happened", "an update"))
    actor = directory.by_email(event.actor or "")
    if actor is None or actor.kind == "outside":
        return what, "it was not recorded by somebody of the school's lists", "Somebody on the case records it."
    kept_out = {kept.address: kept.why for kept in case.kept_out}
    why = next((kept_out[one.email] for one in (actor, *directory.readers(actor)) if one.email in kept_out), None)
    if why == OWN:
        return what, "whoever made a complaint records nothing on it", "Write to whoever deals with it; they record it."
    if why is not None:
        return what, "the person concerned cannot record anything on their own case", "Somebody else records it."
    if what in DSL_ONLY and not _decides_for_families(actor, case, directory):
        return what, "only the designated safeguarding lead or a deputy decides this", "The DSL records the decision."
    if what in DSL_ONLY and not event.details.get("outcome", "").strip():
        return what, "a decision of the DSL needs its reason", "Record it again with the reason."
    if what == ACKNOWLEDGED and not may_acknowledge(actor, case, directory):
        return what, "only somebody whom the alert calls acknowledges it", "The DSL, a deputy or the headteacher does."
    if case.track == "complaint":
        found = _on_a_complaint(what, actor, case, directory)
        if found is not None:
            return found
    elif what in STANDING and not (LEAD_ON_PUPILS & set(actor.roles) or _works_on(actor, case, directory)):
        return what, "only somebody who works on the case records this", "Whoever works on the case records it."
    early = too_early(event, case)
    return (what, early[0], early[1]) if early is not None else None


def too_early(event: Event, case: CaseFile) -> OutOfOrder | None:
    """Why, instead and the clauses, where what is recorded cannot be yet, whoever records it."""
    return out_of_order(event, case) or not_later(event, case) or not_all_heard(event, case)


def may_hear(address: str, case: CaseFile, directory: Directory) -> bool:
    """Whether whoever recorded something that was refused may hear why; to the person concerned the case is not there.

    Who made the complaint knows of it, and of nothing else.
    """
    kept_out = {kept.address for kept in case.kept_out if kept.why != OWN}
    actor = directory.by_email(address)
    return (
        actor is not None
        and actor.kind != "outside"
        and not kept_out & {one.email for one in (actor, *directory.readers(actor))}
    )


def _on_a_complaint(what: str, actor: Person, case: CaseFile, directory: Directory) -> Refusal | None:
    roles = set(actor.roles)
    if what in THE_PANEL and not roles & _convening(case, directory):
        return what, "only those who convene the panel record this", "The clerk to the governors records it."
    if what in SEEN_OR_GIVEN | THE_PANEL or what in DSL_ONLY or roles & LEADS or _works_on(actor, case, directory):
        return None
    return what, "only somebody who works on the complaint records this", "Whoever deals with the complaint records it."


def _convening(case: CaseFile, directory: Directory) -> frozenset[str]:
    kept_out = {kept.address for kept in case.kept_out}
    clean = any(person.email not in kept_out for person in directory.holders("clerk"))
    return CONVENES if clean else CONVENES | INSTEAD_OF_A_CLERK


def _works_on(actor: Person, case: CaseFile, directory: Directory) -> bool:
    """Whether they have a task on the case, or were told of it, by a mailbox that they read too; not by a receipt."""
    read = {box.email for box in directory.everyone() if actor.email in box.read_by} | {actor.email}
    notices = (n for n in case.notices.values() if n.status == "sent" and n.held_by is None and n.template != RECEIPT)
    told = any(n.to in read for n in notices)
    tasked = any(task.assignee in read for task in case.tasks.values())
    return told or tasked or actor.email in case.panel


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
