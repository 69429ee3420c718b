"""What has the last word, whatever a rule says: who is kept out, what is withheld, that somebody is always told.

The other guards live where they cannot be passed by: one address a message is the shape of a Notice, and only
``audiences`` turns a phrase into an address.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rules.engine.model.effects import Notice, NotTold, Withhold
from rules.engine.model.policy import Facts
from rules.engine.model.situation import CaseFile, Event, KeptOut, Party
from rules.engine.school.directory import Directory, Person

CONCERNED = ("reported", "complained about")
"""In these roles a person may know nothing of the case (I2)."""

IN_A_CASE = ("targeted", "reported", "witness", "pupil concerned")
"""The pupils in it: whoever works here and is a parent or carer of one of them has no part in the work (I12)."""

FAMILY = "they are, or may be, a parent or carer of a pupil in this case"
RECEIPT = "receipt"
"""The template that thanks whoever reported, and says that the people who must know have been told."""

NAMED = "they are the person concerned"
OWN = "they made this complaint, or may have: they are written to, and do no work on it"
MAYBE = "they may be the person concerned, until a person decides who was meant"


def kept_out(event: Event, facts: Facts, parties: Iterable[Party], directory: Directory) -> tuple[KeptOut, ...]:
    """Every member of staff or governor who may know nothing of this case, and why: by name and by role alike.

    Somebody who only might be meant is kept out too, until a person decides: telling the wrong one cannot be undone.
    Who works here and has a child in the case hears of it as a parent or carer or not at all (AB-8g, I12).
    """
    found: dict[str, str] = {}
    for party in parties:
        if party.role not in CONCERNED:
            continue
        for key in party.possible:
            # Somebody of the same name as the pupil who was found might still be the one who was meant.
            if directory.by_email(key) is not None:
                found.setdefault(key, MAYBE)
        if party.key and directory.by_email(party.key) is not None:
            found[party.key] = NAMED
    for person, why in _by_role(facts, parties, directory):
        found.setdefault(person.email, why)
    for person in _families(parties, directory):
        found.setdefault(person.email, FAMILY)
    return tuple(KeptOut(address, why) for address, why in sorted(found.items()))


def _families(parties: Iterable[Party], directory: Directory) -> Iterable[Person]:
    """Those of the school who are also a parent or carer of a pupil in the case, matched or only possible."""
    for party in parties:
        if party.role not in IN_A_CASE:
            continue
        pupils = [directory.pupil(key) for key in (party.key, *party.possible) if key]
        carers = [carer.email for pupil in pupils if pupil is not None for carer in pupil.carers]
        yield from (person for person in map(directory.by_email, carers) if person is not None)


def _by_role(facts: Facts, parties: Iterable[Party], directory: Directory) -> Iterable[tuple[Person, str]]:
    about = facts.get("complained about")
    if not isinstance(about, frozenset):
        return
    stated = facts.get("stated complained about")
    keys = [key for party in parties if party.role == "complained about" for key in (party.key, *party.possible) if key]
    named = any(person.governs for person in map(directory.by_email, keys) if person is not None)
    for person in directory.everyone():
        held, why = set(person.roles), ""
        if "whole board" in about and person.governs:
            why = "the complaint is about the whole governing board"
        elif stated == "headteacher" and "headteacher" in held:
            why = "the complaint is about the headteacher"
        elif stated in ("chair", "chair and vice-chair") and "chair" in held:
            why = "the complaint is about the chair of governors"
        elif stated == "chair and vice-chair" and "vice-chair" in held:
            why = "the complaint is about the vice-chair of governors"
        elif stated == "governor" and person.governs and not named:
            why = "the complaint is about a governor who is not named: " + MAYBE
        if why:
            # A role that is a shared mailbox is held by whoever reads it.
            yield from ((one, why) for one in (person, *directory.readers(person)))


def merge(before: Iterable[KeptOut], now: Iterable[KeptOut]) -> tuple[KeptOut, ...]:
    """Both, each address once. Nobody is let in again by a later version: only a person's decision does that."""
    found = {kept.address: kept for kept in before}
    for kept in now:
        if kept.address not in found or _weight(kept) > _weight(found[kept.address]):
            found[kept.address] = kept
    return tuple(found[address] for address in sorted(found))


def _weight(kept: KeptOut) -> int:
    """Which of two reasons stands: to be the person concerned before all, to be in it otherwise after all."""
    return {NAMED: 3, OWN: 1, FAMILY: 0}.get(kept.why, 2)


def held_from_families(withholds: Mapping[str, Withhold]) -> Withhold | None:
    """The hold on parents and carers that is in force, if there is one (AB-8g, AB-9i, I12)."""
    for withhold in withholds.values():
        if withhold.active and any("parents and carers" in phrase for phrase in withhold.from_):
            return withhold
    return None


def after_hold(notices: Iterable[Notice], hold: Withhold | None) -> tuple[list[Notice], tuple[NotTold, ...]]:
    """What may still be written once a hold on families is in force: nothing that would reach one, not even a draft."""
    notices = list(notices)
    if hold is None:
        return notices, ()
    allowed = [notice for notice in notices if not notice.family]
    return allowed, (NotTold("parents and carers", f"{hold.details}, until the {hold.lifted_by} decides"),)


def somebody_is_told(notices: Iterable[Notice], case: CaseFile) -> bool:
    """Whether anybody in the school hears of it at once, now or before (AB-8l). To be thanked for it is not to hear."""
    return any(n.status == "sent" and n.template != RECEIPT for n in (*notices, *case.notices.values()))
