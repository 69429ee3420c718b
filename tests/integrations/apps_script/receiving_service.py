"""A small service that keeps the webhook's contract: enough to hold the connector to it, and nothing behind it.

Signatures are verified by the PyPI package `standardwebhooks`, which knows nothing of the connector's own signing.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

DATA_FIELDS = {"form_id", "form_title", "response_id", "revision", "submitted_at", "respondent_email", "answers"}


class ReceivingService:
    """What was accepted, and how the next messages are to be answered.

    `answers_with` holds (status, headers) for the coming requests, one each, before anything else is looked at; None
    for one that is to be answered as the contract says.
    """

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.accepted: dict[tuple[str, int], dict[str, Any]] = {}
        self.duplicates = 0
        self.message_ids: list[str] = []
        self.answers_with: list[tuple[int, dict[str, str]] | None] = []
        self.address = ""

    def receive(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], dict[str, Any]]:
        wished = self.answers_with.pop(0) if self.answers_with else None
        if wished is not None:
            return *wished, {"title": "as the test wishes"}
        try:
            Webhook(self.secret).verify(body, headers)
        except (WebhookVerificationError, ValueError):
            return 401, {}, {"title": "signature"}
        message = json.loads(body)
        if not is_submission(message):
            return 400, {}, {"title": "not a submission"}
        data = message["data"]
        key = (data["response_id"], data["revision"])
        duplicate = key in self.accepted
        self.duplicates += duplicate
        self.accepted.setdefault(key, data)
        self.message_ids.append(headers["webhook-id"])
        return 202, {}, {"submission_id": "/".join(map(str, key)), "duplicate": duplicate}


def is_submission(message: Any) -> bool:
    """Whether a message has exactly the shape that the contract gives it."""
    if not isinstance(message, dict) or message.get("type") != "form.submitted":
        return False
    data = message["data"]
    return (
        set(data) == DATA_FIELDS
        and type(data["revision"]) is int
        and datetime.fromisoformat(data["submitted_at"]).tzinfo is not None
        and all(set(answer) == {"question_id", "title", "value"} for answer in data["answers"])
        and all(is_value(answer["value"]) for answer in data["answers"])
    )


def is_value(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(each, str) for each in value))


@contextmanager
def listening(service: ReceivingService) -> Iterator[ReceivingService]:
    """Serves on a free port of the loopback until the block ends; sets `service.address`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found = self.path == "/webhooks/google-forms"
            status, extra, reply = service.receive(headers, body) if found else (404, {}, {})
            payload = json.dumps(reply).encode()
            self.send_response(status)
            for name, value in {**extra, "Content-Length": str(len(payload))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: the tests look at what was accepted."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    service.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
