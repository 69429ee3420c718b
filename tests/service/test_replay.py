"""A replay under the same rules shows nothing; under others it shows what would differ, and makes no effect."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from rules import Policies, shipped_texts
from rules.engine.rulebook.parse import parse
from rules.engine.school.school_days import LONDON
from service.cli import main
from service.commands import at_the_command_line
from service.flows.differences import Group, as_lines, differences
from service.flows.replay import Decided, Kept, kept_past, replay
from service.flows.scenario import read_scenario
from service.flows.simulate import Play
from service.school import School
from service.store import StoredSubmission
from tests.policies.scenario_tests import read_test, school_of
from tests.service.places import Place
from tests.service.test_rule_commands import folder_of

SCENARIOS = Path(__file__).parents[1] / "policies"
DECLARED_CLOSED = ", closure: "
"""A day declared closed while a scenario runs is closed from the start in a replay: those scenarios differ by that."""
PUPILS = ("Ella Mitchell", "Noah Chen", "Lily Chen", "Theo Green")


def played(path: Path, policies: Policies, folder: Path) -> tuple[Kept, School]:
    """A scenario with its past."""
    test = read_test(path)
    file = folder / path.name
    # JSON is YAML too, and has no anchors.
    file.write_text(json.dumps(dict(test.played), ensure_ascii=False, indent=1), encoding="utf-8")
    scenario = read_scenario(file)
    playing = Play(scenario, school_of(test, folder), policies, scenario.start)
    assert list(playing.records())
    with playing.store.read() as tx:
        return kept_past(tx), playing.decider.school


def reported(number: int, at: datetime, policies: Policies, **answers: str) -> Decided:
    """A report that was decided at once."""
    form = policies.forms["bullying-report"]
    said = {
        "When did it happen?": at.date().isoformat(), "The person targeted is": "A student",
        "The person said to have done it is": "A student", "Do you have a safeguarding concern?": "No",
        "Is anyone at risk of immediate harm?": "No", "Could the student be at risk of significant harm?": "No",
        "Could a crime have been committed?": "No",
        "Who was targeted?": PUPILS[number % 2], "Who is said to have done it?": PUPILS[2 + number % 2],
    } | answers  # fmt: skip
    body = {"answers": [{"question_id": "", "title": title, "value": value} for title, value in said.items()]}
    submission = StoredSubmission(
        id=f"s-{number}", source="form", form_id=form.id, form_title=form.title, response_id=f"r-{number}", revision=1,
        dedupe_key=str(number), submitted_at=at, received_at=at, body=body, state="decided", tries=1,
    )  # fmt: skip
    return Decided(submission, at, {"bullying": f"B-2026-{number + 1:04d}"})


def term(policies: Policies, how_many: int, minutes: int) -> Kept:
    """So many reports, one after the other, and what the rules made of them."""
    start = datetime(2026, 9, 8, 9, 0, tzinfo=LONDON)  # a Tuesday
    return Kept(tuple(reported(n, start + timedelta(minutes=minutes * n), policies) for n in range(how_many)), ())


def changed(name: str, old: str, new: str) -> Policies:
    """The shipped rules with one edit."""
    texts = shipped_texts()
    assert old in texts[name]
    return parse(texts | {name: texts[name].replace(old, new)})


def found(groups: tuple[Group, ...]) -> Mapping[tuple[str, str], Group]:
    return {(group.how, group.what): group for group in groups}


SCENARIO_FILES = sorted(path for path in SCENARIOS.rglob("*.yaml") if DECLARED_CLOSED not in path.read_text("utf-8"))


@pytest.mark.parametrize("path", SCENARIO_FILES, ids=lambda path: path.stem)
def test_the_same_rules_decide_the_same(path: Path, policies: Policies, tmp_path: Path) -> None:
    kept, school = played(path, policies, tmp_path)
    again = replay(kept, policies, school)
    assert not again.failed
    assert not list(as_lines(differences(kept.made, again.made, again.instead_of)))


def test_a_stricter_rule_alerts_where_it_did_not(policies: Policies, school: School) -> None:
    kept = term(policies, 12, 24 * 60)
    before = replay(kept, policies, school)
    after = replay(
        kept,
        changed(
            "policies/anti_bullying/telling.yaml",
            "safeguarding concern: is yes or not sure or unknown",
            "safeguarding concern: is yes or no or not sure or unknown",
        ),
        school,
    )
    groups = found(differences(before.made, after.made, after.instead_of))
    alert = groups["new", "an urgent alert to the designated safeguarding lead"]
    assert (alert.count, alert.example) == (12, "B-2026-0001")
    assert "AB-01" in alert.rules
    assert ("gone", "a notice to the designated safeguarding lead") in groups


def test_history_grows_as_it_did_and_settings_count(policies: Policies, school: School) -> None:
    kept = term(policies, 6, 24 * 60)
    fewer = changed("policies/settings.yaml", "value: 3", "value: 2")
    groups = found(differences(replay(kept, policies, school).made, replay(kept, fewer, school).made))
    flag = groups["new", 'a matter for the deputy headteacher to decide: "repeated reports of one pupil"']
    assert flag.count == 2, "the second of each pair's three; the third is one either way"
    assert flag.example == "B-2026-0003"


def test_another_day_and_a_clock_that_falls_due_otherwise(policies: Policies, school: School) -> None:
    kept = term(policies, 8, 24 * 60)
    later = changed(
        "policies/anti_bullying/procedure.yaml", "due: same school day as report received",
        "due: within 1 school day after report received",
    )  # fmt: skip
    groups = found(differences(replay(kept, policies, school).made, replay(kept, later, school).made))
    assert any(how == "otherwise" and "another day" in what for how, what in groups)


def test_a_case_that_there_was_not_is_shown_by_one_that_there_was(policies: Policies, school: School) -> None:
    kept = term(policies, 2, 60)
    more = changed(
        "policies/anti_bullying/telling.yaml",
        "    - open case: bullying\n",
        "    - open case: bullying\n    - open case: safeguarding\n",
    )
    after = replay(kept, more, school)
    groups = differences(replay(kept, policies, school).made, after.made, after.instead_of)
    new = found(groups)["new", "a case of the kind safeguarding"]
    assert (new.count, new.example) == (2, "B-2026-0001")
    assert all(re.fullmatch(r"B-2026-000[12]", group.example) for group in groups)


def test_it_names_nobody(policies: Policies, tmp_path: Path) -> None:
    kept, school = played(SCENARIOS / "complaints" / "whole_procedure.yaml", policies, tmp_path)
    said = "\n".join(as_lines(differences(kept.made, ())))
    assert said
    assert "@" not in said
    for person in (*school.directory.everyone(), *school.directory.pupils):
        assert person.name not in said


def test_what_cannot_be_decided_is_said(policies: Policies, school: School) -> None:
    (one,) = term(policies, 1, 1).decided
    odd = Decided(one.submission, datetime(2026, 9, 8, 9, 0), one.opened)  # noqa: DTZ001  without a zone: no such moment
    again = replay(Kept((odd,), ()), policies, school)
    assert [ref for ref, _ in again.failed] == ["B-2026-0001"]


def test_a_term_of_reports_and_all_their_clocks(policies: Policies, school: School) -> None:
    again = replay(term(policies, 300, 200), policies, school)
    assert again.decisions > 900, "clocks fall due again by themselves"
    assert not again.failed


def test_the_command_shows_what_would_differ_and_changes_nothing(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place.receive(6)
    before = place.done()
    assert main(["replay"]) == 0
    assert "No difference." in capsys.readouterr().out
    texts = shipped_texts()
    settings = "policies/settings.yaml"
    folder = folder_of(texts | {settings: texts[settings].replace("value: 3", "value: 2")}, tmp_path / "mine")
    assert main(["replay", "--policies", str(folder)]) == 0
    said = capsys.readouterr().out
    assert 'a matter for the deputy headteacher to decide: "repeated reports of one pupil"' in said
    assert "B-2026-0003" in said
    assert main(["replay", "--policies", str(folder), "--since", "2030-01-01"]) == 0
    assert "No difference." in capsys.readouterr().out
    assert place.done() == before
    assert place.logged() == [(at_the_command_line(), "read the whole past, to decide it again under other rules")] * 3
    assert main(["replay", "--since", "yesterday"]) == 2
    assert "2026-10-06" in capsys.readouterr().err
