"""Facts in words that can be read aloud: what somebody answered, and what a rule makes of a blank."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rules.engine.model.conditions import Reason, say
from rules.engine.model.policy import UNKNOWN, FactValue, FactWord, Is

ANSWER = "{answer}"
"""The place of the answer in a fact's ``reads``."""

_ASKS = ("whether ", "where ", "what ", "which ", "who ", "how ")
_PLAIN = ("yes", "no")


def found(reason: Reason, words: Mapping[str, FactWord]) -> str:
    """What was found for the fact of one test: "the pupil does not want their parents or carers to know"."""
    return _found(words.get(reason.atom.fact), reason.atom.fact, reason.value)


def counted_as(reason: Reason, words: Mapping[str, FactWord]) -> str | None:
    """What a blank or a "not sure" counts as, where a rule that applied says so of a question on safety (I10)."""
    word, value, atom = words.get(reason.atom.fact), reason.value, reason.atom
    if word is None or not word.safety or not isinstance(atom, Is) or value in _PLAIN:
        return None
    # "is not yes" takes a blank for a no.
    counts = [answer for answer in _PLAIN if (answer in atom.words) is not reason.negated]
    if len(counts) != 1:
        return None
    return f"{'a blank' if value in (None, UNKNOWN) else f'“{value}”'} counts as {counts[0]}"


def listed(parts: Iterable[str], link: str = "and") -> str:
    """One, two and three."""
    *most, last = dict.fromkeys(parts)
    return f"{', '.join(most)} {link} {last}" if most else last


def _found(word: FactWord | None, name: str, value: FactValue) -> str:
    told = say(value)
    if word is None:
        return f'"{name}" is {told}'
    if told == "not answered":
        told = UNKNOWN
    if isinstance(value, frozenset) and value and value <= word.reads.keys():
        return listed(word.reads[one] for one in sorted(value))
    written = word.reads.get(told) or (word.reads.get(ANSWER) if told != UNKNOWN else None)
    if written is not None:
        answers = sorted(value) if isinstance(value, frozenset) and value else [told]
        return written.replace(ANSWER, listed(word.labels.get(answer, answer) for answer in answers))
    if told == UNKNOWN:
        asks = word.meaning.startswith(_ASKS)
        return f"nobody has said {word.meaning}" if asks else f'"{name}" is not known'
    if word.meaning.startswith("whether "):
        return word.meaning.removeprefix("whether ") if told == "yes" else f"{told} is the answer to {word.meaning}"
    return f'"{name}" is {told}'
