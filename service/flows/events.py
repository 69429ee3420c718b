"""From a stored submission to an event: what it is, which case it belongs to, what history says of its people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rules.engine.casework.counting import counted
from rules.engine.casework.school_year import OF_THE_SCHOOL
from rules.engine.deciding.decide import NO_SUCH_CASE
from rules.engine.deciding.redating import CONFIRMED
from rules.engine.deciding.release import MARKS
from rules.engine.intake.events import Sent, event_of, not_long_before
from rules.engine.intake.facts import Answer, Reading, read_response
from rules.engine.intake.report_people import spoken_of
from rules.engine.model.effects import DIGEST_DUE
from rules.engine.model.form import Form
from rules.engine.model.policy import Policies
from rules.engine.model.situation import LATER_REPORT, CaseFile, Event, Happening, KeptOut
from rules.engine.school.school_days import LONDON
from rules.engine.wording.account import RELEASED
from service.flows.past import Past
from service.flows.responses import answers_of, forms_of
from service.school import School
from service.store import StoredSubmission

OLDEST = timedelta(days=31)
"""A response that says it was sent longer ago than this is counted from its receipt: somebody's clock is wrong."""
CLOCK_SKEW = timedelta(minutes=5)
REMEMBERED = timedelta(days=365)
"""How long after a complaint began a contact that names no case may still be about it, though it has ended."""
OTHERS_CASE = "it may belong to a complaint that they are kept out of, until a person says which case it is about"


@dataclass(frozen=True, slots=True)
class Belongs:
    """An event with its case: None where it opens one. ``lost`` says why there is no case where there must be one."""

    event: Event
    case: CaseFile | None
    beside: tuple[CaseFile, ...] = ()
    """The cases linked to it."""
    lost: str = ""
    unknown: bool = False
    """The form is not one of ours."""
    digest: tuple[CaseFile, ...] | None = None
    """For a digest that is due: the cases that it may list."""
    to: str | None = None
    """For a release: the address that a draft is released to."""
    draft: str | None = None
    """For a release: the key of the draft that was read, where it was released from the case's page."""


def understand(past: Past, submission: StoredSubmission, policies: Policies, school: School) -> Belongs:
    """What this submission is. Nothing raises for odd content: what is odd is said in the event."""
    match submission.source:
        case "form":
            found = _form(past, submission, policies, school)
        case "clock":
            found = _clock(past, submission.body)
            if found.event.name == LATER_REPORT:
                found = replace(found, event=_with_history(past, found.event, policies, school, found.case))
        case _:
            found = _person(past, submission)
    linked = found.case.linked if found.case is not None else ()
    beside = tuple(case for case in map(past.cases.load, linked) if case is not None)
    return replace(found, beside=beside)


def _form(past: Past, submission: StoredSubmission, policies: Policies, school: School) -> Belongs:
    form = forms_of(policies).get(submission.form_id)
    answers = answers_of(submission.body)
    earlier = [
        case
        for ref in past.submissions.cases_of(submission.form_id, submission.response_id)
        if (case := past.cases.load(ref)) is not None
    ]
    sent = _sent(submission, first_at=earlier[0].opened_at if earlier else None)
    if form is None:
        event = _unknown_form(answers, sent, school)
        return Belongs(event, earlier[0] if earlier else None, unknown=True)
    reading = read_response(form, answers)
    if submission.submitted_at is None:
        reading.oddities.append("when it was sent is not a date and time")
    event = event_of(reading, sent, school.directory)
    if event.name in ("update recorded", "contact logged"):
        found = _on_a_case(past, event, sent.at)
        event = not_long_before(found.event, found.case) if found.case is not None else found.event
        return replace(found, event=_with_history(past, event, policies, school, found.case))
    case = earlier[0] if earlier else None
    return Belongs(_with_history(past, event, policies, school, case), case)


def _with_history(past: Past, event: Event, policies: Policies, school: School, case: CaseFile | None) -> Event:
    """The event with what is counted for it, and with those of the references it cites that are reports."""
    cited = [other for other in map(past.cases.load, event.cites) if other is not None and other.track == "bullying"]
    return counted(
        past.history, replace(event, cites=tuple(other.ref for other in cited)), policies.vocabulary.facts,
        school.calendar, case=case, cited=cited, kept_out_of=past.cases.kept_out_of,
        open_tasks_of=past.cases.open_tasks_of,
    )  # fmt: skip


