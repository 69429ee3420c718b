"""What could not be delivered, or was not as it should be, becomes a submission of its own: a person hears of it (I6).

It may fail in its turn, and where all mail fails, telling by mail must come to an end. What was given up is shown in
any case, in the task sheet and in ``/readyz``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog

from integrations.google.reasons import mend
from rules.engine.casework.deliveries import DRAFT_DIFFERS, DRAFT_GONE, NOT_DELIVERED, UNDELIVERABLE, WITHDRAWN_GONE
from rules.engine.model.effects import Notice
from service.store import Action, NewSubmission, Store, StoredSubmission, Transaction

TOO_LATE: Final = timedelta(minutes=4)
"""An urgent notice that has waited so long is told to somebody else as well. With what it takes to see that: five."""
MOST_STEPS: Final = 3
"""How many people one after the other are told of an alert that reached nobody."""
_AT_ONCE: Final = 50

_OURS: Final = (UNDELIVERABLE, NOT_DELIVERED, DRAFT_GONE, WITHDRAWN_GONE, DRAFT_DIFFERS)

log = structlog.get_logger("deliver")


def tell_of_dead(tx: Transaction, action: Action, reason: str, at: datetime) -> None:
    """An action was given up: an urgent notice at once to somebody else, anything else to whoever is in charge."""
    if _is_alert(action):
        tell_of_alert(tx, action, reason, at)
        return
    if _cause_of_ours(tx, action) is None:
        once = f"not delivered {action.case_ref or action.submission_id} {reason} {at:%Y-%m-%d}"
        _hand_in(tx, action, NOT_DELIVERED, at, once=once, why=_why(reason))


def tell_of_alert(tx: Transaction, action: Action, reason: str, at: datetime) -> None:
    """An urgent notice was not delivered in time: once for each of its versions, and for so many steps."""
    cause = _cause_of_ours(tx, action)
    steps = int(cause.body.get("steps", 1)) + 1 if cause is not None else 1
    if steps <= MOST_STEPS:
        once = f"undeliverable {action.id} {action.version}"
        _hand_in(tx, action, UNDELIVERABLE, at, once=once, why=_why(reason), steps=steps)


class LateAlerts:
    """Somebody else hears of an alert that is not out in time, whatever the reason; it is tried all the same."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._told: set[tuple[str, int]] = set()

    def tell(self, now: datetime, reason: str) -> None:
        """Hand in those that are late at this moment, once each. StoreUnavailableError."""
        with self._store.read() as tx:
            late = tx.actions.late(now - TOO_LATE, _AT_ONCE)
        news = [action for action in late if (action.id, action.version) not in self._told]
        if not news:
            return
        with self._store.write() as tx:
            for action in news:
                tell_of_alert(tx, action, reason, now)
        self._told.update((action.id, action.version) for action in news)
        log.error("alerts are late", count=len(news), reason=reason)


def tell_of_draft(tx: Transaction, action: Action, event: str, at: datetime) -> None:
    """Something is to be said of a draft in somebody's mailbox: one of the events of drafts, once for each version."""
    _hand_in(tx, action, event, at, once=f"{event} {action.id} {action.version}")


def _is_alert(action: Action) -> bool:
    return isinstance(action.effect, Notice) and action.effect.urgent and action.case_ref is not None


def _cause_of_ours(tx: Transaction, action: Action) -> StoredSubmission | None:
    """The submission that led to this action, if that was itself one of those handed in here."""
    cause = tx.submissions.get(action.submission_id) if action.submission_id else None
    return cause if cause is not None and cause.source == "clock" and cause.body.get("event") in _OURS else None


def _why(reason: str) -> str:
    return f"{reason}. {mend(reason)}"


def _hand_in(
    tx: Transaction, action: Action, event: str, at: datetime, *, once: str, why: str = "", steps: int = 1
) -> None:
    body = {"event": event, "case": action.case_ref, "about": action.key, "why": why, "steps": steps}
    tx.submissions.add(NewSubmission(source="clock", dedupe_key=once, received_at=at, body=body))
