"""What stands in a draft that a person is about to release: places that they were to fill, and may not have."""

from __future__ import annotations

import structlog

from integrations.ports import DeliveryError, DraftGoneError, Mailer
from rules.engine.model.effects import Notice
from rules.engine.wording.letters import marks_in
from service.store import Store

log = structlog.get_logger("console")


def marks_left(store: Store, mailer: Mailer, ref: str, key: str) -> int | None:
    """How many marks of an unfinished letter stand in this draft now; None where the mailbox cannot be read.

    What counts is the draft in the mailbox, which its holder edits; before there is one, the words that it will have.
    None are left of what is no letter, or gone: whether it was sent by hand, its delivery finds out. Makes one call.
    StoreUnavailableError.
    """
    with store.read() as tx:
        action = tx.actions.by_key(ref, key)
    if action is None or not isinstance(action.effect, Notice) or action.step == "gone":
        return 0
    if action.remote_id is None:
        return marks_in(action.effect.body)
    try:
        return marks_in(mailer.read_draft(action.place or "", action.remote_id))
    except DraftGoneError:
        return 0
    except DeliveryError as error:
        log.warning("a draft could not be read", action=action.id, reason=error.reason)
        return None
