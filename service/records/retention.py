"""Which cases have been kept for long enough, and their deletion by a person (CP-13a). Nothing here acts by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from rules.engine.model.situation import CaseFile
from rules.engine.school.directory import Directory, Person
from rules.engine.school.school_days import LONDON
from service import access
from service.records.schedule import CLAUSE, Schedule
from service.store import Store, Transaction

MAY_DELETE = frozenset({"headteacher", "dsl", "chair", "clerk"})
PAUSED = ("procedure paused (social services)", "procedure paused (legal action)")
RESUMED = "procedure resumed"
HELD, LIFTED = "hold on deletion: ", "hold on deletion lifted: "


class NotDeletedError(Exception):
    """Nothing was deleted, or held; why, for people."""


@dataclass(frozen=True, slots=True)
class Due:
    """A closed case. ``until``: the last day on which it is kept; ``kept_by``: why it must stay even after that."""

    ref: str
    track: str
    closed: date
    until: date
    years: int
    kept_by: str


def closed_cases(tx: Transaction, schedule: Schedule) -> list[Due]:
    """Every closed case, the one that is due first at the head. An open or paused case is never among them."""
    cases = [case for case in map(tx.cases.load, tx.cases.refs()) if case is not None]
    depended = {ref for case in cases if case.state != "closed" for ref in (*case.linked, case.ref)}
    found = []
    for case in cases:
        at = tx.cases.closed_at(case.ref)
        kept = schedule.get(case.track)
        if case.state == "closed" and at is not None and kept is not None:
            closed = at.astimezone(LONDON).date()
            reason = _held(tx, case)
            if not reason and (case.ref in depended or any(ref in depended for ref in case.linked)):
                reason = "an open case is linked with it"
            found.append(Due(case.ref, case.track, closed, kept.until(closed), kept.years, reason))
    return sorted(found, key=lambda due: (due.until, due.ref))


def due(found: Sequence[Due], today: date) -> list[Due]:
    """Those that have been kept for long enough and that nothing else keeps."""
    return [one for one in found if one.until < today and not one.kept_by]


def delete(store: Store, directory: Directory, schedule: Schedule, refs: Sequence[str], by: str, now: datetime) -> int:
    """Delete these cases, all or none; returns how many rows went. NotDeletedError.

    What is logged of each: its reference and kind, when, by whom and under which schedule; nothing of its content.
    """
    today, rows = now.astimezone(LONDON).date(), 0
    with store.write() as tx:
        found = {one.ref: one for one in closed_cases(tx, schedule)}
        for ref in dict.fromkeys(refs):
            person, case = allowed(tx, directory, ref, by)
            one = found.get(ref)
            if one is None:
                raise NotDeletedError(f"{ref} is {case.state}: only a closed case is ever deleted.")
            if one.kept_by:
                raise NotDeletedError(f"{ref} stays: {one.kept_by}.")
            if one.until >= today:
                raise NotDeletedError(f"{ref} is kept until {one.until:%d %b %Y} ({one.years} years after closing).")
            rows += tx.erasure.case(ref)
            said = f"deleted: {one.track}, closed {one.closed}, kept {one.years} years after closing ({CLAUSE})"
            tx.audit.add(person.email, said, ref, now)
    return rows


def hold(store: Store, directory: Directory, ref: str, by: str, reason: str, now: datetime, *, lift: bool) -> None:
    """Forbid the deletion of a case, such as for a claim or an inquiry; or allow it again. NotDeletedError."""
    if not reason.strip():
        raise NotDeletedError("Say why, in a few words without names: --because 'a claim has been announced'.")
    with store.write() as tx:
        person, _ = allowed(tx, directory, ref, by)
        tx.audit.add(person.email, f"{LIFTED if lift else HELD}{reason.strip()}", ref, now)


def allowed(tx: Transaction, directory: Directory, ref: str, by: str) -> tuple[Person, CaseFile]:
    """Whoever may see the case and is one of those who may delete: nobody who is kept out of it is ever among them."""
    if not by.strip():
        raise NotDeletedError("Say who does it: --by YOUR-ADDRESS.")
    person, case = directory.by_email(by), tx.cases.load(ref)
    if person is None or not set(person.roles) & MAY_DELETE or not access.is_identity(person):
        raise NotDeletedError(f"{by} may not do that: it takes {', '.join(sorted(MAY_DELETE))} of this school.")
    if case is None or not access.may_see(person, case, directory):
        raise NotDeletedError(f"There is no case {ref}, or none for {by}.")
    return person, case


def _held(tx: Transaction, case: CaseFile) -> str:
    paused = [happening.what for happening in case.happenings if happening.what in (*PAUSED, RESUMED)]
    if paused and paused[-1] != RESUMED:
        return f"{paused[-1]}, and not resumed"
    lines = [line.what for line in tx.audit.of_case(case.ref) if line.what.startswith((HELD, LIFTED))]
    return "a person holds its deletion" if lines and lines[-1].startswith(HELD) else ""
