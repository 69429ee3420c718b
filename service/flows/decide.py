"""Where a submission becomes a decision: understood, decided without any lock, written in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from integrations.ports import DeliveryError, Diary
from rules import Decision, Matching, Policies, Reference, RuleFilesError, decide, side_by_side
from rules.engine.casework.changes import update_case
from rules.engine.casework.hearing import PANEL
from rules.engine.casework.identified import MATCHED
from rules.engine.casework.incidents import remember
from rules.engine.casework.panel import HEARING_SET, PANEL_AGREED
from rules.engine.deciding.decide import SEND_AGAIN, undecidable
from rules.engine.deciding.digest import digest
from rules.engine.deciding.last_word import NOBODY_TOLD
from rules.engine.deciding.redating import CONFIRMED, confirm
from rules.engine.deciding.release import release
from rules.engine.matching.compile import MatcherBroken, RuleTooLarge, SideBySide
from rules.engine.model.effects import AnyEffect
from rules.engine.model.policy import FactWord
from rules.engine.model.situation import CaseFile, Event, Situation
from rules.engine.rulebook.parse import parse
from rules.engine.wording.account import line_of_effect, line_of_event
from service.flows.calendar_changed import ask_open_cases
from service.flows.chase_deadlines import chase
from service.flows.events import Belongs, understand, year_of
from service.flows.later_reports import ask_complaints
from service.flows.paper_notes import leave_on_paper
from service.flows.school_year import SchoolYear
from service.logs import failure
from service.school import School
from service.store import Line, ReferenceTakenError, Store, StoredSubmission, StoreUnavailableError, Transaction

BATCH = 50
KILLED = 2
"""After so many tries that ended the process, durable-rules is left out: the reference decides alone."""
RACES = 20
"""So often another decision may take the reference of a new case first; after that something else is wrong."""
LOOK_AHEAD = timedelta(days=60)
"""How far the panel's diaries are read for a hearing."""

log = structlog.get_logger("decide")


@dataclass(frozen=True, slots=True)
class Written:
    """What was written for one submission: the effects that are new or changed, in order."""

    submission: StoredSubmission
    belongs: Belongs
    decision: Decision
    effects: tuple[AnyEffect, ...]
    at: datetime

    @property
    def reached_nobody(self) -> bool:
        """Whether a case was found of which nobody in the school may or can be told (AB-8l)."""
        return any(effect.key == NOBODY_TOLD for effect in self.effects)


