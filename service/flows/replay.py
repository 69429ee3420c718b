"""Past submissions decided again, in their order and at their time, under other rules. No effect is made.

Clocks are not taken from the past: those of the rules fall due again by themselves. People and term dates are those of
today, and the panel's diaries are not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from rules import Policies, Reference
from rules.engine.casework.incidents import remember
from rules.engine.model.situation import Situation
from service.flows.chase_deadlines import asked_by, is_asked
from service.flows.decide import judge
from service.flows.events import understand, year_of
from service.flows.recalled import Made, Recalled
from service.school import School
from service.store import PREFIXES, Store, StoredSubmission, Transaction

_TRACKS = {prefix: track for track, prefix in PREFIXES.items()}


@dataclass(frozen=True, slots=True)
class Decided:
    """A submission as it was decided: when, and which cases it opened, by track."""

    submission: StoredSubmission
    at: datetime
    opened: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store has kept: the submissions in the order in which they were decided, and what was made."""

    decided: tuple[Decided, ...]
    made: tuple[Made, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay came to. ``instead_of``: for a case that there was not before, what can be looked up in its place.

    ``failed``: what could not be decided under these rules, and the name of the error.
    """

    made: tuple[Made, ...]
    decisions: int
    instead_of: Mapping[str, str]
    failed: tuple[tuple[str, str], ...]


def kept_past(tx: Transaction) -> Kept:
    """Everything that was decided, and everything that was made."""
    submissions = {one.id: one for one in tx.submissions.of_state("decided")}
    found: dict[str, Decided] = {}
    known: set[str] = set()
    for submission_id, at, refs in tx.decisions.in_order():
        opened = {_TRACKS[ref.split("-")[0]]: ref for ref in refs if ref not in known}
        known.update(refs)
        if submission_id in submissions:
            found.setdefault(submission_id, Decided(submissions[submission_id], at, opened))
    return Kept(tuple(found.values()), tuple(Made(one.effect, one.created_at) for one in tx.actions.everything()))


def read_past(store: Store, who: str, why: str, at: datetime) -> Kept:
    """The same, once it is written down who reads all of it, and why (CP-5e)."""
    with store.write() as tx:
        tx.audit.add(who, f"read the whole past, {why}", None, at)
    with store.read() as tx:
        return kept_past(tx)


def replay(kept: Kept, policies: Policies, school: School) -> Replayed:
    """Decide it all again under these rules, as the reference evaluator reads them. Nothing is written anywhere."""
    return _Replay(kept.decided, policies, school).run()


class _Replay:
    """A replay as it goes."""

    def __init__(self, decided: Iterable[Decided], policies: Policies, school: School) -> None:
        self._decided = tuple(decided)
        self._policies = policies
        self._school = school
        self._matcher = Reference({rule.id: rule for rule in policies.rules})
        self._past = Recalled()
        self._decisions = 0
        self._instead_of: dict[str, str] = {}
        self._failed: list[tuple[str, str]] = []
        for one in self._decided:
            for ref in one.opened.values():
                self._past.cases.known(ref)

    def run(self) -> Replayed:
        for one in self._decided:
            self._run_clocks(one.at)
            if not is_asked(one.submission):
                self._decide(one)
        made = tuple(one for ledger in self._past.cases.made.values() for one in ledger.values())
        return Replayed(made, self._decisions, self._instead_of, tuple(self._failed))

    def _run_clocks(self, until: datetime) -> None:
        while (found := self._past.clocks.next_due(until)) is not None:
            due, effect = found
            clocks = (effect, *self._past.clocks.of_same_digest(effect, due))
            self._decide(Decided(_clock(f"clock {self._decisions}", due, asked_by(*clocks)), due, {}))

    def _decide(self, one: Decided) -> None:
        self._decisions += 1
        try:
            self._take(one)
        except Exception as error:
            # Whatever it is, leadership must hear that these rules fail on it; the others are decided all the same.
            self._failed.append((next(iter(one.opened.values()), one.submission.id), type(error).__name__))

    def _take(self, one: Decided) -> None:
        submission, school = one.submission, self._school
        belongs = understand(self._past, submission, self._policies, school)
        situation = Situation(
            now=one.at, event=belongs.event, directory=school.directory, calendar=school.calendar,
            case=belongs.case, beside=belongs.beside,
            next_refs=self._past.cases.next_refs(one.opened, year_of(one.at)), school=school.name,
            console=school.console,
        )  # fmt: skip
        decision = judge(self._policies, self._matcher, situation, belongs)
        refs = [case.ref for case in decision.cases]
        for case in decision.cases:
            if case.ref not in self._past.cases.files and case.ref not in one.opened.values():
                self._instead_of[case.ref] = next(iter(one.opened.values()), submission.id)
            self._past.cases.known(case.ref)
            self._past.cases.files[case.ref] = case
        for effect in decision.effects:
            self._past.keep(effect, one.at)
        responses = self._past.submissions.found.setdefault((submission.form_id, submission.response_id), {})
        responses.update(dict.fromkeys(refs))
        remember(self._past.history, submission.id, belongs.event, decision.cases)


def _clock(name: str, at: datetime, body: Mapping[str, object]) -> StoredSubmission:
    return StoredSubmission(
        id=name, source="clock", form_id="", form_title="", response_id="", revision=1, dedupe_key=name,
        submitted_at=at, received_at=at, body=dict(body), state="received", tries=0,
    )  # fmt: skip


def since(made: Iterable[Made], day: datetime | None) -> Iterator[Made]:
    """What was first made at that moment or later; everything without one."""
    return (one for one in made if day is None or one.at >= day)
