"""What every decision asks of the database goes by an index, so that it takes no longer after years of cases."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url

from rules.engine.model.effects import Notice
from service.store import CLOCKS, Store, Transaction
from tests.service.samples import CASE, NOW, form_submission, notice

TODAY = NOW.date()
SINCE = TODAY - timedelta(days=90)
ASKED: dict[str, Callable[[Transaction], object]] = {
    "the incidents of a pupil": lambda tx: tx.history.of_person("one", "reported", SINCE, TODAY),
    "the incidents of two pupils": lambda tx: tx.history.of_pair(
        ("one", "reported"), ("other", "targeted"), SINCE, TODAY
    ),
    "the parts in a case that is unlinked": lambda tx: tx.history.mark(CASE, counts=False),
    "a case": lambda tx: tx.cases.load(CASE),
    "what was made on a case": lambda tx: tx.actions.effects_of(CASE),
    "the cases of a response": lambda tx: tx.submissions.cases_of("form-1", "r-1"),
    "the revisions of a response": lambda tx: tx.submissions.latest_revision("form-1", "r-1"),
    "what waits to be decided": lambda tx: tx.submissions.undecided(10),
    "the clocks that are due": lambda tx: tx.actions.due(CLOCKS, NOW, 10),
    "the notices that are due": lambda tx: tx.actions.due((Notice.kind,), NOW, 10),
    "the next clock": lambda tx: tx.actions.next_due(CLOCKS),
    "an effect that is there": lambda tx: tx.actions.put(notice(), None, NOW),
}


@pytest.mark.parametrize("name", ASKED)
def test_no_row_is_looked_for_one_by_one(name: str, file_store: Store, database: str) -> None:
    with file_store.write() as tx:
        tx.submissions.add(form_submission())
        tx.actions.put(notice(), None, NOW)
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, given: Any, *_more: Any) -> None:
        asked.append((statement, given))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with file_store.write() as tx:
            ASKED[name](tx)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    with closing(sqlite3.connect(str(make_url(database).database))) as raw:
        plans = [raw.execute(f"EXPLAIN QUERY PLAN {statement}", given).fetchall() for statement, given in asked[1:]]
    steps = [step for plan in plans for *_, step in plan if step.startswith(("SEARCH", "SCAN"))]
    assert steps
    assert not [step for step in steps if step.startswith("SCAN") or "INDEX" not in step]
    # By the school alone every row would be looked at, but for an index that holds only what waits.
    assert not [step for step in steps if step.endswith("(school=?)") and "ix_submission_undecided" not in step]