class Decider:
    """Decides what waits, in the order of its receipt, and turns clocks that fell due into what waits."""

    def __init__(
        self,
        store: Store,
        school: School,
        policies: Policies,
        clock: Callable[[], datetime],
        diary: Diary | None = None,
        wake: Callable[[], None] = lambda: None,
        told: Callable[[Written], None] = lambda written: None,
        since: datetime | None = None,
    ) -> None:
        """``told`` hears of everything that was written. Raises RuleTooLarge as ``rules.side_by_side``.

        ``since``: no date of the school's year before it is made up for.
        """
        self._year = SchoolYear(store, since)
        self._store = store
        self.school = school
        self._policies = policies
        self._clock = clock
        self._diary = diary
        self._wake = wake
        self._told = told
        self._matcher: SideBySide = side_by_side(policies)
        self._alone = Reference({rule.id: rule for rule in policies.rules})
        self._published: int | None = None
        """The number of the published version that was taken up, or that could not be."""
        self._asked_under: str | None = None
        """The calendar under which open cases were last asked about their dates."""

    @property
    def policies(self) -> Policies:
        """The rules by which it decides now."""
        return self._policies

    def run_once(self) -> int:
        """Decide everything that waits; returns how many submissions that were. StoreUnavailableError.

        Rules that were published since are taken up first; of a calendar that has changed each open case hears.
        """
        self._renew()
        if self._asked_under != self.school.calendar.version:
            ask_open_cases(self._store, self.school.calendar.version, self._clock())
            self._asked_under = self.school.calendar.version
        chase(self._store, self._clock())
        self._year.strike(self._policies, self.school.calendar, self._clock())
        with self._store.read() as tx:
            waiting = tx.submissions.undecided(BATCH)
        decided = 0
        for submission in waiting:
            try:
                written = self._decide(submission)
            except StoreUnavailableError:
                raise
            except Exception as error:
                # It waits and is tried again; whatever is wrong with it, no other report waits behind it.
                log.error("nobody could be told of it", submission=submission.id, **failure(error))
                continue
            if written.reached_nobody:
                log.error("nobody in the school could be told of a case", submission=submission.id)
            self._told(written)
            self._wake()  # an alert does not wait for what is decided after it
            decided += 1
        return decided

    def _renew(self) -> None:
        with self._store.read() as tx:
            number = tx.policies.number_in_force()
            if number is None or number == self._published:
                return
            published = tx.policies.get(number)
        self._published = number
        if published is None or published.fingerprint == self._policies.version:
            return
        try:
            policies = parse(published.texts)
            matcher = side_by_side(policies)  # built before anything is let go of
        except (RuleFilesError, RuleTooLarge, MatcherBroken) as error:
            log.error("published rules cannot be used; the ones before stay", number=number, **failure(error))
            return
        before, self._matcher = self._matcher, matcher
        self._policies, self._alone = policies, Reference({rule.id: rule for rule in policies.rules})
        before.close()
        log.info("rules taken up", number=number, version=policies.version)

    def _decide(self, submission: StoredSubmission) -> Written:
        with self._store.write() as tx:
            tries = tx.submissions.begin(submission.id)
        matcher: Matching = self._matcher if tries <= KILLED else self._alone
        while True:
            try:
                return self._try(submission, matcher, suspect=tries > KILLED)
            except StoreUnavailableError:
                raise
            except Exception as error:
                # Whatever is wrong with it, it must reach a person: the reference alone, then nothing but a notice.
                log.error("deciding failed", submission=submission.id, **failure(error))
                if matcher is self._alone:
                    return self._give_up(submission, type(error).__name__)
                matcher = self._alone

    def _try(self, submission: StoredSubmission, matcher: Matching, *, suspect: bool) -> Written:
        for _race in range(RACES):
            try:
                return self._once(submission, matcher, suspect=suspect)
            except ReferenceTakenError:
                continue  # another decision took the reference first: look again
        raise ReferenceTakenError(submission.id)

    def _once(self, submission: StoredSubmission, matcher: Matching, *, suspect: bool) -> Written:
        now = self._clock()
        with self._store.read() as tx:
            belongs = understand(tx, submission, self._policies, self.school)
            refs = tx.cases.next_refs(year_of(now))
        situation = self._situation(belongs, refs, now, suspect=suspect)
        decision = judge(self._policies, matcher, situation, belongs)
        return self._write(submission, belongs, decision, now)

    def _situation(self, belongs: Belongs, refs: dict[str, str], now: datetime, *, suspect: bool) -> Situation:
        event, busy = belongs.event, {}
        if suspect:
            event = _with_oddity(
                event, "deciding it has ended the process twice: the reference evaluator decided alone"
            )
        panel = _whose_diaries(event, belongs.case, self.school)
        if panel and self._diary is not None:
            try:
                found = self._diary.busy(panel, now, now + LOOK_AHEAD)
                busy = {who: tuple((span.start, span.end) for span in spans) for who, spans in found.items()}
                unread = len(set(panel) - set(busy))
                if unread:
                    event = _with_oddity(event, f"the diaries of {unread} panel members could not be read")
            except DeliveryError as error:
                log.warning("diaries not read", reason=error.reason)
                event = _with_oddity(event, "the panel's diaries could not be read")
        return Situation(
            now=now, event=event, directory=self.school.directory, calendar=self.school.calendar,
            case=belongs.case, beside=belongs.beside,
            next_refs=refs, school=self.school.name, console=self.school.console, busy=busy,
        )  # fmt: skip

    def _give_up(self, submission: StoredSubmission, error: str) -> Written:
        now = self._clock()
        situation = self._situation(Belongs(Event("undecided", occurrence=submission.id), None), {}, now, suspect=False)
        what, why = "something that was received", "the software failed on it; it is kept whole"
        decision = undecidable(self._policies, situation, what, why, "Ask the administrator to look at the log.")
        belongs = Belongs(situation.event, None, lost=error)
        return self._write(submission, belongs, decision, now)

    def _write(self, submission: StoredSubmission, belongs: Belongs, decision: Decision, now: datetime) -> Written:
        with self._store.write() as tx:
            written = write(tx, submission, belongs, decision, self._policies.vocabulary.facts, now)
            taken_out = leave_on_paper(tx, self._policies, submission, decision, now)
        if taken_out and not self._store.scrub():
            log.warning("what was replaced is still in the write-ahead log, until it is next written back")
        return Written(submission, belongs, decision, written, now)


