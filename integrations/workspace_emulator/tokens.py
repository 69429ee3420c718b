"""The token server: who may sign in, and for what.

Three grants: a service account's signed assertion (RFC 7523, as developers.google.com/identity/protocols/oauth2/
service-account describes it), a refresh token, and the code that the OpenID Connect page gives out. Only what was
registered with this emulator is accepted, so a real credential gets nothing here.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from integrations.workspace_emulator import jwt
from integrations.workspace_emulator.calls import Clock, Counter, Json

GOOGLE_TOKEN_ADDRESS = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, not a secret
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_LIFE = timedelta(seconds=3599)
LONGEST_ASSERTION = timedelta(hours=1)
SKEW = timedelta(minutes=5)
# RFC 2606: a name that can never exist, so that nobody takes these credentials for Google's.
NO_SUCH_DOMAIN = "emulator.invalid"


class OAuthError(Exception):
    """A refusal in the words of RFC 6749, section 5.2."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status

    def body(self) -> Json:
        """The JSON of the refusal."""
        return {"error": self.error, "error_description": self.description}


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """``delegated_scopes``: what it may ask for on behalf of others; None means any. ``domains``: whom it may be."""

    client_email: str
    public_key_pem: str
    delegated_scopes: frozenset[str] | None = None
    domains: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A refresh token and whose it is."""

    client_id: str
    client_secret: str
    subject: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a bearer token stands for. ``is_robot``: a service account that acts for nobody but itself."""

    subject: str
    scopes: frozenset[str]
    expires: datetime
    is_robot: bool = False


