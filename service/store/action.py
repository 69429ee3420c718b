"""What the ledger holds of an effect: what it is, how far its delivery came, and when it is due."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypedDict

from rules.engine.model.effects import Alarm, AnyEffect, Deadline
from rules.engine.school.school_days import end_of

State = Literal["pending", "done", "held", "dead", "cancelled", "none"]

DELIVERED = ("notice", "task", "calendar", "flag")
"""Kinds that reach the outside world."""

CLOCKS = ("deadline", "alarm")
"""Kinds that wait for their hour and then become an event."""

_SPACE = uuid.UUID("6d2b9a9e-6a55-5d0e-9a7b-0d3d6f9a1c11")


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
    ``remote_version`` the one that the outside copy was made of, 0 where that copy is for somebody else. ``due_at`` is
    when it ought to happen, ``try_at`` when it will next be tried (a held draft: when it is next looked at).
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


def start_of(effect: AnyEffect, at: datetime, due_at: datetime | None) -> tuple[State, datetime | None]:
    """The state in which a new or changed effect starts, and when it falls due."""
    match effect:
        case Deadline(state="open"):
            return "pending", due_at or end_of(effect.due).astimezone(UTC)
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


def content_of(payload: Mapping[str, Any]) -> object:
    """What the recipient of a notice would read; for the other kinds, everything."""
    return [payload[name] for name in ("to", "subject", "body")] if payload["kind"] == "notice" else payload
