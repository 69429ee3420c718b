"""What stands in front of the four APIs: matching, sign-in, faults, and the check of every request and answer."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, current_app, request

from integrations.workspace_emulator import discovery, partial
from integrations.workspace_emulator.calls import Call, Json
from integrations.workspace_emulator.discovery import ContractBroken, Method
from integrations.workspace_emulator.errors import ApiError, insufficient_scopes, invalid, unauthenticated
from integrations.workspace_emulator.faults import Fault, refusal
from integrations.workspace_emulator.tokens import AccessToken
from integrations.workspace_emulator.workspace import Workspace

PREFIXES = {"gmail": "/gmail/v1/", "calendar": "/calendar/v3/", "sheets": "/v4/", "forms": "/v1/"}
VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def api_blueprint(workspace: Workspace) -> Blueprint:
    """One catch-all route for each API; the discovery document says what lies behind it."""
    routes = Blueprint("apis", __name__)
    for api, prefix in PREFIXES.items():
        routes.add_url_rule(prefix + "<path:rest>", api, _endpoint(workspace, api), methods=VERBS)
    return routes


def _endpoint(workspace: Workspace, api: str) -> Callable[[str], Response]:
    def serve(rest: str) -> Response:
        return _serve(workspace, api)

    return serve


def _serve(workspace: Workspace, api: str) -> Response:
    name, subject = f"{api}.?", None
    try:
        # The path is matched before it is decoded: a %2F inside a sheet's title is not a slash.
        raw_path = str(request.environ.get("RAW_URI", request.path)).partition("?")[0]
        method, path = discovery.match(api, _verb(), raw_path)
        name = method.id
        with workspace.lock:
            faults = workspace.faults.for_call(name)
            token = workspace.tokens.bearer(request.headers.get("Authorization"))
        subject = token.subject if token else None
        if strike_before(faults, api):
            workspace.log(name, None, subject, "dropped before")
            return drop_connection()
        if token is None:
            raise unauthenticated()
        if not token.scopes & method.scopes:
            raise insufficient_scopes()
        answer = _perform(workspace, method, path, token)
    except ApiError as error:
        workspace.log(name, error.status, subject, "refused")
        return _json(error.body(api), error.status, error.headers())
    except ContractBroken as error:
        current_app.logger.exception("the emulator broke Google's contract")
        with workspace.lock:
            workspace.violations.append(str(error))
        workspace.log(name, 500, subject, "broken")
        failure = ApiError(500, "contractBroken", f"THE EMULATOR BROKE GOOGLE'S CONTRACT: {error}")
        return _json(failure.body(api), 500, {})
    if any(fault.kind == "drop-after-commit" for fault in faults):
        workspace.log(name, None, subject, "dropped after commit")
        return drop_connection()
    status = 200 if method.response else 204
    workspace.log(name, status, subject, "answered")
    return _json(answer, status, {}) if answer is not None else Response(status=status)


def _perform(workspace: Workspace, method: Method, path: dict[str, str], token: AccessToken) -> Json | None:
    query = request.form if _overridden() else request.args
    params = discovery.parameters(method, path, query.to_dict(flat=False))
    body = {} if _overridden() else _body()
    discovery.check_request(method, body)
    if params.get("alt", "json") != "json":
        raise invalid("The local Workspace answers in JSON only.")
    handler = workspace.handlers.get(method.id)
    if handler is None:
        raise ApiError(501, "notImplemented", f"The local Workspace does not do {method.id}.")
    call = Call(method.id, params, body, token.subject, request.headers.get("If-Match"), token.is_robot)
    mask = partial.parse(params["fields"]) if params.get("fields") else None
    with workspace.lock:
        try:
            answer = handler(call)
        except ApiError:
            raise
        except Exception as error:
            raise ContractBroken(f"{method.id} fell over a request that Google would answer: {error!r}") from error
    discovery.check_response(method, answer)
    if mask is not None and answer is not None and method.response is not None:
        masked: Json = partial.apply(mask, answer, method.api, method.response)
        return masked
    return answer


def strike_before(faults: list[Fault], api: str) -> bool:
    """What must happen before a call is served: wait, or refuse (raises ApiError). True: drop the connection."""
    for fault in faults:
        if fault.kind == "latency":
            time.sleep(fault.latency_ms / 1000)
    for fault in faults:
        error = refusal(fault, api)
        if error is not None:
            raise error
    return any(fault.kind == "drop-before" for fault in faults)


def drop_connection() -> Response:
    """Hang up without an answer. Where there is no socket to close (a test client) this raises ConnectionResetError."""
    connection: socket.socket | None = request.environ.get("werkzeug.socket")
    if connection is None:
        raise ConnectionResetError("the connection was dropped on purpose")
    connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)


def _overridden() -> bool:
    # Google's client sends a GET whose address is too long as a POST of its query (googleapiclient.http).
    return request.method == "POST" and request.headers.get("X-HTTP-Method-Override") == "GET"


def _verb() -> str:
    return "GET" if _overridden() else request.method


def _body() -> Json:
    data = request.get_data()
    if not data:
        return {}
    try:
        body: Any = json.loads(data)
    except ValueError as error:
        raise invalid("Invalid JSON payload received. Parse Error", reason="parseError") from error
    if not isinstance(body, dict):
        raise invalid("Invalid JSON payload received. The root must be an object.", reason="parseError")
    return body


def _json(body: Any, status: int, headers: dict[str, str]) -> Response:
    response = Response(json.dumps(body, ensure_ascii=False), status, headers, mimetype="application/json")
    if isinstance(body, dict) and isinstance(body.get("etag"), str):
        response.headers["ETag"] = body["etag"]
    return response
