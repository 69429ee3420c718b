"""Web, decider and dispatcher in one process: the embedded default. Granian serves; this looks after its worker."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from granian.constants import Interfaces, Loops
from granian.log import LogLevels
from granian.server.mp import MPServer
from sqlalchemy.engine import make_url

from service.app import check
from service.settings import Settings, SettingsError

REQUEST_THREADS: Final = 32
_SECONDS_TO_STOP: Final = 20
_LOCK_WAIT: Final = 10.0
_CRASHES_IN_A_ROW: Final = 5
_LASTED: Final = 30.0
"""Seconds after which a worker counts as having started well."""


def serve(settings: Settings, host: str, port: int, target: str = "service.app:serve_app") -> int:
    """Serve until told to stop; returns the exit code. SettingsError if the service cannot start.

    ``target`` names the factory that the worker runs. A worker that dies is started again: what it was deciding is
    tried once more, and after two deaths without the rule engine.
    """
    check(settings)
    _check_port(host, port)
    with _alone(settings.database_url):
        crashes = 0
        while crashes < _CRASHES_IN_A_ROW:
            began = time.monotonic()
            server = _server(host, port, target)
            try:
                server.serve()
            except SystemExit:
                crashes = 1 if time.monotonic() - began > _LASTED else crashes + 1
            if server.interrupt_signal:
                return 0
            time.sleep(min(0.2 * 2**crashes, 5.0))
        print(f"policydesk: the worker died {crashes} times in a row; see the lines above.", file=sys.stderr)
        return 1


def _server(host: str, port: int, target: str) -> MPServer:
    return MPServer(
        target,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        loop=Loops.asyncio,
        workers=1,
        blocking_threads=REQUEST_THREADS,
        websockets=False,
        factory=True,
        log_level=LogLevels.warning,
        workers_kill_timeout=_SECONDS_TO_STOP,
    )


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(f"cannot listen on {host} port {port}: {error.strerror}.") from None


@contextlib.contextmanager
def _alone(database_url: str) -> Iterator[None]:
    """One serving process for each SQLite file. The worker inherits the lock, so it is held until both have ended."""
    address = make_url(database_url)
    if address.get_backend_name() != "sqlite" or not address.database:
        yield
        return
    with Path(f"{address.database}.lock").open("w") as lock:
        until = time.monotonic() + _LOCK_WAIT
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > until:
                    raise SettingsError(
                        f"POLICYDESK_DATABASE_URL: another policydesk is serving {address.database}; stop it first."
                    ) from None
                time.sleep(0.1)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield
