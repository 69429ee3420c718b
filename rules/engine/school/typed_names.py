"""Names as people type them, made comparable: accents, apostrophes and hyphens folded; titles and forms taken off."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# Letters that do not come apart into a letter and an accent.
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŋ": "n"}
)
_APOSTROPHES = re.compile(r"['’‘ʼʻ`´′＇]")
_OTHER_THAN_WORDS = re.compile(r"[\W_]+")
TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "mx", "sir", "prof", "professor", "rev", "madam", "dame"})
# "7A", "Year 9", "Y9", "(9B)", "yr 10", "in form 9b", "- 11": at the end of a line.
_YEAR = re.compile(
    r"""(?:^|(?<=[\s,;:(\[/–—-]))
        (?:(?:in|from|of)\s+)? (?:(?:year|yr|y|form|class|tutor\s+group)\.?\s*)*
        (?P<year>\d{1,2}) \s?[-/]?\s? (?P<form>[a-z]?)
        [\s.)\]]*$""",
    re.IGNORECASE | re.VERBOSE,
)
_LONGEST_YEAR = 40
"""Characters at the end of a line in which a year or form is looked for."""


@dataclass(frozen=True)
class TypedName:
    """What was typed on one line: the words of the name in order, and the year and form if they were given."""

    words: tuple[str, ...]
    titled: bool = False
    year: int | None = None
    form: str | None = None
    """Folded, with its year: ``9b``."""


def fold(text: str) -> str:
    """Text for comparing: small letters without accents, apostrophes gone, anything else between words one space."""
    plain = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text)).casefold().translate(_LETTERS)
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(letter))
    return _OTHER_THAN_WORDS.sub(" ", plain).strip()


def name_words(text: str) -> tuple[str, ...]:
    """The comparable words of a name; ``O’Hara`` is one, ``Smith-Jones`` two."""
    return tuple(fold(text).split())


def read_name(typed: str) -> TypedName:
    """The name, year and form of one typed line. Never fails; what is not understood stays among the words."""
    head, tail = typed[:-_LONGEST_YEAR], typed[-_LONGEST_YEAR:]
    year: int | None = None
    form: str | None = None
    if found := _YEAR.search(tail):
        year = int(found["year"])
        form = f"{year}{found['form'].lower()}" if found["form"] else None
        tail = tail[: found.start()]
    words = name_words(head + tail)
    untitled = words
    while len(untitled) > 1 and untitled[0] in TITLES:
        untitled = untitled[1:]
    return TypedName(untitled, len(untitled) < len(words), year, form)


def surname_first(typed: str) -> str | None:
    """``Chen, Lily, 7A`` as ``Lily Chen, 7A``; None where the line has no comma with a name on both sides."""
    last, comma, rest = typed.partition(",")
    first, second_comma, more = rest.partition(",")
    # "Lily Chen, 7A": what follows the comma is no name.
    if not comma or not read_name(last).words or not read_name(first).words:
        return None
    year = _YEAR.search(first[-_LONGEST_YEAR:])
    if year and not second_comma:
        cut = len(first) - len(first[-_LONGEST_YEAR:]) + year.start()
        first, more = first[:cut], first[cut:]
    return f"{first.strip()} {last.strip()}, {more.strip()}"


_BULLET = re.compile(r"^\s*(?:[-*•·–—>]+\s*|\(?\d{1,2}[.)]\s+)")
_BETWEEN_PEOPLE = re.compile(r"\s*(?:;|&|\+|\s/\s|\band\b)\s*", re.IGNORECASE)
_NOBODY = frozenset({
    "none", "n a", "nobody", "no one", "nil", "unknown", "not known", "not sure", "dont know", "i dont know",
    "do not know", "i do not know", "no idea",
})  # fmt: skip
_ONESELF = frozenset({
    "me", "myself", "i", "im", "i am", "it is me", "its me", "it was me", "thats me", "just me", "only me", "mostly me",
    "me myself", "self", "the person writing this", "i was",
})  # fmt: skip
_MOST_LINES = 100
"""Lines that are read one by one; the rest, which no form about people needs, is searched as one text."""
_LONGEST_LINE = 300


def split_lines(text: str, is_someone: Callable[[str], bool], is_title: Callable[[str], bool]) -> tuple[str, ...]:
    """One piece of text for each person named.

    ``is_someone`` says whether a piece is exactly one person's name ("Chen, Lily, 7A"), ``is_title`` whether it is the
    title of a role and so belongs to the name before it ("Helen Marsh, headteacher").
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = [" ".join(lines[_MOST_LINES:])]
    pieces: list[str] = []
    for line in lines:
        if len(line) > _LONGEST_LINE:
            pieces.append(line)
            continue
        segments = _BETWEEN_PEOPLE.split(_BULLET.sub("", line))
        for segment in segments:
            pieces += _at_commas(segment, len(segments) > 1, is_someone, is_title)
    return tuple(piece.strip() for piece in pieces if _names_someone(piece))


def is_oneself(piece: str) -> bool:
    """Whether somebody who writes this means themselves: "me", with or without a year."""
    return " ".join(read_name(piece).words) in _ONESELF


def _names_someone(piece: str) -> bool:
    words = fold(piece)
    return any(letter.isalpha() for letter in words) and words not in _NOBODY


def _at_commas(
    segment: str, in_a_list: bool, is_someone: Callable[[str], bool], is_title: Callable[[str], bool]
) -> Iterator[str]:
    """The people of a segment: apart where it is clear that a comma stands between two, or else as it is."""
    people: list[str] = []
    for piece in segment.split(","):
        belongs = not read_name(piece).words or (is_title(piece) and not is_title(people[-1] if people else ""))
        if people and belongs:
            people[-1] += f",{piece}"
        else:
            people.append(piece)
    whole_names = all(len(read_name(one).words) > 1 or read_name(one).titled or is_title(one) for one in people)
    several = in_a_list or len(people) > 2 or whole_names or any(map(is_someone, people))
    if len(people) > 1 and several and not is_someone(segment):
        yield from people
    else:
        yield segment
