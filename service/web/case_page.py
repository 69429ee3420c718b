"""Everything that the page of one case says, gathered from the store. Whether it may be shown, ``access`` says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby

from rules.engine.casework.clockwork import RE_DATE
from rules.engine.casework.ladder import answered
from rules.engine.clocks.compliance import WORST_LAST, compliance
from rules.engine.deciding.redating import CONFIRMED
from rules.engine.model.effects import CalendarEntry, Deadline, Flag, Notice, Refused, Withhold
from rules.engine.model.situation import CaseFile
from rules.engine.school.directory import Directory, Person
from service import access
from service.flows.unshown import Unshown
from service.store import Action, DecisionRecord, Transaction
from service.web.account_page import Moment, moments, said
from service.web.known import known_to
from service.web.people_page import Job, Reason, Told, Who, all_not_told, all_told, jobs, name_of, who_is
from service.web.reports import Report, reports

LONG_AGO = datetime.min.replace(tzinfo=UTC)
_LATELY = 30
"""So many undecided submissions are looked through; there are hardly ever more than a few."""


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody in whose diary a meeting stands, or to whom its invitation waits to be released."""

    name: str
    entry: CalendarEntry
    releasable: bool


@dataclass(frozen=True, slots=True)
class Meeting:
    """What stands in calendars at one time under one title."""

    title: str
    start: datetime
    guests: tuple[Guest, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is to decide, and everything that says why."""

    name: str
    role: str
    evidence: tuple[str, ...]


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
    clauses: tuple[tuple[str, tuple[str, ...]], ...]
    """How clauses stand, the worst first, and which do."""
    told: tuple[Told, ...]
    meetings: tuple[Meeting, ...]
    not_told: tuple[Reason, ...]
    holds: tuple[Withhold, ...]
    questions: tuple[Question, ...]
    refused: tuple[Refused, ...]
    chronology: tuple[Moment, ...]
    decisions: tuple[DecisionRecord, ...]
    said: Mapping[str, str]
    """What each submission was, by its id."""
    dates_wait: bool
    """Whether new dates that a changed calendar gives wait for somebody to confirm them."""


def waiting_alert(case: CaseFile, actions: Iterable[Action], directory: Directory) -> datetime | None:
    """Since when the oldest urgent alert waits that nobody has acknowledged; None where none does."""
    if case.state == "closed":
        return None
    alerts = [
        a.created_at for a in actions if isinstance(a.effect, Notice) and a.effect.urgent and a.effect.status == "sent"
    ]
    return min((at for at in alerts if not answered(case, at, directory)), default=None)


def dates_wait(case: CaseFile, actions: Iterable[Action]) -> bool:
    """Whether a re-dating was proposed since one was last confirmed."""
    proposed = [a.updated_at for a in actions if isinstance(a.effect, Flag) and a.effect.name == RE_DATE]
    confirmed = [happening.at for happening in case.happenings if happening.what == CONFIRMED]
    return case.state != "paused" and max(proposed, default=LONG_AGO) > max(confirmed, default=LONG_AGO)


def acknowledging(tx: Transaction, ref: str) -> bool:
    """Whether an acknowledgement of this case has come in that is not decided yet."""
    done = {"do": "acknowledge", "case": ref}
    return any(one.source == "person" and done.items() <= one.body.items() for one in tx.submissions.undecided(_LATELY))


def gather(
    tx: Transaction, case: CaseFile, may: access.View, person: Person, directory: Directory,
    unshown: Unshown, today: date,
) -> CasePage:  # fmt: skip
    """The page of this case for a reader who may see it. ``unshown``: what of its forms no page shows."""
    known = known_to(person, tx, case)
    case, actions, account, decisions = known.case, known.actions, known.account, known.decisions
    effects = [action.effect for action in actions]
    words = said(account, directory)
    submissions = [tx.submissions.get(number) for number in dict.fromkeys(d.submission_id for d in decisions)]
    return CasePage(
        case=case,
        alert=waiting_alert(case, actions, directory),
        acknowledging=acknowledging(tx, case.ref),
        may=may,
        linked=_linked(tx, case, person, directory),
        reports=reports(
            (one for one in submissions if one is not None),
            unshown,
            lambda address: name_of(address, directory),
            words,
        ),
        people=tuple(who_is(party, directory) for party in case.parties),
        tasks=jobs(effects, person, directory),
        deadlines=tuple(sorted(case.deadlines.values(), key=lambda d: (d.state != "open", str(d.due)))),
        clauses=_clauses(case, today),
        told=all_told(actions, may, directory),
        meetings=tuple(_meetings(case, may, directory)),
        not_told=all_not_told(case, (told for effect in effects for told in effect.not_told), directory),
        holds=_holds(case),
        questions=tuple(_questions(effect for effect in effects if isinstance(effect, Flag))),
        refused=tuple(effect for effect in effects if isinstance(effect, Refused)),
        chronology=tuple(moments(account, directory)),
        decisions=decisions,
        said=words,
        dates_wait=dates_wait(case, actions),
    )


def _clauses(case: CaseFile, today: date) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = compliance(case, today)
    grouped = ((how, tuple(clause for clause, stands in found.items() if stands == how)) for how in WORST_LAST[::-1])
    return tuple((how, clauses) for how, clauses in grouped if clauses)


def _linked(tx: Transaction, case: CaseFile, person: Person, directory: Directory) -> tuple[str, ...]:
    others = [tx.cases.load(ref) for ref in case.linked]
    return tuple(c.ref for c in access.visible(person, (o for o in others if o is not None), directory))


def _holds(case: CaseFile) -> tuple[Withhold, ...]:
    """Those in force; several rules may have asked for the same."""
    same = {(h.details, h.from_, h.lifted_by): h for h in case.withholds.values() if h.active}
    return tuple(same.values())


def _meetings(case: CaseFile, may: access.View, directory: Directory) -> Iterator[Meeting]:
    there = [entry for entry in case.entries.values() if entry.action != "cancel"]
    there.sort(key=lambda entry: (entry.start, entry.title, entry.status == "draft"))
    for (start, title), together in groupby(there, key=lambda entry: (entry.start, entry.title)):
        names = ((", ".join(name_of(guest, directory) for guest in entry.attendees), entry) for entry in together)
        yield Meeting(title, start, tuple(Guest(name, entry, entry.key in may.release) for name, entry in names))


def _questions(flags: Iterable[Flag]) -> Iterator[Question]:
    grouped: dict[tuple[str, str], dict[str, None]] = {}
    for flag in flags:
        grouped.setdefault((flag.name, flag.role), {})[flag.evidence] = None
    return (Question(name, role, tuple(evidence)) for (name, role), evidence in grouped.items())
