"""The rule files, from the package or from a folder, as Policies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from rules.engine.matching.compile import SideBySide
from rules.engine.model.policy import Policies
from rules.engine.reading.document import LARGEST
from rules.engine.reading.problem import Problem, RuleFilesError
from rules.engine.rulebook.parse import parse

MOST_BYTES = 4 * LARGEST
"""Of a rule file; whatever is larger is not even read."""


def load(folder: Path | None = None, beneath: Mapping[str, str] | None = None) -> Policies:
    """The policies of a folder, or of one file, laid over those ``beneath``; without either, those that are shipped.

    ``beneath`` are texts by their names, such as those in force; the shipped ones where it is None. A folder with a
    vocabulary of its own is complete: only the forms are taken from beneath, if it has none. In any other, each file
    takes the place of the one of its name. Raises RuleFilesError with every mistake found.
    """
    if folder is None:
        return _shipped() if beneath is None else parse(beneath)
    below = shipped_texts() if beneath is None else beneath
    own = read_texts(folder)
    if any(_named(name) == "vocabulary.yaml" for name in own):
        has_forms = any(text.lstrip().startswith("form:") or "\nform:" in text for text in own.values())
        return parse(own if has_forms else {n: t for n, t in below.items() if n.startswith("forms/")} | own)
    parent = folder.resolve().parent.name if folder.is_file() else folder.resolve().name
    return parse({**below, **{_place_of(name, parent, below): text for name, text in own.items()}})


@cache
def _shipped() -> Policies:
    """Read once: what is shipped does not change while a process runs."""
    return parse(shipped_texts())


def shipped_texts() -> dict[str, str]:
    """The shipped rule files: name to text."""
    root = files("rules")
    return _texts(root.joinpath("policies"), "policies") | _texts(root.joinpath("forms"), "forms")


def read_texts(folder: Path) -> dict[str, str]:
    """The rule files of a folder, or one rule file. Raises RuleFilesError for what is not UTF-8, or not there."""
    if folder.is_file():
        return {folder.name: _read(folder, folder.name)}
    if not folder.is_dir():
        raise RuleFilesError([Problem(str(folder), 1, 1, "There is no such file or folder.", "Check its name.")])
    found = _texts(folder, "")
    if not found:
        raise RuleFilesError([Problem(str(folder), 1, 1, "There is no rule file here.", "Rule files end in .yaml.")])
    return found


def side_by_side(policies: Policies) -> SideBySide:
    """durable-rules with the reference beside it, for these policies. RuleTooLarge for a rule that is too long."""
    return SideBySide({rule.id: rule.condition for rule in policies.rules}, policies.vocabulary.facts)


def _texts(root: Traversable, prefix: str) -> dict[str, str]:
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for item in sorted(root.iterdir(), key=lambda entry: entry.name):
        name = f"{prefix}/{item.name}" if prefix else item.name
        try:
            if item.is_dir() and not item.name.startswith((".", "_")):
                found |= _texts(item, name)
            elif item.name.endswith((".yaml", ".yml")):
                found[name] = _read(item, name)
        except RuleFilesError as error:
            problems += error.problems
    if problems:
        raise RuleFilesError(problems)
    return found


def _read(item: Traversable, name: str) -> str:
    try:
        with item.open("rb") as file:
            read = file.read(MOST_BYTES + 1)
        if len(read) > MOST_BYTES:
            raise RuleFilesError([Problem(name, 1, 1, "This file is too large to be rules.", "Divide it.")])
        return read.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RuleFilesError([Problem(name, 1, 1, "This file is not plain text.", "Save it as UTF-8.")]) from None


def _named(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def _place_of(own: str, folder: str, beneath: Iterable[str]) -> str:
    """The name of the file in whose place this one of that folder is laid; its own where it is a further one."""
    like = [name for name in beneath if f"/{name}".endswith(f"/{own}")]
    nearer = [name for name in like if f"/{name}".endswith(f"/{folder}/{own}")]
    found = nearer or like
    if len(found) > 1:
        folders = " or ".join(name.removesuffix(f"/{own}").rsplit("/", 1)[-1] for name in found)
        what = f'Several files are called "{own}", and nothing says which of them this is.'
        raise RuleFilesError([Problem(own, 1, 1, what, f"Put it into a folder: {folders}.")])
    return found[0] if found else own
