"""Looks whether drafts that wait for a person are still there: pressing Send in Gmail is a release, too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog

from integrations.ports import DeliveryError, Mailer
from rules.engine.casework.deliveries import DRAFT_GONE
from service.flows.outcomes import LOOK_AGAIN
from service.flows.undelivered import tell_of_draft
from service.store import Action, Store

AT_ONCE: Final = 5
"""Drafts looked at in one go: what is to be sent waits no longer than that takes."""

log = structlog.get_logger("deliver")


def watch_drafts(store: Store, mailer: Mailer, clock: Callable[[], datetime]) -> int:
    """Look at the drafts whose turn it is; returns how many were looked at. StoreUnavailableError.

    One that is gone is handed in, so that its holder is asked about it; it is not looked at again. A failure ends the
    look: there will be another.
    """
    with store.read() as tx:
        held = tx.actions.held(clock(), AT_ONCE)
    for looked, action in enumerate(held):
        try:
            there = mailer.has_draft(action.place or "", action.remote_id or "")
        except DeliveryError as error:
            log.warning("a draft could not be looked at", action=action.id, reason=error.reason)
            if error.systemic or error.retry_after:
                return looked
            there = True
        _note(store, action, clock(), there=there)
    return len(held)


def _note(store: Store, action: Action, now: datetime, *, there: bool) -> None:
    with store.write() as tx:
        fresh = tx.actions.get(action.id)
        if fresh is None or (fresh.state, fresh.version) != ("held", action.version):
            return  # it was released or withdrawn meanwhile: the delivery of that finds out by itself
        if there:
            tx.actions.mark(action.id, version=action.version, at=now, try_at=now + LOOK_AGAIN)
            return
        tx.actions.mark(action.id, version=action.version, at=now, state="done", step="gone", remote_id=None)
        tell_of_draft(tx, action, DRAFT_GONE, now)
    log.warning("a draft was sent or deleted by hand", action=action.id)
