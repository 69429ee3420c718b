"""Which cases a person has been part of, and how: what patterns are counted from."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Select, select, update

from rules.engine.patterns import Incident
from service.store.scope import Scope, insert
from service.store.tables import incident


class History:
    """The index of incidents of one school, in one transaction. A case is found once, however it is asked for."""

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

    def of_person(self, person_key: str, role: str, since: date, until: date) -> list[Incident]:
        """The cases that count in which this person had this role, from ``since`` to ``until``, both included."""
        return self._found(
            select(incident.c.case_ref, incident.c.at_day).where(
                incident.c.school == self._scope.school,
                incident.c.person == self._scope.people.of(person_key),
                incident.c.role == role,
                incident.c.at_day.between(since, until),
                incident.c.counts.is_(True),
            )
        )

    def of_pair(self, one: tuple[str, str], other: tuple[str, str], since: date, until: date) -> list[Incident]:
        """As ``of_person``, for the cases in which both had their part; each is a person's key and a role."""
        mine, theirs = incident.alias("mine"), incident.alias("theirs")
        return self._found(
            select(mine.c.case_ref, mine.c.at_day)
            .join_from(mine, theirs, (mine.c.case_ref == theirs.c.case_ref) & (mine.c.school == theirs.c.school))
            .where(
                mine.c.school == self._scope.school,
                theirs.c.school == self._scope.school,
                mine.c.person == self._scope.people.of(one[0]),
                mine.c.role == one[1],
                theirs.c.person == self._scope.people.of(other[0]),
                theirs.c.role == other[1],
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

    def _found(self, query: Select[tuple[str, date]]) -> list[Incident]:
        return [Incident(row.case_ref, row.at_day) for row in self._scope.connection.execute(query)]
