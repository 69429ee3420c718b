"""Killed between any two steps and started again, the service loses nothing and does nothing twice.

One response is posted, as the connector posts it: again and again until it is answered 202. The first time nothing is
killed, which tells what the steps are and what must come of them. Then, for each of the steps, in a new place: the
service is killed by SIGKILL as soon as that step is done, and started again, as a service is. None is left out. What
the Workspace and the records hold in the end must each time be the same. See ``killed_service`` for what a step is.
"""

from __future__ import annotations

import multiprocessing
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

import pytest
import requests

from rules.engine.school.school_days import LONDON
from service.demo.post import post
from service.demo.samples import Sample
from tests.journeys.arrived import drafts, entries, inbox, rows
from tests.journeys.killed_service import serve
from tests.journeys.running import Running, policies, settled
from tests.journeys.school_day import until

EXPECTED = {"effect", "decision", "chronology", "mail", "draft", "row", "entry"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.+]+|\b\d\d:\d\d\b")
RESPONSE = "one-response"
KINDS = {"kept", "drafted", "sent", "entered", "written"}


def sample(today: date) -> Sample:
    """As small as may be, with one of each: a mail, a draft that waits, rows, an entry with a guest."""
    return Sample(
        "bullying-report",
        None,
        {
            "When did it happen?": today.isoformat(),
            "Who was targeted?": "Samira Haddad 9A",
            "The person targeted is": "A student",
            "What happened?": "Name-calling at break.",
            "What kind of bullying was it?": ["Emotional"],
            "Is anyone at risk of immediate harm?": "No",
            "Do you have a safeguarding concern?": "No",
            "Does the student want their parents or carers to know?": "Yes",
            "Could telling parents or carers put the student at risk?": "No",
        },
    )


@dataclass
class Life:
    """One submission's life, in an empty Workspace and with a ledger of its own; it may end early, and go on."""

    running: Running
    name: str
    sample: Sample
    processes: ForkServerContext
    trace: Path = field(init=False)
    process: ForkServerProcess | None = None
    acknowledged: bool = False

    def __post_init__(self) -> None:
        place = self.running.place
        self.trace = place.folder / f"steps {self.name}.txt"
        database = f"sqlite:///{place.folder / f'policydesk {self.name}.db'}"
        environment = {name: value for name, value in place.environment.items() if "_OIDC_" not in name}
        environment |= {"POLICYDESK_DATABASE_URL": database}  # and no console, which would only take time to start
        self.running = Running(replace(place, environment=environment), self.running.emulator)
        self.running.emulator.reset()

    def go_on(self, last: str | None = None) -> bool:
        """Live until all is done (True), or until step ``last`` of this process was the last (False)."""
        port = int(self.running.place.address.rpartition(":")[2])
        given = (self.running.environment, port, last, str(self.trace))
        self.process = self.processes.Process(target=serve, args=given, daemon=True)
        self.process.start()
        until(lambda: not self._is_alive() or self._is_done(), f"it does not end; {self}")
        done = self._is_alive()
        self.process.kill()
        self.process.join()
        return done

    def _is_alive(self) -> bool:
        return self.process is not None and self.process.is_alive()

    def _is_done(self) -> bool:
        place, form = self.running.place, policies().forms[self.sample.form]
        try:
            if not self.acknowledged:
                now = datetime.now(UTC)
                post(place.address, place.webhook_secret, form, self.sample, now, response=RESPONSE)
                self.acknowledged = True
            return self.running.is_idle()
        except requests.RequestException:
            return False

    def steps(self) -> list[str]:
        """The steps that were taken; what was logged stands between them."""
        return [line for line in self.trace.read_text().splitlines() if not line.startswith("{")]

    def __str__(self) -> str:
        return f"killed at {self.name}: {self.trace.read_text() if self.trace.exists() else 'before any'}"


def outcome_of(life: Life) -> Counter[tuple[object, ...]]:
    """What came of the submission, in the records and in the Workspace: each thing, with how often it is there."""
    state, found = life.running.emulator.state(), Counter[tuple[object, ...]]()
    with life.running.store() as store, store.read() as tx:
        for reference in tx.cases.refs():
            found.update(("effect", a.kind, MOMENT.sub("", a.key), a.state) for a in tx.actions.of_case(reference))
            found.update(("decision", *record.cases) for record in tx.decisions.of_case(reference))
            found.update(
                ("chronology", reference, MOMENT.sub("", entry.text)) for entry in tx.chronology.of_case(reference)
            )
    for address in state["mail"]:
        found.update(("mail", address, mail["subject"]) for mail in inbox(state, address))
    found.update(("draft", owner, draft["to"], draft["subject"]) for owner, draft in drafts(state))
    found.update(("row", tab, *row) for tab, row in rows(state))
    found.update(("entry", e.calendar, e.title, e.start, e.guests) for e in entries(state))
    found.update(("breach", violation) for violation in state["violations"])
    return found


@pytest.fixture
def processes() -> ForkServerContext:
    """Processes that begin with everything imported, and the rules read."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.journeys.killed_service"])
    return context


@pytest.mark.timeout(600)
def test_whenever_it_is_killed_nothing_is_lost_and_nothing_happens_twice(
    tmp_path: Path, processes: ForkServerContext
) -> None:
    with settled(tmp_path / "place") as running:
        given = sample(datetime.now(LONDON).date())
        whole = Life(running, "never", given, processes)
        assert whole.go_on()
        expected, steps = outcome_of(whole), whole.steps()
        assert Counter(kind for kind, *_ in expected).keys() == EXPECTED
        assert {step.split(",")[0].split()[0] for step in steps} == KINDS
        for step in steps:
            life = Life(running, step, given, processes)
            assert not life.go_on(last=step), str(life)
            assert life.go_on(), str(life)
            found = outcome_of(life)
            assert found == expected, f"lost: {expected - found}; too much: {found - expected}; {life}"
