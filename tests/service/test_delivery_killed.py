"""Killed at any moment of a delivery: nothing is lost, and nothing happens twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from rules.engine.effects import AnyEffect
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


@pytest.mark.parametrize(("moment", "effect"), MOMENTS, ids=[f"{moment}, {e.key}" for moment, e in MOMENTS])
def test_killed_and_started_again(
    moment: str, effect: AnyEffect, database: str, tmp_path: Path, school: School
) -> None:
    key = Fernet.generate_key().decode()
    store, office = Store.open(database, Cipher([key]), "north"), Office(tmp_path)
    with store.write() as tx:
        tx.actions.put(effect, "s-1", NOW)
    ended = subprocess.run(
        [sys.executable, "-m", "tests.service.killed", database, str(tmp_path), moment],
        input=key,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=60,
    )
    assert ended.returncode == -signal.SIGKILL
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
