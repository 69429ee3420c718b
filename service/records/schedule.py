"""The retention schedule: for how many years after closing the records of each kind of case are kept (CP-13a)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

CLAUSE = "CP-13a"
MOST_YEARS = 100


@dataclass(frozen=True, slots=True)
class Kept:
    """``years`` after closing, in whole years, and why so long."""

    years: int
    why: str

    def until(self, closed: date) -> date:
        """The last day on which they are kept; closed on 29 February, that is 28 February where there is no 29th."""
        try:
            return closed.replace(year=closed.year + self.years)
        except ValueError:
            return closed.replace(year=closed.year + self.years, day=28)


Schedule = Mapping[str, Kept]
"""By the track of a case."""


DEFAULT: Schedule = {
    "bullying": Kept(14, "no date of birth is known here: 14 years on, whoever was 11 is 25"),
    "safeguarding": Kept(25, "child protection: at least until the child is 25"),
    "staff-conduct": Kept(40, "until pension age, and ten years at least, neither of which is known here"),
    "adult": Kept(6, "the time in which a claim can be brought"),
    "complaint": Kept(6, "the time in which a claim can be brought; kept apart from pupils' records"),
    "contact": Kept(6, "as the complaint that it belongs to"),
}
"""Of a school that says nothing else in its school.yaml, under ``keeps``. Nothing is ever deleted by itself."""


def of_school(chosen: Mapping[str, object]) -> Schedule:
    """The default with what a school says instead: track to years. ValueError, for people."""
    found = dict(DEFAULT)
    for track, years in chosen.items():
        if track not in found:
            raise ValueError(f"keeps: {track!r} is no kind of case; there are {', '.join(found)}.")
        if not isinstance(years, str) or not years.isdecimal() or not 1 <= int(years) <= MOST_YEARS:
            raise ValueError(
                f"keeps: {track} must be whole years from 1 to {MOST_YEARS}, such as {found[track].years}."
            )
        found[track] = Kept(int(years), "set by the school")
    return found
