"""Deleting the records of a case, so that nothing of their content is left in the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, delete, select

from service.store.scope import Scope
from service.store.tables import (
    action,
    attempt,
    case_file,
    chronology,
    decision,
    decision_case,
    incident,
    kept_bytes,
    submission,
)


class Erasure:
    """What can be deleted of one school, in one transaction. The audit (who saw and did what) stays: no content."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def case(self, ref: str) -> int:
        """Delete a case, its ledger, chronology and history, and whatever came in that led to no other case.

        Returns how many rows that were. Its reference is never given again.
        """
        ours = decision_case.c.school == self._scope.school
        its_decisions = self._ids(select(decision_case.c.decision_id).where(ours, decision_case.c.case_ref == ref))
        rows = self._delete(decision_case, decision_case.c.case_ref == ref)
        shared = self._ids(
            select(decision_case.c.decision_id).where(ours, decision_case.c.decision_id.in_(its_decisions))
        )
        alone = sorted(set(its_decisions) - set(shared))
        mine = decision.c.school == self._scope.school
        maybe = self._ids(select(decision.c.submission_id).where(mine, decision.c.id.in_(alone)))
        rows += self._delete(decision, decision.c.id.in_(alone))
        still = self._ids(select(decision.c.submission_id).where(mine, decision.c.submission_id.in_(maybe)))
        gone = sorted(set(maybe) - set(still))
        of_case = (action.c.case_ref == ref) | (action.c.case_ref.is_(None) & action.c.submission_id.in_(gone))
        actions = self._ids(select(action.c.id).where(action.c.school == self._scope.school, of_case))
        rows += self._delete(attempt, attempt.c.action_id.in_(actions))
        rows += self._delete(action, of_case)
        rows += self._delete(chronology, chronology.c.case_ref == ref)
        rows += self._delete(incident, incident.c.case_ref == ref)
        rows += self._delete(kept_bytes, kept_bytes.c.submission_id.in_(gone))
        rows += self._delete(submission, submission.c.id.in_(gone))
        return rows + self._delete(case_file, case_file.c.ref == ref)

    def set_aside(self, submission_ids: Sequence[str]) -> int:
        """Delete other contents of these submissions that were set aside; returns how many."""
        return self._delete(kept_bytes, kept_bytes.c.submission_id.in_(submission_ids))

    def _ids(self, query: Select[Any]) -> list[Any]:
        return list(self._scope.connection.execute(query).scalars())

    def _delete(self, table: Table, wanted: ColumnElement[bool]) -> int:
        deleted = self._scope.connection.execute(delete(table).where(table.c.school == self._scope.school, wanted))
        return int(deleted.rowcount)
