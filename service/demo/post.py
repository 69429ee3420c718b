"""Posts a sample response to the webhook, signed as the connector signs it."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime

import requests
from standardwebhooks import Webhook

from rules.engine.model.form import Form
from service.demo.samples import Sample

SECONDS = 10


def post(
    address: str,
    secret: str,
    form: Form,
    sample: Sample,
    at: datetime,
    *,
    revision: int = 1,
    response: str = "",
    signed_at: datetime | None = None,
) -> str:
    """Send it; returns the submission's id. Raises requests.HTTPError where it is not accepted.

    ``response`` is the id of the response that is sent again or edited; a new one if it is empty. ``signed_at``:
    the time by the service's clock, where that is not the machine's.
    """
    ids = {question.title: question.id for question in form.questions}
    body = json.dumps(
        {
            "type": "form.submitted",
            "data": {
                "form_id": form.id,
                "form_title": form.title,
                "response_id": response or secrets.token_hex(12),
                "revision": revision,
                "submitted_at": at.isoformat(),
                "respondent_email": sample.respondent,
                "answers": [
                    {"question_id": ids[title], "title": title, "value": value}
                    for title, value in sample.answers.items()
                ],
            },
        }
    )
    message, signed = f"msg_{secrets.token_hex(8)}", signed_at or datetime.now(UTC)
    headers = {
        "content-type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": str(int(signed.timestamp())),
        "webhook-signature": Webhook(secret).sign(message, signed, body),
    }
    answer = requests.post(f"{address}/webhooks/google-forms", body.encode(), headers=headers, timeout=SECONDS)
    answer.raise_for_status()
    return str(answer.json()["submission_id"])
