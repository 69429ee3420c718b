"""Everything that the page of one case says, gathered from the store. Whether it may be shown, ``access`` says."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from rules.engine.clockwork import ACKNOWLEDGED
from rules.engine.directory import Directory, Person, Pupil
from rules.engine.effects import CalendarEntry, Deadline, Flag, Notice, NotTold, Refused, Task, Withhold
from rules.engine.school_days import LONDON
from rules.engine.situation import CaseFile, Happening, Party
from service import access
from service.store import Action, DecisionRecord, Entry, Transaction
from service.web.reports import Report, reports
from service.web.words import DELIVERIES

_LATELY = 30
"""So many undecided submissions are looked through; there are hardly ever more than a few."""


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
    """A notice and how far it came. ``waits``: a draft that nobody has released yet."""

    notice: Notice
    name: str
    holder: str
    at: datetime
    status: str
    waits: bool
    releasable: bool


@dataclass(frozen=True, slots=True)
class Dated:
    """A calendar entry with its guests' names."""

    entry: CalendarEntry
    guests: str
    releasable: bool


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


@dataclass(frozen=True, slots=True)
class CasePage:
    """One case for one reader."""

    case: CaseFile
    alert: datetime | None
    """Since when an urgent alert waits to be acknowledged."""
    acknowledging: bool
    """Whether somebody has just acknowledged it, and that is still to be dealt with."""
    may: access.View
    linked: tuple[str, ...]
    reports: tuple[Report, ...]
    people: tuple[Who, ...]
    tasks: tuple[Job, ...]
    deadlines: tuple[Deadline, ...]
    told: tuple[Told, ...]
    entries: tuple[Dated, ...]
    not_told: tuple[Reason, ...]
    holds: tuple[Withhold, ...]
    flags: tuple[Flag, ...]
    refused: tuple[Refused, ...]
    chronology: tuple[Entry, ...]
    decisions: tuple[DecisionRecord, ...]


def waiting_alert(case: CaseFile, actions: Iterable[Action]) -> datetime | None:
    """Since when the oldest urgent alert waits that nobody has acknowledged; None where none does."""
    if case.state == "closed":
        return None
    alerts = [
        a.created_at for a in actions if isinstance(a.effect, Notice) and a.effect.urgent and a.effect.status == "sent"
    ]
    done = [happening for happening in case.happenings if happening.what == ACKNOWLEDGED]
    return min((at for at in alerts if not any(_answers(happening, at) for happening in done)), default=None)


def acknowledging(tx: Transaction, ref: str) -> bool:
    """Whether an acknowledgement of this case has come in that is not decided yet."""
    done = {"do": "acknowledge", "case": ref}
    return any(one.source == "person" and done.items() <= one.body.items() for one in tx.submissions.undecided(_LATELY))


def gather(
    tx: Transaction, case: CaseFile, may: access.View, person: Person, directory: Directory, evidence: Collection[str]
) -> CasePage:
    """The page of this case for a reader who may see it. ``evidence``: ids of questions that take files."""
    actions = tx.actions.of_case(case.ref)
    effects = [action.effect for action in actions]
    decisions = tx.decisions.of_case(case.ref)
    submissions = [tx.submissions.get(number) for number in dict.fromkeys(d.submission_id for d in decisions)]
    return CasePage(
        case=case,
        alert=waiting_alert(case, actions),
        acknowledging=acknowledging(tx, case.ref),
        may=may,
        linked=_linked(tx, case, person, directory),
        reports=reports(
            (one for one in submissions if one is not None), evidence, lambda address: name_of(address, directory)
        ),
        people=tuple(_who(party, directory) for party in case.parties),
        tasks=_jobs(effects, person, directory),
        deadlines=tuple(sorted(case.deadlines.values(), key=lambda d: (d.state != "open", str(d.due)))),
        told=_all_told(actions, may, directory),
        entries=tuple(
            Dated(e, ", ".join(name_of(guest, directory) for guest in e.attendees), e.key in may.release)
            for e in sorted(case.entries.values(), key=lambda e: e.start)
            if e.action != "cancel"
        ),
        not_told=_not_told(case, (told for effect in effects for told in effect.not_told), directory),
        holds=tuple(hold for hold in case.withholds.values() if hold.active),
        flags=tuple(effect for effect in effects if isinstance(effect, Flag)),
        refused=tuple(effect for effect in effects if isinstance(effect, Refused)),
        chronology=tuple(tx.chronology.of_case(case.ref)),
        decisions=tuple(decisions),
    )


def name_of(address: str | None, directory: Directory) -> str:
    """The name that belongs to an address, or else the address."""
    known = directory.by_email(address or "")
    return known.name if known is not None else address or "nobody"


def _answers(happening: Happening, alert: datetime) -> bool:
    """Whether this acknowledges an alert of that moment: it may be recorded by its minute, or by its day alone."""
    if happening.timed:
        return happening.at >= alert.replace(second=0, microsecond=0)
    return happening.at.astimezone(LONDON).date() >= alert.astimezone(LONDON).date()


def _linked(tx: Transaction, case: CaseFile, person: Person, directory: Directory) -> tuple[str, ...]:
    others = [tx.cases.load(ref) for ref in case.linked]
    return tuple(c.ref for c in access.visible(person, (o for o in others if o is not None), directory))


def _jobs(effects: Iterable[object], person: Person, directory: Directory) -> tuple[Job, ...]:
    tasks = [effect for effect in effects if isinstance(effect, Task)]
    tasks.sort(key=lambda task: (task.state != "open", task.due is None, str(task.due)))
    return tuple(Job(task, name_of(task.assignee, directory), task.assignee == person.email) for task in tasks)


def _who(party: Party, directory: Directory) -> Who:
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


def _all_told(actions: Iterable[Action], may: access.View, directory: Directory) -> tuple[Told, ...]:
    """Urgent ones first, what waits for a person last."""
    told = [_told(a, a.effect, may, directory) for a in actions if isinstance(a.effect, Notice)]
    return tuple(sorted(told, key=lambda one: (one.waits, not one.notice.urgent, one.notice.role == "reporter")))


def _told(action: Action, notice: Notice, may: access.View, directory: Directory) -> Told:
    waits = notice.status == "draft"
    status = DELIVERIES[action.state]
    if waits:
        status = "waits to be released"
    elif notice.status == "withdrawn":
        status = "taken back, not sent"
    return Told(
        notice=notice,
        name=name_of(notice.to, directory),
        holder=name_of(notice.held_by, directory),
        at=action.created_at if action.state != "done" else action.updated_at,
        status=status,
        waits=waits,
        releasable=notice.key in may.release,
    )


def _not_told(case: CaseFile, told: Iterable[NotTold], directory: Directory) -> tuple[Reason, ...]:
    kept = [NotTold("person concerned", one.why, one.address) for one in case.kept_out]
    people: dict[str, Reason] = {}
    groups: dict[tuple[str, str], Reason] = {}
    for one in (*kept, *told):
        if one.address:
            people.setdefault(one.address, Reason(name_of(one.address, directory), one.why))
        else:
            groups.setdefault((one.who, one.why), Reason(one.who, one.why))
    return (*people.values(), *groups.values())
