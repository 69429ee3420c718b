"""How like someone's a typed name is: only to show to a person who chooses, never to decide."""

from __future__ import annotations

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from rules.engine.school.directory import Known, Person

_FEW_WORDS = 6
"""More words than these are a sentence: a name is then looked for in it, letter by letter likeness is not."""
MISSPELT = 60
"""A part of the name, spelt another way: worth showing only where nobody's name fits better."""
ONLY_PART_OF_NAME = 80
"""Above this the whole name is like the typed one, and not a surname alone."""
_NEAR = 82
_SHORTEST = 4
"""Shorter words are alike too easily."""


def likeness(known: Known, words: tuple[str, ...]) -> float:
    """From 0 (nothing alike) to 100 (the whole name is there). ``words`` are comparable ones."""
    if not words:
        return 0
    text = f" {' '.join(words)} "
    if any(f" {' '.join(full)} " in text for full in known.full):
        return 100
    return max(_whole_name(known, words), _part_of_name(known, words, text))


def _whole_name(known: Known, words: tuple[str, ...]) -> float:
    if not 1 < len(words) <= _FEW_WORDS:
        return 0
    typed, typed_together = " ".join(words), "".join(words)
    best = 0.0
    for first, full in zip(known.firsts, known.full, strict=True):
        if words == known.last + first:
            return 99
        if typed_together == "".join(full):
            return 98
        turned = " ".join(known.last + first)
        best = max(best, fuzz.ratio(typed, " ".join(full)), fuzz.ratio(typed, turned))
    return best if best >= _NEAR else 0


def _part_of_name(known: Known, words: tuple[str, ...], text: str) -> float:
    if f" {' '.join(known.last)} " in text:
        return ONLY_PART_OF_NAME
    firsts = [first for first in known.firsts if f" {' '.join(first)} " in text]
    has_part = any(word in words for word in known.last if len(word) >= _SHORTEST)
    if firsts and (has_part or known.last[0][0] in words):
        return 75
    # Of an adult any part of the surname is enough: whoever may be meant is kept out until a person decides.
    if has_part and (isinstance(known.who, Person) or len(words) == 1):
        return 70
    if firsts and words in firsts:
        return 65
    if len(words) > _FEW_WORDS or (len(words) > 1 and not isinstance(known.who, Person)):
        return 0
    pieces = (*known.last, *(("".join(first)) for first in known.firsts)) if len(words) == 1 else known.last
    return MISSPELT if any(_misspelt(word, piece) for word in words for piece in pieces) else 0


def _misspelt(word: str, piece: str) -> bool:
    shorter = min(len(word), len(piece))
    # One letter wrong, missing, too many, or two changed over.
    slip = shorter > _SHORTEST and OSA.distance(word, piece, score_cutoff=1) <= 1
    return slip or (shorter >= _SHORTEST and fuzz.ratio(word, piece) >= _NEAR)
