"""Where the forms' connector posts responses: verified, kept, and only then answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from flask import Blueprint, Request, Response, jsonify, request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from integrations.intake import ShapeError, SignatureError, Verifier, read
from service.flows.receive import Receiver
from service.store import StoreUnavailableError
from service.web.problems import problem

LARGEST: Final = 1024 * 1024
RETRY_AFTER: Final = 5
PATH: Final = "/webhooks/google-forms"


def intake(
    receiver: Receiver,
    verifier: Verifier,
    clock: Callable[[], datetime],
    count: Callable[[int], None] = lambda status: None,
) -> Blueprint:
    """The route of the webhook. ``count`` is told the status of each answer."""
    routes = Blueprint("intake", __name__)

    @routes.post(PATH)
    def google_forms() -> Response:
        return _answer(request, receiver, verifier, clock())

    @routes.after_app_request
    def counted(answer: Response) -> Response:
        if request.path == PATH:
            count(answer.status_code)
        return answer

    return routes


def _answer(arrived: Request, receiver: Receiver, verifier: Verifier, now: datetime) -> Response:
    # A body without a stated length is cut at the limit, with no error: one byte more tells the two apart.
    arrived.max_content_length = LARGEST + 1
    try:
        body = arrived.get_data(cache=False)
        if len(body) > LARGEST:
            raise RequestEntityTooLarge
    except RequestEntityTooLarge:
        return problem(413, f"The body is larger than {LARGEST} bytes.")
    except ClientDisconnected:
        return problem(400, "The body ended before it was whole.")
    try:
        verifier.verify({name.lower(): value for name, value in arrived.headers.items()}, body, now)
    except SignatureError as error:
        return problem(401, f"The signature was not accepted: {error}.")
    try:
        try:
            posted = read(body)
        except ShapeError as error:
            receiver.keep_unreadable(body, now)
            return problem(400, f"Kept for a person to look at, but not accepted: {error}.")
        added = receiver.receive(posted, body, now)
    except StoreUnavailableError:
        return problem(503, "Nothing was kept: the database is not available. Send it again.", retry_after=RETRY_AFTER)
    answer = jsonify(submission_id=added.submission_id, duplicate=added.duplicate)
    answer.status_code = 202
    return answer
