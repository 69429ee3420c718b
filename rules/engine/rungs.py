"""Who is called when an urgent alert is not acknowledged, one after the other, and whether anybody is left to call."""

from __future__ import annotations

from collections.abc import Set

from rules.engine.audiences import Audiences

LADDER = ("deputy designated safeguarding lead", "headteacher")


def called_next(audiences: Audiences, told: Set[str]) -> bool:
    """Whether somebody stands on the ladder who may know of the case and is not among those told."""
    rungs = (audiences.reach(phrase).recipients for phrase in LADDER)
    return any(recipient.address not in told for rung in rungs for recipient in rung)
