"""The service as schools run it, ``policydesk serve`` in a process of its own, beside a local Workspace."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import requests

from integrations.workspace_emulator.server import RunningEmulator, running_emulator
from rules import Policies, load
from rules.engine.school.school_days import LONDON
from service.demo.place import Place, settle
from service.demo.post import post
from service.demo.samples import Sample
from service.store import Action, Cipher, Store
from tests.journeys.school_day import until

SECONDS_TO_END = 20


@cache
def policies() -> Policies:
    """The shipped policies, read once."""
    return load()


def free_port() -> int:
    """A port of the loopback that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Running:
    """A place, its Workspace and its service: ``start`` and ``stop`` it as often as the test wishes."""

    place: Place
    emulator: RunningEmulator
    process: subprocess.Popen[bytes] | None = None
    environment: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.environment = dict(self.place.environment)

    def start(self) -> None:
        """Start the service, and return once it is ready."""
        command = [sys.executable, "-m", "service", "serve", "--port", self.place.address.rpartition(":")[2]]
        with (self.place.folder / "service.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=dict(self.environment), stdout=log, stderr=log)
        until(self._is_ready, "the service did not start")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it; returns its exit code."""
        assert self.process is not None
        process, self.process = self.process, None
        process.send_signal(how)
        return process.wait(SECONDS_TO_END)

    def send(self, sample: Sample) -> str:
        """Post a response as the connector does, and wait until all of its effects were delivered."""
        now = datetime.now(UTC)
        received = post(self.place.address, self.place.webhook_secret, policies().forms[sample.form], sample, now)
        self.settle()
        return received

    def settle(self) -> dict[str, Any]:
        """Wait until nothing is left to decide or to deliver; the Workspace's state."""
        until(self.is_idle, "not everything was decided and delivered")
        return self.emulator.state()

    def is_idle(self) -> bool:
        found = self.ready()
        return not found["undelivered"] and not found["undecided"]

    def ready(self) -> dict[str, Any]:
        """What ``/readyz`` says."""
        found: dict[str, Any] = requests.get(f"{self.place.address}/readyz", timeout=5).json()
        return found

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The service's own records, beside it."""
        own = self.environment
        cipher = Cipher(own["POLICYDESK_ENCRYPTION_KEYS"].split(","))
        opened = Store.open(own["POLICYDESK_DATABASE_URL"], cipher, self.place.school.id)
        try:
            yield opened
        finally:
            opened.close()

    def ledger(self, reference: str) -> list[Action]:
        """Every effect of a case."""
        with self.store() as store, store.read() as tx:
            return tx.actions.of_case(reference)

    def log(self) -> str:
        """Everything that the service has printed."""
        return (self.place.folder / "service.log").read_text(errors="replace")

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the commands with this service's settings."""
        return run_command(*arguments, env=self.environment)

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log()
        try:
            return requests.get(f"{self.place.address}/readyz", timeout=5).ok
        except requests.ConnectionError:
            return False


def run_command(
    *arguments: str, env: Mapping[str, str], folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """``policydesk …`` in a process of its own, from ``folder``."""
    command = [sys.executable, "-m", "service", *arguments]
    return subprocess.run(command, env=dict(env), cwd=folder, capture_output=True, text=True, check=False, timeout=90)


@contextmanager
def settled(folder: Path) -> Iterator[Running]:
    """A place in ``folder`` whose service has not been started yet; nothing of it runs afterwards."""
    with running_emulator() as emulator:
        place = settle(folder, emulator, free_port(), datetime.now(LONDON).date())
        running = Running(place, emulator)
        try:
            yield running
        finally:
            if running.process is not None:
                running.stop()
