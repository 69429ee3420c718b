"""Settings, credentials, the transport and its threads, and that nothing of Google's is loaded before it is used."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs

import pytest
import responses

from integrations.google import Google, GoogleSettingError, Workspace, connect
from integrations.google.auth import loopback_root
from integrations.ports import DeliveryError, Mail, TaskRow

ENDPOINT = "http://127.0.0.1:9"
OFFICE = "office@school.example"


def mail(number: int = 1, mailbox: str = OFFICE) -> Mail:
    return Mail(f"act-{number}", mailbox, "head@school.example", "Case B-2026-0001", f"Number {number}")


def test_importing_loads_nothing_of_googles() -> None:
    script = (
        "import sys, integrations.google\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('googleapiclient', 'httplib2', 'requests')"
        " or m.startswith('google.auth')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("given", "root"),
    [
        ("http://127.0.0.1:8900", "http://127.0.0.1:8900"),
        ("http://localhost:8900/", "http://localhost:8900"),
        ("http://[::1]:8900", "http://[::1]:8900"),
        ("http://127.9.9.9", "http://127.9.9.9"),
    ],
)
def test_an_endpoint_on_this_machine(given: str, root: str) -> None:
    assert loopback_root(given) == root


@pytest.mark.parametrize(
    "given",
    [
        "http://192.168.1.4:8900",
        "https://gmail.googleapis.com",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://127.0.0.1:80@evil.example",
        "http://evil.example\\@127.0.0.1",
        "http://evil.example#@127.0.0.1",
        "http://127.0.0.1/elsewhere",
        "http://127.0.0.1?x=1",
        "http://0.0.0.0:8900",
        "http://127.0.0.1:port",
        "http://[::1",
        "ftp://127.0.0.1",
        "127.0.0.1:8900",
        "//127.0.0.1",
    ],
)
def test_an_endpoint_anywhere_else(given: str) -> None:
    with pytest.raises(GoogleSettingError, match=r"POLICYDESK_GOOGLE_ENDPOINT must be an address of this machine"):
        loopback_root(given)


def test_an_emulators_credentials_never_meet_google(
    service_account: dict[str, str], saved: Callable[[object], Path]
) -> None:
    with pytest.raises(GoogleSettingError, match="holds an emulator's credentials"):
        Google(saved(service_account))


def test_with_an_endpoint_any_file_is_taken_for_tokens_come_from_the_endpoint(
    service_account: dict[str, str], saved: Callable[[object], Path]
) -> None:
    other = {**service_account, "client_email": "policydesk@project.iam.gserviceaccount.com"}
    assert Google(saved(other), ENDPOINT).identity == other["client_email"]


@pytest.mark.parametrize(
    ("info", "message"),
    [
        ({"type": "service_account", "client_email": "a@emulator.invalid"}, "lacks private_key"),
        ({"type": "authorized_user", "client_id": "a.emulator.invalid"}, "lacks client_secret, refresh_token"),
        ({"installed": {"client_id": "x"}}, "neither"),
        (["a list"], "neither"),
    ],
)
def test_a_credentials_file_that_will_not_do(saved: Callable[[object], Path], info: object, message: str) -> None:
    with pytest.raises(GoogleSettingError, match=message) as caught:
        Google(saved(info), ENDPOINT)
    assert "\n" not in str(caught.value)


def test_a_credentials_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(GoogleSettingError, match="cannot be read"):
        Google(tmp_path / "none.json", ENDPOINT)
    (tmp_path / "none.json").write_text("secret, but not JSON", encoding="utf-8")
    with pytest.raises(GoogleSettingError, match="not JSON") as caught:
        Google(tmp_path / "none.json", ENDPOINT)
    assert "secret" not in str(caught.value)


def claims(call: Any) -> dict[str, Any]:
    assertion = parse_qs(call.request.body.decode())["assertion"][0].split(".")[1]
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(assertion + "=="))
    return decoded


def test_a_service_account_acts_as_the_mailbox_with_the_least_scope(
    web: responses.RequestsMock, workspace: Workspace
) -> None:
    web.post(f"{ENDPOINT}/gmail/v1/users/me/drafts", json={"id": "d-1"})
    workspace.mailer.create_draft(mail(mailbox="head@school.example"))
    workspace.mailer.create_draft(mail(mailbox="dsl@school.example"))
    tokens = [claims(call) for call in web.calls if call.request.url == f"{ENDPOINT}/token"]
    assert [one["sub"] for one in tokens] == ["head@school.example", "dsl@school.example"]
    assert {one["scope"] for one in tokens} == {"https://www.googleapis.com/auth/gmail.compose"}
    assert {one["aud"] for one in tokens} == {"https://oauth2.googleapis.com/token"}


@pytest.mark.parametrize("subject", ["", "office", "a@b.example, c@d.example"])
def test_a_service_account_never_acts_as_nobody(google: Google, subject: str) -> None:
    with pytest.raises(DeliveryError, match="bad-mailbox") as caught:
        google.api("sheets", subject)
    assert caught.value.permanent
    with pytest.raises(DeliveryError, match="bad-mailbox"):
        google.check_scope("sheets", "https://www.googleapis.com/auth/spreadsheets", subject)


def test_a_token_uri_in_the_file_is_not_believed(
    web: responses.RequestsMock, service_account: dict[str, str], saved: Callable[[object], Path]
) -> None:
    path = saved({**service_account, "token_uri": "https://elsewhere.example/token"})
    web.post(f"{ENDPOINT}/gmail/v1/users/me/drafts", json={"id": "d-1"})
    made = connect(Google(path, ENDPOINT), sends_as=OFFICE, spreadsheet="s")
    assert made.mailer.create_draft(mail()) == "d-1"


def test_without_an_endpoint_it_is_google_itself(
    service_account: dict[str, str], saved: Callable[[object], Path]
) -> None:
    path = saved({**service_account, "client_email": "policydesk@project.iam.gserviceaccount.com"})
    with responses.RequestsMock() as web:
        web.post("https://oauth2.googleapis.com/token", json={"access_token": "t", "expires_in": 3600})
        web.post("https://gmail.googleapis.com/gmail/v1/users/me/drafts", json={"id": "d-1"})
        web.post("https://www.googleapis.com/calendar/v3/freeBusy", json={"calendars": {}})
        web.get("https://sheets.googleapis.com/v4/spreadsheets/s", status=404, json={})
        made = connect(Google(path), sends_as=OFFICE, spreadsheet="s")
        made.mailer.create_draft(mail())
        made.diary.busy([OFFICE], datetime(2026, 10, 6, tzinfo=UTC), datetime(2026, 10, 7, tzinfo=UTC))
        with pytest.raises(DeliveryError, match="http-404"):
            made.tasks.upsert([TaskRow("k", "Tasks", {})])


class OneGoogle(BaseHTTPRequestHandler):
    """Answers each draft with a number found in its own body, so that a mixed-up answer shows."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[Counter[str]] = Counter()
    lock = threading.Lock()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/token":
            answer = {"access_token": "t", "expires_in": 3600}
        else:
            raw = base64.urlsafe_b64decode(json.loads(body)["message"]["raw"])
            answer = {"id": next(line for line in raw.decode().splitlines() if line.startswith("Number"))}
        with self.lock:
            self.seen["token" if self.path == "/token" else "draft"] += 1
            self.seen[f"connection {self.client_address[1]}"] += 1
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: Any) -> None:
        """Quiet."""


