"""Runs the emulator: as a command that stays up, or beside a test or the first run for as long as they need it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from integrations.workspace_emulator.app import LOOPBACK_HOSTS, create_emulator
from integrations.workspace_emulator.calls import Clock, Json
from integrations.workspace_emulator.workspace import SeedState, Workspace


@dataclass(frozen=True, slots=True)
class RunningEmulator:
    """An emulator that answers at ``url``. ``workspace`` is its state, for what these methods do not cover."""

    url: str
    workspace: Workspace

    def state(self) -> Json:
        """Everything it holds, as ``GET /_emulator/state`` gives it."""
        return self.workspace.state()

    def calls(self, method: str | None = None) -> list[Json]:
        """The calls so far, oldest first; of one method only where it is named."""
        with self.workspace.lock:
            return [call for call in self.workspace.calls if method in (None, call["method"])]

    def new_credentials(self, kind: str = "service-account", *, subject: str = "", scopes: Sequence[str] = ()) -> Json:
        """Throw-away credentials, as the JSON file that Google would have given. See TokenServer.new_credentials."""
        with self.workspace.lock:
            return self.workspace.tokens.new_credentials(kind, subject=subject, scopes=scopes)

    def add_fault(self, method: str, kind: str, **options: Any) -> None:
        """Make a call fail. See Fault for the options."""
        with self.workspace.lock:
            self.workspace.faults.add(method, kind, **options)

    def reset(self) -> None:
        """Empty it; people and credentials stay."""
        self.workspace.reset()


class _QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept, as Google keeps them

    def log(self, type: str, message: str, *args: Any) -> None:  # addresses carry mailboxes: nothing is logged
        pass


def wall_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


@contextmanager
def running_emulator(
    *, seed_state: SeedState | None = None, clock: Clock = wall_clock, host: str = "127.0.0.1", port: int = 0
) -> Iterator[RunningEmulator]:
    """An emulator in a thread of this process, on a free port unless one is named; gone when the block ends.

    Raises ValueError for a host that is not loopback, OSError where the port is taken.
    """
    server, emulator = _bind(host, port, clock, seed_state)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield emulator
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _bind(host: str, port: int, clock: Clock, seed_state: SeedState | None) -> tuple[BaseWSGIServer, RunningEmulator]:
    if host not in LOOPBACK_HOSTS:
        raise ValueError(f"the emulator is for this machine only; {host} is not a loopback address")
    # Bound first, because the emulator must know its own address before it is made.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(128)
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{bound.getsockname()[1]}"
        app = create_emulator(clock=clock, seed_state=seed_state, public_url=url)
        # make_server takes a copy of the descriptor and keeps it open.
        number = bound.getsockname()[1]
        server = make_server(host, number, app, threaded=True, request_handler=_QuietHandler, fd=bound.fileno())
    return server, RunningEmulator(url, app.extensions["workspace"])
