"""Sign-in with Google: OpenID Connect Core 1.0, the authorization code flow with PKCE, state and nonce.

What is taken from it is one verified address, and that only if it is a person's on the school's list. The provider's
addresses come from its own configuration (developers.google.com/identity/openid-connect/openid-connect).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from flask import Blueprint, Flask, redirect, render_template, request, session, url_for
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from service.store import StoreUnavailableError
from service.web import session as cookie
from service.web.desk import Desk, SignedIn, known

GOOGLE = "https://accounts.google.com"
SECONDS = 10
"""How long the provider may take to answer."""
_OPEN_ATTEMPTS = 3
"""Alerts opened in several tabs at once each start a sign-in; more than these are forgotten, the oldest first."""
_STATE = "_state_google_"
_OURS = re.compile(r"/(cases/[A-Za-z]{1,3}-[0-9]{4}-[0-9]{4,20})?", re.ASCII)

log = structlog.get_logger("sign-in")


class NotSignedInError(Exception):
    """The provider's answer cannot be accepted. The text is a short code, fit for logs."""


def register(
    app: Flask,
    desks: Sequence[Desk],
    *,
    address: str,
    client_id: str,
    client_secret: str,
    keys: Sequence[str],
    now: Callable[[], datetime],
    issuer: str = GOOGLE,
) -> None:
    """Add sign-in to an application.

    ``address`` is where people reach the console (``https://policydesk.school.example``); the provider must know
    ``{address}/sign-in/back`` as this client's. ``issuer`` is another provider than Google, for the first run and
    tests. ``keys`` are the Fernet keys, newest first. ``now`` gives an aware time. SettingsError for an address that
    would carry what is read in the clear.
    """
    cookie.prepare(app, address=address, keys=keys)
    root = issuer.rstrip("/")
    oauth = OAuth(app)
    google: FlaskOAuth2App = oauth.register(
        "google",
        client_id=client_id,
        client_secret=client_secret,
        server_metadata_url=f"{root}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email", "code_challenge_method": "S256", "default_timeout": SECONDS},
    )
    app.register_blueprint(blueprint(google, desks, address=address.rstrip("/"), issuer=root, now=now))


def blueprint(
    google: FlaskOAuth2App, desks: Sequence[Desk], *, address: str, issuer: str, now: Callable[[], datetime]
) -> Blueprint:
    """The pages of signing in and out."""
    routes = Blueprint("sign_in", __name__, template_folder="templates", url_prefix="/sign-in")
    routes.after_request(cookie.guard)

    @routes.get("/")
    def start() -> Response:
        wanted = local(request.args.get("next", ""))
        if cookie.is_loopback(address) and request.host != urlsplit(address).netloc:
            # localhost and 127.0.0.1 are two hosts to a cookie, and the provider sends people back to one of them.
            return redirect(f"{address}{url_for('sign_in.start', next=wanted)}")
        return _sent_to(google, f"{address}{url_for('sign_in.back')}", wanted)

    @routes.get("/back")
    def back() -> Response | tuple[str, int]:
        wanted = _wanted(google)
        who = known(verified_address(google, issuer), desks)
        if who is None:
            cookie.end()
            raise NotSignedInError("not on a school's list")
        with who.desk.store.write() as tx:
            tx.audit.add(who.person.email, "signed in", None, now())
        cookie.begin(who.person.email, now())
        return redirect(wanted)

    @routes.post("/out")
    def out() -> Response | str:
        if not cookie.is_ours():
            return redirect("/", 303)
        at, ended = now(), cookie.identity()
        who = current(desks, at)
        cookie.end()
        if who is not None:
            with who.desk.store.write() as tx:
                tx.sessions.end(ended, at, at + cookie.LONGEST)
                tx.audit.add(who.person.email, "signed out", None, at)
        return redirect(url_for("sign_in.ended"), 303)

    @routes.get("/ended")
    def ended() -> str:
        return render_template("message.html", title="You have signed out", again=True, lines=[])

    @routes.errorhandler(NotSignedInError)
    def refused(error: NotSignedInError) -> tuple[str, int]:
        # Whoever was signed in stays so: an answer that nobody asked for must not sign anybody out.
        log.warning("sign-in refused", reason=str(error))
        lines = [
            "The account that you chose is not one that opens policydesk.",
            "Sign in with your own school account; a shared mailbox cannot sign in. If it is your own, ask the office "
            "whether your address is in the school's list of staff or governors.",
        ]
        return render_template("message.html", title="That sign-in was not accepted", again=True, lines=lines), 403

    @routes.errorhandler(requests.RequestException)
    @routes.errorhandler(StoreUnavailableError)
    def unreachable(error: Exception) -> tuple[str, int, dict[str, str]]:
        log.error("sign-in cannot be reached", error=type(error).__name__)
        lines = ["Sign-in cannot be reached just now. Please try again in a minute."]
        page = render_template("message.html", title="Sign-in is not available", again=True, lines=lines)
        return page, 503, {"Retry-After": "60"}

    return routes


def current(desks: Sequence[Desk], now: datetime) -> SignedIn | None:
    """Who is signed in at this request. StoreUnavailableError.

    Somebody who is no longer on the list is signed out, and so is a copy of a session that was ended.
    """
    address = cookie.whose(now)
    who = known(address, desks) if address else None
    if who is not None:
        with who.desk.store.read() as tx:
            who = None if tx.sessions.is_ended(cookie.identity()) else who
    if address and who is None:
        cookie.end()
    return who


def local(path: str) -> str:
    """Where to go after signing in: one of our own pages, never anywhere else."""
    return path if _OURS.fullmatch(path) else "/"


def verified_address(google: FlaskOAuth2App, issuer: str) -> str:
    """The address that the provider vouches for, in the answer that is being handled. NotSignedInError if none."""
    options = {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": google.client_id},
    }
    try:
        token = google.authorize_access_token(claims_options=options)
    except (AuthlibBaseError, JoseError, KeyError, ValueError) as error:
        if isinstance(error, requests.RequestException):
            raise
        raise NotSignedInError(type(error).__name__) from error
    claims: Mapping[str, Any] = token.get("userinfo") or {}
    if claims.get("email_verified") is not True or not isinstance(claims.get("email"), str):
        raise NotSignedInError("no verified address")
    return str(claims["email"])


def _sent_to(google: FlaskOAuth2App, back: str, wanted: str) -> Response:
    asked = google.create_authorization_url(back, prompt="select_account")
    open_attempts = sorted((key for key in session if key.startswith(_STATE)), key=lambda key: session[key]["exp"])
    for key in open_attempts[: len(open_attempts) - _OPEN_ATTEMPTS + 1]:
        session.pop(key)
    kept = {name: asked[name] for name in ("state", "nonce", "code_verifier")}
    google.save_authorize_data(redirect_uri=back, next=wanted, **kept)
    return redirect(asked["url"])


def _wanted(google: FlaskOAuth2App) -> str:
    kept = google.framework.get_state_data(session, request.args.get("state", ""))
    return local(kept.get("next", "")) if kept else "/"