def judge(policies: Policies, matcher: Matching, situation: Situation, belongs: Belongs) -> Decision:
    """What follows from something that was understood: a decision, a release, or that it cannot be placed."""
    if belongs.lost:
        return undecidable(policies, situation, belongs.event.name, belongs.lost, SEND_AGAIN)
    if belongs.digest is not None:
        return digest(policies, situation, belongs.digest)
    if belongs.to is not None:
        return release(policies, situation, belongs.to, belongs.draft)
    if belongs.event.name == CONFIRMED:
        return confirm(policies, situation)
    return decide(policies, matcher, situation)


def write(
    tx: Transaction,
    submission: StoredSubmission,
    belongs: Belongs,
    decision: Decision,
    words: Mapping[str, FactWord],
    at: datetime,
) -> tuple[AnyEffect, ...]:
    """The decision, its effects and the chronology, all or nothing. Returns the effects that are new or changed."""
    known = {belongs.case.ref, *belongs.case.linked} if belongs.case else set()
    known |= {case.ref for case in belongs.digest or ()}
    for case in decision.cases:
        if case.ref not in known:
            tx.cases.take_ref(case.ref)
        if {kept.address for kept in case.kept_out} - tx.cases.kept_out_of(case.ref):
            tx.actions.place_anew(case.ref, at)
        tx.cases.save(case, at)
    written = tuple(tx.actions.put_all(decision.effects, submission.id, at))
    refs = [case.ref for case in decision.cases]
    apart = {reader: explanation.as_json() for reader, explanation in decision.apart.items()}
    tx.decisions.add(
        submission.id, refs, decision.policy_version, decision.calendar_version, decision.explanation.as_json(), at,
        decision.counted, apart,
    )  # fmt: skip
    lines = [Line(ref, line_of_event(belongs.event, words)) for ref in refs]
    lines += [
        Line(effect.case, text, effect.rests_on, tuple(effect.known_as))
        for effect in written
        if effect.case is not None and (text := line_of_effect(effect)) is not None
    ]
    tx.chronology.add_all(lines, at, submission.id)
    remember(tx.history, submission.id, belongs.event, decision.cases)
    if belongs.event.name == "report received" or belongs.event.facts.get("what happened") == MATCHED:
        for case in decision.cases[:1]:
            ask_complaints(tx, case, at)
    tx.submissions.decided(submission.id)
    return written


def _whose_diaries(event: Event, case: CaseFile | None, school: School) -> tuple[str, ...]:
    """The panel for which a day is looked for now: one is asked for, or its last member has just agreed."""
    what = event.facts.get("what happened")
    if case is None or what not in (HEARING_SET, PANEL_AGREED):
        return ()
    panel = update_case(event, case, school.directory).panel
    return panel if what == HEARING_SET or len(panel) == PANEL > len(case.panel) else ()


def _with_oddity(event: Event, oddity: str) -> Event:
    return replace(event, oddities=(*event.oddities, oddity))
