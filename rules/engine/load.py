"""The rule files, from the package or from a folder, as Policies."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from rules.engine.compile import SideBySide
from rules.engine.document import LARGEST
from rules.engine.parse import parse
from rules.engine.policy import Policies
from rules.engine.problem import Problem, RuleFilesError

MOST_BYTES = 4 * LARGEST
"""Of a rule file; whatever is larger is not even read."""


def load(folder: Path | None = None) -> Policies:
    """The policies of a folder, or of one file, laid over those that are shipped; without either, the shipped ones.

    A folder with a vocabulary of its own is complete: only the forms are taken from what is shipped, if it has none. In
    any other, each file takes the place of the shipped one of its name. Raises RuleFilesError with every mistake found.
    """
    if folder is None:
        return _shipped()
    shipped = shipped_texts()
    own = read_texts(folder)
    if any(_named(name) == "vocabulary.yaml" for name in own):
        has_forms = any(text.lstrip().startswith("form:") or "\nform:" in text for text in own.values())
        return parse(own if has_forms else {n: t for n, t in shipped.items() if n.startswith("forms/")} | own)
    return parse({name: text for name, text in shipped.items() if not _replaced(name, own)} | own)


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


def _replaced(shipped: str, own: Iterable[str]) -> bool:
    """Whether a shipped file has one of its name, and of the folder that is given with it, in its place."""
    return any(f"/{shipped}".endswith(f"/{name}") for name in own)
