"""Which clauses the scenarios of the tests name, firing and not firing."""

from __future__ import annotations

from pathlib import Path

import yaml

import rules
from rules.engine.rulebook.coverage import ClauseTests


def shipped_scenarios() -> Path | None:
    """The folder of scenarios beside the rules; None where the project was installed without its tests."""
    folder = Path(rules.__file__).parents[1] / "tests" / "policies"
    return folder if folder.is_dir() else None


def clause_tests(folder: Path) -> ClauseTests:
    """What the scenario files say under ``clauses`` and ``clauses not``. ValueError names one that cannot be read."""
    fires: dict[str, tuple[str, ...]] = {}
    does_not: dict[str, tuple[str, ...]] = {}
    for file in sorted(folder.rglob("*.yaml")):
        try:
            # Every word stays a word; this makes nothing but text, lists and mappings.
            said = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  the base loader
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ValueError(f"{file} cannot be read: {' '.join(str(error).split())}") from None
        name = file.relative_to(folder).as_posix()
        for key, found in (("clauses", fires), ("clauses not", does_not)):
            for clause in said.get(key) or () if isinstance(said, dict) else ():
                found[clause] = (*found.get(clause, ()), name)
    return ClauseTests(fires, does_not)
