"""The people around a case as its page shows them: who is in it, who was told, who was not, and whose the work is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from rules.engine.model.effects import Notice, NotTold, Task
from rules.engine.model.situation import CaseFile, Party
from rules.engine.school.directory import Directory, Person, Pupil
from service import access
from service.store import Action
from service.web.words import DELIVERIES


@dataclass(frozen=True, slots=True)
class Who:
    """A person in a case, by number. ``status``: matched, or what a person still has to decide."""

    number: int
    part: str
    typed: str
    status: str
    matched: bool
    might_be: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A notice and how far it came. ``waits``: a draft that nobody has released yet.

    ``times``: how many alike came so far, ``at`` the first and ``last`` the latest.
    """

    notice: Notice
    name: str
    holder: str
    at: datetime
    status: str
    waits: bool
    releasable: bool
    times: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Job:
    """A task and whose it is."""

    task: Task
    name: str
    mine: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """Who was not told, and why."""

    who: str
    why: str


def name_of(address: str | None, directory: Directory) -> str:
    """The name that belongs to an address, or else the address."""
    known = directory.by_email(address or "")
    return known.name if known is not None else address or "nobody"


def jobs(effects: Iterable[object], person: Person, directory: Directory) -> tuple[Job, ...]:
    """The tasks among these effects: what is open first, by when it is due."""
    tasks = [effect for effect in effects if isinstance(effect, Task)]
    tasks.sort(key=lambda task: (task.state != "open", task.due is None, str(task.due)))
    return tuple(Job(task, name_of(task.assignee, directory), task.assignee == person.email) for task in tasks)


def who_is(party: Party, directory: Directory) -> Who:
    """The party by its number, with whom it was matched to, or what is still to be chosen."""
    if party.key is not None:
        found = directory.pupil(party.key) if party.kind == "pupil" else directory.by_email(party.key)
        name = _described(found) if found is not None else "no longer on the school's lists"
        return Who(party.number, party.role, party.typed, name, matched=True)
    if party.possible:
        maybe = (directory.pupil(key) or directory.by_email(key) for key in party.possible)
        names = tuple(_described(one) for one in maybe if one is not None)
        return Who(party.number, party.role, party.typed, "Choose who this is", matched=False, might_be=names)
    return Who(party.number, party.role, party.typed, "Not on the school's lists: choose who this is", matched=False)


def _described(known: Pupil | Person) -> str:
    if isinstance(known, Pupil):
        return f"{known.name}, year {known.year}, {known.form}"
    return known.name


def all_told(actions: Iterable[Action], may: access.View, directory: Directory) -> tuple[Told, ...]:
    """Urgent ones first, what waits for a person last. What went to the same person in the same way stands once."""
    told: dict[object, Told] = {}
    for action in actions:
        if isinstance(action.effect, Notice):
            one = _told(action, action.effect, may, directory)
            notice = one.notice
            alike = notice.key if one.waits else (notice.to, notice.role, one.status, notice.urgent)
            before = told.get(alike, one)
            at, last = min(before.at, one.at), max(before.last, one.last)
            told[alike] = replace(one, at=at, last=last, times=before.times + (alike in told))
    return tuple(
        sorted(told.values(), key=lambda one: (one.waits, not one.notice.urgent, one.notice.role == "reporter"))
    )


def _told(action: Action, notice: Notice, may: access.View, directory: Directory) -> Told:
    waits = notice.status == "draft"
    status = DELIVERIES[action.state]
    if waits:
        status = "waits to be released"
    elif notice.status == "withdrawn":
        status = "taken back, not sent"
    at = action.created_at if action.state != "done" else action.updated_at
    return Told(
        notice=notice,
        name=name_of(notice.to, directory),
        holder=name_of(notice.held_by, directory),
        at=at,
        status=status,
        waits=waits,
        releasable=notice.key in may.release,
        times=1,
        last=at,
    )


def all_not_told(case: CaseFile, told: Iterable[NotTold], directory: Directory) -> tuple[Reason, ...]:
    """Everybody who is kept out, then everybody whom these say was not told; each once."""
    kept = [NotTold("person concerned", one.why, one.address) for one in case.kept_out]
    people: dict[str, Reason] = {}
    groups: dict[tuple[str, str], Reason] = {}
    for one in (*kept, *told):
        if one.address:
            people.setdefault(one.address, Reason(name_of(one.address, directory), one.why))
        else:
            groups.setdefault((one.who, one.why), Reason(one.who, one.why))
    return (*people.values(), *groups.values())
