"""Where and in which part of the day: what is the same spot for the duty rota (AB-10a)."""

from __future__ import annotations

from datetime import time

from rules.engine.model.policy import UNKNOWN, Facts

AT_A_SPOT = "place"
"""The part that a spot has in the history of a case, as a pupil there has the part of having been targeted."""

NOT_OURS = frozenset({"online", "elsewhere off site", "other", UNKNOWN})
"""Places where nobody can be put on duty, or that are not one place."""

_PARTS = (
    (time(9), "before lessons"),
    (time(12), "morning"),
    (time(14), "midday"),
    (time(15, 30), "afternoon"),
    (time.max, "after lessons"),
)
"""Until when each part of the day lasts."""


def part_of_the_day(at: time | None) -> str:
    """The part of the school day, in the words of the vocabulary; unknown where no time was given."""
    return UNKNOWN if at is None else next(name for until, name in _PARTS if at < until or until == time.max)


def spot_of(facts: Facts) -> str | None:
    """The key under which history counts a place and part of the day; None where either is open or not the school's."""
    place, part = str(facts.get("place", UNKNOWN)), str(facts.get("part of the day", UNKNOWN))
    return None if place in NOT_OURS or part == UNKNOWN else f"spot:{place}:{part}"
