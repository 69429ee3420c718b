"""Where the software itself fails on a submission: a person hears of it, and no other report waits behind it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from prometheus_client import generate_latest
from structlog.testing import capture_logs

from rules import load
from rules.engine.model.effects import Notice
from rules.engine.model.policy import EffectSpec
from rules.engine.proposing.make import Making
from service.flows.decide import Decider, Written
from service.school import School
from service.store import NewSubmission, ReferenceTakenError, Store
from service.store.cases import Cases
from service.web.health import Metrics
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


def test_a_reference_that_can_never_be_taken_holds_nothing_up(
    deciding: Deciding, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(self: Cases, ref: str) -> None:
        raise ReferenceTakenError(ref)

    monkeypatch.setattr(Cases, "take_ref", taken)
    deciding.add(next(form.id for form in load().forms.values() if form.event == "report received"))
    with capture_logs() as lines:
        assert deciding.decider.run_once() == 1
    assert deciding.waiting() == []
    assert {line["error"] for line in lines if line["event"] == "deciding failed"} == {"ReferenceTakenError"}
    told = [effect for effect in deciding.written[0].effects if isinstance(effect, Notice)]
    assert [notice.to for notice in told] == [DSL]


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


def test_a_case_that_reaches_nobody_is_said_loudly_and_without_a_name(store: Store, school: School) -> None:
    """Nobody of the school holds a role now: only whoever runs the service can see that."""
    people = {
        kind: tuple(replace(one, roles=()) for one in getattr(school.directory, kind))
        for kind in ("staff", "governors")
    }
    deciding = Deciding(store, replace(school, directory=replace(school.directory, **people)))
    known = next(form.id for form in load().forms.values() if form.event == "report received")
    submission = deciding.add(known)
    with capture_logs() as lines:
        assert deciding.decider.run_once() == 1
    assert deciding.written[0].reached_nobody
    (loud,) = [line for line in lines if line["log_level"] == "error"]
    assert loud == {
        "event": "nobody in the school could be told of a case", "log_level": "error", "submission": submission,
    }  # fmt: skip


def test_whoever_watches_the_service_can_see_it() -> None:
    metrics = Metrics()
    metrics.reached_nobody()
    assert "policydesk_cases_that_reached_nobody_total 1.0" in generate_latest(metrics.registry).decode()


def test_what_reached_somebody_is_no_news(deciding: Deciding) -> None:
    deciding.add("any")
    with capture_logs() as lines:
        assert deciding.decider.run_once() == 1
    assert not deciding.written[0].reached_nobody
    assert not [line for line in lines if line["log_level"] == "error"]
