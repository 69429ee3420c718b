"""Sign-in with Google, as OpenID Connect Core 1.0 and developers.google.com/identity/openid-connect describe it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from urllib.parse import urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa

from integrations.workspace_emulator import jwt
from integrations.workspace_emulator.calls import Clock, Json
from integrations.workspace_emulator.people import People, Person
from integrations.workspace_emulator.tokens import OAuthError, TokenServer

CODE_LIFE = timedelta(minutes=10)
ID_TOKEN_LIFE = timedelta(hours=1)
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SignInRefused(Exception):  # noqa: N818 - shown to a person as a page
    """A request that must not be answered with a redirect, because its client or address is not known."""


@dataclass(frozen=True, slots=True)
class Client:
    """An application that may ask people to sign in. Without ``redirect_uris`` it may use any loopback address."""

    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Code:
    client_id: str
    redirect_uri: str
    email: str
    scopes: frozenset[str]
    nonce: str | None
    challenge: str | None
    challenge_method: str
    expires: datetime


class OpenIdProvider:
    """Clients, codes not yet redeemed, and the key that signs identity tokens."""

    def __init__(self, clock: Clock, public_url: str, people: People, tokens: TokenServer) -> None:
        self._clock = clock
        self._public_url = public_url
        self._people = people
        self._tokens = tokens
        self._clients: dict[str, Client] = {}
        self._codes: dict[str, _Code] = {}
        self._key_id = secrets.token_hex(8)

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return jwt.new_key()  # only when somebody signs in: making a key takes a moment

    def register_client(self, client_id: str, client_secret: str, redirect_uris: Sequence[str] = ()) -> Client:
        """Let an application use the sign-in page."""
        client = Client(client_id, client_secret, tuple(redirect_uris))
        self._clients[client_id] = client
        return client

    def configuration(self) -> Json:
        """``/.well-known/openid-configuration``."""
        root = self._public_url
        return {
            "issuer": root,
            "authorization_endpoint": f"{root}/o/oauth2/v2/auth",
            "token_endpoint": f"{root}/token",
            "userinfo_endpoint": f"{root}/oauth2/v3/userinfo",
            "jwks_uri": f"{root}/oauth2/v3/certs",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "claims_supported": ["aud", "email", "email_verified", "exp", "hd", "iat", "iss", "name", "nonce", "sub"],
            "code_challenge_methods_supported": ["plain", "S256"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
        }

    def certificates(self) -> Json:
        """``/oauth2/v3/certs``: the key set that identity tokens are checked against."""
        return {"keys": [jwt.public_jwk(self._key, self._key_id)]}

    def check(self, query: Mapping[str, str]) -> Client:
        """Whether this sign-in request may be shown at all. Raises SignInRefused."""
        client = self._clients.get(query.get("client_id", ""))
        if client is None:
            raise SignInRefused("This application is not registered with the emulator (invalid_client).")
        address = query.get("redirect_uri", "")
        allowed = address in client.redirect_uris if client.redirect_uris else urlsplit(address).hostname in LOOPBACK
        if not allowed:
            raise SignInRefused("The address to return to is not one of this application's (redirect_uri_mismatch).")
        if query.get("response_type") != "code" or "openid" not in query.get("scope", "").split():
            raise SignInRefused("Only response_type=code with the scope openid is known here (invalid_request).")
        return client

    def choose(self, query: Mapping[str, str], email: str) -> str:
        """Somebody picked who to be: the address to go back to, with code and state. Raises SignInRefused."""
        client = self.check(query)
        person = self._people.get(email)
        if person is None or not person.hosted:
            raise SignInRefused("There is no such account here.")
        code = "4/" + secrets.token_urlsafe(32)
        self._codes[code] = _Code(
            client.client_id,
            query["redirect_uri"],
            person.email,
            frozenset(query["scope"].split()),
            query.get("nonce"),
            query.get("code_challenge"),
            query.get("code_challenge_method", "plain"),
            self._clock() + CODE_LIFE,
        )
        return _back(query, {"code": code, "scope": query["scope"], "hd": person.domain})

    def decline(self, query: Mapping[str, str]) -> str:
        """Somebody turned back: the address with the refusal. Raises SignInRefused."""
        self.check(query)
        return _back(query, {"error": "access_denied"})

    def code_grant(self, form: Mapping[str, str], basic: tuple[str, str] | None) -> Json:
        """A code for an access token and an identity token; each code is good once. Raises OAuthError."""
        given_id, given_secret = basic or (form.get("client_id", ""), form.get("client_secret", ""))
        client = self._clients.get(given_id)
        if client is None or not hmac.compare_digest(client.client_secret.encode(), given_secret.encode()):
            raise OAuthError("invalid_client", "Unauthorized", 401)
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.client_id != client.client_id or code.expires <= self._clock():
            raise OAuthError("invalid_grant", "Malformed auth code.")
        if code.redirect_uri != form.get("redirect_uri"):
            raise OAuthError("redirect_uri_mismatch", "Bad Request")
        if code.challenge is not None and not _proves(form.get("code_verifier", ""), code):
            raise OAuthError("invalid_grant", "Invalid code verifier.")
        answer = self._tokens.give(code.email, code.scopes)
        return answer | {"id_token": self._id_token(code, answer["access_token"])}

    def userinfo(self, authorization: str | None) -> Json | None:
        """The person that a bearer token stands for; None where the token is no good for this."""
        token = self._tokens.bearer(authorization)
        person = self._people.get(token.subject) if token else None
        if token is None or person is None or "openid" not in token.scopes:
            return None
        return _claims(person, token.scopes)

    def _id_token(self, code: _Code, access_token: str) -> str:
        person = self._people.get(code.email)
        if person is None:
            raise OAuthError("invalid_grant", "Account has been deleted")
        now = int(self._clock().timestamp())
        claims = _claims(person, code.scopes) | {
            "iss": self._public_url,
            "azp": code.client_id,
            "aud": code.client_id,
            "iat": now,
            "exp": now + int(ID_TOKEN_LIFE.total_seconds()),
            "at_hash": jwt.encode(hashlib.sha256(access_token.encode()).digest()[:16]),
        }
        if code.nonce is not None:
            claims["nonce"] = code.nonce
        return jwt.sign(claims, self._key, self._key_id)


def _claims(person: Person, scopes: frozenset[str]) -> Json:
    number = int.from_bytes(hashlib.sha256(person.email.encode()).digest()[:8], "big")
    claims: Json = {"sub": f"1{number:020d}", "hd": person.domain}
    if "email" in scopes:
        claims |= {"email": person.email, "email_verified": True}
    if "profile" in scopes:
        claims["name"] = person.name
    return claims


def _back(query: Mapping[str, str], answer: dict[str, str]) -> str:
    if "state" in query:
        answer["state"] = query["state"]
    address = query["redirect_uri"]
    return address + ("&" if urlsplit(address).query else "?") + urlencode(answer)


def _proves(verifier: str, code: _Code) -> bool:
    if code.challenge_method == "S256":
        verifier = jwt.encode(hashlib.sha256(verifier.encode()).digest())
    return hmac.compare_digest(verifier.encode(), (code.challenge or "").encode())
