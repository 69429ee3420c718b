"""The schema takes every shipped rule file, refuses what people mistype, and offers the words of the vocabulary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from rules import Policies, load, shipped_texts
from rules.engine.reading.document import Items, Node, Word, read
from rules.engine.rulebook.schema import schema
from service.cli import main

TELLING = "policies/anti_bullying/telling.yaml"
WORK, PATTERNS = "policies/anti_bullying/work.yaml", "policies/anti_bullying/patterns.yaml"
CLOCKS = "policies/anti_bullying/procedure.yaml"
SETTINGS = "policies/settings.yaml"
GUARANTEES = "policies/guarantees.yaml"

SLIPS = [
    pytest.param(TELLING, "  when:\n", "  wen:\n", id="a name that no rule has"),
    pytest.param(TELLING, "on: report received", "on: report recieved", id="an event that there is not"),
    pytest.param(TELLING, "clauses: [AB-8e]", "clauses: [AB-8z]", id="a clause that the register lacks"),
    pytest.param(TELLING, "safeguarding concern: is yes", "safeguarding worry: is yes", id="a fact that nobody asks"),
    pytest.param(TELLING, "is yes or not sure", "is yes or perhaps", id="an answer that the form does not offer"),
    pytest.param(TELLING, "includes sexual", "is sexual", id="the wrong test for several answers"),
    pytest.param(TELLING, "notify: designated", "notify: delegated", id="a person whom nobody knows"),
    pytest.param(TELLING, "using: dsl_alert", "using: dls_alert", id="a text that is not there"),
    pytest.param(TELLING, "due: same school day", "due: within 3 working days", id="days that are not counted"),
    pytest.param(TELLING, "given: {immediate harm: no}", "given: {immediate harm: is no}", id="a test in an example"),
    pytest.param(TELLING, "urgent: yes", "urgent: very", id="neither yes nor no"),
    pytest.param(PATTERNS, "in pattern window school days", "in pattern windows school days", id="an unknown setting"),
    pytest.param(WORK, "today: 2026-10-06 16:10", "today: 6 October", id="a day that cannot be read"),
    pytest.param(PATTERNS, "what happened: entered in error", "what happened: a mistake", id="nothing that happens"),
    pytest.param(PATTERNS, "earlier: {on: 2026-12-01, ", "earlier: {", id="what was before, on no day"),
    pytest.param(CLOCKS, "{AB-9i: cancelled}", "{AB-9i: stopped}", id="no state of a clock"),
    pytest.param(CLOCKS, "given: {report received: 2026", "given: {report filed: 2026", id="an unknown happening"),
    pytest.param(CLOCKS, "procedure: bullying", "procedure: bulling", id="a track that there is not"),
    pytest.param(CLOCKS, "as report received", "as report filed", id="a start that does not happen"),
    pytest.param(CLOCKS, "        if missed: deputy headteacher\n", "", id="nobody hears of a missed clock"),
    pytest.param(SETTINGS, "value: 3\n", "value: three\n", id="a number in letters"),
    pytest.param(GUARANTEES, "rests on: last resort", "rests on: luck", id="a guard that there is not"),
]


@pytest.fixture(scope="module")
def policies() -> Policies:
    return load()


@pytest.fixture(scope="module")
def validator(policies: Policies) -> Draft202012Validator:
    shape = schema(policies)
    Draft202012Validator.check_schema(shape)
    return Draft202012Validator(shape)


def plain(node: Node) -> Any:
    """The document as a JSON value whose words are all text."""
    if isinstance(node, Word):
        return node.text
    if isinstance(node, Items):
        return [plain(item) for item in node.nodes]
    return {key.text: plain(value) for key, value in node}


@pytest.mark.parametrize("name", sorted(shipped_texts()))
def test_shipped_files_are_valid(name: str, validator: Draft202012Validator) -> None:
    assert [error.message for error in validator.iter_errors(plain(read(shipped_texts()[name], name)))] == []


@pytest.mark.parametrize(("name", "right", "slip"), SLIPS)
def test_a_slip_is_not(name: str, right: str, slip: str, validator: Draft202012Validator) -> None:
    text = shipped_texts()[name]
    assert right in text
    assert not validator.is_valid(plain(read(text.replace(right, slip, 1), name)))


def test_each_fact_can_be_completed(policies: Policies, validator: Draft202012Validator) -> None:
    tests = schema(policies)["$defs"]["condition"]["anyOf"][0]["properties"]
    for fact in policies.vocabulary.facts.values():
        if fact.window is None:
            one, several = tests[fact.name]["anyOf"]
            assert one["examples"], fact.name
            taken = validator.evolve(schema=tests[fact.name])
            assert all(taken.is_valid(offered) for offered in one["examples"]), fact.name
            assert taken.is_valid(one["examples"][:1]), fact.name
            assert several["items"]["pattern"] == one["pattern"]


def test_editors_that_read_digits_as_numbers(policies: Policies) -> None:
    given = Draft202012Validator(schema(policies)["$defs"]["given"])
    assert given.is_valid({"days late": 2, "stage": 1})
    assert given.is_valid({"days late": "2", "stage": "1"})
    assert given.is_valid(None)
    assert not given.is_valid({"stage": 5})


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], policies: Policies) -> None:
    assert main(["schema"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == schema(policies)
    file = tmp_path / "schema.json"
    assert main(["schema", "--out", str(file)]) == 0
    assert json.loads(file.read_text("utf-8")) == printed
    assert main(["schema", "--out", str(tmp_path / "none" / "schema.json")]) == 2
    assert "cannot be written" in capsys.readouterr().err
