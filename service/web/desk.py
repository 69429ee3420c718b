"""One school as the console needs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rules.engine.school.directory import Directory, Person
from service import access
from service.store import Store


@dataclass(frozen=True, slots=True)
class Desk:
    """A school's people, its records, and where what a person does on a case is taken.

    ``directory`` is asked at each request, so that somebody who has left is signed out. ``record`` takes ``{"do":
    "acknowledge" | "release" | "re-date", "case": reference, "by": address}``, for a release with ``"to"``, the
    address, ``"draft"``, the key of what was read, and ``"marks"``, how many marks of an unfinished letter stand in it
    (left out where there are none), and keeps it durably before it returns; StoreUnavailableError if that cannot be
    done. ``marks_left`` counts those marks, by the case's reference and the draft's key, in the mailbox that holds it;
    None where it cannot be read. ``update_form``: as ``School`` has it.
    """

    school: str
    directory: Callable[[], Directory]
    store: Store
    record: Callable[[Mapping[str, str]], None]
    marks_left: Callable[[str, str], int | None]
    update_form: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is asking, and at whose desk."""

    person: Person
    directory: Directory
    desk: Desk


def known(address: str, desks: Sequence[Desk]) -> SignedIn | None:
    """Who signs in with this address: a person on the list of one of the schools. None for everybody else."""
    for desk in desks:
        directory = desk.directory()
        person = directory.by_email(address)
        if person is not None and access.is_identity(person):
            return SignedIn(person, directory, desk)
    return None
