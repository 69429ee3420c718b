"""The people of the pretend organisation: whose mailboxes, calendars and sign-ins these are."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.workspace_emulator.calls import Json


@dataclass(frozen=True, slots=True)
class Person:
    """``hosted``: has an account with the organisation; somebody from outside has none and cannot sign in."""

    name: str
    email: str
    role: str = ""
    hosted: bool = True

    @property
    def domain(self) -> str:
        """The part of the address behind the @."""
        return self.email.rpartition("@")[2]


class People:
    """Everyone the emulator was told of, by address, in the order given."""

    def __init__(self) -> None:
        self._people: dict[str, Person] = {}

    def add(self, name: str, email: str, role: str = "", hosted: bool = True) -> Person:
        """Add a person, or replace the one with this address. Raises ValueError where it is not an address."""
        local, _, domain = email.strip().lower().rpartition("@")
        if not local or not domain:
            raise ValueError("email must be an address")
        person = Person(name.strip() or local, f"{local}@{domain}", role, hosted)
        self._people[person.email] = person
        return person

    def get(self, email: str) -> Person | None:
        """The person with this address."""
        return self._people.get(email.lower())

    def name_of(self, email: str) -> str:
        """A name to show: the person's, or else the address."""
        person = self.get(email)
        return person.name if person else email

    def all(self) -> list[Person]:
        """Everyone."""
        return list(self._people.values())

    def is_internal(self, email: str, beside: str) -> bool:
        """Whether ``email`` has an account: a known, hosted person, or an unknown one in the domain of ``beside``."""
        person = self.get(email)
        if person is not None:
            return person.hosted
        return email.lower().rpartition("@")[2] == beside.lower().rpartition("@")[2]

    def state(self) -> list[Json]:
        """For tests: everyone, as JSON."""
        return [{"name": p.name, "email": p.email, "role": p.role, "hosted": p.hosted} for p in self.all()]