def _sent(submission: StoredSubmission, *, first_at: datetime | None) -> Sent:
    at, received = submission.submitted_at, submission.received_at
    if at is None or not received - OLDEST <= at <= received + CLOCK_SKEW:
        at = received
    respondent = submission.body.get("respondent_email")
    by = respondent if isinstance(respondent, str) else None
    # What a response says a second time, edited, is the same report; each update is an occurrence of its own.
    return Sent(at, by, submission.response_id, first_at is not None, first_at)


def _on_a_case(past: Past, event: Event, at: datetime) -> Belongs:
    ref = event.details.get("case", "")
    case = past.cases.load(ref) if ref else None
    if case is None and event.name == "update recorded":
        return Belongs(event, None, lost=NO_SUCH_CASE)
    if case is None and ref:
        event = replace(event, oddities=(*event.oddities, NO_SUCH_CASE))
    if case is None:
        # It could belong to any complaint, ended or not, so whoever is kept out of one hears nothing of it (I2).
        recent = past.cases.kept_out_of_recent("complaint", at - REMEMBERED)
        maybe = [KeptOut(k.address, OTHERS_CASE) for k in recent]
        event = replace(event, kept_out=tuple(maybe))
    return Belongs(event, case)


def _unknown_form(answers: Iterable[Answer], sent: Sent, school: School) -> Event:
    """A form that nobody has mapped: all is unknown, so every safety rule answers; adults named in it are kept out."""
    text = "\n".join(str(answer.value) for answer in answers)
    reading = Reading(_ANY_FORM, texts={"reported": ""}, oddities=["the form is not one that policydesk knows"])
    event = event_of(reading, sent, school.directory)
    return replace(event, parties=spoken_of(text, school.directory))


_ANY_FORM = Form("unknown", "", "", "report received", ())


def _clock(past: Past, body: Mapping[str, object]) -> Belongs:
    ref, why = body["case"], str(body.get("why", ""))
    case = past.cases.load(str(ref)) if ref else None
    event = Event(
        str(body["event"]),
        about=str(body["about"]),
        occurrence=f"{body['about']}:{body.get('step', 0)}",
        step=int(str(body.get("step", 0))),
        details={"why": why, **({"incident day": str(body["day"])} if "day" in body else {})},
    )
    if event.name in OF_THE_SCHOOL:
        return Belongs(event, None)
    if event.name == DIGEST_DUE and isinstance(listed := body.get("cases"), list):
        return Belongs(event, None, digest=tuple(c for c in map(past.cases.load, listed) if c is not None))
    if ref is None:  # about something that belongs to no case
        return Belongs(event, None, lost=why or "it belongs to no case")
    return Belongs(event, case, lost="" if case else "there is no such case")


def _person(past: Past, submission: StoredSubmission) -> Belongs:
    """What somebody did on a case's page, or declared: acknowledge, release, a closed day."""
    body, at = submission.body, submission.received_at
    case = past.cases.load(str(body.get("case", "")).upper())
    actor = str(body.get("by") or "").lower() or None
    lost = "" if case else NO_SUCH_CASE
    if body["do"] == "acknowledge":
        what = "alert acknowledged"
        event = Event(
            "update recorded", facts={"what happened": what}, happenings=(Happening(what, at),), actor=actor,
            occurrence=submission.id,
        )  # fmt: skip
        return Belongs(event, case, lost=lost)
    if body["do"] == "release":
        details = {MARKS: str(body[MARKS])} if body.get(MARKS) else {}
        event = Event(RELEASED, actor=actor, occurrence=submission.id, details=details)
        draft = str(body["draft"]) if body.get("draft") else None
        return Belongs(event, case, lost=lost, to=str(body.get("to") or "").lower(), draft=draft)
    name = CONFIRMED if body["do"] == "re-date" else "calendar changed"
    event = Event(name, actor=actor, occurrence=submission.id)
    return Belongs(event, case, lost=lost)


def year_of(at: datetime) -> int:
    """The year, in Europe/London, that a reference carries."""
    return at.astimezone(LONDON).year
