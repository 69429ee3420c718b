"""How fast a submission is acknowledged, beside the limit: one durable row on the same server and database.

Both serve the same 3 KB signed bodies to 16 clients, in turns within one run, so that a busy machine is busy for both.
The service decides nothing here: what is measured is the road to the answer.
"""

from __future__ import annotations

import base64
import http.client
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket

from cryptography.fernet import Fernet
from flask import Flask, Response, request

from service.flows.deliver import utc_now
from service.flows.receive import Receiver
from service.serve import REQUEST_THREADS
from service.store import Cipher, Store
from service.web.health import Metrics, health
from service.web.intake import PATH, intake
from tests.benchmarks.row import Row
from tests.service.samples import response_body, signature

CLIENTS = 16
ROUNDS = 3
SECONDS = 4.0
ROOT = Path(__file__).parents[2]


def limit_app() -> Flask:
    """One row, one durable commit, and nothing else: no answer that is durable first can be faster."""
    app, local = Flask("limit"), threading.local()

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    @app.post(PATH)
    def one_row() -> Response:
        if not hasattr(local, "database"):
            local.database = sqlite3.connect(os.environ["LIMIT_DATABASE"], isolation_level=None, timeout=30)
            local.database.execute("PRAGMA synchronous = FULL")
        local.database.execute("BEGIN IMMEDIATE")
        local.database.execute("INSERT INTO row (body) VALUES (?)", (request.get_data(),))
        local.database.execute("COMMIT")
        return Response(status=202)

    return app


def service_app() -> Flask:
    """The service's own intake on its own store."""
    from integrations.intake import Verifier

    store = Store.open(os.environ["STORE_DATABASE"], Cipher([os.environ["STORE_KEY"]]), "north")
    receiver, metrics = Receiver(store, wake=lambda: None), Metrics()
    receiver.start()
    app = Flask("service")
    app.register_blueprint(intake(receiver, Verifier([os.environ["SECRET"]]), utc_now, metrics.answered))
    app.register_blueprint(health(store, metrics, utc_now, lambda: {"receiver": receiver.is_alive()}))
    return app


@dataclass(frozen=True)
class Load:
    """What a round of posting came to."""

    per_second: float
    p50_ms: float
    p99_ms: float


def measure() -> list[Row]:
    """The rows of the table; it takes half a minute."""
    secret = "whsec_" + base64.b64encode(os.urandom(32)).decode()
    with tempfile.TemporaryDirectory() as folder:
        limit_file = Path(folder) / "limit.db"
        made = sqlite3.connect(limit_file)
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, body BLOB)")
        made.close()
        env = os.environ | {
            "LIMIT_DATABASE": str(limit_file),
            "STORE_DATABASE": f"sqlite:///{folder}/store.db",
            "STORE_KEY": Fernet.generate_key().decode(),
            "SECRET": secret,
        }
        with _served("limit_app", env) as limit_port, _served("service_app", env) as port:
            _post_for(1.0, port, secret), _post_for(1.0, limit_port, secret)
            rounds = [(_post_for(SECONDS, limit_port, secret), _post_for(SECONDS, port, secret)) for _ in range(ROUNDS)]
    ratio = statistics.median(ours.per_second / limit.per_second for limit, ours in rounds)
    p50, limit_p50 = (statistics.median(pair[n].p50_ms for pair in rounds) for n in (1, 0))
    p99, limit_p99 = (statistics.median(pair[n].p99_ms for pair in rounds) for n in (1, 0))
    ours, limit = (statistics.median(pair[n].per_second for pair in rounds) for n in (1, 0))
    return [
        Row("acknowledged, beside one durable row", ours, "a second", ">= 0.9 of it", ratio >= 0.9, limit),
        Row("acknowledged, p50 at 16 clients", p50, "ms", baseline=limit_p50),
        Row("acknowledged, p99 at 16 clients", p99, "ms", "<= 50", p99 <= 50, limit_p99),
    ]


@contextmanager
def _served(factory: str, env: dict[str, str]) -> Iterator[int]:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "granian", f"tests.benchmarks.acknowledge:{factory}", "--factory"]
    command += ["--interface", "wsgi", "--port", str(port), "--blocking-threads", str(REQUEST_THREADS), "--no-ws"]
    process = subprocess.Popen([*command, "--log-level", "error"], cwd=ROOT, env=env)
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the server did not start")


def _post_for(seconds: float, port: int, secret: str) -> Load:
    """All clients post for so long. The bodies are signed before, so that the clients cost little."""
    prepared = [_prepared(secret, client) for client in range(CLIENTS)]
    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        taken = [one for each in pool.map(lambda post: post(port, began + seconds), prepared) for one in each]
    lasted = time.perf_counter() - began
    ordered = sorted(taken)
    return Load(
        len(taken) / lasted,
        1000 * ordered[len(ordered) // 2],
        1000 * ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)],
    )


def _prepared(secret: str, client: int) -> Callable[[int, float], list[float]]:
    answers = [{"question_id": f"q{n}", "title": "What happened?", "value": "Name-calling. " * 10} for n in range(12)]
    name = f"{time.time_ns()}-{client}"
    bodies = [response_body(response_id=f"{name}-{number}", answers=answers) for number in range(600)]
    requests = [(body, signature(secret, body, utc_now(), f"{name}-{n}")) for n, body in enumerate(bodies)]

    def post(port: int, until: float) -> list[float]:
        connection, taken = http.client.HTTPConnection("127.0.0.1", port, timeout=30), []
        for body, headers in requests:
            start = time.perf_counter()
            if start > until:
                break
            connection.request("POST", PATH, body, headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 202, answer.status
            taken.append(time.perf_counter() - start)
        return taken

    return post
