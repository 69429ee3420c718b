"""Which cases a person has been part of, and how: what patterns are counted from."""

from __future__ import annotations

from datetime import date
from functools import cache

from sqlalchemy import Dialect, Executable, bindparam, select, update

from rules.engine.model.patterns import Incident
from service.store.scope import OF_SCHOOL, Insert, Scope, insert, ours
from service.store.tables import incident

_MINE, _THEIRS = incident.alias("mine"), incident.alias("theirs")
_OF_PERSON = select(incident.c.case_ref, incident.c.at_day).where(
    ours(incident),
    incident.c.person == bindparam("who"),
    incident.c.role == bindparam("as_role"),
    incident.c.at_day.between(bindparam("since"), bindparam("until")),
    incident.c.counts.is_(True),
)
_OF_PAIR = (
    select(_MINE.c.case_ref, _MINE.c.at_day)
    .join_from(_MINE, _THEIRS, (_MINE.c.case_ref == _THEIRS.c.case_ref) & (_MINE.c.school == _THEIRS.c.school))
    .where(
        _MINE.c.school == bindparam(OF_SCHOOL),
        _THEIRS.c.school == bindparam(OF_SCHOOL),
        _MINE.c.person == bindparam("who"),
        _MINE.c.role == bindparam("as_role"),
        _THEIRS.c.person == bindparam("with_whom"),
        _THEIRS.c.role == bindparam("with_role"),
        _MINE.c.at_day.between(bindparam("since"), bindparam("until")),
        _MINE.c.counts.is_(True),
        _THEIRS.c.counts.is_(True),
    )
)


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
        self._scope.connection.execute(_remembering(self._scope.connection.dialect), row)

    def of_person(self, person_key: str, role: str, since: date, until: date) -> list[Incident]:
        """The cases that count in which this person had this role, from ``since`` to ``until``, both included."""
        who = self._scope.people.of(person_key)
        return self._found(_OF_PERSON, who=who, as_role=role, since=since, until=until)

    def of_pair(self, one: tuple[str, str], other: tuple[str, str], since: date, until: date) -> list[Incident]:
        """As ``of_person``, for the cases in which both had their part; each is a person's key and a role."""
        who, with_whom = (self._scope.people.of(key) for key, _ in (one, other))
        return self._found(
            _OF_PAIR, who=who, as_role=one[1], with_whom=with_whom, with_role=other[1], since=since, until=until
        )

    def mark(self, ref: str, *, counts: bool, person_key: str | None = None, role: str | None = None) -> None:
        """Whether a case counts (not substantiated, entered in error: no), or one person's part (unlinked: no)."""
        statement = update(incident).where(incident.c.school == self._scope.school, incident.c.case_ref == ref)
        if person_key is not None:
            statement = statement.where(incident.c.person == self._scope.people.of(person_key))
        if role is not None:
            statement = statement.where(incident.c.role == role)
        self._scope.connection.execute(statement.values(counts=counts))

    def _found(self, query: Executable, **given: object) -> list[Incident]:
        return [Incident(row.case_ref, row.at_day) for row in self._scope.run(query, **given)]


@cache
def _remembering(dialect: Dialect) -> Insert:
    statement = insert(dialect, incident)
    return statement.on_conflict_do_update(
        index_elements=["school", "case_ref", "person", "role"], set_={"at_day": statement.excluded.at_day}
    )
