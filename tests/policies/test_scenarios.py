"""Every scenario beside this file, played: what must come of it, what must not, and what always holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules import Policies, load
from tests.policies.always import broken
from tests.policies.scenario_tests import matches, not_last, play, read_test, unmet

HERE = Path(__file__).parent
FILES = sorted(HERE.rglob("*.yaml"))


@pytest.fixture(scope="session")
def policies() -> Policies:
    return load()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HERE).with_suffix("")))
def test_scenario(path: Path, policies: Policies, tmp_path: Path) -> None:
    test = read_test(path)
    school, records = play(test, policies, tmp_path)
    wrong = broken(records, school, test.played)
    wrong += unmet(test.asked("expect"), records)
    wrong += not_last(test.asked("last"), records)
    wrong += [
        f"{nobody} came: {record}" for nobody in test.asked("never") for record in records if matches(nobody, record)
    ]
    cited = {clause for record in records for clause in record["clauses"]}
    wrong += [f"{clause} is in no record" for clause in test.asked("clauses") if clause not in cited]
    wrong += [f"{clause} is in a record, and was not to be" for clause in test.asked("clauses not") if clause in cited]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HERE).with_suffix("")))
def test_the_file_says_what_it_shows(path: Path) -> None:
    test = read_test(path)
    register = (HERE.parents[1] / "rules" / "policies" / "register.yaml").read_text(encoding="utf-8")
    assert test.own.get("title")
    assert test.asked("expect") or test.asked("last"), "it expects nothing, and so shows nothing"
    assert all(f"  {clause}: " in register for clause in (*test.asked("clauses"), *test.asked("clauses not")))
