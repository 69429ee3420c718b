"""The ledger: every effect, how far its delivery came, and when it is due."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Literal, TypedDict, Unpack
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, RowMapping, case, func, literal_column, select, update
from sqlalchemy import insert as plain_insert

from rules.engine.effects import Alarm, AnyEffect, Deadline, Notice, from_json, to_json
from service.store.scope import Scope
from service.store.tables import action, attempt

State = Literal["pending", "done", "held", "dead", "cancelled", "none"]

DELIVERED = ("notice", "task", "calendar", "flag")
"""Kinds that reach the outside world."""

CLOCKS = ("deadline", "alarm")
"""Kinds that wait for their hour and then become an event."""

_SPACE = uuid.UUID("6d2b9a9e-6a55-5d0e-9a7b-0d3d6f9a1c11")
_LONDON = ZoneInfo("Europe/London")


class Progress(TypedDict, total=False):
    """How far a delivery came, in the words of ``Action``."""

    step: str
    remote_id: str | None
    remote_version: int
    place: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One effect in the ledger. ``step``: how far its delivery came. ``place``: the mailbox or calendar it stands in.

    ``version`` counts the effect's changes, ``content_version`` is the last that changed what a recipient would read,
    ``remote_version`` the one that the outside copy was made of. ``due_at`` is when it ought to happen, ``try_at``
    when it will next be tried.
    """

    id: str
    case_ref: str | None
    submission_id: str | None
    kind: str
    urgent: bool
    effect: AnyEffect
    state: State
    due_at: datetime | None
    try_at: datetime | None
    attempts: int
    step: str
    remote_id: str | None
    place: str | None
    version: int
    content_version: int
    remote_version: int
    created_at: datetime
    updated_at: datetime

    @property
    def key(self) -> str:
        return self.effect.key


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at delivering. ``reason`` is a short code."""

    at: datetime
    outcome: str
    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Backlog:
    """What ought to have been delivered by now and was not; ``dead`` are those that were given up."""

    undelivered: int
    oldest_due: datetime | None
    dead: int


def action_id(school: str, case_ref: str | None, submission_id: str | None, key: str) -> str:
    """The identity of an effect: within its case or, where there is none, within the submission that led to it."""
    within = f"case {case_ref}" if case_ref else f"submission {submission_id}"
    return str(uuid.uuid5(_SPACE, "\0".join((school, within, key))))


class Actions:
    """The ledger of one school, in one transaction."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def put(self, effect: AnyEffect, submission_id: str | None, at: datetime, due_at: datetime | None = None) -> bool:
        """Keep an effect. The same key and content again changes nothing, and returns False.

        A changed effect becomes pending again (a clock that was met or cancelled: done or cancelled). ``due_at``:
        when it falls due, if not at once (for a clock: at its own time).
        """
        identity = action_id(self._scope.school, effect.case, submission_id, effect.key)
        content = to_json(effect)
        there = self._row(identity)
        state, due = _start(effect, at, due_at)
        values: dict[str, Any] = {
            "payload": self._scope.cipher.seal_json(content),
            "urgent": isinstance(effect, Notice) and effect.urgent,
            "state": state,
            "due_at": due,
            "try_at": due,
            "attempts": 0,
            "submission_id": submission_id,
            "updated_at": at,
        }
        if there is None:
            self._scope.connection.execute(plain_insert(action), self._new(identity, effect, values, at))
            return True
        before = self._scope.cipher.open_json(there["payload"])
        if before == content:
            return False
        version = there["version"] + 1
        values |= {"version": version}
        if _content(before) != _content(content):
            values |= {"content_version": version}
        self._scope.connection.execute(update(action).where(self._is(identity)).values(**values))
        return True

    def get(self, identity: str) -> Action | None:
        row = self._row(identity)
        return None if row is None else self._action(row)

    def by_key(self, case_ref: str, key: str) -> Action | None:
        return self.get(action_id(self._scope.school, case_ref, None, key))

    def of_case(self, ref: str) -> list[Action]:
        """Everything made on a case, in the order in which it was first made."""
        return self._actions(action.c.case_ref == ref)

    def of_submission(self, submission_id: str) -> list[Action]:
        """Everything that this submission was the last to change."""
        return self._actions(action.c.submission_id == submission_id)

    def of_state(self, state: State, kinds: Collection[str] | None = None) -> list[Action]:
        """Those of a state, such as ``dead`` or ``held``, oldest first."""
        wanted = action.c.state == state
        return self._actions(wanted if kinds is None else wanted & action.c.kind.in_(kinds))

    def due(self, kinds: Collection[str], now: datetime, limit: int) -> list[Action]:
        """Pending ones whose time has come: urgent ones first, then by their time."""
        found: list[Action] = []
        for urgent in (True, False):
            if len(found) < limit:
                query = (
                    select(action)
                    .where(self._pending(kinds), action.c.urgent.is_(urgent), action.c.try_at <= now)
                    .order_by(action.c.try_at)
                    .limit(limit - len(found))
                )
                found += [self._action(row) for row in self._scope.connection.execute(query).mappings()]
        return found

    def next_due(self, kinds: Collection[str]) -> datetime | None:
        """When the next pending one is to be tried."""
        times: list[datetime] = []
        for urgent in (True, False):
            times += self._scope.connection.execute(
                select(action.c.try_at)
                .where(self._pending(kinds), action.c.urgent.is_(urgent))
                .order_by(action.c.try_at)
                .limit(1)
            ).scalars()
        return min(times, default=None)

    def mark(
        self,
        identity: str,
        *,
        version: int,
        at: datetime,
        state: State | None = None,
        try_at: datetime | None = None,
        attempts: int | None = None,
        **progress: Unpack[Progress],
    ) -> bool:
        """Note how far a delivery came. Returns False if the effect changed meanwhile: then it stays pending.

        ``progress`` is true of the outside world, so it is kept in any case;
        ``state``, ``try_at`` and ``attempts`` only if the effect is still at ``version``.
        """
        same = action.c.version == version
        values: dict[str, Any] = {**progress, "updated_at": at}
        for name, value in (("state", state), ("try_at", try_at), ("attempts", attempts)):
            if value is not None:
                values[name] = case((same, value), else_=action.c[name])
        self._scope.connection.execute(update(action).where(self._is(identity)).values(**values))
        now_at = self._scope.connection.execute(select(action.c.version).where(self._is(identity))).scalar_one()
        return bool(now_at == version)

    def cancel(self, identity: str, at: datetime) -> None:
        """A clock that need not be asked about any more, or an action that nobody wants delivered now."""
        self._scope.connection.execute(
            update(action)
            .where(self._is(identity), action.c.state.in_(("pending", "held", "dead")))
            .values(state="cancelled", updated_at=at)
        )

    def revive(self, identity: str, at: datetime) -> None:
        """A person asks for a dead one to be tried again."""
        self._scope.connection.execute(
            update(action)
            .where(self._is(identity), action.c.state == "dead")
            .values(state="pending", attempts=0, try_at=at, updated_at=at)
        )

    def attempted(self, identity: str, attempt_: Attempt) -> None:
        row = {"school": self._scope.school, "action_id": identity, "at": attempt_.at, "outcome": attempt_.outcome}
        row |= {"reason": attempt_.reason, "seconds": attempt_.seconds}
        self._scope.connection.execute(plain_insert(attempt), row)

    def attempts_of(self, identity: str) -> list[Attempt]:
        rows = self._scope.connection.execute(
            select(attempt.c.at, attempt.c.outcome, attempt.c.reason, attempt.c.seconds)
            .where(attempt.c.school == self._scope.school, attempt.c.action_id == identity)
            .order_by(attempt.c.id)
        )
        return [Attempt(*row) for row in rows]

    def backlog(self, now: datetime) -> Backlog:
        late = self._scope.connection.execute(
            select(func.count(), func.min(action.c.due_at)).where(self._pending(DELIVERED), action.c.due_at <= now)
        ).one()
        dead = self._scope.connection.execute(
            select(func.count()).where(action.c.school == self._scope.school, action.c.state == "dead")
        ).scalar_one()
        return Backlog(late[0], late[1], dead)

    def _is(self, identity: str) -> ColumnElement[bool]:
        return (action.c.school == self._scope.school) & (action.c.id == identity)

    def _pending(self, kinds: Collection[str]) -> ColumnElement[bool]:
        # Written as a literal: SQLite uses a partial index only if it can see the condition when it plans.
        waiting = action.c.state == literal_column("'pending'")
        return (action.c.school == self._scope.school) & waiting & action.c.kind.in_(kinds)

    def _row(self, identity: str) -> RowMapping | None:
        return self._scope.connection.execute(select(action).where(self._is(identity))).mappings().one_or_none()

    def _actions(self, wanted: ColumnElement[bool]) -> list[Action]:
        query = select(action).where(action.c.school == self._scope.school, wanted)
        query = query.order_by(action.c.created_at, action.c.id)
        return [self._action(row) for row in self._scope.connection.execute(query).mappings()]

    def _new(self, identity: str, effect: AnyEffect, values: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        return {
            "id": identity,
            "school": self._scope.school,
            "case_ref": effect.case,
            "kind": effect.kind,
            "step": "",
            "version": 1,
            "content_version": 1,
            "remote_version": 0,
            "created_at": at,
            **values,
        }

    def _action(self, row: RowMapping) -> Action:
        kept = {name: row[name] for name in Action.__dataclass_fields__ if name != "effect"}
        return Action(**kept, effect=from_json(self._scope.cipher.open_json(row["payload"])))


def _start(effect: AnyEffect, at: datetime, due_at: datetime | None) -> tuple[State, datetime | None]:
    match effect:
        case Deadline(state="open"):
            return "pending", due_at or end_of(effect.due)
        case Deadline(state="paused" | "cancelled"):
            return "cancelled", None
        case Deadline():
            return "done", None
        case Alarm():
            return "pending", due_at or effect.at
        case _ if effect.kind in DELIVERED:
            return "pending", due_at or at
        case _:
            return "none", None


def _content(payload: Mapping[str, Any]) -> object:
    """What the recipient of a notice would read; for the other kinds, everything."""
    return [payload[name] for name in ("to", "subject", "body")] if payload["kind"] == "notice" else payload


def end_of(due: date | datetime) -> datetime:
    """The moment at which it is too late: a day lasts until its end in Europe/London."""
    if isinstance(due, datetime):
        return due
    return datetime.combine(due, time(23, 59, 59), _LONDON).astimezone(UTC)
