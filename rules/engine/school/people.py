"""Ties names as people type them to the school's lists and never picks: one exact match, or else a person chooses.

Exact means: the same first (or preferred) name and last name once accents, apostrophes, hyphens, titles and the year or
form are taken off, with no contradiction in year or form, and only one such person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from rules.engine.school.directory import Carer, Directory, Known, Person, Pupil
from rules.engine.school.likeness import MISSPELT, ONLY_PART_OF_NAME, likeness
from rules.engine.school.role_titles import held_in_sentence, titles_within
from rules.engine.school.roster import read_directory
from rules.engine.school.typed_names import (
    TITLES,
    TypedName,
    fold,
    is_oneself,
    name_words,
    read_name,
    split_lines,
    surname_first,
)

__all__ = [
    "Carer",
    "Directory",
    "Match",
    "Person",
    "Pupil",
    "Stated",
    "exact_adults",
    "match_adult",
    "match_lines",
    "match_pupil",
    "read_directory",
]

Stated = Literal["pupil", "staff", "parent", "adult", "unknown"]
"""What the report says that the person is; ``staff`` includes governors, clerk and business manager."""


@dataclass(frozen=True)
class Match:
    """What one typed line may mean: ``found`` only for one exact match, ``possible`` for a person to choose from."""

    typed: str
    found: Pupil | Person | None
    possible: tuple[Pupil | Person, ...]
    kind: Literal["pupil", "adult", "unknown"]
    """What the person is, as far as that is settled: ``unknown`` where an adult and a pupil are both thinkable."""


def match_pupil(directory: Directory, typed_line: str, *, year: int | None) -> Match:
    """The pupil of that name among pupils only; ``year`` is a year group given elsewhere. Never fails."""
    name, exact = read_name(typed_line), _exact(directory.known_pupils, typed_line)
    pupils = [who for who in exact if isinstance(who, Pupil) and _agrees(who, name, year)]
    if len(pupils) == 1:
        return Match(typed_line, pupils[0], (), "pupil")
    possible = tuple(pupils) or _alike(directory.known_pupils, name, exact)
    return Match(typed_line, None, possible, "pupil" if possible else "unknown")


def match_adult(directory: Directory, typed_line: str) -> Match:
    """The member of staff or governor of that name, title of a role or address. Never fails.

    A surname alone, even with a title and even if only one adult has it, makes ``possible``: whoever may be meant is
    kept out of a case until a person has decided.
    """
    exact = exact_adults(directory, typed_line)
    if len(exact) == 1:
        return Match(typed_line, exact[0], (), "adult")
    possible = tuple(exact) or _possible_adults(directory, typed_line)
    if not exact and len(possible) == 1 and possible[0] in _identified_by_role(directory, typed_line):
        return Match(typed_line, possible[0], (), "adult")
    return Match(typed_line, None, possible, "adult" if possible else "unknown")


def match_lines(
    directory: Directory, text: str, *, stated: Stated, year: int | None, writer: str | None = None
) -> tuple[Match, ...]:
    """Everyone named in an answer, one person a line; lines that clearly name several are taken apart.

    ``writer``: who "me" is; nobody where it is empty, for whoever gives no name is not looked for; None: not known.

    ``kind`` of an unmatched line is what was stated, or ``unknown`` where an adult is possible for a stated pupil (and
    the other way round). Lines without a letter and "none" are left out. Never fails, and drops nothing else.
    """

    def is_someone(line: str) -> bool:
        return bool(_exact(directory.known_pupils, line) or exact_adults(directory, line))

    def is_title(line: str) -> bool:
        return any(not rest for _, rest in titles_within(directory, name_words(line)))

    lines = split_lines(text, is_someone, is_title)
    if writer is not None:
        lines = tuple(writer if is_oneself(line) else line for line in lines if writer or not is_oneself(line))
    # The same line again needs no second search, however long the text.
    matched = {line: _match_stated(directory, line, stated, year) for line in dict.fromkeys(lines)}
    return tuple(matched[line] for line in lines)


def _match_stated(directory: Directory, line: str, stated: Stated, year: int | None) -> Match:
    match stated:
        case "pupil":
            return _stated_pupil(directory, line, year)
        case "staff" | "adult":
            return _stated_adult(directory, line, year)
        case "parent":
            # Parents are on no list; one who may also work here is kept out until a person has decided.
            return Match(line, None, tuple(exact_adults(directory, line)), "adult")
        case _:
            return _not_stated(directory, line, year)


def _stated_pupil(directory: Directory, line: str, year: int | None) -> Match:
    pupil, adults = match_pupil(directory, line, year=year), exact_adults(directory, line)
    if pupil.found:
        return Match(line, pupil.found, tuple(adults), "pupil")
    adult = match_adult(directory, line)
    # A name of exactly one adult and of no pupil at all: the report names that adult, whatever was ticked.
    if adult.found and not _exact(directory.known_pupils, line):
        return adult
    thinkable = (adult.found,) if adult.found else adult.possible
    name = read_name(line)
    if not (adults or adult.found or name.titled):
        # Without a title a shared surname says nothing; the title of a role does, and a name that is nearly an adult's.
        alike = [known.who for known in directory.known_adults if likeness(known, name.words) > ONLY_PART_OF_NAME]
        thinkable = tuple(dict.fromkeys((*_holders(directory, line), *alike)))
    return Match(line, None, (*pupil.possible, *thinkable), "unknown" if thinkable else "pupil")


def _stated_adult(directory: Directory, line: str, year: int | None) -> Match:
    adult = match_adult(directory, line)
    if adult.found:
        return adult
    pupil = match_pupil(directory, line, year=year)
    pupils = (pupil.found,) if pupil.found else ()
    return Match(line, None, (*adult.possible, *pupils), "unknown" if pupils else "adult")


def _not_stated(directory: Directory, line: str, year: int | None) -> Match:
    pupil, adult = match_pupil(directory, line, year=year), match_adult(directory, line)
    if adult.found and not _exact(directory.known_pupils, line):
        return adult
    if pupil.found and not adult.found and not exact_adults(directory, line):
        return pupil
    pupils = (pupil.found,) if pupil.found else pupil.possible
    adults = (adult.found,) if adult.found else adult.possible
    if adults and read_name(line).titled and not pupil.found:
        pupils = ()
    return Match(line, None, (*pupils, *adults), "unknown")


def _readings(typed: str) -> tuple[TypedName, ...]:
    """The line as it stands and, with a comma after a surname, turned round."""
    turned = surname_first(typed)
    name = read_name(typed)
    return (name, read_name(turned)) if turned else (name,)


def exact_adults(directory: Directory, typed: str) -> list[Pupil | Person]:
    """Every member of staff or governor whose whole name, or address, was typed; of a shared mailbox its readers."""
    person = directory.by_email(typed)
    if person and person.kind != "outside":
        return [*(directory.readers(person) or (person,))]
    return _exact(directory.known_adults, typed)


def _exact(known: Iterable[Known], typed: str) -> list[Pupil | Person]:
    readings = _readings(typed)
    return [one.who for one in known if any(name.words in one.full for name in readings)]


def _identified_by_role(directory: Directory, typed: str) -> list[Person]:
    """Whom a title names beyond doubt: its only holder, or the holder whose whole name stands beside it."""
    identified: list[Person] = []
    for holders, others in titles_within(directory, name_words(typed)):
        rest = _without_titles(others)
        if not rest:
            # "Mr Head" is more likely a name.
            return [*holders] if len(holders) == 1 and not others else []
        named = [known for known in directory.known_adults if known.who in holders and set(known.last) <= set(rest)]
        whole = [known.who for known in named if rest in known.full]
        if len(holders) == 1:
            whole = [known.who for known in named if any(set(rest) <= set(full) for full in known.full)]
        identified += [who for who in whole if isinstance(who, Person)]
    return identified


def _possible_adults(directory: Directory, typed: str) -> tuple[Pupil | Person, ...]:
    identified = _identified_by_role(directory, typed)
    readings = [(holders, _without_titles(others)) for holders, others in titles_within(directory, name_words(typed))]
    # "Mrs Marsh (headteacher)" is the headteacher; "Mr Boyle (headteacher)" may be either.
    if identified and all(rest for _, rest in readings):
        return tuple(dict.fromkeys(identified))
    return _alike(directory.known_adults, read_name(typed), _holders(directory, typed))


def _holders(directory: Directory, typed: str) -> tuple[Person, ...]:
    words = name_words(typed)
    held = [person for holders, _ in titles_within(directory, words) for person in holders]
    return tuple(dict.fromkeys((*held, *held_in_sentence(directory, words))))


def _without_titles(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in TITLES and word != "the")


def _alike(known: Iterable[Known], name: TypedName, first: Iterable[Pupil | Person]) -> tuple[Pupil | Person, ...]:
    """Those whose names are like this one, likest first, ``first`` before all."""
    scored = sorted(((likeness(one, name.words), one.who) for one in known), key=lambda pair: -pair[0])
    fits = [who for score, who in scored if score > MISSPELT] or [who for score, who in scored if score]
    return tuple(dict.fromkeys((*first, *fits)))


def _agrees(pupil: Pupil, name: TypedName, year: int | None) -> bool:
    own_form = fold(pupil.form).replace(" ", "")
    return (
        year in (None, pupil.year)
        and name.year in (None, pupil.year)
        and (name.form is None or name.form in (own_form, f"{pupil.year}{own_form}"))
    )
