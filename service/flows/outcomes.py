"""What came of each try, written to the ledger: in one transaction with whatever a person must hear of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Unpack

import structlog

from integrations.ports import DeliveryError
from service.flows.lanes import Lane
from service.flows.progress import Delivered, is_given_up, wait_before_next
from service.flows.undelivered import tell_of_dead, tell_of_draft
from service.store import Action, Attempt, Progress, Store

LOOK_AGAIN: Final = timedelta(minutes=10)
"""How often a held draft is looked at: it may have been sent or deleted by hand."""

log = structlog.get_logger("deliver")


class Outcomes:
    """Writes down how deliveries went. ``observe`` gets kind, outcome and seconds of each try."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        random: Callable[[], float],
        observe: Callable[[str, str, float], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        self._observe = observe

    def note(self, action: Action, **progress: Unpack[Progress]) -> Action:
        """How far it came, before the next call is made. StoreUnavailableError."""
        with self._store.write() as tx:
            tx.actions.mark(action.id, version=action.version, at=self._clock(), **progress)
        return replace(action, **progress)

    def finished(self, lane: Lane, ended: Sequence[tuple[Action, Delivered]], seconds: float) -> None:
        """These came to an end, together, after so many seconds. StoreUnavailableError."""
        now = self._clock()
        held_up = frozenset[str]().union(*(lane.works(action.id) for action, _ in ended))
        with self._store.write() as tx:
            for action, delivered in ended:
                tx.actions.mark(
                    action.id,
                    version=action.version,
                    at=now,
                    state=delivered.state,
                    try_at=now + LOOK_AGAIN if delivered.state == "held" else None,
                    attempts=0,
                    **delivered.progress,
                )
                tx.actions.attempted(action.id, Attempt(now, delivered.state, delivered.outcome, seconds))
                if delivered.news:
                    tell_of_draft(tx, action, delivered.news, now)
            if held_up:
                tx.actions.bring_forward(held_up, now)
        for action, delivered in ended:
            self._observe(action.kind, delivered.outcome, seconds)
            log.info("delivered", action=action.id, kind=action.kind, outcome=delivered.outcome)

    def failed(self, lane: Lane, action: Action, error: DeliveryError, seconds: float) -> None:
        """This one failed: it is tried again, or given up and told to a person. StoreUnavailableError.

        What is not its own fault is never counted against it.
        """
        now = self._clock()
        if error.systemic and not lane.is_its_own(action.id):
            again, tries, outcome = lane.stop(action.id, error.reason, now), action.attempts, "stopped"
        else:
            tries = action.attempts + 1
            wait = wait_before_next(tries, urgent=action.urgent, retry_after=error.retry_after, random=self._random)
            again = now + timedelta(seconds=wait)
            dead = (error.permanent and not error.systemic) or is_given_up(action, tries, now)
            outcome = "dead" if dead else "retry"
        with self._store.write() as tx:
            same = tx.actions.mark(
                action.id,
                version=action.version,
                at=now,
                state="dead" if outcome == "dead" else None,
                try_at=None if outcome == "dead" else again,
                attempts=tries,
            )
            tx.actions.attempted(action.id, Attempt(now, outcome, error.reason, seconds))
            if outcome == "dead" and same:
                tell_of_dead(tx, action, error.reason, now)
        if error.retry_after:
            lane.rest(now + timedelta(seconds=error.retry_after))
        self._observe(action.kind, outcome, seconds)
        log.warning(
            "not delivered", action=action.id, kind=action.kind, outcome=outcome, reason=error.reason, tries=tries
        )
