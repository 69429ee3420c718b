"""Who may see a case, and what they may do on it: the one place where that is decided. Nothing is looked up here.

A case is seen by its team: whoever was told of it or has work on it, and the holders of a few roles, by the kind of
case (CP-5e). Nobody who is kept out of it is ever among them, whatever else they are (I2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rules.engine.casework import ladder
from rules.engine.deciding.release import MAY_RELEASE
from rules.engine.intake.guards import CONCERNED, held_from_families
from rules.engine.model.effects import CalendarEntry, Notice
from rules.engine.model.situation import CaseFile
from rules.engine.school.directory import Directory, Person

RECEIPT = "receipt"
"""The template of the notice that thanks a reporter; it opens nothing."""

SAFEGUARDING = frozenset({"dsl", "deputy-dsl"})
BEHAVIOUR = frozenset({"behaviour-lead", "behaviour-team", "behaviour-team-inbox"})
BY_ROLE: Mapping[str, frozenset[str]] = {
    "bullying": SAFEGUARDING
    | BEHAVIOUR
    | {"safeguarding-team", "headteacher", "deputy-headteacher", "anti-bullying-lead"},
    "safeguarding": SAFEGUARDING | {"safeguarding-team"},
    "staff-conduct": frozenset({"headteacher"}),
    "adult": frozenset({"headteacher", "dsl"}),
    "complaint": frozenset({"headteacher", "clerk"}),
    "contact": frozenset({"headteacher", "clerk"}),
}
"""Which roles see every case of a track. A track that is not here is seen only by those who were told."""

_LEADING_GOVERNORS = frozenset({"chair", "vice-chair", "clerk"})
_OWN_PART = ("reporter", "complainant")


@dataclass(frozen=True, slots=True)
class View:
    """What somebody who sees a case may do on it. ``release``: keys of the drafts that they may let go."""

    acknowledge: bool
    release: frozenset[str]


def is_identity(person: Person) -> bool:
    """Whether an account stands for one person of the school. A shared mailbox does not: nobody could say who read."""
    return person.kind != "outside" and not person.read_by


def may_see(person: Person, case: CaseFile, directory: Directory) -> bool:
    """Whether this person, signed in, may know that the case exists and read it."""
    if not is_identity(person) or directory.by_email(person.email) is None or _is_kept_out(person, case):
        return False
    roles = _roles(person, directory)
    if case.track == "staff-conduct" and roles & BEHAVIOUR and not roles & (SAFEGUARDING | {"headteacher"}):
        return False  # never the behaviour team (I13), not even where one of them was told by mistake
    if person.kind == "governor" and not roles & _LEADING_GOVERNORS:
        return person.email in case.panel  # knowing taints a governor for a panel, so only those who sit on it
    by_role = person.available and bool(roles & BY_ROLE.get(case.track, frozenset()))
    return by_role or _is_part_of_team(person, case, directory) or person.email in case.panel


def visible(person: Person, cases: Iterable[CaseFile], directory: Directory) -> list[CaseFile]:
    """Those of the cases that this person may see, in the same order."""
    return [case for case in cases if may_see(person, case, directory)]


def may_acknowledge(person: Person, case: CaseFile, directory: Directory) -> bool:
    """Whether they may say "I have it": whoever sees the case and was called, or stands on the ladder."""
    return may_see(person, case, directory) and ladder.may_acknowledge(person, case, directory)


def may_release(person: Person, case: CaseFile, draft: Notice | CalendarEntry, directory: Directory) -> bool:
    """Whether they may let a draft go: its holder, or somebody who sees the case and may release for others.

    Nobody releases to themselves, nor anything that a hold on families forbids (AB-8g, AB-9i).
    """
    to = {draft.to} if isinstance(draft, Notice) else set(draft.attendees)
    family = isinstance(draft, Notice) and draft.family
    if draft.status != "draft" or person.email in to or not may_see(person, case, directory):
        return False
    if family and held_from_families(case.withholds) is not None:
        return False
    return draft.held_by == person.email or bool(MAY_RELEASE & set(person.roles))


def view(person: Person, case: CaseFile, directory: Directory) -> View | None:
    """What they may do on the case; None where there is no such case for them."""
    if not may_see(person, case, directory):
        return None
    drafts: list[Notice | CalendarEntry] = [*case.notices.values(), *case.entries.values()]
    return View(
        acknowledge=may_acknowledge(person, case, directory),
        release=frozenset(draft.key for draft in drafts if may_release(person, case, draft, directory)),
    )


def _is_kept_out(person: Person, case: CaseFile) -> bool:
    """By the case's own list, and by its parties: either is enough."""
    own = person.email.casefold()
    if any(kept.address.strip().casefold() == own for kept in case.kept_out):
        return True
    concerned = (party for party in case.parties if party.role in CONCERNED)
    return any(own in ([p.key.casefold()] if p.key else [key.casefold() for key in p.possible]) for p in concerned)


def _is_part_of_team(person: Person, case: CaseFile, directory: Directory) -> bool:
    addresses = _addresses(person, directory)
    told = any(n.to in addresses and _is_word_to_the_team(n) for n in case.notices.values())
    works = any(t.assignee in addresses and t.state != "cancelled" for t in case.tasks.values())
    drafts: list[Notice | CalendarEntry] = [*case.notices.values(), *case.entries.values()]
    holds = any(d.held_by in addresses and d.status == "draft" for d in drafts)
    return told or works or holds


def _is_word_to_the_team(notice: Notice) -> bool:
    """A letter that somebody released, or a word of thanks, tells a person of the case; it does not show it to them."""
    released = notice.held_by is not None or notice.family
    own_part = notice.template == RECEIPT or notice.role in _OWN_PART
    return notice.status == "sent" and not released and not own_part


def _addresses(person: Person, directory: Directory) -> frozenset[str]:
    """Their own address, and the shared mailboxes that they read."""
    return frozenset({person.email, *(mailbox.email for mailbox in _mailboxes(person, directory))})


def _roles(person: Person, directory: Directory) -> frozenset[str]:
    """Their own roles, and those of the shared mailboxes that they read."""
    return frozenset(person.roles).union(*(mailbox.roles for mailbox in _mailboxes(person, directory)))


def _mailboxes(person: Person, directory: Directory) -> list[Person]:
    return [mailbox for mailbox in directory.everyone() if person.email in mailbox.read_by]
