"""The tables. Every row carries its school; times are UTC; what may be personal is sealed (``LargeBinary``)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime in, the same moment in UTC out. A naive one is refused: nobody knows when it was."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _table(name: str, *items: Column[Any] | Index | UniqueConstraint, identity: bool = True) -> Table:
    """A table whose rows carry their school; with ``identity``, numbered in the order in which they were written."""
    number = [Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)] if identity else []
    return Table(name, metadata, *number, Column("school", String(64), nullable=False), *items)


def _key(name: str, kind: Any = None) -> Column[Any]:
    return Column(name, kind or String(36), primary_key=True)


def _must(name: str, kind: Any, **more: Any) -> Column[Any]:
    return Column(name, kind, nullable=False, **more)


submission = _table(
    "submission",
    _key("id"),
    _must("source", String(16)),
    _must("form_id", Text),
    _must("form_title", Text),
    _must("response_id", Text),
    _must("revision", Integer),
    _must("dedupe_key", Text),
    _must("content_hash", String(64)),
    Column("submitted_at", UtcTime),
    _must("received_at", UtcTime),
    _must("body", LargeBinary),
    _must("state", String(16)),
    _must("tries", Integer, server_default="0"),
    UniqueConstraint("school", "source", "dedupe_key"),
    identity=False,
)
Index("ix_submission_response", submission.c.school, submission.c.form_id, submission.c.response_id)
Index(
    "ix_submission_undecided",
    submission.c.school,
    submission.c.received_at,
    sqlite_where=text("state = 'received'"),
    postgresql_where=text("state = 'received'"),
)

kept_bytes = _table(
    "kept_bytes",
    _must("at", UtcTime),
    _must("reason", String(32)),
    _must("digest", String(64)),
    _must("size", Integer),
    _must("body", LargeBinary),
    Column("submission_id", String(36)),
    Column("dealt_with_at", UtcTime),
    UniqueConstraint("school", "digest", "reason"),
    Index("ix_kept_bytes_at", "school", "reason", "at"),
)

case_file = _table(
    "case_file",
    _must("ref", String(32)),
    _must("track", String(32)),
    _must("state", String(16)),
    Column("stage", Text),
    _must("opened_at", UtcTime),
    Column("closed_at", UtcTime),
    _must("updated_at", UtcTime),
    _must("snapshot", LargeBinary),
    _must("version", Integer),
    UniqueConstraint("school", "ref"),
)

reference_counter = _table(
    "reference_counter",
    _must("prefix", String(4)),
    _must("year", Integer),
    _must("last", Integer),
    UniqueConstraint("school", "prefix", "year"),
)

action = _table(
    "action",
    _key("id"),
    Column("case_ref", String(32)),
    Column("submission_id", String(36)),
    _must("kind", String(16)),
    _must("urgent", Boolean),
    _must("payload", LargeBinary),
    _must("state", String(16)),
    Column("due_at", UtcTime),
    Column("try_at", UtcTime),
    _must("attempts", Integer),
    _must("step", String(16)),
    Column("remote_id", Text),
    Column("place", Text),
    _must("version", Integer),
    _must("content_version", Integer),
    _must("remote_version", Integer),
    _must("created_at", UtcTime),
    _must("updated_at", UtcTime),
    Index("ix_action_case", "school", "case_ref"),
    identity=False,
)
Index(
    "ix_action_pending",
    action.c.school,
    action.c.urgent,
    action.c.try_at,
    sqlite_where=text("state = 'pending'"),
    postgresql_where=text("state = 'pending'"),
)
Index(
    "ix_action_dead",
    action.c.school,
    action.c.updated_at,
    sqlite_where=text("state = 'dead'"),
    postgresql_where=text("state = 'dead'"),
)

attempt = _table(
    "attempt",
    _must("action_id", String(36)),
    _must("at", UtcTime),
    _must("outcome", String(16)),
    _must("reason", Text),
    _must("seconds", Float),
    Index("ix_attempt_action", "school", "action_id"),
)

chronology = _table(
    "chronology",
    _must("case_ref", String(32)),
    _must("at", UtcTime),
    _must("what", LargeBinary),
    Column("submission_id", String(36)),
    Column("apart", LargeBinary),
    Index("ix_chronology_case", "school", "case_ref", "at"),
)

decision = _table(
    "decision",
    _must("submission_id", String(36)),
    _must("policy_version", Text),
    _must("calendar_version", Text),
    _must("explanation", LargeBinary),
    _must("at", UtcTime),
    Index("ix_decision_submission", "school", "submission_id"),
)

decision_case = _table(
    "decision_case",
    _must("decision_id", BigInteger),
    _must("case_ref", String(32)),
    UniqueConstraint("school", "decision_id", "case_ref"),
    Index("ix_decision_case_ref", "school", "case_ref"),
)

incident = _table(
    "incident",
    _must("case_ref", String(32)),
    _must("person", String(32)),
    _must("role", String(24)),
    _must("at_day", Date),
    _must("counts", Boolean),
    Column("submission_id", String(36)),
    UniqueConstraint("school", "case_ref", "person", "role"),
    Index("ix_incident_person", "school", "person", "role", "at_day"),
)

audit = _table(
    "audit",
    _must("who", Text),
    _must("what", LargeBinary),
    Column("case_ref", String(32)),
    _must("at", UtcTime),
    Index("ix_audit_case", "school", "case_ref", "at"),
)

ended_session = _table(
    "ended_session",
    _must("session", String(64)),
    _must("until", UtcTime),
    UniqueConstraint("school", "session"),
)

index_key = _table("index_key", _must("sealed", LargeBinary), UniqueConstraint("school"))

policy_version = _table(
    "policy_version",
    _must("number", Integer),
    _must("fingerprint", String(64)),
    _must("texts", Text),
    _must("proposed_by", Text),
    Column("approved_by", Text),
    _must("proposed_at", UtcTime),
    Column("approved_at", UtcTime),
    _must("state", String(16)),
    Column("shipped", Text),
    UniqueConstraint("school", "number"),
)
