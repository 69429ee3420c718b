"""From a verified request to a durable row, and only then an answer.

Request threads hand their row to one writing thread, which commits those that wait together: a commit costs the same
for one row as for sixty, and SQLite has but one writer.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYetError
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from integrations.intake import Posted
from service.logs import failure
from service.store import Added, NewSubmission, Store, StoreUnavailableError, Transaction

MOST_TOGETHER: Final = 64
LONGEST_WAIT: Final = 15.0
"""Seconds until a request that still waits is told to come again. Its row may be kept all the same: the next try is
then a duplicate, which is what the identity of a response is for."""

_ASIDE: Final = Added("", duplicate=True)
"""The answer to bytes that are no submission: there is nothing new to decide."""

log = structlog.get_logger("receive")


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Bytes to be kept, as a submission or as they are, and who waits to know that they were."""

    new: NewSubmission | None
    body: bytes
    at: datetime
    done: Future[Added]


class Receiver:
    """Keeps what comes in. Safe for many threads; ``start`` before use, ``stop`` at the end."""

    def __init__(self, store: Store, wake: Callable[[], None]) -> None:
        """``wake`` is called after each commit that brought something new."""
        self._store = store
        self._wake = wake
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="receiver", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, then end."""
        self._queue.put(None)
        self._thread.join(LONGEST_WAIT)

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def receive(self, posted: Posted, body: bytes, now: datetime) -> Added:
        """Keep a submission; returns once it is durable. StoreUnavailableError if it could not be kept.

        The same response and revision with another content is a duplicate, and its ``body`` is kept for a person.
        """
        submission = posted.submission
        new = NewSubmission(
            source="form",
            form_id=submission.form_id,
            form_title=_plain(submission.form_title or ""),
            response_id=submission.response_id,
            revision=submission.revision,
            content_hash=posted.content_hash,
            submitted_at=posted.submitted_at,
            received_at=now,
            # Sealed here, by the request's own thread: the writing thread has no time to lose.
            body=self._store.cipher.seal(posted.content),
        )

        return self._written(_Waiting(new, body, now, Future()))

    def keep_unreadable(self, body: bytes, now: datetime) -> None:
        """Set aside bytes that were signed but are no submission. StoreUnavailableError if that could not be done."""

        self._written(_Waiting(None, body, now, Future()))

    def _written(self, waiting: _Waiting) -> Added:
        self._queue.put(waiting)
        try:
            return waiting.done.result(LONGEST_WAIT)
        except NotYetError:
            raise StoreUnavailableError("the database is too busy") from None

    def _work(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, ending = [first], False
            while len(batch) < MOST_TOGETHER and not ending:
                try:
                    following = self._queue.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    ending = True
                else:
                    batch.append(following)
            self._commit(batch)
            if ending:
                return

    def _commit(self, batch: list[_Waiting]) -> None:
        try:
            with self._store.write() as tx:
                written = _write(tx, batch)
        except StoreUnavailableError as error:
            for waiting in batch:
                waiting.done.set_exception(error)
            return
        except Exception as error:
            self._apart(batch, error)
            return
        for waiting, added in zip(batch, written, strict=True):
            waiting.done.set_result(added)
        if any(not added.duplicate for added in written):
            self._wake()

    def _apart(self, batch: list[_Waiting], error: Exception) -> None:
        """One row that cannot be written must not take the others with it."""
        if len(batch) == 1:
            log.error("a submission could not be written", **failure(error))
            batch[0].done.set_exception(error)
            return
        for waiting in batch:
            self._commit([waiting])


def _write(tx: Transaction, batch: list[_Waiting]) -> list[Added]:
    """Write a batch; the answers are in its order."""
    answers = iter(tx.submissions.add_all([waiting.new for waiting in batch if waiting.new is not None]))
    written = []
    for waiting in batch:
        added = _ASIDE if waiting.new is None else next(answers)
        if waiting.new is None and not tx.kept.add("unreadable", waiting.body, waiting.at):
            log.warning("unreadable bytes not kept: there are too many already")
        if added.differs:
            tx.kept.add("differs", waiting.body, waiting.at, added.submission_id)
        written.append(added)
    return written


def _plain(title: str) -> str:
    """A title fit for a column of text, which takes neither NUL nor half a surrogate pair."""
    return "".join(character for character in title if character.isprintable())[:200]
