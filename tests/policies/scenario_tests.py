"""A scenario with what must come of it: reads the file, plays it, and compares records.

Beside the keys of a scenario a file may hold:

- ``title`` and ``clauses`` (ids of the register that it shows firing), ``clauses not`` (shown not firing);
- ``school``: changes to the sample school, each ``{file, where, set}`` or ``{file, add}`` by its columns;
- ``expect``: records that must come, in order of time. Each takes the first record that nothing before it has taken;
- ``never``: records of which none may come, though part of them is all that is said;
- ``last``: records each of which must be the last that has the same kind, case and name (or title, role, address).

A record is said in part. A text must be equal; a moment (``at``, ``due``, ``start``, ``end``) begins as written;
``{contains: x}``, ``{lacks: x}`` and ``{not: x}`` look into it; a list must be among the list; ``none`` is null.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import service
from rules import Policies
from service.flows.simulate import simulate
from service.school import School, load_school

Record = dict[str, Any]
SAMPLE = Path(service.__file__).parent / "sample_school"
OWN = ("title", "clauses", "clauses not", "school", "expect", "never", "last")
MOMENTS = ("at", "due", "start", "end")
SAME = ("kind", "case", "name", "title", "to", "details", "assignee", "for")


@dataclass(frozen=True)
class ScenarioTest:
    """One file: what is played, and what must, must never and must at last come of it."""

    path: Path
    played: Mapping[str, Any]
    own: Mapping[str, Any]

    def asked(self, key: str) -> list[Any]:
        """The list under one of the keys above, empty where there is none."""
        return list(self.own.get(key) or [])


def read_test(path: Path) -> ScenarioTest:
    """The file, its scenario and the test's own keys apart. Every scalar is text."""
    found = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  text, lists and mappings only
    return ScenarioTest(
        path,
        {key: value for key, value in found.items() if key not in OWN},
        {key: value for key, value in found.items() if key in OWN},
    )


def school_of(test: ScenarioTest, folder: Path) -> School:
    """The sample school with the file's changes."""
    if not test.asked("school"):
        return load_school(SAMPLE)
    home = folder / "northbridge"
    shutil.copytree(SAMPLE, home)
    for change in test.asked("school"):
        _change(home / change["file"], change)
    return load_school(home)


def _change(file: Path, change: Mapping[str, Any]) -> None:
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        columns, rows = list(reader.fieldnames or ()), list(reader)
    if "add" in change:
        rows.append({column: change["add"].get(column, "") for column in columns})
        assert set(change["add"]) <= set(columns), f"{file.name} has no such column"
    else:
        chosen = [row for row in rows if all(row[column] == value for column, value in change["where"].items())]
        assert chosen, f"nobody in {file.name} is {change['where']}"
        for row in chosen:
            row.update(change["set"])
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, columns)
        writer.writeheader()
        writer.writerows(rows)


class _Plain(yaml.SafeDumper):
    """Writes no anchors: a test may use them, a scenario may not."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def written(scenario: Mapping[str, Any]) -> str:
    """A scenario as the text of its file."""
    return yaml.dump(dict(scenario), Dumper=_Plain, allow_unicode=True, sort_keys=False)


def play(test: ScenarioTest, policies: Policies, folder: Path) -> tuple[School, list[Record]]:
    """Play the scenario part of the file; the school that it was played in, and every record."""
    school = school_of(test, folder)
    file = folder / test.path.name
    file.write_text(written(test.played), encoding="utf-8")
    return school, list(simulate(file, school, policies))


def unmet(expected: Sequence[Mapping[str, Any]], records: Sequence[Record]) -> list[str]:
    """The expected records that did not come, or not after the ones before them, in words with what was nearest."""
    taken: set[int] = set()
    since, missing = "", []
    for wanted in expected:
        for number, record in enumerate(records):
            if number not in taken and record["at"] >= since and matches(wanted, record):
                taken.add(number)
                since = record["at"]
                break
        else:
            missing.append(f"{dict(wanted)} did not come (after {since or 'the start'}); {_nearest(wanted, records)}")
    return missing


def not_last(expected: Sequence[Mapping[str, Any]], records: Sequence[Record]) -> list[str]:
    """The records that were to be the last of their name and are not."""
    wrong = []
    for wanted in expected:
        same = {key: wanted[key] for key in SAME if key in wanted}
        found = [record for record in records if matches(same, record)]
        if not found or not matches(wanted, found[-1]):
            wrong.append(f"{dict(wanted)} is not the last; that is {found[-1] if found else 'none at all'}")
    return wrong


def matches(wanted: object, found: object, name: str = "") -> bool:
    """Whether a part of a record, written as text, is in this one."""
    if isinstance(wanted, Mapping):
        if isinstance(found, Mapping):
            return all(matches(value, found.get(key), key) for key, value in wanted.items())
        looks = {"contains": lambda x: x in _text(found), "lacks": lambda x: x not in _text(found),
                 "not": lambda x: not matches(x, found, name)}  # fmt: skip
        assert set(wanted) <= set(looks), f"{dict(wanted)} says neither contains, lacks nor not"
        return all(looks[how](what) for how, what in wanted.items())
    if isinstance(wanted, list):
        assert isinstance(found, list), f"{name} is no list"
        return all(any(matches(one, other) for other in found) for one in wanted)
    if isinstance(found, bool):
        return wanted == ("yes" if found else "no")
    if name in MOMENTS:
        return _text(found).startswith(str(wanted))
    return wanted == _text(found)


def _text(found: object) -> str:
    return "none" if found is None else str(found)


def _nearest(wanted: Mapping[str, Any], records: Sequence[Record]) -> str:
    def alike(record: Record) -> int:
        return sum(matches(value, record.get(key), key) for key, value in wanted.items() if key in record)

    same_kind = [record for record in records if record["kind"] == wanted.get("kind", record["kind"])]
    if not same_kind:
        return f"no {wanted.get('kind')} came at all"
    found = max(same_kind, key=alike)
    hidden = ("policy_version", "calendar_version", "body", "because", "not_told")
    return f"nearest: { {key: value for key, value in found.items() if key not in hidden or key in wanted} }"
