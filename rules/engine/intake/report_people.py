"""The people of a report as its parties: those named where names are asked for, who wrote it, and whom it speaks of.

A pupil who writes "me" is the one who gave their name below it. Where no name is given nobody looks for them (AB-11a).
"""

from __future__ import annotations

from collections.abc import Iterable

from rules.engine.intake.complainants import is_name
from rules.engine.intake.facts import Reading
from rules.engine.model.policy import UNKNOWN, FactValue
from rules.engine.model.situation import Party, PartyKind, PartyRole
from rules.engine.school.directory import Directory, Person, Pupil
from rules.engine.school.people import Match, Stated, match_lines
from rules.engine.school.role_titles import held_in_sentence
from rules.engine.school.typed_names import TITLES, fold, name_words

_ASKED: tuple[tuple[str, PartyRole], ...] = (
    ("targeted", "targeted"),
    ("reported", "reported"),
    ("witnesses", "witness"),
)
_NOTED = {
    "looked after": "looked-after child",
    "young carer": "young carer",
    "child protection": "child protection plan",
    "child in need": "child protection plan",
    "new to the school": "new to the school",
    "english as an additional language": "english as an additional language",
}
"""What a note on a pupil of the school's lists says, in the words of the form."""


def parties_of_report(reading: Reading, respondent: str | None, directory: Directory) -> tuple[Party, ...]:
    """Everyone whom a report names, numbered in its order. ``respondent`` is the address that it came from.

    A pupil who does not say who did it, and whose own words name adults, may mean one of them: each is a party without
    a name, kept out until a person has read it. What it is about is not decided by that.
    """
    found: list[Party] = []
    writer = _writer(reading, respondent)
    for name, role in _ASKED:
        told, year = stated(reading.facts.get(f"stated {name}")), year_group(reading.facts.get(f"year {name}"))
        matches = match_lines(directory, reading.texts.get(name, ""), stated=told, year=year, writer=writer)
        found += [party(len(found) + i, role, match, told, year) for i, match in enumerate(matches, 1)]
    if reading.form.anonymous and "reported" not in {one.role for one in found}:
        found += spoken_of(reading.texts.get("account", ""), directory, after=len(found))
    return tuple(found)


def spoken_of(text: str, directory: Directory, *, after: int = 0) -> tuple[Party, ...]:
    """The adults whom free text names, each as one who may be meant; numbered from the one ``after``."""
    words, by_name = name_words(text), _names_of_adults(directory)
    lengths = {len(name) for name in by_name}
    named = [
        person
        for place in range(len(words))
        for length in lengths
        for person in by_name.get(words[place : place + length], ())
    ]
    adults = dict.fromkeys(person.key for person in (*named, *held_in_sentence(directory, words)))
    return tuple(Party(after + i, "reported", "unknown", "", None, (key,)) for i, key in enumerate(adults, 1))


def vulnerability_of(parties: Iterable[Party], reported: FactValue, directory: Directory) -> frozenset[str]:
    """What makes those targeted more vulnerable: what the report says, and what the school's lists note of them."""
    said = reported if isinstance(reported, frozenset) else frozenset()
    pupils = (directory.pupil(one.key) for one in parties if one.role == "targeted" and one.kind == "pupil" and one.key)
    notes = [fold(pupil.notes) for pupil in pupils if pupil is not None]
    noted = {word for part, word in _NOTED.items() if any(part in note for note in notes)}
    return (said - {UNKNOWN} | noted) or frozenset({UNKNOWN})


def party(number: int, role: PartyRole, match: Match, told: Stated, year: int | None) -> Party:
    """One match as a party of the case; ``told`` is what the form says that the person is."""
    found = match.found
    kind: PartyKind = "unknown"
    if isinstance(found, Pupil):
        kind, year = "pupil", found.year
    elif found is not None:
        kind = "governor" if found.kind == "governor" else "staff"
    else:
        # A name that an adult bears is not taken for a pupil's, unless "a student" was ticked and a pupil bears it too.
        adults = [one for one in match.possible if isinstance(one, Person)]
        pupils = len(match.possible) - len(adults)
        an_adult = adults and not (told == "pupil" and pupils) and told not in ("parent", "adult")
        kind = "staff" if an_adult else told
    key = None if found is None else found.key
    return Party(number, role, kind, match.typed, key, tuple(one.key for one in match.possible), year)


def stated(value: FactValue) -> Stated:
    """What the form says that somebody is."""
    match value:
        case "pupil" | "staff" | "parent" | "adult":
            return value
        case _:
            return "unknown"


def year_group(value: FactValue) -> int | None:
    """The year group that the form gives; None where it gives none."""
    return int(value) if isinstance(value, str) and value.isdecimal() else None


def _writer(reading: Reading, respondent: str | None) -> str:
    typed = reading.texts.get("reporter", "").strip()
    if reading.form.anonymous:
        return typed if is_name(typed) else ""
    return respondent or typed


def _names_of_adults(directory: Directory) -> dict[tuple[str, ...], list[Person]]:
    """Whole names, and surnames after a title: a surname alone may be a pupil's, or a word."""
    by_name: dict[tuple[str, ...], list[Person]] = {}
    for known in directory.known_adults:
        if isinstance(known.who, Person):
            for name in (*known.full, *((title, *known.last) for title in TITLES)):
                by_name.setdefault(name, []).append(known.who)
    return by_name
