"""Taking other people out of a text: everybody on the school's lists and in the case, and whatever reaches somebody.

Rather too much than too little: a person reads the result before anybody gets it, and can put a word back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rules.engine.model.situation import CaseFile
from rules.engine.school.directory import Directory, Person, Pupil

PUBLIC = {
    "headteacher": "[the headteacher]",
    "chair": "[the chair of governors]",
    "vice-chair": "[the vice-chair of governors]",
    "clerk": "[the clerk to governors]",
}
"""Roles in which somebody acts for the school in public: they are called by it, and not by their name."""
ANOTHER_PUPIL, STAFF, SOMEBODY = "[a pupil]", "[a member of staff]", "[a person]"
ADDRESS, NUMBER = "[an address]", "[a number]"
LEAST = 3
"""Letters of a name that is looked for by itself; shorter ones are words of their own too often."""

_MAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBER = re.compile(r"(?<![\w-])(?:\+|\()?\d[\d ()-]{7,}\d(?![\w-])|\b[A-Z]\d{12}\b")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")


@dataclass(frozen=True, slots=True)
class Redactor:
    """``full``: whole names, ``single``: parts of names, each with what stands in its place; ``own``: left as it is."""

    full: dict[str, str]
    single: dict[str, str]
    own: frozenset[str]
    _names: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        longest = sorted(self.full, key=len, reverse=True)
        pattern = "|".join(re.escape(name) for name in longest) or r"(?!)"
        object.__setattr__(self, "_names", re.compile(rf"(?<!\w)(?:{pattern})(?:['’]s)?(?!\w)", re.IGNORECASE))

    def __call__(self, text: str) -> str:
        """The text without them. What is the complainant's own stays."""
        kept = _MAIL.sub(lambda found: found[0] if found[0].casefold() in self.own else ADDRESS, text)
        kept = _NUMBER.sub(lambda found: found[0] if _digits(found[0]) in self.own else NUMBER, kept)
        kept = self._names.sub(lambda found: self.full[re.sub(r"['’]s$", "", found[0].casefold())], kept)
        return _WORD.sub(self._single, kept)

    def whole_names(self, text: str) -> str:
        """The text without whole names and addresses: of what a person has read through, where they put words back."""
        kept = _MAIL.sub(lambda found: found[0] if found[0].casefold() in self.own else ADDRESS, text)
        return self._names.sub(lambda found: self.full[re.sub(r"['’]s$", "", found[0].casefold())], kept)

    def _single(self, found: re.Match[str]) -> str:
        word = re.sub(r"['’]s$", "", found[0])
        # Names have a capital; so "will" and "may" stay, and at the start of a sentence a person puts them back.
        known = self.single.get(word.casefold()) if word[0].isupper() else None
        return known if known is not None and word.casefold() not in self.own else found[0]


def redactor(directory: Directory, cases: Iterable[CaseFile], own: Iterable[str], address: str | None) -> Redactor:
    """Everybody but the complainant. ``own``: their name, numbers and address as they gave them themselves."""
    mine = [text.strip() for text in own if text.strip()]
    own_children = [p for p in directory.pupils if address and address in {carer.email for carer in p.carers}]
    words = {
        word.casefold()
        for text in (*mine, *(name for p in own_children for name in _names(p)))
        for word in text.split()
    }
    kept = words | {text.casefold() for text in mine} | {_digits(text) for text in mine if _digits(text)}
    kept |= {address.casefold()} if address else set()
    whole_own = {text.casefold() for text in mine} | {name.casefold() for p in own_children for name in _names(p)}
    full: dict[str, str] = {}
    single: dict[str, str] = {}
    for name, stands in _everybody(directory, cases, own_children):
        folded = " ".join(name.split()).casefold()
        if len(folded) < LEAST or folded in whole_own:
            continue
        (full if " " in folded else single).setdefault(folded, stands)
        for part in folded.split():
            if len(part) >= LEAST:
                single.setdefault(part, stands)
    return Redactor(full, single, frozenset(kept))


def _everybody(directory: Directory, cases: Iterable[CaseFile], own: list[Pupil]) -> Iterator[tuple[str, str]]:
    for person in (*directory.staff, *directory.governors):
        for name in (person.name, f"{person.first_name} {person.last_name}"):
            yield name, _public(person)
    for pupil in directory.pupils:
        if pupil not in own:
            yield from ((name, ANOTHER_PUPIL) for name in _names(pupil))
    for case in cases:
        for party in case.parties:
            if party.role != "complainant" and not any(party.key == pupil.key for pupil in own):
                typed = re.sub(r"[,;].*|\b\d+\w*\b", " ", party.typed)  # the form or year that stands behind a name
                yield re.sub(r"^(?:mr|mrs|ms|miss|dr|the)\b\.?", "", typed.strip(), flags=re.IGNORECASE), SOMEBODY


def _public(person: Person) -> str:
    called = next((words for role, words in PUBLIC.items() if role in person.roles), None)
    return called or (STAFF if person.kind == "staff" else SOMEBODY)


def _names(pupil: Pupil) -> set[str]:
    firsts = {pupil.first_name, pupil.preferred_name} - {""}
    return {f"{first} {pupil.last_name}" for first in firsts}


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
