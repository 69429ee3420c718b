"""Reads a school's four lists of people into a ``Directory``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from rules.engine.school.csv_rows import Mistakes, Row, read_rows
from rules.engine.school.directory import Carer, Directory, Person, PersonKind, Pupil, Send
from rules.engine.school.typed_names import name_words

_PERSON_COLUMNS = ("first_name", "last_name", "email", "roles")
_OUTSIDE_COLUMNS = ("name", "email", "role")
_PUPIL_COLUMNS = ("upn", "first_name", "last_name", "year", "form")
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+")
_ROLE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CARER_COLUMN = re.compile(r"carer(\d+)_email")
_SEND: dict[str, Send] = {"": "N", "n": "N", "k": "K", "e": "E"}
_YEARS = range(0, 15)


def read_directory(staff_csv: str, governors_csv: str, outside_csv: str, pupils_csv: str) -> Directory:
    """The directory that the texts of ``staff.csv``, ``governors.csv``, ``outside-bodies.csv`` and ``pupils.csv`` give.

    Somebody on both the staff and the governors' list (by email address) is one person with all their roles. ValueError
    lists every mistake, one a line, with its file, line and what to write; it repeats no personal data.
    """
    mistakes = Mistakes()
    staff = list(_read_people("staff.csv", staff_csv, "staff", mistakes))
    governors = list(_read_people("governors.csv", governors_csv, "governor", mistakes))
    outside = list(_read_outside(outside_csv, mistakes))
    pupils = list(_read_pupils(pupils_csv, mistakes))
    people = _joined([*staff, *governors, *outside], mistakes)
    _check_readers([*staff, *governors], people, mistakes)
    mistakes.stop_if_any()
    if not staff:
        raise ValueError("staff.csv names nobody: write at least the headteacher and the designated safeguarding lead")
    return Directory(
        tuple(people[person.key] for _, person in staff),
        tuple(people[person.key] for _, person in governors),
        tuple(people[person.key] for _, person in outside),
        tuple(pupils),
    )


def _read_people(file: str, text: str, kind: PersonKind, mistakes: Mistakes) -> Iterator[tuple[Row, Person]]:
    for row in read_rows(file, text, _PERSON_COLUMNS, mistakes):
        first, last = _need_name(row, "first_name", mistakes), _need_name(row, "last_name", mistakes)
        email = _need_email(row, "email", mistakes)
        available = _yes(row, "available", mistakes, blank=True)
        read_by = tuple(address.strip().lower() for address in row["read_by"].split(";") if address.strip())
        roles = _roles(row, "roles", mistakes)
        yield row, Person(email, f"{first} {last}", first, last, email, roles, available, kind, read_by)


def _read_outside(text: str, mistakes: Mistakes) -> Iterator[tuple[Row, Person]]:
    for row in read_rows("outside-bodies.csv", text, _OUTSIDE_COLUMNS, mistakes):
        name, email = _need_name(row, "name", mistakes), _need_email(row, "email", mistakes)
        yield row, Person(email, name, "", "", email, _roles(row, "role", mistakes), True, "outside")


def _read_pupils(text: str, mistakes: Mistakes) -> Iterator[Pupil]:
    seen: dict[str, int] = {}
    for row in read_rows("pupils.csv", text, _PUPIL_COLUMNS, mistakes):
        upn = row["upn"].upper()
        if not upn:
            mistakes.add(row, "upn is blank: write the unique pupil number")
        elif upn in seen:
            mistakes.add(row, f"the same upn as on line {seen[upn]}: each pupil has one of their own")
        seen.setdefault(upn, row.line)
        send = _SEND.get(row["send"].lower())
        if send is None:
            mistakes.add(row, f'send is "{row["send"]}": write N (none), K (support) or E (plan)')
        yield Pupil(
            key=upn,
            first_name=_need_name(row, "first_name", mistakes),
            last_name=_need_name(row, "last_name", mistakes),
            preferred_name=row["preferred_name"],
            year=_year(row, mistakes),
            form=row["form"],
            send=send or "N",
            notes=row["notes"],
            carers=tuple(_carers(row, mistakes)),
        )


def _carers(row: Row, mistakes: Mistakes) -> Iterator[Carer]:
    for column in row.cells:
        if (found := _CARER_COLUMN.fullmatch(column)) and row[column]:
            email = _need_email(row, column, mistakes)
            # A carer may be told only where the school has said so: a blank is a question, not a yes.
            yield Carer(email, _yes(row, f"carer{found[1]}_contact", mistakes, blank=None))


def _joined(listed: list[tuple[Row, Person]], mistakes: Mistakes) -> dict[str, Person]:
    """Everyone by key; who is on two lists has the roles of both, and is available only if both say so."""
    people: dict[str, Person] = {}
    where: dict[str, Row] = {}
    for row, person in listed:
        before = people.get(person.key)
        if before is None or not person.key:
            people[person.key], where[person.key] = person, row
            continue
        other = where[person.key]
        if other.file == row.file or name_words(before.name) != name_words(person.name):
            mistakes.add(row, f"the same email as {other.file} line {other.line}: give each person one of their own")
            continue
        roles = tuple(dict.fromkeys(before.roles + person.roles))
        read_by = tuple(dict.fromkeys(before.read_by + person.read_by))
        available = before.available and person.available
        people[person.key] = replace(before, roles=roles, available=available, read_by=read_by)
    return people


def _check_readers(listed: list[tuple[Row, Person]], people: dict[str, Person], mistakes: Mistakes) -> None:
    for row, mailbox in listed:
        readers = [people.get(address) for address in mailbox.read_by]
        if any(reader is None or reader.kind == "outside" or reader.read_by for reader in readers):
            mistakes.add(
                row, "read_by must name people of staff.csv or governors.csv: write their addresses, with ; between"
            )


def _need_name(row: Row, column: str, mistakes: Mistakes) -> str:
    if not name_words(row[column]):
        mistakes.add(row, f"{column} is blank: write the name")
    return row[column]


def _need_email(row: Row, column: str, mistakes: Mistakes) -> str:
    if not _EMAIL.fullmatch(row[column]):
        mistakes.add(row, f"{column} is not an email address: write one such as a.name@school.example")
    return row[column].lower()


def _roles(row: Row, column: str, mistakes: Mistakes) -> tuple[str, ...]:
    roles = tuple(role.strip() for role in row[column].split(";") if role.strip())
    if not roles:
        mistakes.add(row, f"{column} is blank: write at least one role, such as teacher")
    for role in roles:
        if not _ROLE.fullmatch(role):
            mistakes.add(row, f'the role "{role}" is not written like a role: write {"-".join(name_words(role))}')
    return roles


def _yes(row: Row, column: str, mistakes: Mistakes, *, blank: bool | None) -> bool:
    match row[column].lower():
        case "yes":
            return True
        case "no":
            return False
        case "" if blank is not None:
            return blank
        case written:
            mistakes.add(row, f'{column} is "{written}": write yes or no')
            return False


def _year(row: Row, mistakes: Mistakes) -> int:
    written = row["year"].upper()
    if written == "R":
        return 0
    if written.isascii() and written.isdigit() and len(written) < 3 and int(written) in _YEARS:
        return int(written)
    mistakes.add(row, f'year is "{row["year"]}": write the year group as a number, such as 7, or R for reception')
    return -1
