"""One vendor's lane: whether it is open, how long it rests, and whose fault a failure is.

A failure of the sign-in, our settings or the network stops the whole lane: nothing in it is given up, and after a pause
that grows to five minutes it is tried again. That a failure is everybody's is a claim, which others refute by being
delivered: whoever fails again after that fails for himself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

_FIRST_PAUSE: Final = 2.0
_LONGEST_PAUSE: Final = 300.0
_HEAD_START: Final = 0.1
"""By so much of the pause the others go before the one that stopped the lane, even where that one is urgent."""

log = structlog.get_logger("deliver")


class Lane:
    """``name`` is the vendor's, ``kinds`` are those of the ledger that go there, ``most`` how many are taken at once.

    ``random`` gives numbers from 0 to 1. Safe for many threads; all times are aware.
    """

    def __init__(self, name: str, kinds: tuple[str, ...], most: int, random: Callable[[], float]) -> None:
        self.name, self.kinds, self.most = name, kinds, most
        self.signal = threading.Event()
        self.gives_way = False
        """Whether what is not urgent waits, because submissions wait to be decided."""
        self._random = random
        self._lock = threading.Lock()
        self._rests_until: datetime | None = None
        self._stopped: str | None = None
        self._stops = 0
        self._blamed: set[str] = set()
        self._refuted: set[str] = set()

    @property
    def stopped(self) -> str | None:
        """The reason for which nothing is delivered here; None while the lane works."""
        return self._stopped

    def rests(self, now: datetime) -> bool:
        """Whether nothing may be tried at this moment."""
        return self._rests_until is not None and now < self._rests_until

    def next_after(self, due: datetime) -> datetime:
        """When something that is due then can be tried."""
        return max(due, self._rests_until or due)

    def rest(self, until: datetime) -> None:
        """The vendor asked to be left alone."""
        with self._lock:
            self._rests_until = max(until, self._rests_until or until)

    def is_its_own(self, action_id: str) -> bool:
        """Whether this one has failed for a reason said to be everybody's, when others were then delivered."""
        return action_id in self._refuted

    def stop(self, action_id: str, reason: str, now: datetime) -> datetime:
        """Stop the lane; returns when the one that was tried may be tried again: a little later than the others."""
        with self._lock:
            if self._stopped is None or not self.rests(now):  # several at once are one stop
                pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(self._stops, 30)) * (0.5 + self._random() / 2)
                self._rests_until = now + timedelta(seconds=pause)
                self._stops += 1
                log.error("delivery is stopped", lane=self.name, reason=reason, again_in=round(pause))
            self._stopped = reason
            self._blamed.add(action_id)
            until = self._rests_until or now
            return until + (until - now) * _HEAD_START

    def works(self, action_id: str) -> frozenset[str]:
        """This one was delivered. Returns those that were held up, and may be tried now, if the lane was stopped."""
        with self._lock:
            self._refuted.discard(action_id)
            if self._stopped is None:
                return frozenset()
            log.warning("delivery goes on", lane=self.name)
            held_up = frozenset(self._blamed - {action_id})
            self._refuted |= held_up
            self._blamed.clear()
            self._stopped, self._stops, self._rests_until = None, 0, None
            return held_up
