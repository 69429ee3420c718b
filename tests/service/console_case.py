"""Two small cases for the console: a bullying report with an urgent alert, and a complaint about the headteacher."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from rules.engine.model.effects import (
    AnyEffect,
    CalendarEntry,
    Deadline,
    Flag,
    Notice,
    NotTold,
    Refused,
    Task,
    Withhold,
)
from rules.engine.model.situation import CaseFile, Happening, KeptOut, Party
from service.flows.unshown import Unshown
from service.store import NewSubmission, Store, Transaction

HEAD = "head@northbridge.example"
DSL = "r.calder@northbridge.example"
DEPUTY = "i.sheikh@northbridge.example"
BEHAVIOUR_LEAD = "s.lowther@northbridge.example"
TEACHER = "m.ellison@northbridge.example"
CLERK = "clerk@governors.northbridge.example"
CHAIR = "chair@governors.northbridge.example"
GOVERNOR = "j.beckett@governors.northbridge.example"
SAFEGUARDING_BOX = "safeguarding@northbridge.example"
BEHAVIOUR_BOX = "behaviour@northbridge.example"
PARENT = "parent@family.example"

MOMENT = datetime(2026, 10, 6, 10, 20, tzinfo=UTC)  # a Tuesday, 11:20 in London
BULLYING = "B-2026-0001"
ABOUT_THE_HEAD = "C-2026-0001"
FILE_ID = "1EvidenceFileThatNobodyMayFetchOrLink00"
ACCOUNT = "Name-calling at break.\n<script>alert(1)</script> " + "and then again " * 40
EVIDENCE_QUESTION = "c7a4d08c"
UNSHOWN = Unshown(uploads=frozenset({EVIDENCE_QUESTION}))


def notice(to: str, role: str, **more: object) -> Notice:
    """A notice about the bullying report, sent at once unless ``more`` says otherwise."""
    given: dict[str, object] = {
        "key": f"notice:case_notice:{to}:first",
        "case": BULLYING,
        "rules": ("AB-01",),
        "clauses": ("AB-8b",),
        "because": "Both teams are told (AB-8b).",
        "to": to,
        "role": role,
        "status": "sent",
        "held_by": None,
        "urgent": False,
        "subject": f"A case needs you: {BULLYING}",
        "body": f"Case {BULLYING}. Sign in to see it.",
        "template": "case_notice",
    }
    return Notice(**{**given, **more})  # type: ignore[arg-type]


def bullying_effects() -> list[AnyEffect]:
    """What was decided on the bullying report."""
    grounds = {"case": BULLYING, "rules": ("AB-01",), "clauses": ("AB-8e",), "because": "A report came in."}
    left_out = NotTold("lead year manager", "a pupil's year is not known yet")
    return [
        notice(DSL, "designated safeguarding lead", key="notice:dsl_alert", urgent=True, template="dsl_alert"),
        notice(BEHAVIOUR_BOX, "behaviour team", not_told=(left_out,)),
        notice(TEACHER, "reporter", key="notice:receipt", template="receipt"),
        notice(PARENT, "parent or carer", key="notice:letter", status="draft", held_by=DSL, family=True,
               subject=f"A letter from school ({BULLYING})", body="Dear parent or carer,\nPlease call us."),
        Task(key="task:talk", role="interviewer", assignee=BEHAVIOUR_LEAD, title="Talk to party 1",
             steps=("Listen before you ask.",),
             due=date(2026, 10, 7), state="open", **grounds),  # type: ignore[arg-type]
        Task(key="task:refer", role="designated safeguarding lead", assignee=DSL, state="open",
             title="Decide whether to refer to children's social care", due=date(2026, 10, 6), **grounds),  # type: ignore[arg-type]
        Task(key="task:seen", role="behaviour lead", assignee=BEHAVIOUR_LEAD, title="Read the report",
             due=None, state="done", **grounds),  # type: ignore[arg-type]
        Deadline(key="deadline:first", id="first", name="First action on the report", due=date(2026, 10, 6),
                 state="open", counted="same school day, Tue 6 Oct 2026", duty_of=BEHAVIOUR_LEAD, **grounds),  # type: ignore[arg-type]
        Deadline(key="deadline:check", id="check", name="Follow-up check", due=date(2026, 10, 13), state="missed",
                 counted="5 school days after Tue 6 Oct 2026", duty_of=BEHAVIOUR_LEAD, **grounds),  # type: ignore[arg-type]
        CalendarEntry(key="calendar:check", role="behaviour lead", action="create", status="sent", held_by=None,
                      title=f"Follow-up check ({BULLYING})", description="Sign in to see it.",
                      start=datetime(2026, 10, 13, 7, 30, tzinfo=UTC), end=datetime(2026, 10, 13, 7, 45, tzinfo=UTC),
                      attendees=(BEHAVIOUR_LEAD,), **grounds),  # type: ignore[arg-type]
        Flag(key="flag:match", name="choose who was meant", role="safeguarding team",
             evidence="the name fits two pupils", **grounds),  # type: ignore[arg-type]
        Refused(key="refused:date", what="a date", why="term dates for 2027/28 are not loaded",
                instead="Load the next year's term dates.", **grounds),  # type: ignore[arg-type]
    ]  # fmt: skip


def hold() -> Withhold:
    """A hold on parents and carers that is in force."""
    return Withhold(
        key="withhold:parents", case=BULLYING, rules=("AB-09",), clauses=("AB-8g",), because="The pupil did not agree.",
        details="the kind of bullying", from_=("parents and carers",), lifted_by="designated safeguarding lead",
    )  # fmt: skip


def bullying(effects: list[AnyEffect] | None = None) -> CaseFile:
    """The bullying case, with what was made on it."""
    made = bullying_effects() if effects is None else effects
    return CaseFile(
        ref=BULLYING,
        track="bullying",
        state="open",
        stage="looking into it",
        opened_at=MOMENT,
        parties=(
            Party(1, "targeted", "pupil", "Amelia Hart 8B", possible=("A823000000001", "A823000000002"), year=8),
            Party(2, "reported", "pupil", "Somebody Else", year=8),
            Party(3, "witness", "staff", "Mark Ellison", key=TEACHER),
        ),
        happenings=(Happening("report received", MOMENT),),
        notices={e.key: e for e in made if isinstance(e, Notice)},
        tasks={e.key: e for e in made if isinstance(e, Task)},
        entries={e.key: e for e in made if isinstance(e, CalendarEntry)},
        deadlines={e.key: e for e in made if isinstance(e, Deadline)},
        withholds={e.key: e for e in made if isinstance(e, Withhold)},
        reporter=TEACHER,
        linked=(ABOUT_THE_HEAD,),
    )


def complaint() -> CaseFile:
    """A complaint about the headteacher, who may know nothing of it."""
    told = notice(
        CLERK, "clerk to governors", key="notice:clerk", case=ABOUT_THE_HEAD, subject=f"Case {ABOUT_THE_HEAD}"
    )
    return CaseFile(
        ref=ABOUT_THE_HEAD,
        track="complaint",
        state="open",
        stage="stage 2",
        opened_at=MOMENT + timedelta(hours=1),
        parties=(Party(1, "complained about", "staff", "The headteacher", key=HEAD),),
        kept_out=(KeptOut(HEAD, "the complaint is about the headteacher"),),
        notices={told.key: told},
    )


def fill(store: Store) -> None:
    """Put both cases into the store, as deciding the report would have."""
    with store.write() as tx:
        for revision, account in ((1, "First try."), (2, ACCOUNT)):
            _decided(tx, bullying(), bullying_effects(), _report(revision, account), revision)
        about = complaint()
        made: list[AnyEffect] = list(about.notices.values())
        _decided(tx, about, made, _form("complaint", "What is it about?", "The headteacher shouted at me."), 1)


def acknowledged(store: Store, at: datetime) -> None:
    """What deciding an acknowledgement leaves behind."""
    with store.write() as tx:
        case = tx.cases.load(BULLYING)
        assert case is not None
        done = Happening("alert acknowledged", at)
        tx.cases.save(replace(case, happenings=(*case.happenings, done)), at)


def _decided(tx: Transaction, case: CaseFile, effects: list[AnyEffect], new: NewSubmission, revision: int) -> None:
    added = tx.submissions.add(new)
    if revision == 1:
        tx.cases.take_ref(case.ref)
    tx.cases.save(case, MOMENT)
    for effect in effects:
        tx.actions.put(effect, added.submission_id, MOMENT)
    tx.chronology.add(case.ref, MOMENT + timedelta(minutes=revision), f"Version {revision} came in.")
    tx.decisions.add(added.submission_id, [case.ref], "policy-1", "calendar-1", _explanation(case), MOMENT)
    tx.submissions.decided(added.submission_id)


def _report(revision: int, account: str) -> NewSubmission:
    answers = [
        {"question_id": "d0f074f3", "title": "When did it happen?", "value": "2026-10-06"},
        {"question_id": "5134f24f", "title": "Who was targeted?", "value": "Amelia Hart 8B"},
        {"question_id": "231d8d6a", "title": "What did they do?", "value": ["Name calling", "Gossip"]},
        {"question_id": "5f6454de", "title": "What happened?", "value": account},
        {"question_id": "7059c7e6", "title": "Does the student want their parents or carers to know?", "value": ""},
        {"question_id": EVIDENCE_QUESTION, "title": "Photos", "value": [FILE_ID]},
        {
            "question_id": "own",
            "title": "Anything else",
            "value": f"see https://drive.google.com/file/d/{FILE_ID}/view",
        },
    ]
    body = {"answers": answers, "respondent_email": TEACHER}
    return NewSubmission(
        source="form", form_id="report", form_title="Bullying incident report", response_id="r-1", revision=revision,
        received_at=MOMENT, submitted_at=MOMENT, body=body,
    )  # fmt: skip


def _form(name: str, question: str, answer: str) -> NewSubmission:
    body = {"answers": [{"question_id": "q", "title": question, "value": answer}], "respondent_email": None}
    return NewSubmission(
        source="form", form_id=name, form_title="Complaints procedure form", response_id="c-1", revision=1,
        received_at=MOMENT, body=body,
    )  # fmt: skip


def _explanation(case: CaseFile) -> dict[str, object]:
    applied = {"rule": "AB-01", "title": "Tell both teams", "clauses": ["AB-8b"], "applied": True}
    missed = {"rule": "AB-07", "title": "Tell the SENCO", "clauses": ["AB-8c"], "applied": False}
    told = [{"who": "person concerned", "why": kept.why, "address": kept.address} for kept in case.kept_out]
    return {
        "sentence": "Tell both teams, because a report came in (AB-8b).",
        "event": "report received",
        "applied": [applied | {"because": "Tell both teams, because a report came in (AB-8b)."}],
        "did_not": [missed | {"because": '"a pupil has special needs" is no; it needs yes'}],
        "not_told": told,
        "notes": ["the lead year manager is not known yet"],
    }
