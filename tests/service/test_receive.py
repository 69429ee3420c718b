"""Durable before it is answered, many at once, and an honest no when it cannot be kept."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from integrations.intake import read
from service.flows.receive import Receiver
from service.store import Added, NewSubmission, Store, StoreUnavailableError
from service.store import store as store_module
from service.store.submissions import Submissions
from tests.service.samples import NOW, response_body


@pytest.fixture
def woken() -> list[None]:
    return []


@pytest.fixture
def receiver(file_store: Store, woken: list[None]) -> Iterator[Receiver]:
    made = Receiver(file_store, wake=lambda: woken.append(None))
    made.start()
    yield made
    made.stop()


def test_sixteen_threads_each_get_their_own_answer(file_store: Store, receiver: Receiver, woken: list[None]) -> None:
    def send(number: int) -> tuple[str, bool, str]:
        body = response_body(response_id=f"r-{number % 200}")
        added = receiver.receive(read(body), body, NOW)
        with file_store.read() as tx:  # it must be there by the time the answer is
            found = tx.submissions.get(added.submission_id)
        assert found is not None
        return found.response_id, added.duplicate, added.submission_id

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, range(400)))
    assert [answer[0] for answer in answers] == [f"r-{number % 200}" for number in range(400)]
    assert sum(duplicate for _, duplicate, _ in answers) == 200
    assert len({identity for _, _, identity in answers}) == 200
    assert 1 <= len(woken) <= 200
    with file_store.read() as tx:
        assert tx.submissions.count_undecided() == 200


def test_rows_that_wait_are_committed_together(
    file_store: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = []
    original = Store.write

    def counted(self: Store) -> object:
        commits.append(None)
        return original(self)

    with ThreadPoolExecutor(16) as pool:
        with file_store.write():  # while this is open, nobody else can commit
            monkeypatch.setattr(Store, "write", counted)
            bodies = [response_body(response_id=f"r-{number}") for number in range(16)]
            answers = [pool.submit(receiver.receive, read(body), body, NOW) for body in bodies]
            threading.Event().wait(0.3)
        assert not any(answer.result(10).duplicate for answer in answers)
    assert len(commits) <= 2


def test_another_content_of_the_same_revision_is_not_lost(file_store: Store, receiver: Receiver) -> None:
    first, other = response_body(), response_body(answers=[{"question_id": "q1", "value": "Something else."}])
    added = receiver.receive(read(first), first, NOW)
    again = receiver.receive(read(other), other, NOW)
    assert (again.submission_id, again.duplicate) == (added.submission_id, True)
    with file_store.read() as tx:
        (kept,) = tx.kept.listed()
        assert tx.kept.body(kept.id) == other
    assert (kept.reason, kept.size, kept.submission_id) == ("differs", len(other), added.submission_id)


def test_a_locked_database_is_an_honest_no(tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    body = response_body()
    other = sqlite3.connect(tmp_path / "policydesk.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError):
        receiver.receive(read(body), body, NOW)
    other.execute("ROLLBACK")
    other.close()
    assert not receiver.receive(read(body), body, NOW).duplicate
    assert store_module.BUSY_SECONDS < 10


def test_one_bad_row_does_not_take_the_others_with_it(
    file_store: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Submissions.add_all

    def fragile(self: Submissions, new: Sequence[NewSubmission]) -> list[Added]:
        if any(one.response_id == "bad" for one in new):
            raise ZeroDivisionError
        return original(self, new)

    monkeypatch.setattr(Submissions, "add_all", fragile)
    bodies = {name: response_body(response_id=name) for name in ("good", "bad")}
    with ThreadPoolExecutor(4) as pool:
        with file_store.write():
            answers = {name: pool.submit(receiver.receive, read(body), body, NOW) for name, body in bodies.items()}
            threading.Event().wait(0.2)
        assert not answers["good"].result(10).duplicate
        with pytest.raises(ZeroDivisionError):
            answers["bad"].result(10)
