"""Bytes that were not what was expected, kept for a person to look at."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, func, select, update

from service.store.scope import Scope, insert
from service.store.tables import kept_bytes

Reason = Literal["unreadable", "differs"]

MOST_UNREADABLE = 500
MOST_UNREADABLE_BYTES = 64 * 1024 * 1024
MOST_UNREADABLE_AN_HOUR = 100
"""A flood of rubbish must not fill the disk on which reports are kept. The first ones tell as much as all of them."""


@dataclass(frozen=True, slots=True)
class KeptBytes:
    """What came, when, and why it was set aside. ``size`` in bytes.

    ``submission_id``: of which response it is another content.
    """

    id: int
    at: datetime
    reason: Reason
    size: int
    submission_id: str | None


class Kept:
    """The bytes set aside for one school, in one transaction."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def add(self, reason: Reason, body: bytes, at: datetime, submission_id: str | None = None) -> bool:
        """Set them aside, once. Returns False if too many unreadable ones wait already.

        Another content of a response that we have is never turned away: it may be somebody's report.
        """
        if reason == "unreadable" and self._is_full(len(body), at):
            return False
        row = {
            "school": self._scope.school,
            "at": at,
            "reason": reason,
            "digest": hashlib.sha256(body).hexdigest(),
            "size": len(body),
            "body": self._scope.cipher.seal(body),
            "submission_id": submission_id,
        }
        statement = insert(self._scope.connection.dialect, kept_bytes)
        self._scope.connection.execute(
            statement.on_conflict_do_nothing(index_elements=["school", "digest", "reason"]), row
        )
        return True

    def listed(self) -> list[KeptBytes]:
        """Everything that nobody has dealt with, oldest first; what stands in it, ``body`` says."""
        wanted = (kept_bytes.c[name] for name in KeptBytes.__dataclass_fields__)
        query = select(*wanted).where(self._waiting()).order_by(kept_bytes.c.id)
        return [KeptBytes(*row) for row in self._scope.connection.execute(query)]

    def count(self) -> int:
        """How many there are that nobody has dealt with."""
        return self._scope.connection.execute(select(func.count()).where(self._waiting())).scalar_one()

    def dealt_with(self, number: int, at: datetime) -> None:
        """A person has dealt with the one of this number. Its content stays."""
        settled = update(kept_bytes).where(self._waiting(), kept_bytes.c.id == number).values(dealt_with_at=at)
        self._scope.connection.execute(settled)

    def body(self, number: int) -> bytes | None:
        """What stands in the one of this number; None where there is none."""
        query = select(kept_bytes.c.body).where(kept_bytes.c.school == self._scope.school, kept_bytes.c.id == number)
        sealed = self._scope.connection.execute(query).scalar_one_or_none()
        return None if sealed is None else self._scope.cipher.open(sealed)

    def _is_full(self, size: int, at: datetime) -> bool:
        ours = self._waiting() & (kept_bytes.c.reason == "unreadable")
        connection = self._scope.connection
        number, total = connection.execute(
            select(func.count(), func.coalesce(func.sum(kept_bytes.c.size), 0)).where(ours)
        ).one()
        lately = connection.execute(
            select(func.count()).where(ours, kept_bytes.c.at > at - timedelta(hours=1))
        ).scalar_one()
        return bool(
            number >= MOST_UNREADABLE or total + size > MOST_UNREADABLE_BYTES or lately >= MOST_UNREADABLE_AN_HOUR
        )

    def _waiting(self) -> ColumnElement[bool]:
        return (kept_bytes.c.school == self._scope.school) & kept_bytes.c.dealt_with_at.is_(None)
