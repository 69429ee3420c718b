"""A dispatcher with its fakes and a clock that is moved by hand."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from rules.engine.model.effects import AnyEffect
from service.flows.deliver import Dispatcher
from service.school import School
from service.store import Action, Store
from tests.service.fakes import Office
from tests.service.samples import CASE, NOW


class Bench:
    """What is put in the ledger is delivered by ``run``."""

    def __init__(self, store: Store, school: School, folder: Path, senders: int = 1) -> None:
        self.store, self.office, self.now = store, Office(folder), NOW
        self.dispatcher = Dispatcher(
            store,
            school,
            self.office,
            self.office,
            self.office,
            clock=lambda: self.now,
            random=lambda: 1.0,
            senders=senders,
        )

    @property
    def handed_in(self) -> list[tuple[str, str]]:
        """What a person must hear of, each with what it is about."""
        with self.store.read() as tx:
            return [(str(s.body["event"]), str(s.body["about"])) for s in tx.submissions.undecided(100)]

    def put(self, *effects: AnyEffect) -> None:
        with self.store.write() as tx:
            for effect in effects:
                assert tx.actions.put(effect, "s-1", self.now)

    def run(self, after: timedelta = timedelta()) -> int:
        self.now += after
        return self.dispatcher.run_once(self.now)

    def action(self, key: str) -> Action:
        with self.store.read() as tx:
            found = tx.actions.by_key(CASE, key)
        assert found is not None
        return found

    def outcomes(self, key: str) -> list[tuple[str, str]]:
        identity = self.action(key).id
        with self.store.read() as tx:
            return [(attempt.outcome, attempt.reason) for attempt in tx.actions.attempts_of(identity)]
