"""A command that cannot do what it was asked to says so in one clear line, and never with a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from service.cli import main
from tests.service.places import Place

HEAD = "head@northbridge.example"


@pytest.fixture
def place(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The command runs in a folder that has a file where a folder or a database might be named."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a-file").write_text("no database, and no folder")
    return place


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("explain B-2026-0099", "there is no case and no submission 'B-2026-0099'"),
        ("simulate nowhere.yaml", "nowhere.yaml: it cannot be read"),
        ("diagram bulying", "no procedure is called 'bulying': write one of "),
        ("rules a-file", "a-file cannot be written: "),
        ("report --out a-file", "a-file cannot be written: "),
        ("report --since yesterday", "--since must be a date such as"),
        ("replay --policies nowhere", "There is no such file or folder."),
        ("propose nowhere --by " + HEAD, "There is no such file or folder."),
        ("approve 7 --by " + HEAD, "There is no proposal 7."),
        ("retention --delete C-2026-0001", "Say who does it: --by YOUR-ADDRESS."),
        (
            "retention --delete C-2026-0001 --by m.ellison@northbridge.example",
            "it takes chair, clerk, dsl, headteacher",
        ),
        ("to-paper C-2026-0001 --by " + HEAD, "There is no case C-2026-0001, or none for"),
        ("export C-2026-0001 --by " + HEAD, "There is no complaint C-2026-0001, or none for"),
        ("stuck --show 5", "nothing that was set aside has the number 5"),
        ("stuck --again x", "nothing that was given up is called 'x'"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments.split()) in (1, 2)
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DATABASE_URL", "sqlite:///a-file", "POLICYDESK_DATABASE_URL: the database cannot be opened"),
        ("DATABASE_URL", "mysql://x", "POLICYDESK_DATABASE_URL must be an address like"),
        ("ENCRYPTION_KEYS", Fernet.generate_key().decode(), "add the key it was sealed with"),
        ("SCHOOL", "nowhere", "POLICYDESK_SCHOOL names a folder that is not there"),
    ],
)
@pytest.mark.parametrize("command", ["stuck", "explain B-2026-0001", "report", "retention", "reseal"])
def test_a_wrong_setting_is_one_line_that_names_it(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, name: str,
    value: str, says: str,
) -> None:  # fmt: skip
    monkeypatch.setenv(f"POLICYDESK_{name}", value)
    assert main(command.split()) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line
