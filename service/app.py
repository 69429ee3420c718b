"""The only wiring: plain parts, put together once, with plain arguments."""

from __future__ import annotations

import os
import random
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Protocol

import structlog
from flask import Flask

from integrations.google import Google, GoogleSettingError, Workspace, connect
from integrations.intake import Verifier
from integrations.ports import Diary, Mailer
from service.flows.deliver import Dispatcher, utc_now
from service.flows.receive import Receiver
from service.logs import configure_logs, failure
from service.opening import open_store
from service.school import School, load_school
from service.settings import Settings, SettingsError, SignIn
from service.store import Cipher, NewSubmission, Store, StoreUnavailableError
from service.web.desk import Desk
from service.web.health import Metrics, health
from service.web.intake import intake
from service.web.refusals import Web

SENDERS = 4
"""Notices sent at once."""
POLL_SECONDS = 1.0
"""How often the decider looks for a clock that has fallen due."""

log = structlog.get_logger("app")
Clock = Callable[[], datetime]


class Decider(Protocol):
    """Turns what was received, and clocks that fell due, into effects in the ledger."""

    def run_once(self) -> int:
        """Decide what waits; returns how many submissions that were. StoreUnavailableError."""


MakeDecider = Callable[[Store, School, Clock, Diary, Callable[[], None]], Decider]


