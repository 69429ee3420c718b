"""The whole service beside the local Workspace, in one process, with a clock that a test may move on."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import requests
from werkzeug.serving import WSGIRequestHandler, make_server

from integrations.workspace_emulator.server import RunningEmulator, running_emulator
from rules import load
from service.app import Service, build, create_app
from service.demo.place import Place, settle
from service.demo.post import post
from service.demo.samples import Sample
from service.settings import Settings

PATIENCE = 30.0
T = TypeVar("T")


@dataclass
class Clock:
    """The machine's time, and how much later a test has made it."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def set(self, moment: datetime) -> None:
        """Make it that moment now; it goes on from there."""
        self.ahead = moment - datetime.now(UTC)


@dataclass
class SchoolDay:
    """A running service, and what a person could do with it."""

    place: Place
    emulator: RunningEmulator
    service: Service
    clock: Clock

    def send(self, sample: Sample) -> None:
        """Post a response through the signed webhook, and wait until everything that follows was delivered."""
        policies = load()
        now, form = self.clock(), policies.forms[sample.form]
        post(self.place.address, self.place.webhook_secret, form, sample, now, signed_at=now)
        self.settle()

    def later(self, wait: timedelta) -> None:
        """Let time pass, and everything happen that falls due."""
        self.clock.ahead += wait
        self.service.received.set()
        self.settle()

    def at(self, moment: datetime) -> None:
        """Let it be that moment, and everything happen that falls due until then."""
        self.clock.set(moment)
        self.service.received.set()
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is left to decide or deliver, and no clock is overdue."""
        until(lambda: self._idle() and self._idle(), "not everything was decided and delivered")

    def inbox(self, address: str) -> list[str]:
        """The subjects that this address received."""
        box: dict[str, Any] = self.emulator.state()["mail"].get(address, {})
        return [mail["subject"] for mail in box.get("inbox", [])]

    def _idle(self) -> bool:
        with self.service.store.read() as tx:
            clocks_due = tx.actions.due(("deadline", "alarm"), self.clock(), 1)
        found = requests.get(f"{self.place.address}/readyz", timeout=5).json()
        return not (clocks_due or found["undelivered"] or found["undecided"])


def until(found: Callable[[], T], otherwise: str) -> T:
    """What ``found`` gives as soon as it is something; the test fails if it never is."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if answer := found():
            return answer
        time.sleep(0.05)
    raise AssertionError(otherwise)


@contextmanager
def school_day(folder: Path, starts: datetime | None = None) -> Iterator[SchoolDay]:
    """Start everything, at that moment if one is given; nothing of it is left afterwards."""
    with running_emulator() as emulator, _free_socket() as bound:
        clock, port = Clock(), bound.getsockname()[1]
        if starts is not None:
            clock.set(starts)
        place = settle(folder, emulator, port, clock().date())
        service = build(Settings.from_environment(place.environment), clock=clock)
        server = make_server(
            "127.0.0.1", port, create_app(service), threaded=True, request_handler=_Quiet, fd=bound.fileno()
        )
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        service.start()
        thread.start()
        try:
            yield SchoolDay(place, emulator, service, clock)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            service.stop()


@contextmanager
def _free_socket() -> Iterator[socket.socket]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen(64)
        yield bound


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""
