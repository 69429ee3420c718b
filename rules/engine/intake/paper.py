"""Notes of a complaint about staff are kept on paper, in the personnel file: which texts are not kept here (CP-3g)."""

from __future__ import annotations

from collections.abc import Iterable

from rules.engine.intake.facts import Reading, yes_no
from rules.engine.model.policy import UNKNOWN, Facts, FactValue
from rules.engine.model.situation import CaseFile

NOT_KEPT = "Not kept here: the note is on paper."
"""What stands in place of a text that was not kept."""

NOT_STAFF = frozenset({"school", "other organisation", "governor", "chair", "vice-chair", "whole board"})
"""What a complaint may be about without its notes being kept on paper only."""

REASONED = frozenset({
    "deviation from the procedure",  # CP-2f
    "late complaint accepted", "late complaint refused",  # CP-2b
    "procedure paused (social services)", "procedure paused (legal action)",  # CP-7b
    "independent panel granted", "independent panel refused",  # CP-3m
    "legal representation allowed",  # CP-3n
    "unreasonable conduct: decision to stop responding",  # CP-8c
    "barred from the premises", "bar reviewed",  # CP-10a
    "dsl decision: parents may be told", "dsl decision: parents must not be told",  # AB-9j
})  # fmt: skip
"""Decisions on the procedure of which a clause wants the reason on record: that is no note of a talk."""


def is_on_paper(case: CaseFile) -> bool:
    """Whether notes of this case are kept as hard copy. Not known whom it is about counts as about staff."""
    about = case.facts.get("complained about")
    words = about if isinstance(about, frozenset) else frozenset({UNKNOWN})
    return case.track == "complaint" and bool(words - NOT_STAFF)


def is_note(facts: Facts) -> bool:
    """Whether what an update records is a note, and not a decision whose reason must be on record."""
    return facts.get("what happened") not in REASONED


def facts_of_note(reading: Reading) -> Iterable[tuple[str, FactValue]]:
    """Of a case update: whether it came with a text, says where the paper is, gives a new date or a result."""
    yield "a note was written", yes_no(reading.texts.get("outcome", "").strip())
    yield "the paper is filed", yes_no(reading.texts.get("shelf mark", "").strip())
    yield "a new date was given", yes_no("new date" in reading.dates)
    yield "a result was given", yes_no(reading.facts.get("upheld", UNKNOWN) != UNKNOWN)
