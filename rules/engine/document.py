"""YAML in which every word stays a word (``yes``, ``no``, ``off``, dates) and every node keeps its line and column.

Rule files are written by people, so what only programs would write (anchors, tags, several documents) is refused: that
also closes the door on the known attacks by YAML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import yaml
from yaml.error import Mark

from rules.engine.problem import Problem, RuleFilesError

LARGEST = 400_000
"""Characters in one rule file. The largest shipped file has a tenth of this."""
DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node stands: lines and columns count from 1."""

    file: str
    line: int
    column: int
    source: str

    def problem(self, what: str, instead: str = "", *, length: int = 1, skip: int = 0) -> Problem:
        """A mistake at this place; ``skip`` moves the caret to the right."""
        return Problem(self.file, self.line, self.column + skip, what, instead, length, self.source)


@dataclass(frozen=True, slots=True)
class Word:
    """A scalar: always text."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    nodes: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Entries:
    """A mapping, in the order in which it is written."""

    pairs: tuple[tuple[Word, Node], ...]
    place: Place

    def __iter__(self) -> Iterator[tuple[Word, Node]]:
        return iter(self.pairs)

    def get(self, name: str) -> Node | None:
        """The value under this key, or None."""
        return next((node for key, node in self.pairs if key.text == name), None)

    def key(self, name: str) -> Word | None:
        """The key itself, for its place."""
        return next((key for key, _ in self.pairs if key.text == name), None)


Node = Word | Items | Entries


def read(text: str, file: str) -> Node:
    """The document in ``text``. Raises RuleFilesError with one message per mistake."""
    if len(text) > LARGEST:
        raise RuleFilesError(
            [Problem(file, 1, 1, f"This file has {len(text):,} characters.", f"Keep it under {LARGEST:,}.")]
        )
    lines = text.splitlines() or [""]

    def place(mark: Mark) -> Place:
        source = lines[mark.line] if mark.line < len(lines) else ""
        return Place(file, mark.line + 1, mark.column + 1, source)

    try:
        _refuse_what_programs_write(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = place(mark) if mark else Place(file, 1, 1, lines[0])
        what = f"This is not readable: {error.problem}."
        raise RuleFilesError([where.problem(what, _mend(error))]) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        what = "There is a character here that no text should have."
        raise RuleFilesError([Problem(file, line, 1, what, "Delete it and type it again.")]) from None
    if root is None:
        raise RuleFilesError([Problem(file, 1, 1, "This file is empty.", "Delete it, or write a rule.")])
    problems: list[Problem] = []
    node = _convert(root, place, problems)
    if problems:
        raise RuleFilesError(problems)
    return node


def _refuse_what_programs_write(text: str) -> None:
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _refusal("a second document starts here", "Delete the line with three dashes", event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refusal(
                "an anchor or alias (& or *)", "Write the words out, or put them between quotation marks", event
            )
        if getattr(event, "tag", None):
            raise _refusal("a tag (!)", "Delete it, or put the words between quotation marks", event)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise _refusal(f"more than {DEEPEST} levels inside one another", "Say it more simply", event)


def _refusal(what: str, instead: str, event: yaml.Event) -> yaml.MarkedYAMLError:
    mark = event.start_mark
    return yaml.MarkedYAMLError(
        context=instead,
        problem=f"{what} is not used in rule files",
        problem_mark=mark if isinstance(mark, Mark) else None,
    )


def _mend(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or ""
    if "is not used in rule files" in problem:
        return f"{error.context}."
    if "\\t" in problem or "tab" in problem:
        return "Use spaces, not the tab key, at the start of a line."
    if "mapping values are not allowed" in problem:
        return 'A sentence with a colon needs quotation marks: "like: this".'
    return "Look at the spaces at the start of this line and the one before: lines that belong together start together."


def _convert(node: yaml.Node, place: Callable[[Mark], Place], problems: list[Problem]) -> Node:
    where = place(node.start_mark)
    if isinstance(node, yaml.ScalarNode):
        return Word(str(node.value), where)
    if isinstance(node, yaml.SequenceNode):
        return Items(tuple(_convert(item, place, problems) for item in node.value), where)
    pairs: list[tuple[Word, Node]] = []
    seen: set[str] = set()
    for key_node, value_node in node.value:
        key = _convert(key_node, place, problems)
        if not isinstance(key, Word):
            problems.append(key.place.problem("A name is missing here.", "Write a word before the colon."))
            continue
        if key.text in seen:
            problems.append(
                key.place.problem(f'"{key.text}" is said twice.', "Delete one of them.", length=len(key.text))
            )
        seen.add(key.text)
        pairs.append((key, _convert(value_node, place, problems)))
    return Entries(tuple(pairs), where)
