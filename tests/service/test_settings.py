"""What an administrator sets: read whole, or refused in one line that names it."""

from __future__ import annotations

import shutil
from datetime import time
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from service.school import load_school
from service.settings import DEFAULT_DATABASE, Settings, SettingsError
from tests.service.samples import SAMPLE


@pytest.fixture
def env(tmp_path: Path, secret: str) -> dict[str, str]:
    credentials = tmp_path / "credentials.json"
    credentials.write_text("{}")
    return {
        "POLICYDESK_SCHOOL": str(SAMPLE),
        "POLICYDESK_WEBHOOK_SECRETS": f" {secret}, {secret},",
        "POLICYDESK_ENCRYPTION_KEYS": ",".join(Fernet.generate_key().decode() for _ in range(2)),
        "POLICYDESK_GOOGLE_CREDENTIALS": str(credentials),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLE, tmp_path / "North Bridge"))


def test_all_that_is_needed_and_nothing_shown(env: dict[str, str], secret: str) -> None:
    settings = Settings.from_environment(env)
    assert settings.database_url == DEFAULT_DATABASE
    assert settings.schools == (SAMPLE,)
    assert settings.webhook_secrets == (secret, secret)
    assert len(settings.encryption_keys) == 2
    assert settings.google_endpoint is None
    shown = repr(settings)
    assert not any(hidden in shown for hidden in (secret, *settings.encryption_keys))


@pytest.mark.parametrize("name", ["SCHOOL", "WEBHOOK_SECRETS", "ENCRYPTION_KEYS", "GOOGLE_CREDENTIALS"])
@pytest.mark.parametrize("value", [None, "", " , "])
def test_what_is_needed_is_named(env: dict[str, str], name: str, value: str | None) -> None:
    env.pop(f"POLICYDESK_{name}")
    with pytest.raises(SettingsError, match=f"POLICYDESK_{name}"):
        Settings.from_environment(env if value is None else env | {f"POLICYDESK_{name}": value})


@pytest.mark.parametrize(
    "endpoint", ["http://example.org", "http://10.0.0.1:1", "file:///x", "http://127.0.0.1.evil.org"]
)
def test_an_endpoint_is_on_this_machine(env: dict[str, str], endpoint: str) -> None:
    with pytest.raises(SettingsError, match="POLICYDESK_GOOGLE_ENDPOINT"):
        Settings.from_environment(env | {"POLICYDESK_GOOGLE_ENDPOINT": endpoint})


def test_several_schools_in_one_folder(env: dict[str, str], folder: Path) -> None:
    del env["POLICYDESK_SCHOOL"]
    assert Settings.from_environment(env | {"POLICYDESK_SCHOOLS": str(folder.parent)}).schools == (folder,)
    with pytest.raises(SettingsError, match="without schools"):
        Settings.from_environment(env | {"POLICYDESK_SCHOOLS": str(folder)})
    with pytest.raises(SettingsError, match="both set"):
        Settings.from_environment(env | {"POLICYDESK_SCHOOLS": str(folder), "POLICYDESK_SCHOOL": str(SAMPLE)})


def test_the_sample_school(folder: Path) -> None:
    school = load_school(folder)
    assert (school.id, school.name) == ("north-bridge", "Northbridge Academy")
    assert school.google.sends_as == "office@northbridge.example"
    assert school.google.calendar == school.google.organiser == "clerk@governors.northbridge.example"
    assert school.console == "https://policydesk.northbridge.example"
    assert school.calendar.cut_off == time(17)
    assert school.directory.holders("dsl")[0].email == "r.calder@northbridge.example"


def test_every_key_of_a_school_has_a_default(folder: Path) -> None:
    set_up = load_school(folder).google
    (folder / "school.yaml").unlink()
    school = load_school(folder)
    assert (school.name, school.calendar.cut_off) == ("North Bridge", time(17))
    assert (school.google.sends_as, school.google.organiser) == (set_up.sends_as, set_up.organiser)
    assert school.google.task_spreadsheet == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("receipt cut-off: 25:00", "receipt cut-off"),
        ("time zone: Europe/Paris", "Europe/London"),
        ("colour: blue", "colour"),
        ("google: {sends to: x}", "google may say"),
        ("google: office", "google may say"),
        ("id: ../other", "id must be"),
        ("name: [a, b]", "name must be"),
        ("case update form: forms.example", "https://"),
        ("- a list", "name: value"),
        ("{", "not YAML"),
    ],
)
def test_a_wrong_school_file_is_named(folder: Path, content: str, said: str) -> None:
    (folder / "school.yaml").write_text(content)
    with pytest.raises(SettingsError, match=said) as refused:
        load_school(folder)
    assert "school.yaml" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["staff", "governors", "outside-bodies", "pupils", "term-dates"])
def test_a_missing_or_broken_list_is_named(folder: Path, name: str) -> None:
    file = folder / f"{name}.csv"
    file.write_text("nothing,that,fits\n1,2,3\n")
    with pytest.raises(SettingsError, match=name) as refused:
        load_school(folder)
    assert "\n" not in str(refused.value)
    file.unlink()
    with pytest.raises(SettingsError, match=f"{name}.csv is not there"):
        load_school(folder)
