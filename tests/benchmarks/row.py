"""A line of the table that ``make bench`` prints."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured, how much it was, in which unit, what it should be, and whether it is.

    ``baseline`` is what the same machine did at the same time without us, or without what makes us fast; a target that
    says "of it" is a ratio to that.
    """

    what: str
    value: float
    unit: str
    target: str = ""
    met: bool = True
    baseline: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.baseline if self.baseline else None
