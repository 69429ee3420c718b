"""The school's days have changed: each case that has dates to keep is asked what that means for them (Counting 5)."""

from __future__ import annotations

from datetime import datetime

from service.store import NewSubmission, Store


def ask_open_cases(store: Store, version: str, at: datetime) -> int:
    """Hand in the question for each case that was last decided under another calendar; returns how many.

    Those that are open, and those that are closed and have a clock that runs on, as follow-up checks do.
    ``version`` is that of the calendar as it is now. The question is asked once for each version of it.
    StoreUnavailableError where the database does not answer.
    """
    with store.read() as tx:
        running = [action.effect.case for action in tx.actions.of_state("pending", ("deadline",))]
        cases = dict.fromkeys((*tx.cases.refs("open"), *(ref for ref in running if ref is not None)))
        refs = [ref for ref in cases if tx.decisions.calendar_of(ref) not in (None, version)]
    if not refs:
        return 0
    with store.write() as tx:
        for ref in refs:
            body = {"do": "closure", "case": ref}
            key = f"calendar {version} {ref}"
            tx.submissions.add(NewSubmission(source="person", received_at=at, body=body, dedupe_key=key))
    return len(refs)
