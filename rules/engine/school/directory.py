"""The people of one school as its files name them: staff, governors, outside bodies and pupils."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from rules.engine.school.typed_names import name_words

PersonKind = Literal["staff", "governor", "outside"]
Send = Literal["N", "K", "E"]
_SEATS = ("chair", "vice-chair", "governor")


@dataclass(frozen=True)
class Person:
    """An adult with a role, a shared mailbox of the school, or an outside body (which has only ``name``)."""

    key: str
    """The email address in lower case."""
    name: str
    first_name: str
    last_name: str
    email: str
    roles: tuple[str, ...]
    available: bool
    """False: the roles have no holder for now. The person is still known by name."""
    kind: PersonKind
    read_by: tuple[str, ...] = ()
    """Addresses of those who read this shared mailbox; empty for a person."""

    @property
    def governs(self) -> bool:
        """Whether they are of the governing board, on whichever list. A clerk who is nothing else is not."""
        seat = any(role in _SEATS or role.endswith("-governor") for role in self.roles)
        return seat or (self.kind == "governor" and "clerk" not in self.roles)


@dataclass(frozen=True)
class Carer:
    """A parent or carer. Without ``contact`` they are never told anything."""

    email: str
    contact: bool


@dataclass(frozen=True)
class Pupil:
    """A pupil on the roll. ``key`` is the unique pupil number, ``send`` N (none), K (support) or E (plan)."""

    key: str
    first_name: str
    last_name: str
    preferred_name: str
    year: int
    form: str
    send: Send
    notes: str
    carers: tuple[Carer, ...]

    @property
    def name(self) -> str:
        """The name by which the pupil is known at school."""
        return f"{self.preferred_name or self.first_name} {self.last_name}"


@dataclass(frozen=True)
class Known:
    """Someone with every full name that is theirs, each as comparable words: first (or preferred) and last names."""

    who: Pupil | Person
    firsts: tuple[tuple[str, ...], ...]
    last: tuple[str, ...]

    @cached_property
    def full(self) -> tuple[tuple[str, ...], ...]:
        return tuple(first + self.last for first in self.firsts)


@dataclass(frozen=True)
class Directory:
    """Everyone whom the school's files name, in the order of the files."""

    staff: tuple[Person, ...]
    governors: tuple[Person, ...]
    outside: tuple[Person, ...]
    pupils: tuple[Pupil, ...]

    def everyone(self) -> Iterator[Person]:
        """Staff, governors and outside bodies; somebody who is on two lists comes once."""
        return iter(self._by_email.values())

    def holders(self, role: str) -> tuple[Person, ...]:
        """Who holds the role and is available, in file order; empty where nobody does."""
        return tuple(person for person in self.everyone() if person.available and role in person.roles)

    def by_email(self, email: str) -> Person | None:
        """The person or shared mailbox of that address, in any case of letters."""
        return self._by_email.get(email.strip().lower())

    def pupil(self, upn: str) -> Pupil | None:
        """The pupil of that unique pupil number."""
        return self._by_upn.get(upn.strip().upper())

    def readers(self, mailbox: Person) -> tuple[Person, ...]:
        """The persons who read a shared mailbox; empty for a person's own."""
        return tuple(person for person in map(self.by_email, mailbox.read_by) if person is not None)

    @cached_property
    def known_pupils(self) -> tuple[Known, ...]:
        """Pupils by their comparable names."""
        return tuple(_known(pupil, (pupil.first_name, pupil.preferred_name)) for pupil in self.pupils)

    @cached_property
    def known_adults(self) -> tuple[Known, ...]:
        """Staff and governors by their comparable names; a shared mailbox is nobody."""
        adults = (person for person in self.everyone() if person.kind != "outside" and not person.read_by)
        return tuple(_known(person, (person.first_name,)) for person in adults)

    @cached_property
    def _by_email(self) -> dict[str, Person]:
        return {person.key: person for person in (*self.staff, *self.governors, *self.outside)}

    @cached_property
    def _by_upn(self) -> dict[str, Pupil]:
        return {pupil.key: pupil for pupil in self.pupils}


def _known(who: Pupil | Person, firsts: tuple[str, ...]) -> Known:
    words = dict.fromkeys(name_words(first) for first in firsts if first)
    return Known(who, tuple(words), name_words(who.last_name))