@pytest.fixture
def one_google() -> Iterator[str]:
    OneGoogle.seen.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), OneGoogle)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_eight_threads_share_one_transport(
    one_google: str, service_account: dict[str, str], saved: Callable[[object], Path]
) -> None:
    google = Google(saved(service_account), one_google)
    mailer = connect(google, sends_as=OFFICE, spreadsheet="s").mailer
    start = threading.Barrier(8)

    def twenty_five(worker: int) -> list[bool]:
        start.wait()
        numbers = range(worker * 25, worker * 25 + 25)
        return [mailer.create_draft(mail(number)) == f"Number {number}" for number in numbers]

    with ThreadPoolExecutor(8) as threads:
        answers = [right for worker in threads.map(twenty_five, range(8)) for right in worker]
    google.close()
    assert len(answers) == 200
    assert all(answers)
    assert OneGoogle.seen["draft"] == 200
    assert OneGoogle.seen["token"] == 1, "one token, however many threads were waiting for it"
    assert len([name for name in OneGoogle.seen if name.startswith("connection")]) <= 9


def test_a_proxy_of_the_machine_is_passed_by_for_an_emulator(
    one_google: str,
    service_account: dict[str, str],
    saved: Callable[[object], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    google = Google(saved(service_account), one_google)
    assert connect(google, sends_as=OFFICE, spreadsheet="s").mailer.create_draft(mail(3)) == "Number 3"
    google.close()
