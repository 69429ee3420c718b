"""From the store to plain records: what the figures need of each case, and nothing that names anybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rules.engine.clocks.compliance import compliance
from rules.engine.intake.facts import Reading
from rules.engine.model.effects import Notice
from rules.engine.model.policy import UNKNOWN, Policies
from rules.engine.model.situation import CaseFile
from rules.engine.school.school_days import LONDON, SchoolCalendar, TermDatesNotLoaded
from service.flows.responses import forms_of, reading_of
from service.report.records import ENDINGS, Category, Clock, Complaint, Hold, Incident, Records, Standing
from service.report.sanctions import named_in
from service.school import School
from service.store import Transaction

PUPILS, COMPLAINTS = "B", "C"
"""What references of the two kinds begin with. Reports about adults have others, and are not counted (I13)."""
FIRST_ACTION = ("first action taken", "interview held")
SANCTION = "sanction or support agreed"
ENDS = ("case closed", "entered in error")
ASKED = {
    "place": "place",
    "kinds": "kind of bullying",
    "behaviours": "behaviour",
    "media": "medium",
    "how known": "how known",
    "topic": "topic",
    "upheld": "upheld",
}


def read_records(tx: Transaction, policies: Policies, school: School, since: date, until: date) -> Records:
    """Every report about pupils and every complaint received from ``since`` to ``until``, both included."""
    reader = _Reader(tx, policies, school.calendar, until)
    incidents: list[Incident] = []
    complaints: list[Complaint] = []
    submissions = _submissions(tx)
    for ref in tx.cases.refs():
        prefix = ref.partition("-")[0]
        case = tx.cases.load(ref) if prefix in (PUPILS, COMPLAINTS) else None
        if case is None or not since <= _local_day(_received(case)) <= until:
            continue
        if prefix == PUPILS:
            incidents.append(reader.incident(case, submissions.get(ref, ())))
        else:
            complaints.append(reader.complaint(case))
    years = sorted({pupil.year for pupil in school.directory.pupils})
    words = words_of(policies) | {"year": tuple((str(year), f"Year {year}") for year in years)}
    return Records(since, until, tuple(incidents), tuple(complaints), words, _no_school(school.calendar, since, until))


def words_of(policies: Policies) -> dict[str, tuple[Category, ...]]:
    """The answers of each question, as the forms print them, in their order."""
    found: dict[str, dict[str, str]] = {name: {} for name in ASKED}
    for form in policies.forms.values():
        for question in form.questions:
            for name, fact in ASKED.items():
                if question.name == fact:
                    labels = {word: title for title, word in question.answers.items()}
                    labels |= {question.other: "Something else"} if question.other else {}
                    found[name] |= {word: label for word, label in labels.items() if word not in found[name]}
    return {name: tuple(words.items()) for name, words in found.items()}


def _no_school(calendar: SchoolCalendar, since: date, until: date) -> frozenset[date]:
    """The Mondays of weeks without a school day; none for which no term dates are loaded."""

    def closed(monday: date) -> bool:
        try:
            return not any(calendar.is_school_day(monday + timedelta(day)) for day in range(5))
        except TermDatesNotLoaded:
            return False

    first = since - timedelta(since.weekday())
    weeks = (first + timedelta(days) for days in range(0, (until - first).days + 1, 7))
    return frozenset(filter(closed, weeks))


def _submissions(tx: Transaction) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for submission_id, _, refs in tx.decisions.in_order():
        for ref in refs:
            found.setdefault(ref, []).append(submission_id)
    return found


@dataclass(frozen=True, slots=True)
class _Reader:
    tx: Transaction
    policies: Policies
    calendar: SchoolCalendar
    until: date

    def incident(self, case: CaseFile, submissions: Sequence[str]) -> Incident:
        received = _received(case)
        hour, sanctions = None, frozenset[str]()
        for form, reading in self._readings(submissions):
            if form == "report received":
                at = reading.times.get("time of the incident")
                hour = at.hour if at is not None else None
            elif reading.facts.get("what happened") == SANCTION:
                sanctions |= named_in(reading.texts.get("outcome", ""))
        facts = case.facts
        late = facts.get("days late")
        return Incident(
            ref="" if case.kept_out else case.ref,
            received=_local_day(received),
            standing=_standing(case),
            hour=hour,
            place=_word(facts.get("place")),
            kinds=_words(facts.get("kind of bullying")),
            behaviours=_words(facts.get("behaviour")),
            media=_words(facts.get("medium")),
            years_targeted=_years(case, "targeted"),
            years_reported=_years(case, "reported"),
            reported_by=_word(facts.get("reported by")),
            how_known=_word(facts.get("how known")),
            days_late=late if isinstance(late, int) else None,
            alert_minutes=self._alert_minutes(case.ref, received),
            action_days=self._school_days(received, _first(case, FIRST_ACTION)),
            close_days=self._school_days(received, _last(case, ENDS)) if case.state == "closed" else None,
            clocks=_clocks(case),
            outcomes=frozenset(happening.what for happening in case.happenings),
            sanctions=sanctions,
            clauses=tuple(compliance(case, self.until).items()),
            hold=_hold(case),
            patterns=frozenset(flag.name for flag in case.flags.values()),
        )

    def complaint(self, case: CaseFile) -> Complaint:
        return Complaint(
            ref="" if case.kept_out else case.ref,
            clauses=tuple(compliance(case, self.until).items()),
            received=_local_day(_received(case)),
            topics=_words(case.facts.get("topic")),
            stage=case.stage or UNKNOWN,
            state=case.state,
            ended=next((ENDINGS[h.what] for h in reversed(case.happenings) if h.what in ENDINGS), ""),
            upheld=_word(case.facts.get("upheld")),
            clocks=_clocks(case),
        )

    def _readings(self, submissions: Sequence[str]) -> Iterator[tuple[str, Reading]]:
        """The forms that led to this case, oldest first: which event each is, and what it says."""
        forms = forms_of(self.policies)
        for one in dict.fromkeys(submissions):
            submission = self.tx.submissions.get(one)
            form = forms.get(submission.form_id) if submission and submission.source == "form" else None
            if submission is not None and form is not None:
                yield form.event, reading_of(form, submission.body)

    def _alert_minutes(self, ref: str, received: datetime) -> int | None:
        """Minutes until the first notice of the case had been delivered."""
        delivered: list[datetime] = []
        for action in self.tx.actions.of_case(ref):
            if isinstance(action.effect, Notice) and action.state == "done":
                tried = [attempt.at for attempt in self.tx.actions.attempts_of(action.id) if attempt.outcome == "done"]
                delivered.append(min(tried, default=action.created_at))
        return max(0, int((min(delivered) - received).total_seconds() // 60)) if delivered else None

    def _school_days(self, received: datetime, until: datetime | None) -> int | None:
        if until is None:
            return None
        try:
            return self.calendar.count(self.calendar.received(received), _local_day(until))
        except TermDatesNotLoaded:
            return None


def _received(case: CaseFile) -> datetime:
    return _first(case, ("report received", "complaint received")) or case.opened_at


def _first(case: CaseFile, what: Sequence[str]) -> datetime | None:
    return next((happening.at for happening in case.happenings if happening.what in what), None)


def _last(case: CaseFile, what: Sequence[str]) -> datetime | None:
    return next((happening.at for happening in reversed(case.happenings) if happening.what in what), None)


def _local_day(at: datetime) -> date:
    return at.astimezone(LONDON).date()


def _standing(case: CaseFile) -> Standing:
    happened = {happening.what for happening in case.happenings}
    if "entered in error" in happened:
        return "entered in error"
    return "not substantiated" if "not substantiated" in happened else "counted"


def _hold(case: CaseFile) -> Hold:
    if not case.withholds:
        return "never held"
    return "held now" if any(hold.active for hold in case.withholds.values()) else "held, then lifted"


def _years(case: CaseFile, role: str) -> frozenset[str]:
    years = {str(party.year) for party in case.parties if party.role == role and party.kind == "pupil" and party.year}
    return frozenset(years) or frozenset({UNKNOWN})


def _clocks(case: CaseFile) -> tuple[Clock, ...]:
    return tuple(Clock(d.clauses, d.name.partition(" (")[0], d.state) for d in case.deadlines.values())


def _word(value: object) -> str:
    return value if isinstance(value, str) else UNKNOWN


def _words(value: object) -> frozenset[str]:
    return value if isinstance(value, frozenset) else frozenset({_word(value)})
