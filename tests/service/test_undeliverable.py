"""An alert that reaches nobody is told to somebody else, but not without end."""

from datetime import timedelta

from service.app import MOST_STEPS, report_undeliverable
from service.store import Store
from tests.service.samples import CASE, NOW, notice


def test_urgent_ones_are_handed_in_once_and_the_chain_ends(store: Store) -> None:
    cause: str | None = None
    for step in range(1, MOST_STEPS + 2):
        with store.write() as tx:
            tx.actions.put(notice(f"alert {step}", urgent=True), cause, NOW)
            action = tx.actions.by_key(CASE, f"alert {step}")
            assert action is not None
            for _ in range(2):
                report_undeliverable(tx, action, NOW + timedelta(seconds=step))
            waiting = tx.submissions.undecided(10)
        assert len(waiting) == min(step, MOST_STEPS)
        assert waiting[-1].source == "clock"
        assert waiting[-1].body["about"] == f"alert {min(step, MOST_STEPS)}"
        cause = waiting[-1].id


def test_others_are_only_shown(store: Store) -> None:
    with store.write() as tx:
        tx.actions.put(notice(), None, NOW)
        action = tx.actions.by_key(CASE, "alert")
        assert action is not None
        report_undeliverable(tx, action, NOW)
        assert tx.submissions.undecided(10) == []
