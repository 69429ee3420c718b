"""From a form in Node to the running service: it waits while the service is away, and an edit is a revision."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from rules.engine.school.school_days import LONDON
from service.demo.samples import blank_question
from tests.journeys.arrived import inbox, references, rows, subjects
from tests.journeys.connected import Forms, forms_of
from tests.journeys.running import Running, settled

TEN_MINUTES = 600
DSL = "r.calder@northbridge.example"
REPORTER = "m.ellison@northbridge.example"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with settled(tmp_path / "place") as made:
        made.start()
        yield made


@pytest.fixture
def forms(running: Running) -> Iterator[Forms]:
    with forms_of(running) as made:
        yield made


def test_what_is_submitted_while_the_service_is_down_arrives_when_it_is_back(running: Running, forms: Forms) -> None:
    sample = blank_question(datetime.now(LONDON).date())
    connector = forms.of(sample.form)
    assert running.stop() == 0
    connector.do("clock", at=(time.time() - TEN_MINUTES) * 1000)
    response = connector.submit(sample.answers, REPORTER)["response"]
    assert [sent.status for sent in connector.sent()] == [None]
    assert list(connector.queue()) == [response]

    running.start()
    connector.do("clock")
    assert connector.tick() is None
    assert connector.sent()[-1].status == 202
    assert connector.queue() == {}
    state = running.settle()
    assert [subject.startswith("URGENT ") for subject in subjects(state, DSL)] == [True]
    assert len(references(state, DSL)) == 1


def test_an_edited_response_is_a_revision_of_its_case(running: Running, forms: Forms) -> None:
    sample = blank_question(datetime.now(LONDON).date())
    response = forms.fill_in(sample)
    before = running.settle()
    connector = forms.of(sample.form)
    connector.submit({"Does the student want their parents or carers to know?": "No"}, response=response)
    assert [(sent.revision, sent.status) for sent in connector.sent()] == [(1, 202), (2, 202)]
    connector.do("fire", response=response)
    assert connector.sent()[-1].reply == connector.sent()[-2].reply | {"duplicate": True}

    after = running.settle()
    (reference,) = references(after, REPORTER)
    assert references(after, DSL) == [reference], "a revision opens no case of its own"
    assert len(inbox(after, REPORTER)) == len(inbox(before, REPORTER)), "nobody is thanked twice"
    keys = [row[0] for _, row in rows(after)]
    assert len(keys) == len(set(keys))
    with running.store() as store, store.read() as tx:
        decisions = tx.decisions.of_case(reference)
        assert len(decisions) == 2
        assert tx.cases.refs() == [reference]
