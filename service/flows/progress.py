"""What the deliveries of notices, entries and rows have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, Unpack

from service.store import Action, Progress, State

MOST_ATTEMPTS = 30
_FIRST_WAIT = 2.0
_LONGEST_WAIT = 900.0
_LONGEST_WAIT_URGENT = 60.0


@dataclass(frozen=True, slots=True)
class Delivered:
    """How it ended: the ledger's new state, a word for the record of attempts, and where it came to."""

    state: State
    outcome: str
    progress: Progress = field(default_factory=Progress)


class Note(Protocol):
    """Writes progress to the ledger, durably, before the next call is made."""

    def __call__(self, action: Action, **progress: Unpack[Progress]) -> Action:
        """The action with its progress."""


def wait_before_next(tries: int, *, urgent: bool, retry_after: float | None, random: Callable[[], float]) -> float:
    """Seconds until the next try, after ``tries`` that failed: doubling, with jitter, never less than asked for.

    ``random`` gives numbers from 0 to 1; two failures at the same moment should not come again at the same moment.
    """
    longest = _LONGEST_WAIT_URGENT if urgent else _LONGEST_WAIT
    wait = min(longest, _FIRST_WAIT * 2.0 ** min(tries - 1, 30))
    return max(wait * (0.5 + random() / 2), retry_after or 0.0)
