"""``/_emulator/…``: how a test or the first run tells the emulator what to hold, and looks at what happened."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from integrations.workspace_emulator.calls import Json
from integrations.workspace_emulator.errors import ApiError
from integrations.workspace_emulator.workspace import Workspace


def control_blueprint(workspace: Workspace) -> Blueprint:
    """The routes. Bodies are JSON objects, sent as application/json so that no web page elsewhere can post them."""
    routes = Blueprint("control", __name__, url_prefix="/_emulator")

    @routes.errorhandler(ApiError)
    @routes.errorhandler(TypeError)
    @routes.errorhandler(ValueError)
    @routes.errorhandler(KeyError)
    def refused(error: Exception) -> tuple[Response, int]:
        return jsonify(error=str(error)), 400

    @routes.post("/<any('people','service-accounts','refresh-tokens','openid-clients'):kind>")
    @routes.post("/<any('spreadsheets','calendars','forms'):kind>")
    def register(kind: str) -> tuple[Response, int]:
        given = request.get_json()
        items = given if isinstance(given, list) else [given]
        made = [workspace.register(kind, item) for item in items]
        answer = made[-1] if made and isinstance(made[-1], dict) else {"registered": len(made)}
        return jsonify(answer), 201

    @routes.post("/forms/<form_id>/responses")
    def answer_form(form_id: str) -> tuple[Response, int]:
        with workspace.lock:
            workspace.forms.answer(form_id, _body())
        return jsonify(registered=1), 201

    @routes.post("/credentials")
    def new_credentials() -> tuple[Response, int]:
        given = _body()
        with workspace.lock:
            return jsonify(workspace.tokens.new_credentials(given.pop("kind", ""), **given)), 201

    @routes.post("/revoke")
    def revoke() -> Response:
        with workspace.lock:
            return jsonify(revoked=workspace.tokens.revoke(str(_body()["credential"])))

    @routes.post("/faults")
    def add_fault() -> tuple[Response, int]:
        given = _body()
        with workspace.lock:
            workspace.faults.add(**given)
            return jsonify(workspace.faults.state()), 201

    @routes.delete("/faults")
    def clear_faults() -> tuple[str, int]:
        with workspace.lock:
            workspace.faults.clear()
        return "", 204

    @routes.get("/calls")
    def calls() -> Response:
        with workspace.lock:
            return jsonify(list(workspace.calls))

    @routes.get("/state")
    def state() -> Response:
        return jsonify(workspace.state())

    @routes.post("/reset")
    def reset() -> tuple[str, int]:
        workspace.reset(everything=bool(request.is_json and _body().get("everything")))
        return "", 204

    return routes


def _body() -> Json:
    given: Any = request.get_json()
    if not isinstance(given, dict):
        raise ValueError("the body must be a JSON object")
    return given
