"""Errors for programs, as RFC 9457 asks: application/problem+json."""

from __future__ import annotations

import json
from http import HTTPStatus

from flask import Response


def problem(status: int, detail: str, *, retry_after: int | None = None) -> Response:
    """An error answer. ``detail`` says what is wrong and what to do, without personal data."""
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    answer = Response(json.dumps(content), status, content_type="application/problem+json")
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer
