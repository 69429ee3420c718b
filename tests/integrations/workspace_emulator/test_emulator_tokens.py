"""The token server, as Google's own authentication library meets it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2 import credentials as user_credentials
from google.oauth2 import service_account

from integrations.workspace_emulator import jwt
from integrations.workspace_emulator.tokens import GOOGLE_TOKEN_ADDRESS, JWT_BEARER, OAuthError, TokenServer

SCOPE = "https://www.googleapis.com/auth/gmail.compose"
OFFICE = "office@northbridge.example"


def ask(emulator: Any, key: Any, **claims: Any) -> requests.Response:
    now = int(time.time())
    given = {
        "iss": "robot@test",
        "sub": OFFICE,
        "scope": SCOPE,
        "aud": GOOGLE_TOKEN_ADDRESS,
        "iat": now,
        "exp": now + 3600,
    }
    assertion = jwt.sign({**given, **claims}, key, "1")
    form = {"grant_type": JWT_BEARER, "assertion": assertion}
    return requests.post(f"{emulator.url}/token", data=form, timeout=5)


@pytest.fixture
def key(emulator: Any) -> Any:
    """The key of a service account that the emulator knows, made for this test."""
    made = jwt.new_key()
    body = {"client_email": "robot@test", "public_key_pem": jwt.public_pem(made)}
    assert requests.post(f"{emulator.url}/_emulator/service-accounts", json=body, timeout=5).status_code == 201
    return made


@pytest.mark.parametrize("audience", [GOOGLE_TOKEN_ADDRESS, "own"])
def test_a_signed_assertion_is_a_token(emulator: Any, key: Any, audience: str) -> None:
    """developers.google.com/identity/protocols/oauth2/service-account#httprest."""
    answer = ask(emulator, key, aud=f"{emulator.url}/token" if audience == "own" else audience)
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["expires_in"] == 3599


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"aud": "https://elsewhere.example/token"}, "invalid_grant"),
        ({"iss": "stranger@test"}, "invalid_grant"),
        ({"exp": 1_000_003_600, "iat": 1_000_000_000}, "invalid_grant"),
        ({"exp": 9_000_000_000}, "invalid_grant"),
        ({"exp": None}, "invalid_grant"),
        ({"sub": "not an address"}, "invalid_grant"),
        ({"scope": ""}, "invalid_scope"),
    ],
)
def test_a_claim_that_is_wrong_is_refused(emulator: Any, key: Any, claims: dict[str, Any], error: str) -> None:
    """The same page, "JWT error codes"."""
    answer = ask(emulator, key, **claims)
    assert answer.status_code == 400
    assert answer.json()["error"] == error
    assert answer.json()["error_description"]


def test_another_key_is_refused(emulator: Any, key: Any) -> None:
    answer = ask(emulator, jwt.new_key())
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_what_was_not_delegated_is_unauthorized_client(emulator: Any) -> None:
    """The same page: unauthorized_client where the scopes were not delegated in the Admin console."""
    key = jwt.new_key()
    account = {"client_email": "robot@test", "public_key_pem": jwt.public_pem(key), "delegated_scopes": [SCOPE]}
    emulator.workspace.register("service-accounts", account | {"domains": ["northbridge.example"]})
    assert ask(emulator, key).status_code == 200
    wider = ask(emulator, key, scope="https://mail.google.com/")
    assert (wider.status_code, wider.json()["error"]) == (401, "unauthorized_client")
    assert ask(emulator, key, sub="head@elsewhere.example").json()["error"] == "invalid_grant"


def test_googles_own_library_signs_in_with_a_throw_away_file(emulator: Any) -> None:
    file = emulator.new_credentials("service-account")
    signed_in = service_account.Credentials.from_service_account_info(file, scopes=[SCOPE], subject=OFFICE)
    signed_in.refresh(Request())
    assert signed_in.valid
    emulator.workspace.tokens.revoke(file["client_email"])
    with pytest.raises(RefreshError, match="invalid_grant"):
        signed_in.refresh(Request())


def test_googles_own_library_signs_in_with_a_refresh_token_until_it_is_revoked(emulator: Any) -> None:
    """developers.google.com/identity/protocols/oauth2/web-server#offline; invalid_grant when revoked."""
    body = {"kind": "authorized-user", "subject": OFFICE, "scopes": [SCOPE]}
    file = requests.post(f"{emulator.url}/_emulator/credentials", json=body, timeout=5).json()
    signed_in = user_credentials.Credentials.from_authorized_user_info(file, scopes=[SCOPE])
    signed_in._token_uri = f"{emulator.url}/token"  # the library replaces what the file says
    signed_in.refresh(Request())
    assert signed_in.valid
    revoked = requests.post(f"{emulator.url}/_emulator/revoke", json={"credential": file["refresh_token"]}, timeout=5)
    assert revoked.json() == {"revoked": True}
    with pytest.raises(RefreshError, match="invalid_grant"):
        signed_in.refresh(Request())


def test_a_refresh_token_needs_its_own_client_and_scopes(emulator: Any) -> None:
    """RFC 6749, sections 5.2 and 6."""
    client = {"client_id": "desk", "client_secret": "shown-to-nobody"}
    body = {"subject": OFFICE, "scopes": [SCOPE], **client}
    token = requests.post(f"{emulator.url}/_emulator/refresh-tokens", json=body, timeout=5).json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token, **client}

    def error(**changes: str) -> tuple[int, str]:
        answer = requests.post(f"{emulator.url}/token", data=form | changes, timeout=5)
        return answer.status_code, answer.json().get("error", "")

    assert error() == (200, "")
    assert error(client_secret="other") == (401, "invalid_client")
    assert error(scope="https://mail.google.com/") == (400, "invalid_scope")
    assert error(grant_type="password") == (400, "unsupported_grant_type")


def test_an_access_token_expires() -> None:
    now = datetime(2026, 10, 6, 11, 20, tzinfo=UTC)
    tokens = TokenServer(lambda: now, "http://127.0.0.1:1")
    header = "Bearer " + tokens.give(OFFICE, frozenset({SCOPE}))["access_token"]
    known = tokens.bearer(header)
    assert known is not None
    assert known.subject == OFFICE
    now += timedelta(hours=1)
    assert tokens.bearer(header) is None


def test_only_rs256_is_a_signature() -> None:
    """RFC 8725, section 3.1: the algorithm is not for the token to choose."""
    tokens = TokenServer(lambda: datetime.now(UTC), "http://127.0.0.1:1")
    tokens.register_service_account("robot@test", jwt.public_pem(jwt.new_key()))
    unsigned = ".".join(jwt.encode(part) for part in (b'{"alg": "none"}', b'{"iss": "robot@test"}', b""))
    with pytest.raises(OAuthError, match="Signature"):
        tokens.assertion_grant({"assertion": unsigned})


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer nonsense", "Basic abc"])
def test_a_call_without_a_good_token_is_401_in_the_shape_of_its_api(emulator: Any, header: str | None) -> None:
    """workspace/gmail/api/guides/handle-errors: 401, reason authError."""
    headers = {"Authorization": header} if header is not None else {}
    gmail = requests.get(f"{emulator.url}/gmail/v1/users/me/profile", headers=headers, timeout=5)
    assert gmail.status_code == 401
    assert gmail.json()["error"]["errors"][0]["reason"] == "authError"
    sheets = requests.get(f"{emulator.url}/v4/spreadsheets/x", headers=headers, timeout=5).json()["error"]
    assert sheets["status"] == "UNAUTHENTICATED"
    assert "errors" not in sheets
