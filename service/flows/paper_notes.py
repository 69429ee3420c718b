"""Notes of a complaint about staff are on paper: once decided, the text of an update on it is not kept (CP-3g).

That a note exists stays, with its day, who wrote it and where the paper is filed. Until the decision, a second or so
after receipt, the text waits encrypted like everything that comes in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from rules import Decision, Policies
from rules.engine.intake.facts import Reading
from rules.engine.intake.paper import NOT_KEPT, is_note, is_on_paper
from rules.engine.model.form import Form
from rules.engine.school.school_days import LONDON
from service.flows.responses import forms_of, reading_of
from service.store import StoredSubmission, Transaction

QUESTION = "outcome"
FORM_EVENT = "update recorded"


def leave_on_paper(
    tx: Transaction, policies: Policies, submission: StoredSubmission, decision: Decision, at: datetime
) -> bool:
    """Take the texts of notes out of what is kept, of this update and of those before it on the same case.

    Those before it: somebody of the staff may have been named only now. Returns whether there was any: then the
    store is to be scrubbed once this is committed.
    """
    if submission.source != "form":
        return False
    taken = False
    forms = forms_of(policies, FORM_EVENT)
    for case in decision.cases:
        if not is_on_paper(case):
            continue
        for one in tx.submissions.of_case(case.ref):
            form = forms.get(one.form_id)
            kept = without_note(form, one.body) if form is not None else None
            if form is not None and kept is not None:
                taken = True
                tx.submissions.keep_only(one.id, kept)
                tx.erasure.set_aside([one.id])
                tx.chronology.add(case.ref, at, _said(form, one), one.id)
    return taken


def without_note(form: Form, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The body of an update without the text of its note; None where there is none to take out."""
    return without(form, body, {QUESTION}) if is_note(reading_of(form, body).facts) else None


def without(form: Form, body: Mapping[str, Any], questions: Collection[str]) -> dict[str, Any] | None:
    """The body of a response without the answers to these questions; None where there is none to take out."""
    answers = body.get("answers") or []
    names = {name for q in form.questions if q.name in questions for name in (q.id, q.item, q.title)}
    kept = [one | {"value": NOT_KEPT} if _is_asked(names, one) and one.get("value") else one for one in answers]
    return None if kept == answers else {**body, "answers": kept}


def _is_asked(names: Collection[str], answer: Mapping[str, Any]) -> bool:
    return answer.get("question_id") in names or str(answer.get("title") or "").strip() in names


def _said(form: Form, update: StoredSubmission) -> str:
    """That there is a note, its day, its author and where it is, in one line of the chronology."""
    reading = reading_of(form, update.body)
    day = reading.dates.get("date of the update") or update.received_at.astimezone(LONDON).date()
    place = shelf_mark(reading)
    where = f"on paper, filed at {place}" if place else "on paper; where it is filed was not said"
    return f"note of {day:%d %b %Y} by {update.body.get('respondent_email') or 'somebody'}: {where}; no text is kept"


def shelf_mark(reading: Reading) -> str:
    """Where an update says that the paper is filed; empty where it does not."""
    return reading.texts.get("shelf mark", "").strip()
