"""Credentials made for the run, and Google answered by `responses`: no test here reaches a network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import responses
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from integrations.google import Google, Workspace, connect

ENDPOINT = "http://127.0.0.1:9"
SENDS_AS = "office@school.example"
SPREADSHEET = "sheet-1"


@pytest.fixture(scope="session")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode()


@pytest.fixture
def service_account(private_key: str) -> dict[str, str]:
    return {"type": "service_account", "client_email": "policydesk@emulator.invalid", "private_key": private_key}


@pytest.fixture
def authorized_user() -> dict[str, str]:
    return {
        "type": "authorized_user",
        "client_id": "policydesk.emulator.invalid",
        "client_secret": "made-for-this-run",
        "refresh_token": "made-for-this-run",
    }


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[object], Path]:
    """Write a credentials file; returns its path."""

    def save(info: object) -> Path:
        path = tmp_path / "credentials.json"
        path.write_text(json.dumps(info), encoding="utf-8")
        return path

    return save


@pytest.fixture
def web() -> Iterator[responses.RequestsMock]:
    """Google, as far as a test describes it; a token is always to be had."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(f"{ENDPOINT}/token", json={"access_token": "token-1", "expires_in": 3600, "token_type": "Bearer"})
        yield mock


@pytest.fixture
def google(service_account: dict[str, str], saved: Callable[[object], Path]) -> Iterator[Google]:
    made = Google(saved(service_account), ENDPOINT, timeout=(1, 1))
    yield made
    made.close()


@pytest.fixture
def one_account(authorized_user: dict[str, str], saved: Callable[[object], Path]) -> Iterator[Google]:
    """Signed in with a refresh token: no other mailbox than the role account's."""
    made = Google(saved(authorized_user), ENDPOINT, timeout=(1, 1))
    yield made
    made.close()


@pytest.fixture
def workspace(google: Google) -> Workspace:
    return connect(google, sends_as=SENDS_AS, spreadsheet=SPREADSHEET)
