"""A person releases what waits for them: the only way by which anything leaves the school (I3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from rules.engine.casework.deliveries import ask_the_holder
from rules.engine.casework.extension import say_if_too_late
from rules.engine.casework.overtaken import take_back_overtaken
from rules.engine.casework.ticking import tick_off
from rules.engine.deciding.by_hand import begin, decided
from rules.engine.deciding.decide import Decision
from rules.engine.intake.guards import held_from_families
from rules.engine.model.effects import CalendarEntry, Notice, Refused
from rules.engine.model.policy import Policies
from rules.engine.model.situation import CaseFile, Happening, Situation
from rules.engine.proposing.audiences import consent_is_missing
from rules.engine.proposing.make import Grounds, Making
from rules.engine.school.school_days import LONDON
from rules.engine.wording.letters import gaps_of

MAY_RELEASE = frozenset({"headteacher", "dsl", "deputy-dsl", "chair", "vice-chair", "clerk"})
NEW_DATE = "complex: new target date"
FINISH = (
    "Fill in each “[write here: …]” in the draft in Gmail, delete the line at its top that counts them, and "
    "release it again."
)
MARKS = "marks"
"""The detail of a release that says how many marks of an unfinished letter stood in the draft then."""


def release(policies: Policies, situation: Situation, to: str, draft: str | None = None) -> Decision:
    """Release the drafts to this address on the case, by ``situation.event.actor``; or say why not.

    ``draft``: the key of the one draft that they have read; what was drafted since is not theirs to let go unread.
    KeyError where the situation has no case.
    """
    making = begin(policies, situation)
    case = making.case
    drafts: list[Notice | CalendarEntry] = [n for n in case.notices.values() if n.status == "draft" and n.to == to]
    drafts += [e for e in case.entries.values() if _waits(e, situation.now) and to in e.attendees]
    read = [one for one in drafts if draft in (None, one.key)]
    if not read:
        _refuse(making, to, "there is no draft to this address on this case", "Look at the case for what waits.")
    refused = {one.key: refusal(making, one) for one in drafts}
    if marks := int(situation.event.details.get(MARKS, 0)):
        refused |= {one.key: refused[one.key] or _unfinished(making, one, marks) for one in read}
    no_invitation = next((why for e in drafts if isinstance(e, CalendarEntry) and (why := refused[e.key])), None)
    for one in read:
        why = refused[one.key]
        if why is None and isinstance(one, Notice) and no_invitation and _announces(making, one):
            continue  # whoever cannot be invited to that day is not told of it either
        if why is not None:
            _refuse(making, to, *why, hearing=isinstance(one, CalendarEntry))
        else:
            _let_go(making, one)
    take_back_overtaken(making, case)
    return decided(making)


def _waits(entry: CalendarEntry, now: datetime) -> bool:
    """Whether an invitation waits for its release; nobody is invited to what is over."""
    return entry.status == "draft" and entry.action != "cancel" and entry.start > now


def refusal(making: Making, draft: Notice | CalendarEntry) -> tuple[str, str] | None:
    """Why this person may not release this draft now, and what to do instead; None where they may."""
    case, actor = making.case, making.situation.event.actor or ""
    person = making.situation.directory.by_email(actor)
    readers = making.situation.directory.readers(person) if person is not None else ()
    if person is None or not all(making.audiences.may_know(one.email) for one in (person, *readers)):
        return (
            "only somebody of the school who may see this case can release it",
            "The holder of the draft releases it.",
        )
    if draft.held_by != person.email and not MAY_RELEASE & set(person.roles):
        return "it is held by somebody else", f"{draft.held_by} releases it, or the headteacher, the DSL or the clerk."
    hold = held_from_families(case.withholds)
    if _needs_consent(making, draft):
        return "the written consent of the person they complain for is not here", "Record the consent first."
    if isinstance(draft, Notice) and draft.family and hold is not None:
        return f"{hold.details} is kept from parents and carers", f"The {hold.lifted_by} decides first."
    if isinstance(draft, CalendarEntry) and draft.key.startswith("hearing:"):
        return _too_late(making, draft)
    return None


def _unfinished(making: Making, draft: Notice | CalendarEntry, marks: int) -> tuple[str, str]:
    """Why a draft with marks left in it is not released, and what to do; its holder is asked to finish it."""
    why = f"the letter is not finished: {marks} mark{'s' if marks > 1 else ''} left in it"
    if isinstance(draft, Notice):
        ask_the_holder(making, draft.key, "finish a letter before it is released", f"{why}. {FINISH}")
    return why, FINISH


def _announces(making: Making, letter: Notice) -> bool:
    """Whether the letter says when people meet."""
    return "meets" in gaps_of(making.policies.vocabulary.templates[letter.template].body)


def _needs_consent(making: Making, draft: Notice | CalendarEntry) -> bool:
    to = (draft.to,) if isinstance(draft, Notice) else draft.attendees
    if making.case.complainant not in to or not consent_is_missing(making.case):
        return False
    return not (isinstance(draft, Notice) and making.policies.vocabulary.templates[draft.template].before_consent)


def _too_late(making: Making, entry: CalendarEntry) -> tuple[str, str] | None:
    today = making.situation.now.astimezone(LONDON).date()
    wanted = int(making.policies.settings["clear days of notice"])
    if making.situation.calendar.clear_days(today, entry.start.date()) >= wanted:
        return None
    return f"it would leave fewer than {wanted} clear school days of notice", "Set another day for the panel."


def _let_go(making: Making, draft: Notice | CalendarEntry) -> None:
    actor = making.situation.event.actor
    making.effects.append(replace(draft, status="sent", because=f"Released by {actor}."))
    if not isinstance(draft, Notice):
        return
    records = making.policies.vocabulary.templates[draft.template].records
    if records is not None:
        promised = next((h.day for h in reversed(making.case.happenings) if h.what == NEW_DATE), None)
        happening = Happening(records, making.situation.now, day=promised)
        making.case = replace(making.case, happenings=(*making.case.happenings, happening))
        because = f"The letter that does this was released by {actor}."
        tick_off(making, records, because)
        say_if_too_late(making, records)


def _refuse(making: Making, to: str, why: str, instead: str, *, hearing: bool = False) -> None:
    clause = "CP-3l" if hearing else "CP-2h" if making.case.track == "complaint" else "AB-8g"
    grounds = Grounds(rules=("release",), clauses=(clause,), because=f"The release was refused: {why}.")
    once = making.situation.event.occurrence
    key = f"refused:release:{to}:{once}:{len(making.effects)}"
    making.effects.append(
        Refused(key=key, case=making.case.ref, what=f"the release to {to}", why=why, instead=instead, **grounds)
    )


def waiting(case: CaseFile) -> tuple[Notice | CalendarEntry, ...]:
    """Everything on the case that waits for a person's release."""
    notices = tuple(n for n in case.notices.values() if n.status == "draft")
    return notices + tuple(e for e in case.entries.values() if e.status == "draft" and e.action != "cancel")
