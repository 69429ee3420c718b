"""Somebody who works with the task sheet learns nothing there of a complaint about themselves (I2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules import load
from rules.engine.model.effects import Task
from service.flows.scenario import read_scenario
from service.flows.simulate import Play
from service.school import School

ABOUT = """
start: 2026-10-06T08:00
until: 2026-10-06T18:00
events:
  - id: first
    at: 2026-10-06T11:20
    form: complaint
    respondent: k.haddad@family.example
    answers:
      Name: K. Haddad
      "Who or what is your complaint about?": {about}
      "Name of the person (if one)": {name}
      "What is it to do with?": Teaching or the curriculum as we deliver it
      "Is a child at risk of harm?": No
"""


@pytest.mark.parametrize(
    ("about", "name", "sealed"),
    [
        ("The headteacher", "", True),
        ("A member of staff", "Helen Marsh", True),
        ("A member of staff", "Steven Boyle", False),  # a teacher has no task in the sheet
    ],
)
def test_rows_are_sealed_where_the_person_concerned_works_with_the_sheet(
    tmp_path: Path, school: School, about: str, name: str, sealed: bool
) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(ABOUT.format(about=about, name=name))
    scenario = read_scenario(file)
    play = Play(scenario, school, load(), scenario.start)
    assert list(play.records())
    with play.store.read() as tx:
        rows = [a.effect for a in tx.actions.of_case("C-2026-0001") if isinstance(a.effect, Task)]
    assert rows
    assert {row.sealed for row in rows} == {sealed}
