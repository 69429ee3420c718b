"""The ledger: every effect, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Unpack

from sqlalchemy import ColumnElement, Row, RowMapping, bindparam, case, func, literal_column, select, true, update
from sqlalchemy import insert as plain_insert

from rules.engine.model.effects import AnyEffect, Notice, Task, from_json, to_json
from service.store.action import (
    DELIVERED,
    Action,
    Attempt,
    Backlog,
    Progress,
    State,
    action_id,
    content_of,
    start_of,
)
from service.store.scope import OF_SCHOOL, Scope, ours
from service.store.tables import action, attempt

# Written as a literal: SQLite uses a partial index only if it can see the condition when it plans.
_PENDING = ours(action) & (action.c.state == literal_column("'pending'"))
_PENDING_OF_KINDS = _PENDING & action.c.kind.in_(bindparam("kinds", expanding=True))
_IN_TURN = (action.c.created_at, action.c.id)
_ONE = select(action).where(ours(action), action.c.id == bindparam("of_id"))
_OF_CASE = select(action).where(ours(action), action.c.case_ref == bindparam("ref")).order_by(*_IN_TURN)
_EFFECTS_OF_CASE = _OF_CASE.with_only_columns(action.c.payload)
_TASKS_OF_CASE = _EFFECTS_OF_CASE.where(action.c.kind == literal_column(f"'{Task.kind}'"))
# Of a plain column SQLite thinks that the school alone finds few rows, and goes through all of them.
_THESE = select(action.c.id, action.c.version, action.c.content_version, action.c.payload).where(
    action.c.school + "" == bindparam(OF_SCHOOL), action.c.id.in_(bindparam("ids", expanding=True))
)
_NEW = plain_insert(action)
_ONE_IS = update(action).where(ours(action), action.c.id == bindparam("of_id"))
_DUE = (
    select(action)
    .where(_PENDING_OF_KINDS, action.c.urgent == bindparam("is_urgent"), action.c.try_at <= bindparam("now"))
    .order_by(action.c.try_at)
    .limit(bindparam("most"))
)
_NEXT = (
    select(action.c.try_at)
    .where(_PENDING_OF_KINDS, action.c.urgent == bindparam("is_urgent"))
    .order_by(action.c.try_at)
    .limit(1)
)


class Actions:
    """The ledger of one school, in one transaction."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def put(self, effect: AnyEffect, submission_id: str | None, at: datetime, due_at: datetime | None = None) -> bool:
        """Keep an effect. The same key and content again changes nothing, and returns False.

        A changed effect becomes pending again (a clock that was met or cancelled: done or cancelled). ``due_at``:
        when it falls due, if not at once (for a clock: at its own time).
        """
        return bool(self._put([effect], submission_id, at, due_at))

    def put_all(self, effects: Sequence[AnyEffect], submission_id: str | None, at: datetime) -> list[AnyEffect]:
        """Keep effects as ``put`` does, in few statements; returns those that are new or changed."""
        batches = _each_once(effects)
        return [effect for batch in batches for effect in self._put(batch, submission_id, at, None)]

    def _put(
        self, effects: Sequence[AnyEffect], submission_id: str | None, at: datetime, due_at: datetime | None
    ) -> list[AnyEffect]:
        named = {action_id(self._scope.school, effect.case, submission_id, effect.key): effect for effect in effects}
        there = {row.id: row for row in self._scope.run(_THESE, ids=list(named))}
        new: list[dict[str, Any]] = []
        renewed: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        written: list[AnyEffect] = []
        for identity, effect in named.items():
            content = to_json(effect)
            values = self._values(effect, content, submission_id, at, due_at)
            if identity not in there:
                new.append(self._new(identity, effect, values, at))
            elif (changes := self._changes(there[identity], content)) is not None:
                values |= changes | {"of_id": identity, OF_SCHOOL: self._scope.school}
                renewed.setdefault(tuple(values), []).append(values)
            else:
                continue
            written.append(effect)
        if new:
            self._scope.connection.execute(_NEW, new)
        for alike in renewed.values():
            self._scope.connection.execute(_ONE_IS, alike)
        return written

    def _changes(self, there: Row[Any], content: Mapping[str, Any]) -> dict[str, Any] | None:
        """The versions of an effect that is there already; None where its content is the same."""
        before = self._scope.cipher.open_json(there.payload)
        if before == content:
            return None
        version = there.version + 1
        changed = content_of(before) != content_of(content)
        moved = {"remote_version": 0} if before.get("to") != content.get("to") else {}
        return {"version": version, "content_version": version if changed else there.content_version} | moved

    def get(self, identity: str) -> Action | None:
        """The one of this id; None where there is none in this school."""
        row = self._row(identity)
        return None if row is None else self._action(row)

    def by_key(self, case_ref: str, key: str) -> Action | None:
        """The effect of this key on a case."""
        return self.get(action_id(self._scope.school, case_ref, None, key))

    def of_case(self, ref: str) -> list[Action]:
        """Everything made on a case, in the order in which it was first made."""
        return [self._action(row) for row in self._scope.run(_OF_CASE, ref=ref).mappings()]

    def effects_of(self, ref: str) -> list[AnyEffect]:
        """The effects of a case in the same order, without how far each came."""
        payloads = self._scope.run(_EFFECTS_OF_CASE, ref=ref).scalars()
        return [from_json(self._scope.cipher.open_json(payload)) for payload in payloads]

    def tasks_of(self, ref: str) -> list[Task]:
        """As ``effects_of``, the tasks alone."""
        payloads = self._scope.run(_TASKS_OF_CASE, ref=ref).scalars()
        found = (from_json(self._scope.cipher.open_json(payload)) for payload in payloads)
        return [effect for effect in found if isinstance(effect, Task)]

    def unsent_of(self, ref: str) -> frozenset[str]:
        """The keys of the notices on a case that have not left yet, those that were given up among them."""
        waits = action.c.kind.in_(("notice",)) & action.c.state.in_(("pending", "dead"))
        return frozenset(one.key for one in self._actions((action.c.case_ref == ref) & waits))

    def everything(self) -> list[Action]:
        """Everything that was ever made, in the order in which it was first made."""
        return self._actions(true())

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
        for urgent in _urgencies(kinds):
            if len(found) < limit:
                rows = self._scope.run(_DUE, kinds=list(kinds), is_urgent=urgent, now=now, most=limit - len(found))
                found += [self._action(row) for row in rows.mappings()]
        return found

    def late(self, since: datetime, limit: int) -> list[Action]:
        """Urgent notices that have been due since then or longer, and are not delivered."""
        query = (
            select(action)
            .where(self._pending(("notice",)), action.c.urgent.is_(True), action.c.due_at <= since)
            .order_by(action.c.due_at)
            .limit(limit)
        )
        return [self._action(row) for row in self._scope.connection.execute(query).mappings()]

    def held(self, now: datetime, limit: int) -> list[Action]:
        """Notices that wait in somebody's mailbox and are to be looked at: those first that were not for longest."""
        held = (action.c.school == self._scope.school) & (action.c.state == "held") & (action.c.kind == "notice")
        query = select(action).where(held, action.c.try_at <= now).order_by(action.c.try_at, action.c.id).limit(limit)
        return [self._action(row) for row in self._scope.connection.execute(query).mappings()]

    def bring_forward(self, identities: Collection[str], now: datetime) -> None:
        """Try these now, as far as they are still pending."""
        self._scope.connection.execute(
            update(action)
            .where(action.c.school == self._scope.school, action.c.id.in_(identities), action.c.state == "pending")
            .values(try_at=now)
        )

    def place_anew(self, ref: str, now: datetime) -> None:
        """Try the entries of a case again that stand in a diary: it may be one that they may not stand in any more."""
        stands = (action.c.kind == "calendar") & action.c.state.in_(("done", "held")) & (action.c.step != "cancelled")
        self._scope.connection.execute(
            update(action)
            .where(action.c.school == self._scope.school, action.c.case_ref == ref, stands, action.c.place.is_not(None))
            .values(state="pending", due_at=now, try_at=now, attempts=0)
        )

    def next_due(self, kinds: Collection[str]) -> datetime | None:
        """When the next pending one is to be tried."""
        times: list[datetime] = []
        for urgent in _urgencies(kinds):
            times += self._scope.run(_NEXT, kinds=list(kinds), is_urgent=urgent).scalars()
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
        marking = update(action).where(self._is(identity)).values(**values).returning(action.c.version)
        return bool(self._scope.connection.execute(marking).scalar_one() == version)

    def taken_as_delivered(self, at: datetime) -> None:
        """Whatever waits to reach the outside world is done: for a simulation, which has no outside world."""
        # Both are named so that SQLite goes by the index of what is pending.
        waiting = (self._pending(DELIVERED), action.c.urgent.in_((False, True)), action.c.try_at <= at)
        done = update(action).where(*waiting).values(state="done", updated_at=at)
        self._scope.connection.execute(done)

    def revive(self, identity: str, at: datetime) -> None:
        """A person asks for a dead one to be tried again."""
        self._scope.connection.execute(
            update(action)
            .where(self._is(identity), action.c.state == "dead")
            .values(state="pending", attempts=0, try_at=at, updated_at=at)
        )

    def attempted(self, identity: str, attempt_: Attempt) -> None:
        """Keep how a try at delivering it went."""
        row = {"school": self._scope.school, "action_id": identity, "at": attempt_.at, "outcome": attempt_.outcome}
        row |= {"reason": attempt_.reason, "seconds": attempt_.seconds}
        self._scope.connection.execute(plain_insert(attempt), row)

    def attempts_of(self, identity: str) -> list[Attempt]:
        """Every try at delivering it, oldest first."""
        rows = self._scope.connection.execute(
            select(attempt.c.at, attempt.c.outcome, attempt.c.reason, attempt.c.seconds)
            .where(attempt.c.school == self._scope.school, attempt.c.action_id == identity)
            .order_by(attempt.c.id)
        )
        return [Attempt(*row) for row in rows]

    def backlog(self, now: datetime) -> Backlog:
        """How much of what goes outside is due at ``now`` (aware) and not delivered."""
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
        waiting = action.c.state == literal_column("'pending'")  # as in _PENDING
        return (action.c.school == self._scope.school) & waiting & action.c.kind.in_(kinds)

    def _row(self, identity: str) -> RowMapping | None:
        return self._scope.run(_ONE, of_id=identity).mappings().one_or_none()

    def _actions(self, wanted: ColumnElement[bool]) -> list[Action]:
        query = select(action).where(action.c.school == self._scope.school, wanted)
        query = query.order_by(action.c.created_at, action.c.id)
        return [self._action(row) for row in self._scope.connection.execute(query).mappings()]

    def _values(
        self,
        effect: AnyEffect,
        content: Mapping[str, Any],
        submission_id: str | None,
        at: datetime,
        due_at: datetime | None,
    ) -> dict[str, Any]:
        state, due = start_of(effect, at, due_at)
        return {
            "payload": self._scope.cipher.seal_json(content),
            "urgent": isinstance(effect, Notice) and effect.urgent,
            "state": state,
            "due_at": due,
            "try_at": due,
            "attempts": 0,
            "submission_id": submission_id,
            "updated_at": at,
        }

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


def _urgencies(kinds: Collection[str]) -> tuple[bool, ...]:
    """Only a notice is ever urgent."""
    return (True, False) if Notice.kind in kinds else (False,)


def _each_once(effects: Iterable[AnyEffect]) -> list[list[AnyEffect]]:
    """The effects in order, in as few lists as there may be if none is to have one key twice."""
    lists: list[list[AnyEffect]] = []
    seen: set[tuple[str | None, str]] = set()
    for effect in effects:
        named = (effect.case, effect.key)
        if not lists or named in seen:
            lists.append([])
            seen = set()
        lists[-1].append(effect)
        seen.add(named)
    return lists
