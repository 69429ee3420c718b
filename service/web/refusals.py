"""What is answered where something cannot be: a page in words to people, RFC 9457 to programs, and no word of any case.

Routing refuses before anything is looked up, so that nothing here can tell a case that is there from one that is not.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import structlog
from flask import Flask, Response, current_app, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from service.logs import failure
from service.web import session as cookie
from service.web.problems import problem

LARGEST_FORM: Final = 64 * 1024
"""Bytes of anything that is posted, but for what sets a limit of its own: the pages' forms are a few hundred."""
_FOR_PROGRAMS: Final = ("/webhooks/", "/healthz", "/readyz", "/metrics")

NO_SUCH_PAGE: Final = "There is no such page"
NO_SUCH_PAGE_LINES: Final = (
    "There is nothing at this address, or nothing for you. Look whether it was typed or copied in full.",
    "If you think that there should be, go by your list of cases, or ask whoever sent you the address. If a child may "
    "be at risk, do not look any further: speak to the designated safeguarding lead.",
)
_IN_WORDS: Final = {
    400: ("That could not be read", "Nothing was done. Open the page again, and use its own buttons."),
    405: ("That cannot be done here", "Nothing was done. Open the page again, and use its own buttons."),
    413: ("That was too much", "It was larger than anything that these pages ask for. Nothing was done with it."),
    500: (
        "Something went wrong here",
        "That has been logged. If you were doing something, look at the case before you do it again: it may be "
        "recorded already. If it goes wrong again, tell whoever looks after policydesk at your school.",
        "If a child may be at risk, do not wait for this page: speak to the designated safeguarding lead.",
    ),
}
_OTHERWISE: Final = "Nothing was done. Go back and try again; if it happens again, tell whoever looks after policydesk."

log = structlog.get_logger("web")


class Web(Flask):
    """The web application: whatever it refuses, it says in words, and its own failures are logged without people."""

    def __init__(self, name: str) -> None:
        super().__init__(name, static_folder=None)
        self.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM
        self.register_error_handler(HTTPException, _refused)

    def log_exception(self, exc_info: Any) -> None:
        """Only what kind of error and where: its text may quote what somebody wrote."""
        log.error("a request failed", **failure(exc_info[1]))


def refusal_page(status: int, title: str, *lines: str) -> Response:
    """A page that says what is wrong and what to do, kept nowhere."""
    return cookie.guard(make_response(render_template("message.html", title=title, lines=lines), status))


def _refused(error: HTTPException) -> Response:
    status = error.code or 500
    if request.path.startswith(_FOR_PROGRAMS) or "console" not in current_app.blueprints:
        answer = problem(status, error.description or "")
    elif status == HTTPStatus.NOT_FOUND:
        answer = refusal_page(status, NO_SUCH_PAGE, *NO_SUCH_PAGE_LINES)
    else:
        title, *lines = _IN_WORDS.get(status, (HTTPStatus(status).phrase, _OTHERWISE))
        answer = refusal_page(status, title, *lines)
    answer.headers.extend((name, value) for name, value in error.get_headers() if name in ("Allow", "Retry-After"))
    return answer
