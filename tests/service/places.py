"""An installation in a folder, set up by its environment as an administrator does, with a past to look back on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Table, select

from rules import Policies, load
from rules.engine.school.school_days import LONDON
from service.flows.decide import Decider
from service.school import School, load_school
from service.store import CLOCKS, Cipher, NewSubmission, Store
from service.store.engine import connect
from service.store.tables import audit, metadata
from tests.service.samples import SAMPLE

START = datetime(2026, 9, 8, 9, 0, tzinfo=LONDON)  # a Tuesday
PAIRS = (("Ella Mitchell", "Lily Chen"), ("Noah Chen", "Theo Green"))


@dataclass
class Place:
    """One school's database, and how its service would decide."""

    url: str
    store: Store
    school: School
    policies: Policies
    key: str
    now: datetime = START
    decider: Decider = field(init=False)

    def __post_init__(self) -> None:
        self.decider = Decider(self.store, self.school, self.policies, lambda: self.now)

    def receive(self, how_many: int) -> None:
        """So many reports, a day apart, between two pairs of pupils in turn; clocks fall due in between."""
        for number in range(how_many):
            self.pass_until(START + timedelta(days=number))
            self.report(number)
            while self.decider.run_once():
                pass

    def pass_until(self, at: datetime) -> None:
        """Let time pass, and whatever falls due be decided."""
        while (due := self._next_due()) is not None and due <= at:
            self.now = max(due, self.now)
            while self.decider.run_once():
                pass
        self.now = at

    def report(self, number: int) -> None:
        """A report between two pupils, received and not yet decided."""
        form = self.policies.forms["bullying-report"]
        targeted, reported = PAIRS[number % 2]
        answers = {
            "When did it happen?": self.now.date().isoformat(), "Who was targeted?": targeted,
            "The person targeted is": "A student", "Who is said to have done it?": reported,
            "The person said to have done it is": "A student", "Do you have a safeguarding concern?": "No",
            "Is anyone at risk of immediate harm?": "No", "Could the student be at risk of significant harm?": "No",
        }  # fmt: skip
        body = {"answers": [{"question_id": "", "title": title, "value": said} for title, said in answers.items()]}
        new = NewSubmission(
            source="form", form_id=form.id, form_title=form.title, response_id=f"r-{number}", received_at=self.now,
            submitted_at=self.now, body=body | {"respondent_email": "m.ellison@northbridge.example"},
        )  # fmt: skip
        with self.store.write() as tx:
            tx.submissions.add(new)

    def everything(self) -> list[list[tuple[object, ...]]]:
        """Every row of every table."""
        return [self._rows(table) for table in metadata.sorted_tables]

    def done(self) -> list[list[tuple[object, ...]]]:
        """Every row of every table but the one that says who has looked."""
        return [self._rows(table) for table in metadata.sorted_tables if table is not audit]

    def logged(self) -> list[tuple[str, str]]:
        """Who saw or did what."""
        return [(who, self.store.cipher.open_text(what)) for _, _, who, what, _, _ in self._rows(audit)]

    def _rows(self, table: Table) -> list[tuple[Any, ...]]:
        engine = connect(self.url)
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(select(table))]
        engine.dispose()
        return found

    def _next_due(self) -> datetime | None:
        with self.store.read() as tx:
            return tx.actions.next_due(CLOCKS)


def settle(folder: Path, secret: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A new installation in this folder; the environment of the test is that of its administrator."""
    url, key = f"sqlite:///{folder / 'policydesk.db'}", Fernet.generate_key().decode()
    credentials = folder / "credentials.json"
    credentials.write_text("{}")
    settings = {
        "DATABASE_URL": url, "SCHOOL": str(SAMPLE), "WEBHOOK_SECRETS": secret, "ENCRYPTION_KEYS": key,
        "GOOGLE_CREDENTIALS": str(credentials),
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(f"POLICYDESK_{name}", value)
    school = load_school(SAMPLE)
    return Place(url, Store.open(url, Cipher([key]), school.id), school, load(), key)
