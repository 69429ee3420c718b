"""What a school's folder may say, and what would still go wrong on a Monday morning: for a person to look at."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from rules.engine.casework.hearing import PANEL
from rules.engine.school.directory import Directory, Person
from service.school import School
from service.store import Transaction
from service.web.session import is_loopback

LADDER = ("dsl", "deputy-dsl", "headteacher")
"""Who is called one after the other about an urgent alert."""
APART = (*combinations(LADDER, 2), ("chair", "clerk"), ("headteacher", "chair"))
"""Roles of which one stands in for the other, or hears what is said of the other."""
OF_NOBODY = frozenset({"office"})
"""Roles about whose holder hardly any case is: a mailbox that is theirs may be the school's."""
SHARED = ("team", "inbox", "mailbox", "group")
"""What a mailbox that several people read is called."""

Risk = tuple[str, str]
"""What was looked at, and what to do."""


def risks(school: School) -> Iterator[Risk]:
    """Of the people and places of a school that was loaded."""
    people = school.directory
    for one, other in APART:
        both = _only_holder(people, one)
        if both is not None and both == _only_holder(people, other):
            what = f"{both} is the only {one} and the only {other}, so nobody stands in or hears what is said of them"
            yield "two roles, one person", f"{what}: give one of the roles to somebody else as well"
    for mailbox in people.everyone():
        if mailbox.kind != "outside" and not mailbox.read_by and _is_called_shared(mailbox):
            yield (
                f"who reads {mailbox.email}",
                "it looks like a mailbox that several people read: name them under read_by in staff.csv, or one of "
                "them reads there what is said of them",
            )
    sitting = [one for one in people.everyone() if one.governs and one.available and "chair" not in one.roles]
    if len(sitting) < PANEL:
        what = f"besides the chair only {len(sitting)} governors can sit on a panel of {PANEL}"
        yield "a panel can be found", f"{what}: add governors, or agree with another school's board"
    managed = {role for person in people.everyone() if person.available for role in person.roles}
    years = sorted({pupil.year for pupil in people.pupils})
    missing = [str(year) for year in years if f"lead-year-manager-{year}" not in managed]
    if missing:
        roles = ", ".join(f"lead-year-manager-{year}" for year in missing)
        yield "each year has a manager", f"nobody is {roles}: until then the deputy headteacher is told"
    if people.pupils and not any(carer.contact for pupil in people.pupils for carer in pupil.carers):
        yield "parents and carers", "no pupil in pupils.csv has one who may be contacted: is the file whole?"
    if is_loopback(school.console):
        yield "console address", "it is this machine's own, and every notice links to it: set it in school.yaml"


def risks_of_places(school: School, *, impersonates: bool) -> Iterator[Risk]:
    """Of whose mailbox and diary are used. ``impersonates``: whether the sign-in can use others' where it must."""
    places = school.google
    for what, address in (
        ("sends as", places.sends_as),
        ("organiser", places.organiser),
        ("calendar", places.calendar),
    ):
        person = school.directory.by_email(address)
        if person is None or person.kind == "outside" or set(person.roles) <= OF_NOBODY:
            continue
        if not impersonates:
            yield (
                f"{what}: {address}",
                f"it is that of {person.name}, and this sign-in has no other: they would find notices and dates there "
                "of a case that is kept from them. Use a service account, or an account that is nobody's",
            )
        elif what == "sends as":
            yield (
                f"{what}: {address}",
                f"it is that of {person.name}, who finds there what was sent of a case before they were named in it. "
                "Use an account that is nobody's",
            )


def what_waits(tx: Transaction) -> Iterator[Risk]:
    """Of what is stuck until a person looks at it."""
    number = tx.kept.count() + len(tx.actions.of_state("dead"))
    if number:
        yield "nothing is stuck", f"{number} could not be read or delivered: run policydesk stuck"


def _only_holder(people: Directory, role: str) -> str | None:
    names = {person.name for person in people.holders(role)}
    return names.pop() if len(names) == 1 else None


def _is_called_shared(person: Person) -> bool:
    return person.last_name.casefold() in SHARED or any(role.endswith("-inbox") for role in person.roles)
