"""The commands, each in a process of its own, as an administrator types them."""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from rules.engine.school.school_days import LONDON
from service.demo.samples import blank_question
from tests.journeys.arrived import references
from tests.journeys.running import Running, policies, run_command, settled

EXAMPLE = Path(__file__).parent / "example.yaml"
ROOT = Path(__file__).parents[2]
CPU_SECONDS = 2.0
SETTINGS = (
    "POLICYDESK_SCHOOL",
    "POLICYDESK_WEBHOOK_SECRETS",
    "POLICYDESK_GOOGLE_CREDENTIALS",
    "POLICYDESK_ENCRYPTION_KEYS",
)
"""Those that have no default."""
COMMON = {
    "at", "kind", "event", "case", "rules", "clauses", "because", "policy_version", "calendar_version", "not_told",
}  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A place without a service: the commands need its settings only."""
    with settled(tmp_path_factory.mktemp("commands") / "place") as made:
        yield made


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment without any of our settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("POLICYDESK_")} | {
        "PYTHONPATH": str(ROOT)
    }


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_simulate_plays_the_example(bare: dict[str, str], tmp_path: Path) -> None:
    before = cpu_of_children()
    played = run_command("simulate", str(EXAMPLE), "--json", env=bare, folder=tmp_path)
    used = cpu_of_children() - before
    assert (played.returncode, played.stderr) == (0, "")
    records = [json.loads(line) for line in played.stdout.splitlines()]
    assert all(set(record) >= COMMON for record in records)
    assert [record["at"] for record in records] == sorted(record["at"] for record in records)
    (opened,) = (r["cases"] for r in records if r["kind"] == "submission" and r["event"] == "first")
    assert opened
    assert [r["state"] for r in records if r["kind"] == "deadline" and r["name"] == "First action"] == [
        "open",
        "missed",
        "late",
    ]
    assert [r["what"] for r in records if r["kind"] == "refused"], "there is no draft to somebody@family to release"
    assert list(tmp_path.iterdir()) == [], "nothing is kept"
    assert used < CPU_SECONDS


def test_simulate_says_in_one_line_what_cannot_be_read(bare: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_text("start: yesterday\nuntil: 2026-10-07\nevents: []\n")
    for file in ("odd.yaml", "missing.yaml"):
        played = run_command("simulate", file, env=bare, folder=tmp_path)
        assert (played.returncode, played.stdout) == (2, "")
        assert played.stderr.startswith(f"policydesk: {file}")
        assert played.stderr.count("\n") == 1


def test_check_says_that_the_shipped_rules_are_well(bare: dict[str, str], tmp_path: Path) -> None:
    checked = run_command("check", env=bare, folder=tmp_path)
    assert checked.returncode == 0, checked.stdout
    assert f"{len(policies().rules)} rules" in checked.stdout
    assert policies().version in checked.stdout


def test_check_says_where_a_rule_file_is_wrong(bare: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("- rule: X-01\n  title: Tell somebody\n  on: report recieved\n")
    checked = run_command("check", "mine.yaml", env=bare, folder=tmp_path)
    assert checked.returncode == 1
    assert "mine.yaml" in checked.stdout
    assert "Did you mean" in checked.stdout


@pytest.mark.parametrize("missing", SETTINGS)
def test_serve_says_in_one_line_what_is_missing(running: Running, missing: str, tmp_path: Path) -> None:
    env = {name: value for name, value in running.environment.items() if name != missing} | {"PYTHONPATH": str(ROOT)}
    served = run_command("serve", "--port", "8000", env=env, folder=tmp_path)
    assert (served.returncode, served.stdout) == (2, "")
    assert served.stderr.startswith(f"policydesk: {missing} is not set")
    assert served.stderr.count("\n") == 1


def test_doctor_names_the_setting_that_is_missing(bare: dict[str, str], tmp_path: Path) -> None:
    examined = run_command("doctor", env=bare, folder=tmp_path)
    assert examined.returncode == 1
    assert examined.stdout.count("\n") == 1
    assert "POLICYDESK_SCHOOL" in examined.stdout


def test_doctor_finds_a_whole_installation_well(running: Running) -> None:
    examined = running.command("doctor")
    assert examined.returncode == 0, examined.stdout
    others = [line.split(":")[0] for line in examined.stdout.splitlines() if not line.startswith("ok")]
    assert others == ["LOOK  console address"], "which is this machine's own here"


def test_explain_says_why_rule_by_rule_and_clause_by_clause(running: Running) -> None:
    running.start()
    try:
        submission = running.send(blank_question(datetime.now(LONDON).date()))
    finally:
        running.stop()
    (reference,) = references(running.emulator.state(), "m.ellison@northbridge.example")
    of_case, of_submission = (running.command("explain", what) for what in (reference, submission))
    assert of_case.returncode == of_submission.returncode == 0
    assert of_case.stdout == of_submission.stdout
    applied = next(rule for rule in policies().rules if rule.id == "AB-01")
    assert applied.id in of_case.stdout
    assert all(clause in of_case.stdout for clause in applied.clauses)
    (found,) = json.loads(running.command("explain", reference, "--json").stdout)
    reasons = {reason["rule"] for reason in (*found["applied"], *found["did_not"])}
    heard = {rule.id for rule in policies().rules if "report received" in rule.on}
    assert reasons == heard, "those that did not apply say why, too"
    unknown = running.command("explain", "B-1999-0001")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (1, 1)


def test_the_first_run_ends_well(bare: dict[str, str], tmp_path: Path) -> None:
    played = run_command("demo", "--once", env=bare, folder=tmp_path)
    assert played.returncode == 0, played.stdout + played.stderr
    assert "Everything that should have arrived did, and nothing else." in played.stdout
