"""Killed at any moment of a delivery: nothing is lost, and nothing happens twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from rules.engine.model.effects import AnyEffect
from service.flows.deliver import Dispatcher
from service.school import School
from service.store import Cipher, Store
from tests.service.fakes import Office
from tests.service.samples import CASE, NOW, draft, entry, notice, task

ROOT = Path(__file__).parents[2]
MOMENTS = [
    (f"{when} {call}", effect)
    for call, effect in (
        ("create_draft", notice()),
        ("send_draft", notice()),
        ("create_draft", draft()),
        ("upsert", task()),
        ("put", entry()),
    )
    for when in ("before", "after")
]


def kill(moment: str, database: str, folder: Path, key: str) -> None:
    """Deliver in a process of its own, which is killed at this moment."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.service.killed", database, str(folder), moment],
        input=key,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=60,
    )
    assert ended.returncode == -signal.SIGKILL


@pytest.mark.parametrize(("moment", "effect"), MOMENTS, ids=[f"{moment}, {e.key}" for moment, e in MOMENTS])
def test_killed_and_started_again(
    moment: str, effect: AnyEffect, database: str, tmp_path: Path, school: School
) -> None:
    key = Fernet.generate_key().decode()
    store, office = Store.open(database, Cipher([key]), "north"), Office(tmp_path)
    with store.write() as tx:
        tx.actions.put(effect, "s-1", NOW)
    kill(moment, database, tmp_path, key)
    with store.read() as tx:
        left = tx.actions.by_key(CASE, effect.key)
    assert left is not None
    assert left.state == "pending"
    dispatcher = Dispatcher(
        store,
        school,
        office,
        office,
        office,
        clock=lambda: NOW,
        random=lambda: 1.0,
    )
    assert dispatcher.run_once(NOW) == 1
    holds = office.holds
    made = len(holds["drafts"]) + len(holds["sent"]) + len(holds["rows"]) + len(holds["events"])
    assert made == 1
    with store.read() as tx:
        found = tx.actions.by_key(CASE, effect.key)
    assert found is not None
    assert found.state == ("held" if effect == draft() else "done")
    store.close()


@pytest.mark.parametrize("status", ["sent", "withdrawn"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_a_held_draft_is_released_or_withdrawn(
    when: str, status: str, database: str, tmp_path: Path, school: School
) -> None:
    key = Fernet.generate_key().decode()
    store, office = Store.open(database, Cipher([key]), "north"), Office(tmp_path)
    dispatcher = Dispatcher(store, school, office, office, office, clock=lambda: NOW, random=lambda: 1.0)
    with store.write() as tx:
        tx.actions.put(draft(), "s-1", NOW)
    dispatcher.run_once(NOW)
    with store.write() as tx:
        tx.actions.put(draft(status=status), "s-2", NOW)
    kill(f"{when} {'send_draft' if status == 'sent' else 'delete_draft'}", database, tmp_path, key)
    dispatcher.run_once(NOW)
    assert (office.holds["drafts"], len(office.holds["sent"])) == ({}, 1 if status == "sent" else 0)
    with store.read() as tx:
        found = tx.actions.by_key(CASE, draft().key)
        told = [submission.body["event"] for submission in tx.submissions.undecided(10)]
    assert found is not None
    assert found.state == ("done" if status == "sent" else "cancelled")
    # Whether it was we who deleted it, or its holder who sent it, nobody can tell afterwards: then it is asked.
    assert told == (["withdrawn draft gone"] if (when, status) == ("after", "withdrawn") else [])
    store.close()
