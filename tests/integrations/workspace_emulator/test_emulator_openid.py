"""Sign-in: the whole OpenID Connect round, as a browser and an application make it."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from integrations.workspace_emulator import jwt

BACK = "http://127.0.0.1:8000/sign-in/back"
HEAD = "head@northbridge.example"


class Application:
    """A web application that sends people to sign in."""

    def __init__(self, emulator: Any) -> None:
        self.root = emulator.url
        self.client_id = "desk"
        self.client_secret = secrets.token_urlsafe(16)
        self.verifier = secrets.token_urlsafe(48)
        client = {"client_id": self.client_id, "client_secret": self.client_secret, "redirect_uris": [BACK]}
        requests.post(f"{self.root}/_emulator/openid-clients", json=client, timeout=5).raise_for_status()

    def query(self, **changes: str) -> dict[str, str]:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        wanted = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": BACK,
            "state": "st",
            "nonce": "no",
        }
        pkce = {"code_challenge": challenge, "code_challenge_method": "S256"}
        return {**wanted, "scope": "openid email profile", **pkce, **changes}

    def choose(self, email: str = HEAD, **changes: str) -> dict[str, list[str]]:
        answer = requests.post(
            f"{self.root}/o/oauth2/v2/auth",
            params=self.query(**changes),
            data={"email": email},
            allow_redirects=False,
            timeout=5,
        )
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith(BACK + "?")
        return parse_qs(urlsplit(answer.headers["Location"]).query)

    def redeem(self, code: str, **changes: str) -> requests.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": self.verifier}
        client = {"client_id": self.client_id, "client_secret": self.client_secret}
        return requests.post(f"{self.root}/token", data={**form, **client, **changes}, timeout=5)


@pytest.fixture
def application(emulator: Any) -> Application:
    return Application(emulator)


def public_key(emulator: Any) -> rsa.RSAPublicKey:
    (found,) = requests.get(f"{emulator.url}/oauth2/v3/certs", timeout=5).json()["keys"]
    numbers = {name: int.from_bytes(jwt.decode(found[name]), "big") for name in ("n", "e")}
    return rsa.RSAPublicNumbers(numbers["e"], numbers["n"]).public_key()


def test_the_page_lists_those_who_have_an_account(emulator: Any, application: Application) -> None:
    page = requests.get(f"{emulator.url}/o/oauth2/v2/auth", params=application.query(), timeout=5)
    assert page.status_code == 200
    assert "Helen Marsh" in page.text
    assert "Headteacher" in page.text
    assert "parent@family.example" not in page.text


def test_the_whole_round_gives_an_identity_that_can_be_checked(emulator: Any, application: Application) -> None:
    """developers.google.com/identity/openid-connect/openid-connect: the ID token's payload."""
    back = application.choose()
    assert back["state"] == ["st"]
    answer = application.redeem(back["code"][0]).json()
    claims = jwt.verify(answer["id_token"], public_key(emulator))
    configuration = requests.get(f"{emulator.url}/.well-known/openid-configuration", timeout=5).json()
    assert claims["iss"] == configuration["issuer"] == emulator.url
    assert claims["aud"] == "desk"
    assert claims["nonce"] == "no"
    assert claims["exp"] - claims["iat"] == 3600
    assert (claims["email"], claims["email_verified"], claims["hd"]) == (HEAD, True, "northbridge.example")
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    person = requests.get(configuration["userinfo_endpoint"], headers=bearer, timeout=5).json()
    assert (person["sub"], person["name"]) == (claims["sub"], "Helen Marsh")


def test_a_code_is_good_once(application: Application) -> None:
    """RFC 6749, section 4.1.2."""
    code = application.choose()["code"][0]
    assert application.redeem(code).status_code == 200
    assert application.redeem(code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "another"}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:8000/elsewhere"}, "redirect_uri_mismatch"),
        ({"client_secret": "another"}, "invalid_client"),
        ({"code": "4/another"}, "invalid_grant"),
    ],
)
def test_a_code_is_good_for_nobody_else(application: Application, changes: dict[str, str], error: str) -> None:
    """RFC 7636, section 4.6; RFC 6749, section 5.2."""
    code = application.choose()["code"][0]
    assert application.redeem(**{"code": code, **changes}).json()["error"] == error


def test_the_client_may_show_its_secret_in_a_header(application: Application, emulator: Any) -> None:
    """RFC 6749, section 2.3.1: client_secret_basic."""
    form = {"grant_type": "authorization_code", "code": application.choose()["code"][0], "redirect_uri": BACK}
    form["code_verifier"] = application.verifier
    pair = (application.client_id, application.client_secret)
    assert requests.post(f"{emulator.url}/token", data=form, auth=pair, timeout=5).status_code == 200


def test_somebody_who_turns_back_is_sent_back(emulator: Any, application: Application) -> None:
    """RFC 6749, section 4.1.2.1: access_denied."""
    answer = requests.post(
        f"{emulator.url}/o/oauth2/v2/auth",
        params=application.query(),
        data={"cancel": "1"},
        allow_redirects=False,
        timeout=5,
    )
    assert parse_qs(urlsplit(answer.headers["Location"]).query) == {"error": ["access_denied"], "state": ["st"]}


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "stranger"},
        {"redirect_uri": "https://elsewhere.example/"},
        {"response_type": "token"},
        {"scope": "email"},
    ],
)
def test_a_request_that_is_not_known_is_never_answered_with_a_redirect(
    emulator: Any, application: Application, changes: dict[str, str]
) -> None:
    """RFC 6749, section 4.1.2.1: the resource owner is told, and not redirected."""
    page = requests.get(
        f"{emulator.url}/o/oauth2/v2/auth", params=application.query(**changes), allow_redirects=False, timeout=5
    )
    assert page.status_code == 400
    assert "This sign-in cannot go on" in page.text


def test_somebody_from_outside_cannot_sign_in(emulator: Any, application: Application) -> None:
    answer = requests.post(
        f"{emulator.url}/o/oauth2/v2/auth",
        params=application.query(),
        data={"email": "parent@family.example"},
        allow_redirects=False,
        timeout=5,
    )
    assert answer.status_code == 400
