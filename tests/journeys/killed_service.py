"""The service in a process that dies by SIGKILL at a chosen step of its work.

A step is what changes the world: a transaction that has become durable, or a request to Google that has been carried
out, though its answer is not yet known to anybody. Between two steps there is only memory, which dies with the process:
to die at each step is to die at every moment. The hooks are here alone; what they watch is the service as shipped.

A step is named by what was done, after what by the same thread, and how often before: "kept after sent, 3". Whichever
way the threads take turns, the names are the same in every run; for that, one thread sends notices, where the service
has several.
"""

from __future__ import annotations

import json
import os
import re
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import alembic.command  # noqa: F401  it is needed in each process, and imported here once for all
import google.oauth2.service_account  # noqa: F401
import structlog
from werkzeug.serving import WSGIRequestHandler, make_server

from integrations.google import transport
from rules import load
from service import app
from service.flows.decide import Decider
from service.settings import Settings
from service.store import Store, Transaction

POLICIES = load()
"""Read when this module is imported: each process is forked from one that has done so."""

CALLS = {"drafts": "drafted", "send": "sent", "events": "entered", "batchUpdate": "written"}
"""What has happened when one of these calls has been carried out, by the last word of its address."""


class Steps:
    """Writes each step to ``trace`` and, at the one that was chosen, kills the process."""

    def __init__(self, last: str | None, trace: int) -> None:
        self._last = last
        self._trace = trace
        self._taken = Counter[str]()
        self._counting = threading.Lock()
        self._before = threading.local()

    def take(self, what: str) -> None:
        name = f"{what} after {getattr(self._before, 'what', threading.current_thread().name)}"
        if what != "kept":
            self._before.what = name = what
        with self._counting:
            self._taken[name] += 1
            step = f"{name}, {self._taken[name]}"
            os.write(self._trace, f"{step}\n".encode())
            if step == self._last:
                os.kill(os.getpid(), signal.SIGKILL)


def watch(steps: Steps) -> None:
    """Have every step of this process counted."""
    write = Store.write

    @contextmanager
    def watched_write(store: Store) -> Iterator[Transaction]:
        with write(store) as tx:
            yield tx
        steps.take("kept")

    class Watched(transport.HTTPAdapter):  # type: ignore[misc]
        def send(self, request: Any, *given: Any, **named: Any) -> Any:
            reply = super().send(request, *given, **named)
            call = re.split("[/:]", urlsplit(request.url).path)[-1]
            if request.method != "GET" and call != "token":
                steps.take(CALLS.get(call, call))
            return reply

    Store.write = watched_write  # type: ignore[method-assign]
    transport.HTTPAdapter = Watched  # type: ignore[misc]


def serve(environment: Mapping[str, str], port: int, last: str | None, trace: str) -> None:
    """Serve until killed: at step ``last``, or by whoever started it. Steps and the log are added to file ``trace``."""
    opened = open(trace, "ab", buffering=0)  # noqa: SIM115  it is there until the process dies
    structlog.configure(logger_factory=structlog.BytesLoggerFactory(opened))
    structlog.configure(processors=[structlog.processors.JSONRenderer(serializer=dumps)])
    watch(Steps(last, opened.fileno()))
    app.SENDERS = 1
    service = app.build(
        Settings.from_environment(environment),
        make_decider=lambda store, school, clock, diary, wake: Decider(store, school, POLICIES, clock, diary, wake),
    )
    service.start()
    make_server("127.0.0.1", port, app.create_app(service), threaded=True, request_handler=Quiet).serve_forever(0.02)


def dumps(event: Any, **_options: Any) -> bytes:
    return json.dumps(event).encode()


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing of requests."""
