"""What the deliveries of notices, entries and rows have in common: how they end, and when they are tried again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol, Unpack

from service.store import Action, Progress, State

FEWEST_TRIES: Final = 20
LONGEST: Final = timedelta(days=1)
"""What fails for itself is given up after so many tries and so long, whichever comes last."""

_FIRST_WAIT: Final = 2.0
_LONGEST_WAIT: Final = 3_600.0
_FIRST_WAIT_URGENT: Final = 1.0
_LONGEST_WAIT_URGENT: Final = 30.0
_TRIES_IN_HASTE: Final = 14
"""An urgent one is tried about so often in its first five minutes; by then somebody else is told, too."""
_LONGEST_WAIT_AFTER_HASTE: Final = 300.0


@dataclass(frozen=True, slots=True)
class Delivered:
    """How it ended: the ledger's new state, a word for the record of attempts, and where it came to.

    ``news``: the event to hand in, where a person must hear of how it ended; empty where there is nothing to say.
    """

    state: State
    outcome: str
    progress: Progress = field(default_factory=Progress)
    news: str = ""


class Note(Protocol):
    """Writes progress to the ledger, durably, before the next call is made."""

    def __call__(self, action: Action, **progress: Unpack[Progress]) -> Action:
        """The action with its progress."""


def wait_before_next(tries: int, *, urgent: bool, retry_after: float | None, random: Callable[[], float]) -> float:
    """Seconds until the next try, after ``tries`` that failed: doubling, with jitter, never less than asked for.

    ``random`` gives numbers from 0 to 1; two failures at the same moment should not come again at the same moment.
    """
    first, longest = (_FIRST_WAIT_URGENT, _LONGEST_WAIT_URGENT) if urgent else (_FIRST_WAIT, _LONGEST_WAIT)
    if urgent and tries >= _TRIES_IN_HASTE:
        longest = _LONGEST_WAIT_AFTER_HASTE
    wait = min(longest, first * 2.0 ** min(tries - 1, 30))
    return max(wait * (0.5 + random() / 2), retry_after or 0.0)


def is_given_up(action: Action, tries: int, now: datetime) -> bool:
    """Whether an action that has failed ``tries`` times, for reasons of its own, is not tried again."""
    return tries >= FEWEST_TRIES and now - (action.due_at or action.created_at) >= LONGEST
