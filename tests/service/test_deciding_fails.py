"""Where the software itself fails on a submission: a person hears of it, and no other report waits behind it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from rules import load
from rules.engine.effects import Notice
from rules.engine.make import Making
from rules.engine.policy import EffectSpec
from service.flows.decide import Decider, Written
from service.school import School
from service.store import NewSubmission, Store
from tests.service.samples import NOW

DSL = "r.calder@northbridge.example"


@dataclass
class Deciding:
    store: Store
    school: School
    written: list[Written] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.decider = Decider(self.store, self.school, load(), lambda: NOW, told=self.written.append)

    def add(self, name: str) -> str:
        new = NewSubmission(
            source="form", form_id=name, form_title=name, response_id=name, received_at=NOW, body={"answers": []}
        )
        with self.store.write() as tx:
            return tx.submissions.add(new).submission_id

    def waiting(self) -> list[str]:
        with self.store.read() as tx:
            return [one.id for one in tx.submissions.undecided(10)]


@pytest.fixture
def deciding(store: Store, school: School) -> Deciding:
    return Deciding(store, school)


def test_a_rule_that_cannot_be_carried_out_ends_with_a_person(
    deciding: Deciding, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Making, spec: EffectSpec, grounds: object) -> None:
        raise RuntimeError("Isla Jones")

    monkeypatch.setattr(Making, "make", fail)
    deciding.add("first")
    assert deciding.decider.run_once() == 1
    assert deciding.waiting() == []
    told = [effect for effect in deciding.written[0].effects if isinstance(effect, Notice)]
    assert [(notice.to, notice.status) for notice in told] == [(DSL, "sent")]
    assert "Isla" not in repr(told)


def test_what_cannot_even_be_said_waits_alone(deciding: Deciding, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = deciding.add("bad"), deciding.add("good")
    decide = Decider._decide

    def fail(self: Decider, submission: object) -> Written:
        if getattr(submission, "id", None) == bad:
            raise ValueError("Isla Jones")
        return decide(self, submission)  # type: ignore[arg-type]

    monkeypatch.setattr(Decider, "_decide", fail)
    assert deciding.decider.run_once() == 1
    assert [one.submission.id for one in deciding.written] == [good]
    assert deciding.waiting() == [bad]
    assert deciding.decider.run_once() == 0, "nothing was done, so the loop may rest"
    monkeypatch.setattr(Decider, "_decide", decide)
    assert deciding.decider.run_once() == 1
    assert deciding.waiting() == []
