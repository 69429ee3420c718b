"""Clocks that have fallen due become submissions: they take the same road as everything else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rules.engine.model.effects import DIGEST_DUE, Alarm, AnyEffect, Deadline
from service.store import CLOCKS, Action, NewSubmission, Store, StoredSubmission, Transaction

BATCH = 100
ALL = 100_000


def chase(store: Store, now: datetime) -> int:
    """Hand in every clock that is due at ``now`` (aware); returns how many. A clock is handed in once for each version.

    StoreUnavailableError where the database does not answer; nothing is lost then.
    """
    with store.read() as tx:
        if not tx.actions.due(CLOCKS, now, 1):
            return 0
    with store.write() as tx:
        due = tx.actions.due(CLOCKS, now, BATCH)
        if any(digest_of(action.effect) for action in due):
            due = tx.actions.due(CLOCKS, now, ALL)  # no digest is divided
        together: dict[str, list[Action]] = {}
        for action in due:
            together.setdefault(digest_of(action.effect) or action.id, []).append(action)
        for actions in together.values():
            _hand_in(tx, actions, now)
    return len(due)


def _hand_in(tx: Transaction, actions: Sequence[Action], now: datetime) -> None:
    first = actions[0]
    tx.submissions.add(
        NewSubmission(
            source="clock",
            received_at=now,
            submitted_at=first.due_at,
            body=asked_by(*(action.effect for action in actions)),
            dedupe_key=f"{first.id}:{first.version}",
        )
    )
    for action in actions:
        tx.actions.mark(action.id, version=action.version, at=now, state="done")


def digest_of(effect: AnyEffect) -> str:
    """Whose digest a clock is one of; empty for any other clock."""
    return effect.about if isinstance(effect, Alarm) and effect.event == DIGEST_DUE else ""


def is_asked(submission: StoredSubmission) -> bool:
    """Whether a clock of the rules handed this in, rather than a delivery that has news."""
    return submission.source == "clock" and "step" in submission.body


def asked_by(effect: AnyEffect, *more: AnyEffect) -> dict[str, object]:
    """What a clock asks when it falls due, the clocks of one digest together. ValueError for what is no clock."""
    if about := digest_of(effect):
        refs = [one.case for one in (effect, *more)]
        return {"event": DIGEST_DUE, "case": None, "about": about, "step": 0, "cases": refs}
    match effect:
        case Alarm():
            return {"event": effect.event, "case": effect.case, "about": effect.about, "step": effect.step}
        case Deadline():
            return {"event": "deadline missed", "case": effect.case, "about": effect.key, "step": 0}
        case _:
            raise ValueError(f"a {effect.kind} is no clock")
