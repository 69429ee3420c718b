"""What reaches nobody is told to somebody else, but not without end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rules.engine.model.effects import AnyEffect
from service.flows.undelivered import MOST_STEPS, tell_of_dead, tell_of_draft
from service.store import Action, Store, StoredSubmission, Transaction
from tests.service.samples import CASE, NOW, draft, entry, flag, notice, task


def action_of(tx: Transaction, effect: AnyEffect, cause: str | None = None) -> Action:
    tx.actions.put(effect, cause, NOW)
    found = tx.actions.by_key(CASE, effect.key)
    assert found is not None
    return found


def waiting(tx: Transaction) -> list[StoredSubmission]:
    return tx.submissions.undecided(10)


def test_alerts_are_handed_in_once_and_the_chain_ends(store: Store) -> None:
    cause: str | None = None
    for step in range(1, MOST_STEPS + 2):
        with store.write() as tx:
            action = action_of(tx, notice(f"alert {step}", urgent=True), cause)
            for _ in range(2):
                tell_of_dead(tx, action, "bad-address", NOW + timedelta(seconds=step))
            found = waiting(tx)
        assert len(found) == min(step, MOST_STEPS)
        assert found[-1].source == "clock"
        assert found[-1].body["about"] == f"alert {min(step, MOST_STEPS)}"
        cause = found[-1].id


@pytest.mark.parametrize("effect", [notice(), draft(), task(), flag(), entry()], ids=lambda effect: str(effect.key))
def test_everything_else_is_told_too_with_what_to_mend(store: Store, effect: AnyEffect) -> None:
    with store.write() as tx:
        tell_of_dead(tx, action_of(tx, effect), "bad-address", NOW)
        (found,) = waiting(tx)
    assert (found.body["event"], found.body["case"], found.body["about"]) == ("not delivered", CASE, effect.key)
    assert found.body["why"].startswith("bad-address. ")
    assert "northbridge.example" not in str(found.body)


def test_once_a_day_for_each_case_and_reason(store: Store) -> None:
    with store.write() as tx:
        for hours in (0, 1, 2, 24):
            for key in ("a", "b"):
                tell_of_dead(tx, action_of(tx, task(key)), "bad-key", NOW + timedelta(hours=hours))
        assert len(waiting(tx)) == 2


def test_what_says_so_and_cannot_be_delivered_itself_is_only_shown(store: Store) -> None:
    with store.write() as tx:
        tell_of_dead(tx, action_of(tx, task()), "bad-key", NOW)
        (first,) = waiting(tx)
        for effect in (flag("news"), notice("news by mail")):
            tell_of_dead(tx, action_of(tx, effect, first.id), "bad-key", NOW + timedelta(days=2))
        assert waiting(tx) == [first]


def test_a_draft_is_spoken_of_once_for_each_of_its_versions(store: Store) -> None:
    with store.write() as tx:
        for _ in range(2):
            tell_of_draft(tx, action_of(tx, draft()), "draft gone", NOW)
        tell_of_draft(tx, action_of(tx, draft(status="withdrawn")), "withdrawn draft gone", NOW)
        assert sorted(found.body["event"] for found in waiting(tx)) == ["draft gone", "withdrawn draft gone"]
