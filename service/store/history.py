"""Which cases a person has been part of, and how: what patterns are counted from."""

from __future__ import annotations

from datetime import date

from sqlalchemy import distinct, func, select, update

from service.store.scope import Scope, insert
from service.store.tables import incident


class History:
    """The index of incidents of one school, in one transaction. Counts are of distinct cases that count."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def add(self, ref: str, person_key: str, role: str, day: date, source_submission: str | None) -> None:
        """A person's part in a case on a day. The same part again corrects the day, and nothing else."""
        row = {
            "school": self._scope.school,
            "case_ref": ref,
            "person": self._scope.people.of(person_key),
            "role": role,
            "at_day": day,
            "counts": True,
            "submission_id": source_submission,
        }
        statement = insert(self._scope.connection.dialect, incident)
        self._scope.connection.execute(
            statement.on_conflict_do_update(
                index_elements=["school", "case_ref", "person", "role"], set_={"at_day": statement.excluded.at_day}
            ),
            row,
        )

    def count_person(self, person_key: str, role: str, since: date, until: date) -> int:
        """In how many cases this person had this role, from ``since`` to ``until``, both included."""
        return self._count(
            select(func.count(distinct(incident.c.case_ref))).where(
                incident.c.school == self._scope.school,
                incident.c.person == self._scope.people.of(person_key),
                incident.c.role == role,
                incident.c.at_day.between(since, until),
                incident.c.counts.is_(True),
            )
        )

    def count_pair(
        self,
        first: str,
        second: str,
        since: date,
        until: date,
        *,
        first_role: str = "reported",
        second_role: str = "targeted",
    ) -> int:
        """In how many cases the one was reported and the other targeted; swap the two for roles reversed."""
        mine, theirs = incident.alias("mine"), incident.alias("theirs")
        return self._count(
            select(func.count(distinct(mine.c.case_ref)))
            .join_from(mine, theirs, (mine.c.case_ref == theirs.c.case_ref) & (mine.c.school == theirs.c.school))
            .where(
                mine.c.school == self._scope.school,
                theirs.c.school == self._scope.school,
                mine.c.person == self._scope.people.of(first),
                mine.c.role == first_role,
                theirs.c.person == self._scope.people.of(second),
                theirs.c.role == second_role,
                mine.c.at_day.between(since, until),
                mine.c.counts.is_(True),
                theirs.c.counts.is_(True),
            )
        )

    def mark(self, ref: str, *, counts: bool, person_key: str | None = None, role: str | None = None) -> None:
        """Whether a case counts (not substantiated, entered in error: no), or one person's part (unlinked: no)."""
        statement = update(incident).where(incident.c.school == self._scope.school, incident.c.case_ref == ref)
        if person_key is not None:
            statement = statement.where(incident.c.person == self._scope.people.of(person_key))
        if role is not None:
            statement = statement.where(incident.c.role == role)
        self._scope.connection.execute(statement.values(counts=counts))

    def _count(self, query: object) -> int:
        return int(self._scope.connection.execute(query).scalar_one())  # type: ignore[call-overload]
