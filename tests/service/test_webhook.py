"""Every row of the webhook's table, through the application."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from integrations.intake import Verifier
from service.flows.receive import Receiver
from service.store import Store, StoredSubmission
from service.web.health import Metrics, health
from service.web.intake import LARGEST, PATH, intake
from service.web.refusals import Web
from tests.service.samples import NOW, notice, response_body, signature


@dataclass
class Desk:
    """The application, and the other end of the connector."""

    client: Client
    store: Store
    secret: str

    def post(self, body: bytes, headers: dict[str, str] | None = None, **more: Any) -> TestResponse:
        given = signature(self.secret, body, NOW) if headers is None else headers
        return self.client.post(PATH, data=body, headers=given, **more)

    def stored(self) -> list[StoredSubmission]:
        with self.store.read() as tx:
            return tx.submissions.undecided(100)


@pytest.fixture
def desk(file_store: Store, secret: str) -> Iterator[Desk]:
    receiver, metrics = Receiver(file_store, wake=lambda: None), Metrics()
    receiver.start()
    app = Web("test")
    app.register_blueprint(intake(receiver, Verifier([secret]), lambda: NOW, metrics.answered))
    app.register_blueprint(health(file_store, metrics, lambda: NOW, lambda: {"receiver": receiver.is_alive()}))
    yield Desk(Client(app), file_store, secret)
    receiver.stop()


def refusal(answer: TestResponse) -> tuple[int, str]:
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert {"type", "title", "status", "detail"} <= set(answer.json)
    assert answer.json["status"] == answer.status_code
    return answer.status_code, answer.json["detail"]


def test_accepted_and_on_disk(desk: Desk) -> None:
    answer = desk.post(response_body())
    assert answer.status_code == 202
    (kept,) = desk.stored()
    assert answer.json == {"submission_id": kept.id, "duplicate": False}
    assert kept.body == json.loads(response_body())["data"]


def test_the_same_again_is_a_duplicate_and_a_revision_is_not(desk: Desk) -> None:
    first, again, revised = (desk.post(response_body(revision=revision)) for revision in (1, 1, 2))
    assert again.json == {"submission_id": first.json["submission_id"], "duplicate": True}  # type: ignore[index]
    assert revised.json is not None
    assert revised.json["duplicate"] is False
    assert [kept.revision for kept in desk.stored()] == [1, 2]


@pytest.mark.parametrize("broken", ["none", "wrong", "stale", "early", "malformed", "other body", "no id"])
def test_a_signature_that_is_not_right(desk: Desk, broken: str) -> None:
    body = response_body()
    good = signature(desk.secret, body, NOW)
    headers = {
        "none": {"content-type": "application/json"},
        "wrong": good | {"webhook-signature": "v1," + "A" * 43 + "="},
        "stale": signature(desk.secret, body, NOW - timedelta(seconds=301)),
        "early": signature(desk.secret, body, NOW + timedelta(seconds=301)),
        "malformed": good | {"webhook-signature": "v1"},
        "other body": signature(desk.secret, body + b" ", NOW),
        "no id": {name: value for name, value in good.items() if name != "webhook-id"},
    }[broken]
    assert refusal(desk.post(body, headers))[0] == 401
    assert desk.stored() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b"[]",
        b'{"type": "form.submitted", "data": {}}',
        response_body().replace(b"form.submitted", b"form.opened"),
        response_body(revision="one"),
        response_body(form_id=None),
    ],
)
def test_another_shape_is_refused_and_kept_for_a_person(desk: Desk, body: bytes) -> None:
    assert refusal(desk.post(body))[0] == 400
    with desk.store.read() as tx:
        assert [tx.kept.body(kept.id) for kept in tx.kept.listed()] == [body]
    assert desk.stored() == []


def test_bytes_that_are_not_text_are_refused(desk: Desk) -> None:
    assert refusal(desk.post(b"\xff\xfe", signature(desk.secret, b"{}", NOW)))[0] == 401


@pytest.mark.parametrize("extra", [0, 1])
def test_one_mebibyte_is_the_limit(desk: Desk, extra: int) -> None:
    answers = [{"question_id": "q1", "value": ""}]
    body = response_body(answers=answers)
    answers[0]["value"] = "x" * (LARGEST - len(body) + extra)
    body = response_body(answers=answers)
    assert len(body) == LARGEST + extra
    answer = desk.post(body)
    assert answer.status_code == (413 if extra else 202)
    assert len(desk.stored()) == 1 - extra


@pytest.mark.parametrize(
    "changes",
    [
        {"form_id": "nobody knows this form"},
        {"answers": [{"question_id": "unknown", "title": "?", "value": "x"}]},
        {"answers": [{"question_id": "q1", "value": 5}, {"question_id": "q2", "value": None}, {"question_id": "q3"}]},
        {"answers": [{"question_id": "q1", "value": "31 February"}]},
        {"answers": [{"question_id": "q1", "value": "x" * 900_000}]},
        {"answers": [{"question_id": "q1", "value": "\0 👍"}]},
        {"answers": []},
        {"submitted_at": "the day before yesterday"},
        {"submitted_at": None},
        {"submitted_at": "9999-12-31T23:59:59-23:00"},
        {"respondent_email": None},
    ],
)
def test_the_odd_is_accepted_whole(desk: Desk, changes: dict[str, Any]) -> None:
    assert desk.post(response_body(**changes)).status_code == 202
    (kept,) = desk.stored()
    assert {name: kept.body[name] for name in changes} == changes


def test_half_an_emoji_is_accepted_and_read_as_a_mark(desk: Desk) -> None:
    body = response_body(form_title="Title\0 \ud83d", answers=[{"question_id": "q1", "value": "\ud83d"}])
    assert desk.post(body).status_code == 202
    (kept,) = desk.stored()
    assert (kept.form_title, kept.body["answers"][0]["value"]) == ("Title ", "\ufffd")


def test_a_locked_database_is_said_so(desk: Desk, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "policydesk.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = desk.post(response_body())
    other.execute("ROLLBACK")
    other.close()
    assert refusal(answer)[0] == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert desk.post(response_body()).json == {"submission_id": desk.stored()[0].id, "duplicate": False}


def test_only_posting_is_possible(desk: Desk) -> None:
    assert refusal(desk.client.get(PATH))[0] == 405


def test_health_says_how_much_waits_and_nothing_of_whom(desk: Desk) -> None:
    assert desk.client.get("/healthz").json == {"status": "ok"}
    ready = desk.client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json == {
        "status": "ready",
        "stopped": None,
        "undelivered": 0,
        "oldest_due_seconds": None,
        "dead": 0,
        "undecided": 0,
        "set_aside": 0,
    }
    desk.post(response_body())
    with desk.store.write() as tx:
        tx.actions.put(notice(), None, NOW - timedelta(seconds=90))
        tx.actions.put(notice("later"), None, NOW, NOW + timedelta(hours=1))
    assert (desk.client.get("/readyz").json or {})["oldest_due_seconds"] == 90
    metrics = desk.client.get("/metrics").get_data(as_text=True)
    assert "policydesk_undelivered 1.0" in metrics
    assert "policydesk_undecided 1.0" in metrics
    assert 'policydesk_webhook_answers_total{status="202"} 1.0' in metrics
    assert "@" not in metrics
