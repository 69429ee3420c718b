"""What people call a role when they do not give a name: "the headteacher", "chair of governors", "head of year 9"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.engine.school.directory import Directory, Person

_ROLE_OF = {
    "headteacher": ("headteacher", "head teacher", "head", "principal", "headmaster", "headmistress", "head of school"),
    "deputy-headteacher": ("deputy headteacher", "deputy head teacher", "deputy head", "deputy principal", "deputy"),
    "dsl": ("dsl", "designated safeguarding lead", "safeguarding lead", "child protection officer"),
    "deputy-dsl": ("deputy dsl", "deputy designated safeguarding lead", "deputy safeguarding lead"),
    "senco": ("senco", "sendco", "special educational needs coordinator", "special educational needs co ordinator"),
    "business-manager": ("business manager", "school business manager", "sbm", "bursar"),
    "chair": (
        *("chair", "chair of governors", "chair of the governors", "chairman", "chairwoman", "chairperson"),
        *("chair of the governing body", "chair of governing body", "chair of the board", "chairman of governors"),
    ),
    "vice-chair": ("vice chair", "vice chair of governors", "vice chair of the governors", "deputy chair"),
    "clerk": (
        "clerk",
        "clerk to the governors",
        "clerk to governors",
        "clerk to the governing body",
        "clerk of governors",
    ),
    "counsellor": ("counsellor", "school counsellor"),
}
_ROLES = {title: role for role, titles in _ROLE_OF.items() for title in titles}
_OF_A_YEAR = re.compile(r"(?:(?:lead|head|manager) of year|(?:lead )?year manager|year lead|lead year) (\d{1,2})")
_YEAR_FIRST = re.compile(r"(?:year|y|yr) (\d{1,2}) (?:lead|head|manager|lead manager)")
_OF_SOME_YEAR = re.compile(
    r"(?:(?:lead|head|manager) of (?:my |our |the |his |her |their )?year|(?:lead )?year (?:manager|head|lead))"
)
"""Whoever manages a year, where it does not say which: each of them may be meant."""
_A_YEAR = "lead-year-manager-"
_MISTAKABLE = frozenset({"head", "principal", "deputy", "chair", "counsellor"})
_IN_SENTENCES = sorted((tuple(title.split()) for title in _ROLES if title not in _MISTAKABLE), key=len, reverse=True)
_OTHER_HEADS = frozenset({"of", "boy", "girl", "pupil", "student", "s"})
"""What may not follow a title: "the head of maths", "head boy" and "the head's PA" are not the head. Nor may a number:
"head of year 9" is one of the heads of year."""
_BEFORE_A_TITLE = frozenset({"the", "our", "my", "a", "an", "school", "schools", "is"})
_LONGEST = 12
"""Words of a line in which a title is looked for."""


def held_by_title(directory: Directory, words: tuple[str, ...]) -> tuple[Person, ...]:
    """Who holds the role of which these comparable words are a title, available or not; empty if they are none.

    A role that is a shared mailbox stands for the people who read it.
    """
    while words and words[0] in _BEFORE_A_TITLE:
        words = words[1:]
    title = " ".join(words)
    year = _OF_A_YEAR.fullmatch(title) or _YEAR_FIRST.fullmatch(title)
    role = f"{_A_YEAR}{int(year[1])}" if year else _ROLES.get(title, title.replace(" ", "-"))
    some_year = _A_YEAR if _OF_SOME_YEAR.fullmatch(title) else None

    def holds(person: Person) -> bool:
        return role in person.roles or any(some_year and own.startswith(some_year) for own in person.roles)

    held = (person for person in directory.everyone() if person.kind != "outside" and holds(person))
    readers = (reader for person in held for reader in (directory.readers(person) or (person,)))
    return tuple({person.key: person for person in readers}.values())


def titles_within(directory: Directory, words: tuple[str, ...]) -> Iterator[tuple[tuple[Person, ...], tuple[str, ...]]]:
    """Readings of a line as a title after or before a name, each the longest one: its holders, and the other words."""
    if len(words) > _LONGEST:
        return
    for length in range(len(words), 0, -1):
        if holders := held_by_title(directory, words[-length:]):
            yield holders, words[:-length]
            break
    for length in range(len(words) - 1, 0, -1):
        if words[length] in _OTHER_HEADS or words[length].isdecimal():
            continue
        if holders := held_by_title(directory, words[:length]):
            yield holders, words[length:]
            break


def held_in_sentence(directory: Directory, words: tuple[str, ...]) -> tuple[Person, ...]:
    """Who holds the roles whose titles stand among these words: "our headteacher was rude"."""
    held: dict[str, Person] = {}
    place = 0
    while place < len(words):
        title = next((t for t in _IN_SENTENCES if words[place : place + len(t)] == t), ())
        held.update({person.key: person for person in held_by_title(directory, title)} if title else {})
        place += len(title) or 1
    return tuple(held.values())
