"""Submissions: whatever came in, whole, in the order in which it came."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import Dialect, RowMapping, bindparam, func, literal_column, select, update
from sqlalchemy.sql.dml import ReturningInsert

from service.store.cipher import Sealed
from service.store.in_turn import next_id
from service.store.scope import Scope, insert, ours
from service.store.tables import decision, decision_case, submission

Source = Literal["form", "clock", "person"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubmission:
    """What is to be kept. A form's identity is its form, response and revision; any other's is ``dedupe_key``.

    ``body`` is plain JSON values, or the same already sealed by the store's cipher. ``content_hash`` tells two
    different contents of one revision apart; without it, it is taken from the body.
    """

    source: Source
    received_at: datetime
    body: Mapping[str, Any] | Sealed
    form_id: str = ""
    form_title: str = ""
    response_id: str = ""
    revision: int = 1
    dedupe_key: str = ""
    content_hash: str = ""
    submitted_at: datetime | None = None

    def identity(self) -> str:
        """What makes it the same submission again, among those of its school and source. ValueError if nothing does."""
        if self.source == "form":
            named = json.dumps([self.form_id, self.response_id, self.revision])
            return hashlib.sha256(named.encode()).hexdigest()
        if not self.dedupe_key:
            raise ValueError("a submission that is not a form's needs a dedupe_key")
        return self.dedupe_key


@dataclass(frozen=True, slots=True)
class Added:
    """``duplicate``: it was there already; ``differs``: with another content, so that somebody should look."""

    submission_id: str
    duplicate: bool
    differs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSubmission:
    """A submission as it was kept. ``tries``: how often deciding it was begun. Times are UTC."""

    id: str
    source: Source
    form_id: str
    form_title: str
    response_id: str
    revision: int
    dedupe_key: str
    submitted_at: datetime | None
    received_at: datetime
    body: dict[str, Any]
    state: Literal["received", "decided"]
    tries: int


# Written as a literal: SQLite uses a partial index only if it can see the condition when it plans.
_WAITING = ours(submission) & (submission.c.state == literal_column("'received'"))
_IN_TURN = (submission.c.received_at, submission.c.revision, submission.c.id)
_UNDECIDED = select(submission).where(_WAITING).order_by(*_IN_TURN).limit(bindparam("most"))
_ONE_IS = update(submission).where(ours(submission), submission.c.id == bindparam("of_id"))
_BEGIN = _ONE_IS.values(tries=submission.c.tries + 1).returning(submission.c.tries)
_OF_RESPONSE = (
    ours(submission),
    submission.c.form_id == bindparam("form"),
    submission.c.response_id == bindparam("response"),
)
_LATEST = select(func.max(submission.c.revision)).where(*_OF_RESPONSE)
# One within the other, not joined: SQLite would go through every decision of the school.
_DECISIONS = select(decision.c.id).where(
    ours(decision), decision.c.submission_id.in_(select(submission.c.id).where(*_OF_RESPONSE))
)
_LED_TO = (
    select(decision_case.c.case_ref)
    .where(ours(decision_case), decision_case.c.decision_id.in_(_DECISIONS))
    .order_by(decision_case.c.id)
)


@cache
def _keeping(dialect: Dialect) -> ReturningInsert[tuple[str]]:
    once = insert(dialect, submission).on_conflict_do_nothing(index_elements=["school", "source", "dedupe_key"])
    return once.returning(submission.c.id)


class Submissions:
    """The submissions of one school, in one transaction."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def add(self, new: NewSubmission) -> Added:
        """Keep it, unless it is there already."""
        return self.add_all([new])[0]

    def add_all(self, new: Sequence[NewSubmission]) -> list[Added]:
        """Keep those that are not there already, in one statement; the answers are in the order of ``new``."""
        rows = [self._row(one) for one in new]
        if not rows:
            return []
        connection = self._scope.connection
        kept = set(connection.execute(_keeping(connection.dialect), rows).scalars())
        return [Added(row["id"], duplicate=False) if row["id"] in kept else self._duplicate(row) for row in rows]

    def _row(self, new: NewSubmission) -> dict[str, Any]:
        return {
            "id": next_id(),
            "school": self._scope.school,
            "source": new.source,
            "form_id": new.form_id,
            "form_title": new.form_title,
            "response_id": new.response_id,
            "revision": new.revision,
            "dedupe_key": new.identity(),
            "content_hash": new.content_hash or _digest(new.body),
            "submitted_at": new.submitted_at,
            "received_at": new.received_at,
            "body": new.body if isinstance(new.body, bytes) else self._scope.cipher.seal_json(new.body),
            "state": "received",
        }

    def _duplicate(self, row: Mapping[str, Any]) -> Added:
        there = self._scope.connection.execute(
            select(submission.c.id, submission.c.content_hash).where(
                submission.c.school == self._scope.school,
                submission.c.source == row["source"],
                submission.c.dedupe_key == row["dedupe_key"],
            )
        ).one()
        return Added(there.id, duplicate=True, differs=there.content_hash != row["content_hash"])

    def get(self, submission_id: str) -> StoredSubmission | None:
        """The one of this id; None where there is none in this school."""
        found = self._scope.connection.execute(
            select(submission).where(submission.c.school == self._scope.school, submission.c.id == submission_id)
        ).mappings()
        row = found.one_or_none()
        return None if row is None else self._stored(row)

    def undecided(self, limit: int) -> list[StoredSubmission]:
        """Those that wait to be decided, in order of their receipt."""
        rows = self._scope.run(_UNDECIDED, most=limit).mappings()
        return [self._stored(row) for row in rows]

    def of_state(self, state: str) -> list[StoredSubmission]:
        """Those that are received, or decided, in order of their receipt."""
        rows = self._scope.connection.execute(
            select(submission)
            .where(submission.c.school == self._scope.school, submission.c.state == state)
            .order_by(submission.c.received_at, submission.c.revision, submission.c.id)
        ).mappings()
        return [self._stored(row) for row in rows]

    def count_undecided(self) -> int:
        """How many wait to be decided."""
        count = self._scope.run(select(func.count()).where(_WAITING)).scalar_one()
        return int(count)

    def begin(self, submission_id: str) -> int:
        """Note that deciding it begins; returns which try this is. Commit that before the deciding itself."""
        tries = self._scope.run(_BEGIN, of_id=submission_id).scalar_one_or_none()
        if tries is None:
            raise KeyError(submission_id)
        return int(tries)

    def decided(self, submission_id: str) -> None:
        """It waits no more. KeyError where there is no such submission."""
        self._update(submission_id, state="decided")

    def cases_of(self, form_id: str, response_id: str) -> tuple[str, ...]:
        """References of the cases that earlier revisions of this response led to, oldest first."""
        return tuple(dict.fromkeys(self._scope.run(_LED_TO, form=form_id, response=response_id).scalars()))

    def latest_revision(self, form_id: str, response_id: str) -> int | None:
        """The highest revision that was received, decided or not."""
        latest = self._scope.run(_LATEST, form=form_id, response=response_id).scalar_one()
        return None if latest is None else int(latest)

    def of_case(self, ref: str) -> list[StoredSubmission]:
        """Those that were decided on a case, in order of their receipt."""
        chosen = (
            select(decision.c.submission_id)
            .join(decision_case, decision_case.c.decision_id == decision.c.id)
            .where(
                decision.c.school == self._scope.school,
                decision_case.c.school == self._scope.school,
                decision_case.c.case_ref == ref,
            )
        )
        rows = self._scope.connection.execute(
            select(submission)
            .where(submission.c.school == self._scope.school, submission.c.id.in_(chosen))
            .order_by(submission.c.received_at, submission.c.revision, submission.c.id)
        ).mappings()
        return [self._stored(row) for row in rows]

    def keep_only(self, submission_id: str, body: Mapping[str, Any]) -> None:
        """Keep this body in place of the one that came. What makes it the same submission again stays as it was."""
        self._update(submission_id, body=self._scope.cipher.seal_json(body))

    def _update(self, submission_id: str, **values: Any) -> None:
        changed = self._scope.run(_ONE_IS, of_id=submission_id, **values)
        if changed.rowcount != 1:
            raise KeyError(submission_id)

    def _stored(self, row: RowMapping) -> StoredSubmission:
        kept = {name: row[name] for name in StoredSubmission.__dataclass_fields__ if name != "body"}
        return StoredSubmission(**kept, body=_legible(self._scope.cipher.open_json(row["body"])))


def _digest(body: Mapping[str, Any] | Sealed) -> str:
    if isinstance(body, bytes):
        raise ValueError("a sealed body needs its content_hash given")
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _legible(value: Any) -> Any:
    """Half a surrogate pair is kept as it came, but read as a replacement mark: nothing can write it out as UTF-8."""
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list():
            return [_legible(item) for item in value]
        case dict():
            return {_legible(key): _legible(item) for key, item in value.items()}
        case _:
            return value
