"""A local Google Workspace: tokens, sign-in, Gmail, Calendar, Sheets and Forms, for the first run and the tests."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request

from integrations.workspace_emulator.calls import Clock
from integrations.workspace_emulator.control import control_blueprint
from integrations.workspace_emulator.gateway import api_blueprint
from integrations.workspace_emulator.pages import pages_blueprint
from integrations.workspace_emulator.sign_in import sign_in_blueprint
from integrations.workspace_emulator.workspace import SeedState, Workspace

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
# No scripts, and nothing from anywhere else: mail that is shown here was written by others.
POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"


def create_emulator(*, clock: Clock, seed_state: SeedState | None = None, public_url: str) -> Flask:
    """The emulator as a WSGI application; its ``Workspace`` is ``app.extensions["workspace"]``.

    ``clock`` gives aware datetimes. ``public_url`` is the root under which it is reached, on loopback, without a
    slash at the end. ``seed_state`` lists what is there from the start, by the kinds of ``Workspace.register``.
    Raises ValueError where ``public_url`` is not on this machine, or the state is not right.
    """
    if urlsplit(public_url).hostname not in LOOPBACK_HOSTS:
        raise ValueError(f"the emulator is for this machine only; {public_url} is not a loopback address")
    app = Flask(__name__, static_url_path="/_emulator/static")
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    workspace = Workspace(clock, public_url.rstrip("/"), seed_state)
    app.extensions["workspace"] = workspace
    app.before_request(_refuse_other_hosts)
    app.after_request(_protect)
    for blueprint in (api_blueprint, sign_in_blueprint, control_blueprint, pages_blueprint):
        app.register_blueprint(blueprint(workspace))
    return app


def _refuse_other_hosts() -> tuple[str, int] | None:
    # A web page elsewhere may point a name of its own at 127.0.0.1; then the Host header tells.
    host = urlsplit(f"//{request.headers.get('Host', '')}").hostname
    if host in LOOPBACK_HOSTS:
        return None
    return "The local Workspace answers on this machine only (127.0.0.1 or localhost).\n", 403


def _protect(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
