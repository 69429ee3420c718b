"""Effects, cases and submissions to test with."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from standardwebhooks.webhooks import Webhook

import service
from rules.engine.model.effects import Alarm, CalendarEntry, Deadline, Flag, Notice, Task
from service.store import NewSubmission

SAMPLE = Path(service.__file__).parent / "sample_school"
NOW = datetime(2026, 10, 6, 10, 20, tzinfo=UTC)  # a Tuesday
CASE = "B-2026-0001"
_SHARED: dict[str, Any] = {"rules": ("AB-01",), "clauses": ("AB-8e",), "because": "A report was received."}


def notice(key: str = "alert", **changes: Any) -> Notice:
    fields: dict[str, Any] = {
        "key": key,
        "case": CASE,
        "to": "r.calder@northbridge.example",
        "role": "dsl",
        "status": "sent",
        "held_by": None,
        "urgent": False,
        "subject": f"{CASE}: please read",
        "body": "Please read the case.",
        "template": "dsl_alert",
    }
    return Notice(**_SHARED | fields | changes)


def draft(key: str = "letter", **changes: Any) -> Notice:
    held = {"to": "carer@family.example", "status": "draft", "held_by": "head@northbridge.example"}
    return notice(key, **held | changes)


def task(key: str = "task", **changes: Any) -> Task:
    fields = {"key": key, "case": CASE, "role": "dsl", "assignee": "r.calder@northbridge.example"}
    more = {"title": "Speak to party 1", "due": NOW.date(), "state": "open"}
    return Task(**_SHARED | fields | more | changes)


def flag(key: str = "flag", **changes: Any) -> Flag:
    fields = {"key": key, "case": CASE, "name": "unmatched person", "role": "dsl", "evidence": "party 1 is not known"}
    return Flag(**_SHARED | fields | changes)


def entry(key: str = "hearing", **changes: Any) -> CalendarEntry:
    fields: dict[str, Any] = {
        "key": key,
        "case": CASE,
        "action": "create",
        "status": "sent",
        "held_by": None,
        "title": f"{CASE}: meeting",
        "description": "",
        "start": NOW + timedelta(days=7),
        "end": NOW + timedelta(days=7, hours=1),
        "attendees": ("head@northbridge.example",),
        "role": "headteacher",
    }
    return CalendarEntry(**_SHARED | fields | changes)


def deadline(key: str = "first action", **changes: Any) -> Deadline:
    fields: dict[str, Any] = {"key": key, "case": CASE, "id": "first-action", "name": "First action"}
    more = {"due": NOW.date(), "state": "open", "counted": "the same school day", "duty_of": "dsl"}
    return Deadline(**_SHARED | fields | more | changes)


def alarm(key: str = "ladder", **changes: Any) -> Alarm:
    fields: dict[str, Any] = {"key": key, "case": CASE, "at": NOW + timedelta(minutes=15)}
    return Alarm(**_SHARED | fields | {"event": "not acknowledged", "about": "alert", "step": 1} | changes)


def form_submission(**changes: Any) -> NewSubmission:
    fields: dict[str, Any] = {
        "source": "form",
        "form_id": "form-1",
        "form_title": "Bullying incident report",
        "response_id": "r-1",
        "received_at": NOW,
        "body": {"answers": []},
    }
    return NewSubmission(**fields | changes)


def response_body(**changes: Any) -> bytes:
    data: dict[str, Any] = {
        "form_id": "form-1",
        "form_title": "Bullying incident report",
        "response_id": "r-1",
        "revision": 1,
        "submitted_at": "2026-10-06T11:20:00+01:00",
        "respondent_email": "m.ellison@northbridge.example",
        "answers": [{"question_id": "q1", "title": "What happened?", "value": "Name-calling at break."}],
    }
    return json.dumps({"type": "form.submitted", "data": data | changes}).encode()


def signature(secret: str, body: bytes, at: datetime, message: str = "msg_1") -> dict[str, str]:
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message, at, body.decode()),
        "content-type": "application/json",
    }
