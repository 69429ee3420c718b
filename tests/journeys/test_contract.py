"""Every row of the webhook's table, against the service that is running; the details are in tests/service."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.journeys.arrived import references, subjects
from tests.journeys.running import Running, policies, settled
from tests.service.samples import response_body, signature

PATH = "/webhooks/google-forms"
MEBIBYTE = 1024 * 1024
DSL = "r.calder@northbridge.example"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with settled(tmp_path_factory.mktemp("contract") / "place") as made:
        made.start()
        yield made


def body_of(response: str, **changes: Any) -> bytes:
    """A report in which everything is well but for ``changes``."""
    form = policies().forms["bullying-report"]
    title = "What happened?"
    question = next(question for question in form.questions if question.title == title)
    answers = [{"question_id": question.id, "title": title, "value": "Name-calling at break."}]
    fields: dict[str, Any] = {"form_id": form.id, "submitted_at": datetime.now(UTC).isoformat(), "answers": answers}
    return response_body(**fields | {"response_id": response} | changes)


def post(running: Running, body: bytes, headers: Mapping[str, str] | None = None) -> requests.Response:
    """Post it, signed unless headers are given."""
    signed = signature(running.place.webhook_secret, body, datetime.now(UTC)) if headers is None else headers
    return requests.post(running.place.address + PATH, data=body, headers=dict(signed), timeout=30)


def test_accepted_once_and_again(running: Running) -> None:
    first, again = (post(running, body_of("accepted")) for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == {"submission_id": first.json()["submission_id"], "duplicate": False}
    assert again.json() == first.json() | {"duplicate": True}
    with running.store() as store, store.read() as tx:
        assert tx.submissions.get(first.json()["submission_id"]) is not None


def test_a_signature_that_is_not_right_is_401(running: Running) -> None:
    body, now, secret = body_of("unsigned"), datetime.now(UTC), running.place.webhook_secret
    good = signature(secret, body, now)
    for headers in (
        {"content-type": "application/json"},
        good | {"webhook-signature": "v1," + "A" * 43 + "="},
        good | {"webhook-signature": "nonsense"},
        signature(secret, body, now - timedelta(minutes=6)),
        signature(secret, body + b" ", now),
    ):
        problem(post(running, body, headers), 401)
    with running.store() as store, store.read() as tx:
        assert tx.submissions.latest_revision(policies().forms["bullying-report"].id, "unsigned") is None


def test_what_is_not_a_submission_is_400_and_its_bytes_are_kept(running: Running) -> None:
    bodies = [b"not JSON", b"[1, 2]", body_of("opened").replace(b"form.submitted", b"form.opened"), b'{"data": 1}']
    for body in bodies:
        problem(post(running, body), 400)
    with running.store() as store, store.read() as tx:
        assert {tx.kept.body(kept.id) for kept in tx.kept.listed() if kept.reason == "unreadable"} >= set(bodies)


def test_more_than_a_mebibyte_is_413(running: Running) -> None:
    problem(post(running, b"x" * (MEBIBYTE + 1)), 413)


def test_without_the_database_it_is_503_and_the_same_again_is_accepted(running: Running) -> None:
    file = running.environment["POLICYDESK_DATABASE_URL"].removeprefix("sqlite:///")
    running.settle()
    with closing(sqlite3.connect(file, isolation_level=None)) as elsewhere:
        elsewhere.execute("BEGIN EXCLUSIVE")
        answer = post(running, body_of("busy"))
        elsewhere.execute("ROLLBACK")
    problem(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0
    assert post(running, body_of("busy")).json()["duplicate"] is False


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("unknown-form", {"form_id": "nobody-has-mapped-this"}),
        ("unknown-question", {"answers": [{"question_id": "new", "title": "A new question", "value": "An answer."}]}),
        ("number", {"answers": [{"question_id": "new", "title": "What happened?", "value": 7}]}),
        ("null", {"answers": [{"question_id": "new", "title": "What happened?", "value": None}]}),
        ("bad-date", {"answers": [{"question_id": "", "title": "When did it happen?", "value": "the day before"}]}),
        ("bad-submitted-at", {"submitted_at": "yesterday"}),
        ("long", {"answers": [{"question_id": "", "title": "What happened?", "value": "word " * 180_000}]}),
    ],
)
def test_what_is_odd_is_202_kept_whole_and_a_person_is_told(running: Running, name: str, changes: Any) -> None:
    before = len(subjects(running.settle(), DSL))
    body = body_of(name, **changes)
    answer = post(running, body)
    assert answer.status_code == 202
    state = running.settle()
    told = subjects(state, DSL)[before:]
    assert told, "nobody was told"
    assert references(state, DSL)
    with running.store() as store, store.read() as tx:
        kept = tx.submissions.get(answer.json()["submission_id"])
        assert kept is not None
        assert kept.state == "decided"
        assert kept.body["answers"] == json.loads(body)["data"]["answers"]
    assert state["violations"] == []


def problem(answer: requests.Response, status: int) -> None:
    """An error is told as RFC 9457 says."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
