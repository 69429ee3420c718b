"""A line of the table that ``make bench`` prints."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured, how much it was, in which unit, and what it should be."""

    what: str
    value: float
    unit: str
    target: str
    met: bool
