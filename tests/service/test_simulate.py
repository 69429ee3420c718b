"""A scenario ends when it says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules import Policies, load
from service.flows.simulate import simulate
from service.school import School

EVENTS = """
events:
  - {id: first, at: 2026-10-06T10:00, form: bullying-report, answers: {}}
  - {id: later, at: 2026-10-09T10:00, form: bullying-report, answers: {}}
"""


@pytest.fixture(scope="module")
def policies() -> Policies:
    return load()


@pytest.mark.parametrize("until", ["2026-10-06T09:59", "2026-10-06T10:00", "2026-10-08T18:00", "2026-10-09T10:00"])
def test_what_comes_until_an_earlier_end_is_what_came_until_then(
    until: str, school: School, policies: Policies, tmp_path: Path
) -> None:
    def played(end: str) -> list[dict[str, object]]:
        file = tmp_path / "scenario.yaml"
        file.write_text(f"start: 2026-10-06T08:00\nuntil: {end}\n{EVENTS}")
        return list(simulate(file, school, policies))

    whole, cut = played("2026-10-12T18:00"), played(until)
    assert {record["event"] for record in whole if record["kind"] == "submission"} == {"first", "later"}
    assert cut == [record for record in whole if str(record["at"])[:16] <= until]
