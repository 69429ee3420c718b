"""Rule files of a school are laid over those that are shipped: a whole copy, one folder of it, or one file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import rules
from rules import RuleFilesError, check, load

SHIPPED = Path(rules.__file__).parent


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED / "policies", tmp_path / "policies"))


@pytest.mark.parametrize("part", ["", "anti_bullying", "anti_bullying/telling.yaml", "settings.yaml"])
def test_a_copy_of_any_part_says_the_same_as_what_is_shipped(copy: Path, part: str) -> None:
    policies = load(copy / part)
    assert [rule.id for rule in policies.rules] == [rule.id for rule in load().rules]
    assert policies.forms.keys() == load().forms.keys()
    assert check(policies) == ()


def test_the_folder_of_the_package_is_complete() -> None:
    assert len(load(SHIPPED).rules) == len(load().rules)


def test_an_edit_takes_the_place_of_the_shipped_file(copy: Path) -> None:
    file = copy / "anti_bullying" / "telling.yaml"
    file.write_text(file.read_text().replace("Bring in the special needs coordinator", "Tell the SENDCo"))
    assert load(file).rule("AB-05").title == "Tell the SENDCo"


def test_a_rule_whose_condition_cannot_be_read_is_still_explained(copy: Path) -> None:
    file = copy / "anti_bullying" / "telling.yaml"
    file.write_text(file.read_text().replace("a pupil has special needs: is yes", "a pupil has wings: is yes"))
    with pytest.raises(RuleFilesError, match="a pupil has wings"):
        load(file)
