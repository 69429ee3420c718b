"""The account of a complaint about staff, left to the paper once that is filed: a person's act, for good (CP-3g)."""

from __future__ import annotations

from datetime import datetime

from rules import Policies
from rules.engine.intake.paper import is_on_paper
from service.flows.paper_notes import FORM_EVENT, shelf_mark, without
from service.flows.responses import forms_of, reading_of
from service.records.retention import NotDeletedError, allowed
from service.school import School
from service.store import Store, Transaction

ACCOUNT = frozenset({"account", "action wanted", "result of the discussion"})
"""The questions of the complaint form whose answers are an account of what somebody is said to have done."""
RECEIVED = "complaint received"


def minimise(store: Store, school: School, policies: Policies, ref: str, by: str, now: datetime) -> int:
    """Take the account out of every version of the complaint that came in; returns how many. NotDeletedError.

    The store is to be scrubbed afterwards. A later version of the complaint brings its own account with it.
    """
    with store.write() as tx:
        person, case = allowed(tx, school.directory, ref, by)
        if not is_on_paper(case):
            raise NotDeletedError(f"{ref} is not a complaint about staff: its account is kept here, and nowhere else.")
        place = _filed_at(tx, policies, ref)
        if not place:
            raise NotDeletedError(
                f"Nobody has said where the paper of {ref} is filed. File the account, and record a case update that "
                "says where; then run this again."
            )
        forms = forms_of(policies, RECEIVED)
        taken = []
        for one in tx.submissions.of_case(ref):
            form = forms.get(one.form_id)
            kept = without(form, one.body, ACCOUNT) if form is not None else None
            if kept is not None:
                tx.submissions.keep_only(one.id, kept)
                taken.append(one.id)
        tx.erasure.set_aside(taken)
        if taken:
            tx.chronology.add(ref, now, f"the complaint's own account: on paper, filed at {place}; no text is kept")
        tx.audit.add(person.email, f"left the account to the paper ({len(taken)} versions)", ref, now)
    return len(taken)


def _filed_at(tx: Transaction, policies: Policies, ref: str) -> str:
    """Where the paper is, by the latest update that says so."""
    forms = forms_of(policies, FORM_EVENT)
    updates = [one for one in tx.submissions.of_case(ref) if one.form_id in forms]
    said = [shelf_mark(reading_of(forms[one.form_id], one.body)) for one in updates]
    return next((place for place in reversed(said) if place), "")
