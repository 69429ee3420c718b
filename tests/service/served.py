"""What the web server runs in these tests: the real service, with files for Google and a decider of one rule."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from service.app import build, start
from service.flows.deliver import utc_now
from service.settings import Settings
from service.store import Store
from tests.service.fakes import Office
from tests.service.samples import notice


@dataclass
class TellsTheOffice:
    """Decides every submission in the same way: somebody is told. A form called "crash" ends the process."""

    store: Store
    wake: Callable[[], None]

    def run_once(self) -> int:
        with self.store.read() as tx:
            waiting = tx.submissions.undecided(100)
        for submission in waiting:
            with self.store.write() as tx:
                tries = tx.submissions.begin(submission.id)
            if submission.form_id == "crash" and tries <= 2:
                os._exit(3)
            with self.store.write() as tx:
                tx.actions.put(notice(submission.id, case=None, urgent=True), submission.id, utc_now())
                tx.submissions.decided(submission.id)
        if waiting:
            self.wake()
        return len(waiting)


def serve_app() -> Flask:
    office = Office(Path(os.environ["OFFICE"]))
    return start(
        build(
            Settings.from_environment(os.environ),
            make_decider=lambda store, school, clock, diary, wake: TellsTheOffice(store, wake),
            workspace=office.workspace(),
        )
    )
