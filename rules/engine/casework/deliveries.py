"""What came of what was to be delivered, where a person must hear of it (I6): given up, sent by hand, not taken back.

Each is said once for each notice, task or entry: its key is in the key of the flag.
"""

from __future__ import annotations

from typing import Final

from rules.engine.intake.guards import held_from_families
from rules.engine.model.effects import Notice
from rules.engine.proposing.make import Grounds, Making

UNDELIVERABLE: Final = "alert undeliverable"
NOT_DELIVERED: Final = "not delivered"
DRAFT_GONE: Final = "draft gone"
"""A draft that waited for a person is no longer in their mailbox: it was sent, or deleted, by hand."""
WITHDRAWN_GONE: Final = "withdrawn draft gone"
"""The same, found when it was to be taken back."""
DRAFT_DIFFERS: Final = "draft differs"
"""A draft that waits has other words than it would have now. It was left as it stands: a person may have edited it."""

DELIVERIES: Final = (NOT_DELIVERED, DRAFT_GONE, WITHDRAWN_GONE, DRAFT_DIFFERS)


def hear_of_delivery(making: Making) -> None:
    """The flag, and where something may have reached a family against a hold the alert, that this event asks for."""
    event = making.situation.event
    if event.name == NOT_DELIVERED:
        _not_delivered(making, event.about, event.details.get("why", ""))
    elif event.name == DRAFT_GONE:
        why = "a draft is no longer in the mailbox of its holder: it was sent or deleted by hand"
        ask_the_holder(making, event.about, "was a letter sent by hand? record it", why)
    elif event.name == WITHDRAWN_GONE:
        _taken_back_too_late(making, event.about)
    elif event.name == DRAFT_DIFFERS:
        why = "the words of a letter have changed since it was drafted; the draft was left as its holder has it"
        ask_the_holder(making, event.about, "look at a draft before it is sent", why)


def _not_delivered(making: Making, key: str, why: str) -> None:
    what = key.partition(":")[0]
    grounds = _grounds("something could not be delivered")
    failed = making.case.notices.get(key)
    role = making.in_charge
    if failed is not None and failed.to in {one.address for one in making.audiences.one(role).recipients}:
        role = "headteacher"  # telling the same address of it again would come to nothing
    making.flag("something could not be delivered", role, f"a {what}. {why}", grounds, once=key)


def ask_the_holder(making: Making, key: str, question: str, why: str) -> None:
    """A flag for whoever holds the draft of this key."""
    making.flag(question, _holder(making, making.case.notices.get(key)), why, _grounds(why), once=key)


def _taken_back_too_late(making: Making, key: str) -> None:
    notice = making.case.notices.get(key)
    hold = held_from_families(making.case.withholds)
    if notice is None or not notice.family or hold is None:
        gone = "a draft that was to be taken back had been sent or deleted by hand"
        ask_the_holder(making, key, "was a letter sent that was taken back? record it", gone)
        return
    why = "a draft that is now withheld was already sent or deleted by hand: find out which, and what the family knows"
    grounds = _grounds(why, "AB-8g", "AB-9i")
    lead = "designated safeguarding lead"
    making.flag("a draft that is now withheld was sent or deleted by hand", lead, why, grounds, once=key)
    making.tell((lead,), "dsl_alert", grounds, once=f"{WITHDRAWN_GONE}:{key}", urgent=True)


def _holder(making: Making, notice: Notice | None) -> str:
    template = making.policies.vocabulary.templates.get(notice.template) if notice is not None else None
    return (template.held_by if template is not None else None) or making.in_charge


def _grounds(why: str, *clauses: str) -> Grounds:
    return Grounds(rules=("delivery",), clauses=clauses or ("AB-8l",), because=f"{why[0].upper()}{why[1:]}.")
