"""Counting history among a million incidents, and finding what is due among a hundred thousand actions."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from cryptography.fernet import Fernet

from rules.engine.model.effects import to_json
from service.store import Cipher, Store
from tests.benchmarks.row import Row
from tests.service.samples import notice

INCIDENTS, PEOPLE = 1_000_000, 5_000
QUEUED = 100_000
TIMES = 200
TIMES_SLOW = 3
SCHOOL = "north"


def measure(folder: Path) -> list[Row]:
    """The rows of the table; it takes about twenty seconds."""
    file, cipher = folder / "records.db", Cipher([Fernet.generate_key().decode()])
    store = Store.open(f"sqlite:///{file}", cipher, SCHOOL)
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("PRAGMA synchronous = OFF")
        person = _incidents(raw, store)
        _actions(raw, cipher)
    today = date(2026, 10, 6)
    try:
        count, query = _both(store, file, "ix_incident_person", lambda: _count(store, person, today))
        claim, scan = _both(store, file, "ix_action_pending", lambda: _claim(store))
    finally:
        store.close()
    count, query = count * 1e6, query * 1e6
    claim, scan = claim * 1e3, scan * 1e3
    return [
        Row("count a pupil's incidents among 1,000,000", count, "µs", baseline=query),
        Row("find an action that is due among 100,000", claim, "ms", "<= 1", claim <= 1, scan),
    ]


def _both(store: Store, file: Path, index: str, what: Callable[[], None]) -> tuple[float, float]:
    """Seconds that it takes with the index and without."""
    ours = _fastest(what, TIMES)
    with closing(sqlite3.connect(file)) as raw:
        raw.execute(f"DROP INDEX {index}")
    return ours, _fastest(what, TIMES_SLOW)


def _fastest(what: Callable[[], None], times: int) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        what()
        taken.append(time.perf_counter() - began)
    return sorted(taken)[times // 4]


def _count(store: Store, person: str, until: date) -> None:
    with store.read() as tx:
        assert tx.history.of_person(person, "reported", until - timedelta(days=90), until)


def _claim(store: Store) -> None:
    with store.read() as tx:
        assert len(tx.actions.due(("notice",), datetime(2026, 10, 6, tzinfo=UTC), 1)) == 1


def _incidents(raw: sqlite3.Connection, store: Store) -> str:
    """A million incidents; returns somebody who is in some of them."""
    with store.write() as tx:
        tx.history.add("B-2026-0001", "somebody", "reported", date(2026, 10, 1), None)
    (known,) = raw.execute("SELECT person FROM incident").fetchone()
    people = [known, *(os.urandom(16).hex() for _ in range(PEOPLE - 1))]
    first = date(2016, 10, 6).toordinal()
    days = [date.fromordinal(first + day).isoformat() for day in range(3650)]
    rows = (
        (SCHOOL, f"B-{n}", people[n * 7919 % PEOPLE], "reported" if n % 2 else "targeted", days[n % 3650], 1, None)
        for n in range(INCIDENTS)
    )
    raw.executemany(
        "INSERT INTO incident (school, case_ref, person, role, at_day, counts, submission_id) VALUES (?,?,?,?,?,?,?)",
        rows,
    )
    raw.commit()
    return "somebody"


def _actions(raw: sqlite3.Connection, cipher: Cipher) -> None:
    """Notices that wait for a later day, and one that is due."""
    payload = cipher.seal_json(to_json(notice()))
    base = datetime(2026, 10, 7)  # noqa: DTZ001  as SQLite keeps it
    columns = "id, school, kind, urgent, payload, state, due_at, try_at, attempts, step, version, content_version, "
    columns += "remote_version, created_at, updated_at"
    rows = []
    for number in range(QUEUED):
        at = (base + timedelta(seconds=number) if number else base - timedelta(days=2)).isoformat(" ")
        row = (str(UUID(int=number)), SCHOOL, "notice", 0, payload, "pending", at, at, 0, "", 1, 1, 0, at, at)
        rows.append(row)
    raw.executemany(f"INSERT INTO action ({columns}) VALUES ({','.join('?' * 15)})", rows)  # noqa: S608
    raw.commit()
