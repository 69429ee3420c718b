"""The page of a case for somebody from whom an earlier one is kept: as if that had never been (AB-9i, I12)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path

from cryptography.fernet import Fernet

from rules import load
from service.flows.scenario import read_scenario
from service.flows.simulate import Play
from tests.policies.scenario_tests import read_test, school_of, written
from tests.service.console_app import ADDRESS, desktop
from tests.service.console_case import DSL

STORY = Path(__file__).parents[1] / "policies/anti_bullying/pattern_as_far_as_the_deputy_may_know.yaml"
OF_OTHERS = {"Who was targeted?": "José Żak", "Who is said to have done it?": "Poppy Lewis 7B"}
DEPUTY = "d.okafor@northbridge.example"  # a parent of the pupil in the first case, which is kept from her


def pages(folder: Path, reader: str, *, first_of: Mapping[str, str] | None = None) -> dict[str, str]:
    """What the reader sees of each case of the story, by its event. ``first_of``: who was in the first instead."""
    folder.mkdir()
    test = read_test(STORY)
    first, *others = test.played["events"]
    events = [{**first, "answers": {**first["answers"], **(first_of or {})}}, *others]
    file, school = folder / "scenario.yaml", school_of(test, folder)
    file.write_text(written({**test.played, "events": events}), encoding="utf-8")
    scenario = read_scenario(file)
    play = Play(scenario, school, load(), scenario.start)
    list(play.records())
    desk = desktop(play.store, lambda: school.directory, key=Fernet.generate_key().decode())
    desk.clock.at = play.now
    visitor, seen = desk.visitor(reader), {}
    for event, (ref, *_) in play.cases.items():
        answer = visitor.get(f"/cases/{ref}", base_url=ADDRESS)
        page = unescape(answer.text) if answer.status_code == 200 else ""
        seen[event] = re.sub(r'name="csrf" value="[^"]+"', "", page)
    return seen


def test_a_page_is_as_if_the_case_that_is_kept_from_its_reader_had_never_been(tmp_path: Path) -> None:
    seen, as_if = pages(tmp_path / "a", DEPUTY), pages(tmp_path / "b", DEPUTY, first_of=OF_OTHERS)
    assert seen.pop("first") == ""
    assert as_if.pop("first") != ""
    assert seen == as_if
    assert "now 3: B-2026-0002" in seen["fourth"]


def test_whoever_may_know_of_all_reads_of_all(tmp_path: Path) -> None:
    seen = pages(tmp_path / "a", DSL)
    assert "now 3: B-2026-0001" in seen["third"]
    assert "now 4: B-2026-0001" in seen["fourth"]
