"""What the doctor says of an installation: each thing that is broken is named, with what to mend."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.doctor import Finding, examine
from tests.service.places import Place
from tests.service.samples import SAMPLE

NOW = datetime(2026, 10, 6, 10, 20, tzinfo=UTC)  # a Tuesday
TERMS_END = datetime(2027, 6, 1, tzinfo=UTC)


def found(name: str, now: datetime = NOW) -> Finding:
    """What is said of one thing. Nothing after it is looked at: Google, which comes last, is not called."""
    return next(finding for finding in examine(os.environ, now) if finding.name == name)


@pytest.mark.parametrize(
    "name", ["settings", "clock", "rules", "somebody is dsl", "term dates reach three months ahead", "database"]
)
def test_what_is_well_needs_no_mending(place: Place, name: str) -> None:
    assert found(name) == Finding(name, True)


@pytest.mark.parametrize(
    ("name", "now", "mend"),
    [
        ("clock", datetime(2025, 12, 31, 23, 59, tzinfo=UTC), "turn on time sync"),
        ("term dates reach three months ahead", TERMS_END, "add them to term-dates.csv"),
        ("sign-in to the console", NOW, "set POLICYDESK_OIDC_CLIENT_ID"),
    ],
)
def test_what_is_not_says_what_to_do(place: Place, name: str, now: datetime, mend: str) -> None:
    finding = found(name, now)
    assert not finding.ok
    assert mend in finding.mend


def test_a_role_that_nobody_holds_is_named(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = shutil.copytree(SAMPLE, tmp_path / "mine")
    staff = mine / "staff.csv"
    staff.write_text(staff.read_text().replace("deputy-headteacher", "teacher"))
    monkeypatch.setenv("POLICYDESK_SCHOOL", str(mine))
    finding = found("somebody is deputy-headteacher")
    assert (finding.ok, "name one in staff.csv" in finding.mend) == (False, True)


def test_a_database_that_is_none_is_said(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a-file.db").write_text("not a database, but long enough to be read as one" * 50)
    monkeypatch.setenv("POLICYDESK_DATABASE_URL", f"sqlite:///{tmp_path / 'a-file.db'}")
    finding = found("database")
    assert (finding.ok, "check that it is there" in finding.mend) == (False, True)


def test_settings_that_are_wrong_are_all_that_is_said(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POLICYDESK_ENCRYPTION_KEYS")
    (finding,) = examine(os.environ, NOW)
    assert (finding.name, finding.ok, "POLICYDESK_ENCRYPTION_KEYS is not set" in finding.mend) == (
        "settings",
        False,
        True,
    )
