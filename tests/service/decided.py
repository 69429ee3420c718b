"""A bench on which the real policies decide: forms in, mail and rows out, with everything between."""

from __future__ import annotations

import itertools
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rules import Policies
from rules.engine.model.effects import Flag, Notice
from service.flows.decide import Decider
from service.school import School
from service.store import Action, NewSubmission, Store
from tests.service.bench import Bench
from tests.service.fakes import Office

CASE = "B-2026-0001"
DSL = "r.calder@northbridge.example"
HEAD = "head@northbridge.example"
TEACHER = "m.ellison@northbridge.example"
CARER = "carer1.0010@family.example"
LATER = timedelta(minutes=11)
SAID = {
    "When did it happen?": "2026-10-06",
    "Who was targeted?": "Mia O'Neill",
    "The person targeted is": "A student",
    "Who is said to have done it?": "Theo Green",
    "The person said to have done it is": "A student",
    "What kind of bullying was it?": ["Physical"],
    "Is anyone at risk of immediate harm?": "No",
    "Do you have a safeguarding concern?": "No",
    "Could a crime have been committed?": "No",
    "Could the student be at risk of significant harm?": "No",
    "Does the student want their parents or carers to know?": "Yes",
    "Could telling parents or carers put the student at risk?": "No",
}


class Desk(Bench):
    """Forms in, mail and rows out, with everything between."""

    def __init__(self, store: Store, school: School, folder: Path, policies: Policies) -> None:
        super().__init__(store, school, folder)
        self.policies = policies
        self.decider = Decider(store, school, policies, lambda: self.now)
        self.numbers = itertools.count(1)

    def send(
        self, form: str, answers: dict[str, Any], response: str = "", revision: int = 1, respondent: str = TEACHER
    ) -> None:
        self.now += timedelta(seconds=1)
        body = {"answers": [{"title": t, "value": v} for t, v in answers.items()], "respondent_email": respondent}
        with self.store.write() as tx:
            tx.submissions.add(
                NewSubmission(
                    source="form",
                    form_id=self.policies.forms[form].id,
                    response_id=response or f"r-{next(self.numbers)}",
                    revision=revision,
                    received_at=self.now,
                    submitted_at=self.now,
                    body=body,
                )
            )
        self.work()

    def release(self, to: str, by: str, draft: str | None = None, marks: int | None = 0) -> None:
        self.now += timedelta(seconds=1)
        body = {"do": "release", "case": CASE, "to": to, "by": by} | ({"draft": draft} if draft else {})
        body |= {"marks": str(marks)} if marks else {}
        with self.store.write() as tx:
            tx.submissions.add(
                NewSubmission(source="person", received_at=self.now, body=body, dedupe_key=str(next(self.numbers)))
            )
        self.work()

    def work(self) -> None:
        """Decide and deliver until nothing waits: it must come to an end."""
        for _ in range(50):
            if not self.decider.run_once() + self.run():
                return
        pytest.fail("it never comes to rest")

    def made(self) -> list[Action]:
        with self.store.read() as tx:
            return tx.actions.of_case(CASE)

    def flags(self) -> list[Flag]:
        return [action.effect for action in self.made() if isinstance(action.effect, Flag)]

    def flag(self, name: str) -> Flag:
        """The only one of this name."""
        (found,) = (flag for flag in self.flags() if flag.name == name)
        return found

    def to(self, address: str) -> Action:
        """The only notice to this address."""
        (found,) = (a for a in self.made() if isinstance(a.effect, Notice) and a.effect.to == address)
        return found

    def by_hand(self, address: str) -> None:
        """The holder of the draft to this address presses Send in Gmail."""
        held = self.to(address)
        assert (held.state, held.place) == ("held", DSL)
        Office.delete_draft(self.office, DSL, held.remote_id or "")