class TokenServer:
    """Registered credentials and the access tokens given for them."""

    def __init__(self, clock: Clock, public_url: str) -> None:
        self._clock = clock
        self._public_url = public_url
        self._accounts: dict[str, ServiceAccount] = {}
        self._grants: dict[str, Grant] = {}
        self._tokens: dict[str, AccessToken] = {}
        self._numbers = Counter()

    def register_service_account(
        self,
        client_email: str,
        public_key_pem: str,
        *,
        delegated_scopes: Sequence[str] | None = None,
        domains: Sequence[str] | None = None,
    ) -> ServiceAccount:
        """From now on this account's signatures are good. Raises ValueError where the key is not RSA, in PEM."""
        jwt.read_public_key(public_key_pem)
        account = ServiceAccount(
            client_email,
            public_key_pem,
            None if delegated_scopes is None else frozenset(delegated_scopes),
            None if domains is None else frozenset(domains),
        )
        self._accounts[client_email] = account
        return account

    def register_refresh_token(
        self,
        subject: str,
        scopes: Sequence[str],
        *,
        client_id: str,
        client_secret: str,
        refresh_token: str | None = None,
    ) -> str:
        """A refresh token for ``subject``; made up here where none is given. Returns it."""
        token = refresh_token or "1//" + secrets.token_urlsafe(32)
        self._grants[token] = Grant(client_id, client_secret, subject.lower(), frozenset(scopes))
        return token

    def revoke(self, credential: str) -> bool:
        """Forget a service account (by address) or a refresh token, as an administrator would. False if unknown."""
        known = self._accounts.pop(credential, None) or self._grants.pop(credential, None)
        return known is not None

    def new_credentials(self, kind: str, *, subject: str = "", scopes: Sequence[str] = ()) -> Json:
        """Throw-away credentials, already registered, as the JSON file that Google would have given.

        ``kind``: ``service-account`` (with a fresh key), or ``authorized-user`` (a refresh token for ``subject``
        and ``scopes``). Raises ValueError for any other.
        """
        number = self._numbers.next()
        if kind == "service-account":
            key = jwt.new_key()
            address = f"emulated-{number}@policydesk.{NO_SUCH_DOMAIN}"
            self.register_service_account(address, jwt.public_pem(key))
            return {
                "type": "service_account",
                "project_id": "policydesk-emulator",
                "private_key_id": secrets.token_hex(20),
                "private_key": jwt.private_pem(key),
                "client_email": address,
                "client_id": f"{10**20 + number}",
                "token_uri": f"{self._public_url}/token",
                "universe_domain": "googleapis.com",
            }
        if kind == "authorized-user" and subject:
            client = {
                "client_id": f"emulated-{number}.{NO_SUCH_DOMAIN}",
                "client_secret": secrets.token_urlsafe(24),
            }
            token = self.register_refresh_token(subject, scopes, **client)
            file = {"type": "authorized_user", "refresh_token": token, "token_uri": f"{self._public_url}/token"}
            return file | client
        raise ValueError("kind must be service-account, or authorized-user with a subject")

    def give(self, subject: str, scopes: frozenset[str]) -> Json:
        """A new access token, as the token endpoint answers it."""
        token = "ya29.emulated-" + secrets.token_urlsafe(32)
        is_robot = subject in self._accounts
        self._tokens[token] = AccessToken(subject.lower(), scopes, self._clock() + TOKEN_LIFE, is_robot)
        life = int(TOKEN_LIFE.total_seconds())
        return {"access_token": token, "expires_in": life, "scope": " ".join(sorted(scopes)), "token_type": "Bearer"}

    def bearer(self, authorization: str | None) -> AccessToken | None:
        """What an Authorization header stands for; None where it is missing, unknown or expired."""
        scheme, _, token = (authorization or "").partition(" ")
        known = self._tokens.get(token.strip()) if scheme.lower() == "bearer" else None
        return known if known is not None and known.expires > self._clock() else None

    def assertion_grant(self, form: Mapping[str, str]) -> Json:
        """A service account's signed assertion for an access token. Raises OAuthError."""
        assertion = form.get("assertion", "")
        try:
            _, unverified = jwt.read(assertion)
            account = self._accounts.get(str(unverified.get("iss")))
            if account is None:
                raise OAuthError("invalid_grant", "Invalid grant: account not found")
            claims = jwt.verify(assertion, jwt.read_public_key(account.public_key_pem))
        except jwt.BadToken as error:
            raise OAuthError("invalid_grant", f"Invalid JWT Signature: {error}.") from error
        self._check_claims(claims)
        scopes = frozenset(str(claims.get("scope", "")).split())
        if not scopes:
            raise OAuthError("invalid_scope", "Empty or missing scope not allowed.")
        subject = str(claims.get("sub") or account.client_email)
        if subject != account.client_email:
            _check_delegation(account, subject, scopes)
        return self.give(subject, scopes)

    def refresh_grant(self, form: Mapping[str, str]) -> Json:
        """A refresh token for an access token. Raises OAuthError."""
        grant = self._grants.get(form.get("refresh_token", ""))
        if grant is None:
            raise OAuthError("invalid_grant", "Token has been expired or revoked.")
        secret = form.get("client_secret", "")
        if grant.client_id != form.get("client_id") or not hmac.compare_digest(
            grant.client_secret.encode(), secret.encode()
        ):
            raise OAuthError("invalid_client", "Unauthorized", 401)
        asked = frozenset(form.get("scope", "").split()) or grant.scopes
        if not asked <= grant.scopes:
            raise OAuthError("invalid_scope", "Some requested scopes were never granted to this token.")
        return self.give(grant.subject, asked)

    def _check_claims(self, claims: Mapping[str, Any]) -> None:
        if claims.get("aud") not in (GOOGLE_TOKEN_ADDRESS, f"{self._public_url}/token"):
            raise OAuthError("invalid_grant", "Invalid JWT: Failed audience check.")
        issued, expires = claims.get("iat"), claims.get("exp")
        if not isinstance(issued, int | float) or not isinstance(expires, int | float):
            raise OAuthError("invalid_grant", "Invalid JWT: iat and exp are required.")
        now = self._clock().timestamp()
        reasonable = expires - issued <= LONGEST_ASSERTION.total_seconds()
        if not reasonable or issued > now + SKEW.total_seconds() or expires < now - SKEW.total_seconds():
            raise OAuthError(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
                " Check your iat and exp values in the JWT claim.",
            )


def _check_delegation(account: ServiceAccount, subject: str, scopes: frozenset[str]) -> None:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", subject) or (
        account.domains is not None and subject.rpartition("@")[2] not in account.domains
    ):
        raise OAuthError("invalid_grant", "Invalid email or User ID")
    if account.delegated_scopes is not None and not scopes <= account.delegated_scopes:
        raise OAuthError(
            "unauthorized_client",
            "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of"
            " the scopes requested.",
            401,
        )
