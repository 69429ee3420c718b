"""Who made a complaint: whether a name was given, where they can be written to, and who of the school it is or may be.

Whoever complains does no work on their own complaint: they handle, approve and read nothing of it, nor sit on its
panel (CP-2e, CP-3m). What is written to them is released by a person, as to any complainant.
"""

from __future__ import annotations

from dataclasses import dataclass

from rules.engine.intake.facts import Reading
from rules.engine.intake.guards import OWN
from rules.engine.model.policy import UNKNOWN
from rules.engine.model.situation import KeptOut
from rules.engine.school.directory import Directory, Person
from rules.engine.school.people import exact_adults, match_adult
from rules.engine.school.typed_names import fold

_NAMELESS = frozenset({
    "anonymous", "anonymously", "anon", "none", "no name", "n a", "na", "nobody", "unknown", "withheld",
    "name withheld", "not given", "prefer not to say", "i would rather not say", "a parent",
    "a concerned parent", "concerned parent",
})  # fmt: skip
"""What people write who do not want to give a name, folded: a complaint signed so is anonymous (CP-2a)."""

_WORKS_HERE = ("staff", "volunteer")
_FILLED_IN_BY_THEMSELVES = (UNKNOWN, "this form", "email")
"""Ways by which a complaint reaches us with the complainant's own account; the others are typed in by somebody else."""


@dataclass(frozen=True, slots=True)
class Complainant:
    """``address``: where a letter goes, None where none is known. ``kept_out``: whom of the school it is, or may be."""

    named: bool
    address: str | None
    kept_out: tuple[KeptOut, ...]


def complainant_of(reading: Reading, respondent: str | None, directory: Directory) -> Complainant:
    """Who complains, by what was typed and by the account it came from. Never fails.

    The account of a colleague who typed in what somebody else said is not the complainant's.
    """
    names = [reading.texts.get(question, "").strip() for question in ("complainant", "signed")]
    names = [name for name in names if is_name(name)]
    works_here = reading.facts.get("complainant is") in _WORKS_HERE
    ours = {person.email for name in names for person in _adults(name, directory, perhaps=works_here)}
    account, typed = (respondent or "").strip().lower(), reading.texts.get("email", "").strip().lower()
    if not _is_theirs(reading, account, ours, directory):
        account = ""
    known = [person for person in map(directory.by_email, (account, typed)) if person is not None]
    ours |= {one.email for person in known for one in (person, *directory.readers(person)) if one.kind != "outside"}
    address = typed or account
    kept_out = tuple(KeptOut(one, OWN) for one in sorted(ours))
    return Complainant(bool(names), address if _is_address(address) else None, kept_out)


def _is_theirs(reading: Reading, account: str, ours: set[str], directory: Directory) -> bool:
    if directory.by_email(account) is None or account in ours:
        return True
    works_here = reading.facts.get("complainant is") in _WORKS_HERE
    return works_here and not ours and reading.facts.get("channel", UNKNOWN) in _FILLED_IN_BY_THEMSELVES


def _adults(name: str, directory: Directory, *, perhaps: bool) -> list[Person]:
    """Whose whole name it is; with ``perhaps`` also whose it may be, since the complainant says that they work here."""
    match = match_adult(directory, name)
    people = [match.found] if match.found else [*(match.possible if perhaps else exact_adults(directory, name))]
    return [person for person in people if isinstance(person, Person)]


def is_name(typed: str) -> bool:
    """Whether what was typed is somebody's name, and not a way of giving none (CP-2a)."""
    return any(c.isalpha() for c in typed) and fold(typed) not in _NAMELESS


def _is_address(text: str) -> bool:
    name, _, host = text.partition("@")
    return bool(name) and "." in host and not any(c in text for c in " ,;<>\r\n") and len(text) < 255
