"""Clocks that have fallen due become submissions: they take the same road as everything else."""

from __future__ import annotations

from datetime import datetime

from rules.engine.effects import Alarm, AnyEffect, Deadline
from service.store import CLOCKS, Action, NewSubmission, Store, StoredSubmission, Transaction

BATCH = 100


def chase(store: Store, now: datetime) -> int:
    """Hand in every clock that is due at ``now`` (aware); returns how many. A clock is handed in once for each version.

    StoreUnavailableError where the database does not answer; nothing is lost then.
    """
    with store.read() as tx:
        if not tx.actions.due(CLOCKS, now, 1):
            return 0
    with store.write() as tx:
        due = tx.actions.due(CLOCKS, now, BATCH)
        for action in due:
            _hand_in(tx, action, now)
    return len(due)


def _hand_in(tx: Transaction, action: Action, now: datetime) -> None:
    body = asked_by(action.effect)
    tx.submissions.add(
        NewSubmission(
            source="clock",
            received_at=now,
            submitted_at=action.due_at,
            body=body,
            dedupe_key=f"{action.id}:{action.version}",
        )
    )
    tx.actions.mark(action.id, version=action.version, at=now, state="done")


def is_asked(submission: StoredSubmission) -> bool:
    """Whether a clock of the rules handed this in, rather than a delivery that has news."""
    return submission.source == "clock" and "step" in submission.body


def asked_by(effect: AnyEffect) -> dict[str, object]:
    """What a clock asks when it falls due. ValueError for what is no clock."""
    match effect:
        case Alarm():
            return {"event": effect.event, "case": effect.case, "about": effect.about, "step": effect.step}
        case Deadline():
            return {"event": "deadline missed", "case": effect.case, "about": effect.key, "step": 0}
        case _:
            raise ValueError(f"a {effect.kind} is no clock")
