"""A running emulator, and Google's own client library talking to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httplib2
import pytest
import requests
from google.auth.transport.requests import Request
from google.oauth2 import service_account
from googleapiclient import discovery

from integrations.workspace_emulator.server import RunningEmulator, running_emulator

OFFICE = "office@northbridge.example"
SHEET = "tasks-of-the-test"
SCOPES = {
    "gmail": ["https://www.googleapis.com/auth/gmail.compose"],
    "calendar": [
        "https://www.googleapis.com/auth/calendar.events",
        "https://www.googleapis.com/auth/calendar.events.freebusy",
    ],
    "sheets": ["https://www.googleapis.com/auth/spreadsheets"],
    "forms": [
        "https://www.googleapis.com/auth/forms.body.readonly",
        "https://www.googleapis.com/auth/forms.responses.readonly",
    ],
}
ROOTS = {"gmail": "", "calendar": "/calendar/v3/", "sheets": "", "forms": ""}
VERSIONS = {"gmail": "v1", "calendar": "v3", "sheets": "v4", "forms": "v1"}
SEED = {
    "people": [
        {"name": "Joyce Tilley", "email": OFFICE, "role": "Office"},
        {"name": "Helen Marsh", "email": "head@northbridge.example", "role": "Headteacher"},
        {"name": "A parent", "email": "parent@family.example", "hosted": False},
    ],
    "spreadsheets": [{"id": SHEET, "title": "School tasks"}],
}

Build = Callable[..., Any]


class RequestsHttp:
    """What googleapiclient asks of httplib2, over a requests session that is signed in."""

    def __init__(self, session: requests.Session) -> None:
        self._session = session
        self.redirect_codes: frozenset[int] = frozenset()

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Any = None, **_: Any
    ) -> tuple[httplib2.Response, bytes]:
        answer = self._session.request(method, uri, data=body, headers=headers, timeout=10)
        return httplib2.Response({**answer.headers, "status": str(answer.status_code)}), answer.content

    def close(self) -> None:
        self._session.close()


@pytest.fixture(scope="session")
def _server() -> Iterator[RunningEmulator]:
    with running_emulator(seed_state=SEED) as running:
        yield running


@pytest.fixture
def emulator(_server: RunningEmulator) -> Iterator[RunningEmulator]:
    """An empty emulator. A test that made it break Google's contract fails here."""
    _server.workspace.reset(everything=True)
    yield _server
    assert _server.state()["violations"] == []


@pytest.fixture
def session(emulator: RunningEmulator) -> Callable[..., requests.Session]:
    """``session(*scopes, subject=…)``: a requests session signed in by a real assertion of a service account."""
    file = emulator.new_credentials("service-account")

    def signed_in(*scopes: str, subject: str | None = OFFICE) -> requests.Session:
        credentials = service_account.Credentials.from_service_account_info(file, scopes=scopes, subject=subject)
        credentials.refresh(Request())
        made = requests.Session()
        made.headers["Authorization"] = f"Bearer {credentials.token}"
        return made

    return signed_in


@pytest.fixture
def google(emulator: RunningEmulator, session: Callable[..., requests.Session]) -> Build:
    """``google(api, subject=…, scopes=…)``: Google's client of that API, aimed at the emulator."""

    def build(api: str, subject: str | None = OFFICE, scopes: list[str] | None = None) -> Any:
        return discovery.build(
            api,
            VERSIONS[api],
            http=RequestsHttp(session(*(scopes or SCOPES[api]), subject=subject)),
            static_discovery=True,
            cache_discovery=False,
            client_options={"api_endpoint": emulator.url + ROOTS[api]},
            num_retries=0,
        )

    return build
