"""Case files and their references."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache

from sqlalchemy import Dialect, bindparam, or_, select, update

from rules.engine.intake.guards import merge
from rules.engine.model.effects import AnyEffect, CalendarEntry, Deadline, Flag, Notice, Task, Withhold
from rules.engine.model.situation import CaseFile, KeptOut, open_tasks
from service.store.actions import Actions
from service.store.scope import Insert, Scope, insert, ours
from service.store.snapshot import from_snapshot, to_snapshot
from service.store.tables import case_file, reference_counter

PREFIXES = {
    "bullying": "B",
    "complaint": "C",
    "safeguarding": "S",
    "staff-conduct": "SC",
    "adult": "A",
    "contact": "K",
}


_SNAPSHOT = select(case_file.c.snapshot).where(ours(case_file), case_file.c.ref == bindparam("ref"))
_COUNTERS = select(reference_counter.c.prefix, reference_counter.c.last).where(
    ours(reference_counter), reference_counter.c.year == bindparam("year")
)


class ReferenceTakenError(Exception):
    """The reference is not the next of its kind: another decision took it first. Look again and decide again."""


class Cases:
    """The cases of one school, in one transaction."""

    def __init__(self, scope: Scope, actions: Actions) -> None:
        self._scope = scope
        self._actions = actions

    def load(self, ref: str) -> CaseFile | None:
        """The case with everything that was ever made on it, or None."""
        case = self._bare(ref)
        if case is None:
            return None
        case = with_effects(case, self._actions.effects_of(ref))
        if any(notice.family and notice.status == "sent" for notice in case.notices.values()):
            return replace(case, unsent=self._actions.unsent_of(ref))
        return case

    def kept_out_of(self, ref: str) -> frozenset[str]:
        """The addresses of everybody who is kept out of a case; none where there is no such case."""
        case = self._bare(ref)
        return frozenset(kept.address for kept in case.kept_out) if case is not None else frozenset()

    def open_tasks_of(self, ref: str) -> frozenset[tuple[str, str]]:
        """Who has still to do what on a case."""
        return open_tasks(self._actions.tasks_of(ref))

    def _bare(self, ref: str) -> CaseFile | None:
        """The case without what was made on it."""
        sealed = self._scope.run(_SNAPSHOT, ref=ref).scalar_one_or_none()
        return None if sealed is None else from_snapshot(self._scope.cipher.open_json(sealed))

    def kept_out_of_recent(self, track: str, since: datetime) -> tuple[KeptOut, ...]:
        """Everybody who is kept out of a case of this track that is not closed, or was opened since then; each once."""
        sealed = self._scope.connection.execute(
            select(case_file.c.snapshot).where(
                case_file.c.school == self._scope.school,
                case_file.c.track == track,
                or_(case_file.c.state != "closed", case_file.c.opened_at >= since),
            )
        ).scalars()
        cases = [from_snapshot(self._scope.cipher.open_json(snapshot)) for snapshot in sealed]
        return merge((), [kept for case in cases for kept in case.kept_out])

    def save(self, case: CaseFile, at: datetime) -> None:
        """Keep the case as it now stands. Its effects are kept by ``actions.put``."""
        row = {
            "school": self._scope.school,
            "ref": case.ref,
            "track": case.track,
            "state": case.state,
            "stage": case.stage,
            "opened_at": case.opened_at,
            "closed_at": at if case.state == "closed" else None,
            "updated_at": at,
            "snapshot": self._scope.cipher.seal_json(to_snapshot(case)),
            "version": 1,
        }
        self._scope.connection.execute(_saving(self._scope.connection.dialect), row)

    def next_refs(self, year: int) -> dict[str, str]:
        """The reference that a new case of each track would get, looked up at once."""
        counters = self._scope.run(_COUNTERS, year=year)
        last = {row.prefix: row.last for row in counters}
        return {track: f"{prefix}-{year}-{last.get(prefix, 0) + 1:04d}" for track, prefix in PREFIXES.items()}

    def take_ref(self, ref: str) -> None:
        """Use up a reference. ReferenceTakenError unless it is the next; ValueError if it is not a reference."""
        prefix, year_text, number_text = ref.split("-")
        year, number = int(year_text), int(number_text)
        connection, school = self._scope.connection, self._scope.school
        if number == 1:
            first = insert(connection.dialect, reference_counter).on_conflict_do_nothing(
                index_elements=["school", "prefix", "year"]
            )
            taken = connection.execute(first, {"school": school, "prefix": prefix, "year": year, "last": 1})
        else:
            taken = connection.execute(
                update(reference_counter)
                .where(
                    reference_counter.c.school == school,
                    reference_counter.c.prefix == prefix,
                    reference_counter.c.year == year,
                    reference_counter.c.last == number - 1,
                )
                .values(last=number)
            )
        if taken.rowcount != 1:
            raise ReferenceTakenError(ref)

    def closed_at(self, ref: str) -> datetime | None:
        """When the case was closed, or was last changed while it was; None where it is not."""
        query = select(case_file.c.closed_at).where(ours(case_file), case_file.c.ref == ref)
        return self._scope.run(query).scalar_one_or_none()

    def refs(self, state: str | None = None) -> list[str]:
        """References in the order in which the cases were opened; of one state if it is given."""
        query = select(case_file.c.ref).where(case_file.c.school == self._scope.school)
        if state is not None:
            query = query.where(case_file.c.state == state)
        return list(self._scope.connection.execute(query.order_by(case_file.c.opened_at, case_file.c.id)).scalars())


@cache
def _saving(dialect: Dialect) -> Insert:
    statement = insert(dialect, case_file)
    renewed = ("track", "state", "stage", "closed_at", "updated_at", "snapshot")
    return statement.on_conflict_do_update(
        index_elements=["school", "ref"],
        set_={name: statement.excluded[name] for name in renewed} | {"version": case_file.c.version + 1},
    )


def with_effects(case: CaseFile, effects: list[AnyEffect]) -> CaseFile:
    """The case with its maps filled from the ledger."""
    return replace(
        case,
        notices={e.key: e for e in effects if isinstance(e, Notice)},
        tasks={e.key: e for e in effects if isinstance(e, Task)},
        entries={e.key: e for e in effects if isinstance(e, CalendarEntry)},
        deadlines={e.key: e for e in effects if isinstance(e, Deadline)},
        withholds={e.key: e for e in effects if isinstance(e, Withhold)},
        flags={e.key: e for e in effects if isinstance(e, Flag)},
        made=frozenset(e.key for e in effects),
    )
