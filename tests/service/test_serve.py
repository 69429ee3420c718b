"""The service as a process: it starts or says why not, answers, delivers, survives, and stops."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from cryptography.fernet import Fernet

from service.cli import CANNOT_START
from service.flows.deliver import utc_now
from service.web.intake import LARGEST, PATH
from tests.service.fakes import Office
from tests.service.samples import SAMPLE, response_body, signature

ROOT = Path(__file__).parents[2]
TARGET = "tests.service.served:serve_app"
SERVE = f"""
import os, sys
from service.serve import serve
from service.settings import Settings
sys.exit(serve(Settings.from_environment(os.environ), "127.0.0.1", int(sys.argv[1]), "{TARGET}"))
"""


def until(true: Callable[[], bool], seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


@dataclass
class Running:
    """The service under test; ``start`` may be called again after it has ended."""

    env: dict[str, str]
    secret: str
    port: int
    process: subprocess.Popen[bytes] | None = None
    session: requests.Session = field(default_factory=requests.Session)

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", SERVE, str(self.port)], cwd=ROOT, env=self.env)
        assert until(self.is_ready)

    def is_ready(self) -> bool:
        try:
            return requests.get(self.url("/readyz"), timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def post(self, response_id: str, form_id: str = "form-1") -> requests.Response:
        body = response_body(response_id=response_id, form_id=form_id)
        headers = signature(self.secret, body, utc_now())
        return requests.post(self.url(PATH), data=body, headers=headers, timeout=20)

    def worker(self) -> int:
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        assert len(children) == 1
        return int(children[0])

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(20)


@pytest.fixture
def settings(tmp_path: Path, database: str, secret: str) -> dict[str, str]:
    credentials = tmp_path / "credentials.json"
    account = {"type": "service_account", "client_email": "desk@emulator.invalid", "private_key": "made up"}
    credentials.write_text(json.dumps(account))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POLICYDESK_")}
    return kept | {
        "POLICYDESK_DATABASE_URL": database,
        "POLICYDESK_SCHOOL": str(SAMPLE),
        "POLICYDESK_WEBHOOK_SECRETS": secret,
        "POLICYDESK_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "POLICYDESK_GOOGLE_CREDENTIALS": str(credentials),
        "POLICYDESK_GOOGLE_ENDPOINT": "http://127.0.0.1:9",
        "OFFICE": str(tmp_path),
    }


@pytest.fixture
def running(settings: dict[str, str], secret: str) -> Iterator[Running]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    service = Running(settings, secret, port)
    service.start()
    yield service
    if service.process is not None and service.process.poll() is None:
        service.end()


def test_it_answers_delivers_and_stops(running: Running, tmp_path: Path) -> None:
    assert running.post("r-1").status_code == 202
    assert running.post("r-1").json()["duplicate"] is True
    assert until(lambda: len(Office(tmp_path).sent_to()) == 1)
    assert requests.get(running.url("/healthz"), timeout=5).json() == {"status": "ok"}
    assert "policydesk_delivery_tries_total" in requests.get(running.url("/metrics"), timeout=5).text
    assert running.end() == 0
    assert not running.is_ready()


def test_too_much_is_refused_with_and_without_a_length(running: Running) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(LARGEST // 65536 + 2):
            yield b"x" * 65536

    for data in (b"x" * (LARGEST + 1), chunks()):
        answer = requests.post(running.url(PATH), data=data, timeout=20)
        assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    body = response_body(response_id="chunked")
    headers = signature(running.secret, body, utc_now())
    assert requests.post(running.url(PATH), data=iter([body[:9], body[9:]]), headers=headers, timeout=20).ok


def test_a_worker_that_dies_is_replaced_and_loses_nothing(running: Running, tmp_path: Path) -> None:
    assert running.post("r-1", form_id="crash").status_code == 202  # kills two workers, then is decided
    assert until(lambda: len(Office(tmp_path).sent_to()) == 1)
    assert until(running.is_ready)
    os.kill(running.worker(), signal.SIGKILL)
    assert until(lambda: running.is_ready() and running.post("r-2").ok)
    assert until(lambda: len(Office(tmp_path).sent_to()) == 2)


def test_killed_outright_it_leaves_no_worker_behind_and_starts_again(running: Running, tmp_path: Path) -> None:
    worker = running.worker()
    assert running.post("r-1").status_code == 202
    assert running.end(signal.SIGKILL) == -signal.SIGKILL
    assert until(lambda: not Path(f"/proc/{worker}").exists())
    running.start()
    assert running.post("r-1").json()["duplicate"] is True
    assert until(lambda: len(Office(tmp_path).sent_to()) == 1)


def test_a_second_one_on_the_same_port_or_file_does_not_start(running: Running, settings: dict[str, str]) -> None:
    assert started(settings, "--port", str(running.port))[1].startswith("policydesk: cannot listen on 127.0.0.1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POLICYDESK_SCHOOL", ""),
        ("POLICYDESK_SCHOOL", "/nowhere"),
        ("POLICYDESK_WEBHOOK_SECRETS", ""),
        ("POLICYDESK_WEBHOOK_SECRETS", "whsec_short"),
        ("POLICYDESK_ENCRYPTION_KEYS", ""),
        ("POLICYDESK_ENCRYPTION_KEYS", "not a key"),
        ("POLICYDESK_GOOGLE_CREDENTIALS", ""),
        ("POLICYDESK_GOOGLE_ENDPOINT", "http://198.51.100.7:8900"),
        ("POLICYDESK_DATABASE_URL", "sqlite:////proc/nowhere/policydesk.db"),
        ("POLICYDESK_DATABASE_URL", "not an address"),
    ],
)
def test_what_is_missing_is_said_in_one_line(settings: dict[str, str], name: str, value: str) -> None:
    code, said = started(settings | {name: value})
    assert code == CANNOT_START
    assert said.count("\n") == 1
    assert name in said
    assert not value or not name.endswith(("SECRETS", "KEYS")) or value not in said


def started(env: dict[str, str], *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "service", "serve", *arguments]
    ended = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60)
    return ended.returncode, ended.stderr
