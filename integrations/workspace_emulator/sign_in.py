"""The addresses of the token server and of the sign-in page."""

from __future__ import annotations

import json

import werkzeug
from flask import Blueprint, Response, redirect, render_template, request

from integrations.workspace_emulator.errors import ApiError
from integrations.workspace_emulator.gateway import drop_connection, strike_before
from integrations.workspace_emulator.openid import SignInRefused
from integrations.workspace_emulator.tokens import JWT_BEARER, OAuthError
from integrations.workspace_emulator.workspace import Workspace

TOKEN_METHOD = "oauth2.token"  # noqa: S105 - the name by which faults and the log know the token server


def sign_in_blueprint(workspace: Workspace) -> Blueprint:
    """Token grants, the OpenID Connect addresses, and the page where a newcomer picks who to be."""
    routes = Blueprint("sign_in", __name__)

    @routes.post("/token")
    def token() -> Response:
        with workspace.lock:
            faults = workspace.faults.for_call(TOKEN_METHOD)
        try:
            if strike_before(faults, "gmail"):
                workspace.log(TOKEN_METHOD, None, None, "dropped before")
                return drop_connection()
            if any(fault.kind == "invalid_grant" for fault in faults):
                raise OAuthError("invalid_grant", "Token has been expired or revoked.")
            answer = _grant(workspace)
        except OAuthError as error:
            workspace.log(TOKEN_METHOD, error.status, None, "refused")
            return _json(error.body(), error.status)
        except ApiError as error:
            workspace.log(TOKEN_METHOD, error.status, None, "refused")
            return _json({"error": "internal_failure", "error_description": error.message}, error.status)
        if any(fault.kind == "drop-after-commit" for fault in faults):
            workspace.log(TOKEN_METHOD, None, None, "dropped after commit")
            return drop_connection()
        workspace.log(TOKEN_METHOD, 200, None, "answered")
        return _json(answer)

    @routes.get("/.well-known/openid-configuration")
    def configuration() -> Response:
        return _json(workspace.openid.configuration())

    @routes.get("/oauth2/v3/certs")
    def certificates() -> Response:
        return _json(workspace.openid.certificates())

    @routes.get("/oauth2/v3/userinfo")
    def userinfo() -> Response:
        with workspace.lock:
            known = workspace.openid.userinfo(request.headers.get("Authorization"))
        refusal = {"error": "invalid_request", "error_description": "Invalid Credentials"}
        return _json(known) if known else _json(refusal, 401)

    @routes.get("/o/oauth2/v2/auth")
    def choose_page() -> str:
        workspace.openid.check(request.args)
        hint = request.args.get("login_hint", "").lower()
        people = sorted((p for p in workspace.people.all() if p.hosted), key=lambda p: p.email != hint)
        return render_template("choose.html", people=people, address=request.full_path)

    @routes.post("/o/oauth2/v2/auth")
    def choose() -> werkzeug.Response:
        with workspace.lock:
            if "cancel" in request.form:
                return redirect(workspace.openid.decline(request.args), 303)
            return redirect(workspace.openid.choose(request.args, request.form.get("email", "")), 303)

    @routes.errorhandler(SignInRefused)
    def refused(error: SignInRefused) -> tuple[str, int]:
        return render_template("refused.html", why=str(error)), 400

    return routes


def _grant(workspace: Workspace) -> dict[str, object]:
    form = request.form
    with workspace.lock:
        match form.get("grant_type"):
            case value if value == JWT_BEARER:
                return workspace.tokens.assertion_grant(form)
            case "refresh_token":
                return workspace.tokens.refresh_grant(form)
            case "authorization_code":
                basic = request.authorization
                pair = (basic.username or "", basic.password or "") if basic and basic.type == "basic" else None
                return workspace.openid.code_grant(form, pair)
    raise OAuthError("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")


def _json(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body), status, {"Cache-Control": "no-store"}, mimetype="application/json")
