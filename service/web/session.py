"""The signed cookie that says who has signed in, and until when."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, Response, current_app, request, session

from service.settings import SettingsError

LONGEST = timedelta(hours=8)
"""After this long one signs in again, whatever one does."""
IDLE = timedelta(hours=1)
"""After this long without a request, too."""
_MARK_EVERY = timedelta(minutes=1)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


def prepare(app: Flask, *, address: str, keys: Sequence[str]) -> None:
    """Settle the cookie. ``address``: where people reach the console; ``keys``: Fernet keys, newest first.

    SettingsError unless the address is https or of the machine itself.
    """
    secure = urlsplit(address).scheme == "https"
    if not secure and not is_loopback(address):
        raise SettingsError("school.yaml: the console address must begin with https://, so that nobody can listen in.")
    newest, *older = [signing_key(key) for key in keys]
    app.config.update(
        SECRET_KEY=newest,
        SECRET_KEY_FALLBACKS=older,
        # A browser takes a cookie of this prefix only over TLS, and only from this very host.
        SESSION_COOKIE_NAME="__Host-policydesk" if secure else "policydesk",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=LONGEST,
    )


def signing_key(key: str) -> bytes:
    """The key of the cookie's signature, from a Fernet key, so that there is one secret fewer to keep."""
    derived = HKDF(SHA256(), 32, salt=None, info=b"policydesk: signature of the session cookie")
    return derived.derive(base64.urlsafe_b64decode(key))


def is_loopback(address: str) -> bool:
    """Whether this address is of the machine itself: the only place where the cookie may go without TLS."""
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def begin(who: str, now: datetime) -> None:
    """Somebody has signed in. Nothing of what the browser brought along is kept."""
    session.clear()
    moment = int(now.timestamp())
    session.update(who=who, began=moment, seen=moment, csrf=secrets.token_urlsafe(32))


def end() -> None:
    """Sign out."""
    session.clear()


def whose(now: datetime) -> str | None:
    """The address that signed in; None where nobody has, or too long ago."""
    who, began, seen = session.get("who"), session.get("began"), session.get("seen")
    if not (isinstance(who, str) and isinstance(began, int) and isinstance(seen, int)):
        return None
    moment = now.timestamp()
    if moment - began > LONGEST.total_seconds() or moment - seen > IDLE.total_seconds():
        end()
        return None
    if moment - seen > _MARK_EVERY.total_seconds():
        session["seen"] = int(moment)
    return who


def csrf_token() -> str:
    """What every form on our pages carries, and no other site knows."""
    return str(session.get("csrf", ""))


def identity() -> str:
    """What the session is known by in the records: a digest, from which nobody can make its cookie."""
    return hashlib.sha256(csrf_token().encode()).hexdigest()


def is_ours() -> bool:
    """Whether the form that was posted came from one of our pages."""
    given, expected = request.form.get("csrf", ""), csrf_token()
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def guard(response: Response) -> Response:
    """The headers of every page with content: kept nowhere, framed nowhere, running nothing."""
    response.headers.update(HEADERS)
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
