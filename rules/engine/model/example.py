"""What an example says once it is read: a day, the days without school, what is given or was before, what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rules.engine.model.effects import DeadlineState
    from rules.engine.model.policy import Facts
    from rules.engine.model.situation import Happening
    from rules.engine.school.term_dates import Span

Kept = Mapping[str, str | date | time]
"""Answers that a form keeps without feeding a fact, by the name under which it does: names, dates, times."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in Europe/London; noon, and not ``timed``, where only the day is written."""

    at: datetime
    timed: bool


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was before: an earlier report or complaint, or something that happened (``what``) on the case."""

    when: Moment
    given: Facts
    kept: Kept
    what: str | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """An effect that must follow, by its kind and its words (or whom it is for); ``due`` is when it is owed."""

    kind: str
    what: str
    due: Moment | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A rule's own proof: what is given, and what must follow (empty: nothing).

    With ``today`` everything that depends on days or on the past is worked out as for a real case.
    """

    title: str
    given: Facts
    expect: tuple[Expected, ...]
    line: int = 0
    today: Moment | None = None
    closed: tuple[Span, ...] = ()
    kept: Kept = field(default_factory=dict)
    earlier: tuple[Earlier, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectedClock:
    """What a clock must show: the day on which each of its turns is due, or its state, or both. Neither: it stands."""

    id: str
    turns: tuple[tuple[date | None, DeadlineState | None], ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class StageExample:
    """A stage's own proof: what happened on a case, and when its clocks are due; ``today`` is when one looks."""

    title: str
    happenings: tuple[Happening, ...]
    facts: Facts
    expect: tuple[ExpectedClock, ...]
    closed: tuple[Span, ...] = ()
    today: Moment | None = None
    line: int = 0
