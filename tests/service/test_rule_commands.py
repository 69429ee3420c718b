"""The commands about the rules: what they print, and how they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rules import load, shipped_texts
from service.cli import main


def folder_of(texts: dict[str, str], home: Path) -> Path:
    """These rule files, written out."""
    for name, text in texts.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")
    return home


def test_coverage_says_what_is_uncovered_and_ends_so(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["coverage", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert {one["clause"] for one in found["clauses"]} == load().clauses
    uncovered = [one["clause"] for one in found["clauses"] if not one["covered"]]
    assert found["uncovered"] == uncovered
    assert all(one["by"] and all(one["tests"].values()) for one in found["clauses"] if one["covered"])
    assert code == (1 if uncovered else 0)
    assert main(["coverage"]) == code
    table = capsys.readouterr().out
    assert all(any(line.startswith(f"{clause} ") for line in table.splitlines()) for clause in load().clauses)


def test_prove_proves_the_shipped_guarantees(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["guarantee"] for one in found] == [guarantee.id for guarantee in load().guarantees]
    assert all(one["proved"] for one in found)


def test_prove_shows_what_breaks_a_guarantee(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = shipped_texts()
    telling = "policies/anti_bullying/telling.yaml"
    whole = "safeguarding concern: is yes or not sure or unknown"
    broken = texts | {telling: texts[telling].replace(whole, "safeguarding concern: is yes")}
    folder = folder_of(broken, tmp_path / "rules")
    assert main(["prove", str(folder), "--json"]) == 1
    (found, *_) = [one for one in json.loads(capsys.readouterr().out) if not one["proved"]]
    assert found["guarantee"] == "G-01"
    assert found["counterexample"]["form"]["answers"]
    assert "AB-01" in found["counterexample"]["rules"]
    assert main(["prove", str(folder)]) == 1
    said = capsys.readouterr().out
    assert "BROKEN  G-01" in said
    assert "Rules: AB-01" in said


def test_prove_says_what_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.yaml").write_text("- rule: X-01\n  title: Tell somebody\n  on: report recieved\n")
    assert main(["prove", str(tmp_path)]) == 1
    assert "mine.yaml" in capsys.readouterr().err


def test_prove_says_what_other_rules_would_do_otherwise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = shipped_texts()
    work = "policies/anti_bullying/work.yaml"
    settings = texts["policies/settings.yaml"].replace("to: 10\n    value: 3", "to: 10\n    value: 5", 1)
    sooner = texts[work].replace("due: within 2 school days", "due: within 1 school day", 1)
    other = folder_of({**texts, work: sooner, "policies/settings.yaml": settings}, tmp_path)
    assert main(["prove", str(other)]) == 0
    said = capsys.readouterr().out
    assert "AB-03 Tell both teams of every report about pupils; AB-04" in said
    assert 'The setting "pattern count": 5, instead of 3.' in said
    assert 'no longer  the task "Hear what happened and record it" is given to: interviewer, due within 2' in said
    assert 'now  the task "Hear what happened and record it" is given to: interviewer, due within 1' in said
    assert "it is so that: incidents by this person in 60 school days: 3" in said