@dataclass
class Service:
    """One school's service: its web application and the threads behind it."""

    school: School
    store: Store
    receiver: Receiver
    verifier: Verifier
    dispatcher: Dispatcher
    mailer: Mailer
    decider: Decider
    clock: Clock
    metrics: Metrics
    settings: Settings
    received: threading.Event
    """Set when there may be something to decide."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Start the threads: from here on what is received is kept, decided and delivered."""
        self.receiver.start()
        for name, work in (("decider", self._decide), ("dispatcher", lambda: self.dispatcher.run_until(self._stop))):
            thread = threading.Thread(target=work, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End the threads after what they are at, and close the database. Whatever waits is in the ledger."""
        self._stop.set()
        self.received.set()
        self.dispatcher.wake()
        self.receiver.stop()
        for thread in self._threads:
            thread.join(10)
        self.store.close()

    @property
    def sign_in(self) -> SignIn | None:
        """The console as a client of the provider; None where nobody can sign in."""
        return self.settings.sign_in

    def record(self, payload: Mapping[str, str]) -> None:
        """Keep what a person did on a case's page, durably, and have it decided. StoreUnavailableError."""
        with self.store.write() as tx:
            at = self.clock()
            new = NewSubmission(source="person", received_at=at, body=dict(payload), dedupe_key=str(uuid.uuid4()))
            tx.submissions.add(new)
        self.received.set()

    def running(self) -> dict[str, bool]:
        """Which threads are alive, by name."""
        return {"receiver": self.receiver.is_alive()} | {thread.name: thread.is_alive() for thread in self._threads}

    def _decide(self) -> None:
        while not self._stop.is_set():
            self.received.clear()
            try:
                decided = self.decider.run_once()
            except StoreUnavailableError:
                log.error("the database is not available", thread="decider")
                decided = 0
            except Exception as error:
                log.error("the decider stumbled", **failure(error))
                decided = 0
            if not decided:
                self.received.wait(POLL_SECONDS)


def create_app(service: Service) -> Flask:
    """The web application of a service that has been built."""
    app = Web("service.web")
    app.register_blueprint(intake(service.receiver, service.verifier, service.clock, service.metrics.answered))
    stopped = service.dispatcher.stopped
    app.register_blueprint(health(service.store, service.metrics, service.clock, service.running, stopped))
    if service.sign_in is not None:
        _add_console(app, service, service.sign_in)
    return app


def _add_console(app: Flask, service: Service, client: SignIn) -> None:
    from rules import load
    from service.flows.unfinished import marks_left
    from service.flows.unshown import UnshownByForms
    from service.web import console, sign_in
    from service.web.copy_routes import Copies

    marks = partial(marks_left, service.store, service.mailer)
    school = service.school
    desks = [
        Desk(school.name, lambda: service.school.directory, service.store, service.record, marks, school.update_form)
    ]
    sign_in.register(
        app,
        desks,
        address=service.school.console,
        client_id=client.client_id,
        client_secret=client.client_secret,
        keys=service.settings.encryption_keys,
        now=service.clock,
        issuer=service.settings.google_endpoint or sign_in.GOOGLE,
    )
    copies = Copies(service.store, service.school, load())
    console.register(app, desks, now=service.clock, unshown=UnshownByForms(service.store), copies=copies)


def build(
    settings: Settings,
    *,
    make_decider: MakeDecider | None = None,
    workspace: Workspace | None = None,
    clock: Clock = utc_now,
) -> Service:
    """The parts of the service, not yet started. SettingsError, or StoreUnavailableError."""
    if len(settings.schools) > 1:
        raise SettingsError("POLICYDESK_SCHOOLS holds several schools, and serve runs one: set POLICYDESK_SCHOOL.")
    school = load_school(settings.schools[0])
    workspace = workspace or _google(settings, school)
    store = Store.open(settings.database_url, Cipher(settings.encryption_keys), school.id)
    received, metrics = threading.Event(), Metrics()
    dispatcher = Dispatcher(
        store,
        school,
        workspace.mailer,
        workspace.tasks,
        workspace.diary,
        clock=clock,
        random=random.Random().random,  # noqa: S311  spreads retries; nothing rests on its being unknown
        observe=metrics.tried,
        senders=SENDERS,
    )
    return Service(
        school=school,
        store=store,
        receiver=Receiver(store, wake=received.set),
        verifier=Verifier(settings.webhook_secrets),
        dispatcher=dispatcher,
        mailer=workspace.mailer,
        decider=(make_decider or partial(_decider, metrics))(store, school, clock, workspace.diary, dispatcher.wake),
        clock=clock,
        metrics=metrics,
        settings=settings,
        received=received,
    )


def check(settings: Settings) -> None:
    """Whether the service could start: the school, the credentials, the database. SettingsError says why not."""
    school = load_school(settings.schools[0])
    _google(settings, school)
    with open_store(settings, school):
        pass  # that it opens is all that is asked


def serve_app() -> Flask:
    """The application, with its threads started, from the environment: what the web server's worker runs."""
    return start(build(Settings.from_environment(os.environ)))


def start(service: Service) -> Flask:
    """Start a service in the worker process of the web server, to end when that does."""
    from multiprocessing import parent_process
    from multiprocessing.util import Finalize

    configure_logs()
    service.start()
    # The worker ends without running atexit; this is what it does run.
    Finalize(None, service.stop, exitpriority=10)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.join,), name="parent-watch", daemon=True).start()
    return create_app(service)


def _end_with(wait: Callable[[], None]) -> None:
    """A worker whose parent was killed must not go on beside the one that is started in its place."""
    wait()
    os._exit(1)


def _google(settings: Settings, school: School) -> Workspace:
    try:
        google = Google(settings.google_credentials, settings.google_endpoint)
    except GoogleSettingError as error:
        raise SettingsError(str(error)) from None
    return connect(google, sends_as=school.google.sends_as, spreadsheet=school.google.task_spreadsheet)


def _decider(
    metrics: Metrics, store: Store, school: School, clock: Clock, diary: Diary, wake_dispatcher: Callable[[], None]
) -> Decider:
    from rules import load  # late: the policies take a while to read, and a test brings a decider of its own
    from service.flows.decide import Decider as PolicyDecider
    from service.flows.decide import Written

    def count(written: Written) -> None:
        if written.reached_nobody:
            metrics.reached_nobody()

    return PolicyDecider(store, school, load(), clock, diary=diary, wake=wake_dispatcher, told=count)
