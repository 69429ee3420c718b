"""A report has come about a pupil whom an open complaint concerns: the complaint is asked whether it is about it."""

from __future__ import annotations

from datetime import datetime, timedelta

from rules.engine.casework.incidents import complaints_of
from rules.engine.model.situation import LATER_REPORT, CaseFile
from rules.engine.school.school_days import LONDON
from service.store import NewSubmission, Transaction

LOOKED_BACK = timedelta(days=365)
"""How long ago a complaint may have been received; the rules say over which school days reports count."""


def ask_complaints(tx: Transaction, report: CaseFile, at: datetime) -> None:
    """Hand in the question for each open complaint about a pupil of this report: once for each of the two together.

    A complaint that cites the report, or is linked to it, is not asked.
    """
    if report.track != "bullying" or report.state == "closed":
        return
    today = at.astimezone(LONDON).date()
    for ref in complaints_of(tx.history, report, today - LOOKED_BACK, today):
        complaint = tx.cases.load(ref)
        if complaint is None or report.ref in complaint.linked or ref in report.linked:
            continue
        body = {"event": LATER_REPORT, "case": ref, "about": report.ref, "day": today.isoformat()}
        key = f"{LATER_REPORT} {ref} {report.ref}"
        tx.submissions.add(NewSubmission(source="clock", received_at=at, submitted_at=at, body=body, dedupe_key=key))
