"""Why each thing was done, what happened on a case, and who looked or acted: the record, never changed afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, insert, select

from service.store.scope import Scope
from service.store.tables import audit, chronology, decision, decision_case

_MADE, _TOUCHING, _LINES = insert(decision), insert(decision_case), insert(chronology)


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """One decision: which rules applied and which did not, under which versions. Times are UTC."""

    id: int
    submission_id: str
    cases: tuple[str, ...]
    policy_version: str
    calendar_version: str
    explanation: dict[str, Any]
    at: datetime
    counted: tuple[str, ...] = ()
    """The earlier cases that were counted for it."""
    apart: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """By address the explanation for whoever may not know of one of those."""


class Decisions:
    """The decisions of one school, in one transaction."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def add(
        self,
        submission_id: str,
        case_refs: Sequence[str],
        policy_version: str,
        calendar_version: str,
        explanation: Mapping[str, Any],
        at: datetime,
        counted: Sequence[str] = (),
        apart: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> int:
        """Keep a decision; returns its number. ``case_refs`` are the cases it opened or changed, in that order.

        ``counted`` and ``apart``: as ``DecisionRecord`` has them.
        """
        school, connection = self._scope.school, self._scope.connection
        made = connection.execute(
            _MADE,
            {
                "school": school,
                "submission_id": submission_id,
                "policy_version": policy_version,
                "calendar_version": calendar_version,
                "explanation": self._scope.cipher.seal_json({**explanation, "counted": counted, "apart": apart or {}}),
                "at": at,
            },
        )
        (number,) = made.inserted_primary_key or (0,)
        for ref in dict.fromkeys(case_refs):
            connection.execute(_TOUCHING, {"school": school, "decision_id": number, "case_ref": ref})
        return int(number)

    def of_case(self, ref: str) -> list[DecisionRecord]:
        """Those that opened or changed the case, oldest first."""
        touching = select(decision_case.c.decision_id).where(
            decision_case.c.school == self._scope.school, decision_case.c.case_ref == ref
        )
        return self._records(decision.c.id.in_(touching))

    def calendar_of(self, ref: str) -> str | None:
        """The version of the calendar under which the case was last decided; None where it never was."""
        query = (
            select(decision.c.calendar_version)
            .join(decision_case, decision_case.c.decision_id == decision.c.id)
            .where(decision_case.c.school == self._scope.school, decision_case.c.case_ref == ref)
            .order_by(decision.c.id.desc())
            .limit(1)
        )
        return self._scope.connection.execute(query).scalar()

    def of_submission(self, submission_id: str) -> list[DecisionRecord]:
        return self._records(decision.c.submission_id == submission_id)

    def in_order(self) -> list[tuple[str, datetime, tuple[str, ...]]]:
        """Every decision, in the order in which they were made: submission, when, and the cases opened or changed."""
        school = self._scope.school
        touching = (
            select(decision_case.c.decision_id, decision_case.c.case_ref)
            .where(decision_case.c.school == school)
            .order_by(decision_case.c.id)
        )
        cases: dict[int, list[str]] = {}
        for number, ref in self._scope.connection.execute(touching):
            cases.setdefault(number, []).append(ref)
        made = (
            select(decision.c.id, decision.c.submission_id, decision.c.at)
            .where(decision.c.school == school)
            .order_by(decision.c.id)
        )
        return [(row[1], row[2], tuple(cases.get(row[0], ()))) for row in self._scope.connection.execute(made)]

    def _records(self, wanted: ColumnElement[bool]) -> list[DecisionRecord]:
        school, connection = self._scope.school, self._scope.connection
        rows = connection.execute(
            select(decision).where(decision.c.school == school, wanted).order_by(decision.c.id)
        ).mappings()
        return [self._record(row) for row in rows]

    def _record(self, row: RowMapping) -> DecisionRecord:
        why = self._scope.cipher.open_json(row["explanation"])
        counted, apart = tuple(why.pop("counted", ())), why.pop("apart", {})
        return DecisionRecord(
            row["id"],
            row["submission_id"],
            self._cases(row["id"]),
            row["policy_version"],
            row["calendar_version"],
            why,
            row["at"],
            counted,
            apart,
        )

    def _cases(self, number: int) -> tuple[str, ...]:
        rows = self._scope.connection.execute(
            select(decision_case.c.case_ref)
            .where(decision_case.c.school == self._scope.school, decision_case.c.decision_id == number)
            .order_by(decision_case.c.id)
        ).scalars()
        return tuple(rows)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a case's chronology."""

    at: datetime
    text: str
    submission_id: str | None
    rests_on: tuple[str, ...] = ()
    known_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """What is written into the chronology of case ``ref``.

    ``rests_on``: the earlier cases that were counted for it; ``known_to``: who knows of it though not of all of those.
    """

    ref: str
    text: str
    rests_on: tuple[str, ...] = ()
    known_to: tuple[str, ...] = ()


class Chronology:
    """What happened on each case, in words."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def add(self, ref: str, at: datetime, text: str, submission_id: str | None = None) -> None:
        self.add_all([Line(ref, text)], at, submission_id)

    def add_all(self, lines: Iterable[Line], at: datetime, submission_id: str | None = None) -> None:
        """Add lines in one statement."""
        shared, cipher = {"school": self._scope.school, "at": at, "submission_id": submission_id}, self._scope.cipher
        rows = [
            shared
            | {
                "case_ref": line.ref,
                "what": cipher.seal_text(line.text),
                "apart": cipher.seal_json([line.rests_on, line.known_to]) if line.rests_on else None,
            }
            for line in lines
        ]
        if rows:
            self._scope.connection.execute(_LINES, rows)

    def of_case(self, ref: str) -> list[Entry]:
        """In order of time."""
        rows = self._scope.connection.execute(
            select(chronology.c.at, chronology.c.what, chronology.c.submission_id, chronology.c.apart)
            .where(chronology.c.school == self._scope.school, chronology.c.case_ref == ref)
            .order_by(chronology.c.at, chronology.c.id)
        )
        return [self._entry(*row) for row in rows]

    def _entry(self, at: datetime, what: bytes, submission_id: str | None, apart: bytes | None) -> Entry:
        cipher = self._scope.cipher
        rests_on, known_to = cipher.open_json(apart) if apart is not None else ((), ())
        return Entry(at, cipher.open_text(what), submission_id, tuple(rests_on), tuple(known_to))


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Who did or saw what, on which case, and when."""

    who: str
    what: str
    case_ref: str | None
    at: datetime


class Audit:
    """Who did or saw what. Lines are only ever added."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def add(self, who: str, what: str, ref: str | None, at: datetime) -> None:
        row = {"school": self._scope.school, "who": who, "case_ref": ref, "at": at}
        self._scope.connection.execute(insert(audit), row | {"what": self._scope.cipher.seal_text(what)})

    def of_case(self, ref: str | None) -> list[AuditLine]:
        """In order of time; None: what belongs to no case."""
        rows = self._scope.connection.execute(
            select(audit.c.who, audit.c.what, audit.c.case_ref, audit.c.at)
            .where(audit.c.school == self._scope.school, audit.c.case_ref == ref)
            .order_by(audit.c.at, audit.c.id)
        )
        return [AuditLine(row.who, self._scope.cipher.open_text(row.what), row.case_ref, row.at) for row in rows]
