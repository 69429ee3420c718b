"""YAML in which every word stays a word (``yes``, ``no``, ``off``, dates) and every node keeps its line and column.

Rule files are written by people, so what only programs would write (anchors, tags, several documents) is refused: that
also closes the door on the known attacks by YAML.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import yaml
from yaml._yaml import CParser
from yaml.composer import Composer
from yaml.error import Mark
from yaml.resolver import Resolver

from rules.engine.reading.problem import Problem, RuleFilesError, sentence

LARGEST = 400_000
"""Characters in one rule file. The largest shipped file has a tenth of this."""
DEEPEST = 20
_LINE_ENDS = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
"""What YAML takes for the end of a line: fewer characters than Python does."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node stands: lines and columns count from 1."""

    file: str
    line: int
    column: int
    source: str

    def problem(self, what: str, instead: str = "", *, length: int = 1, skip: int = 0) -> Problem:
        """A mistake at this place; ``skip`` moves the caret to the right."""
        return Problem(self.file, self.line, self.column + skip, sentence(what), sentence(instead), length, self.source)


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


def read(text: str, file: str, largest: int = LARGEST) -> Node:
    """The document in ``text``, of ``largest`` characters at most. RuleFilesError with one message per mistake."""
    if len(text) > largest:
        raise RuleFilesError(
            [Problem(file, 1, 1, f"This file has {len(text):,} characters.", f"Keep it under {largest:,}.")]
        )
    text = text.removeprefix("\ufeff")
    lines = lines_of(text)

    def place(mark: Mark) -> Place:
        source = lines[mark.line] if mark.line < len(lines) else ""
        return Place(file, mark.line + 1, mark.column + 1, source)

    try:
        root = _compose(text)
    except yaml.MarkedYAMLError as error:
        begun = error.context_mark if any(sign in (error.problem or "") for sign in _BEGUN) else None
        mark = begun or error.problem_mark
        where = place(mark) if mark else Place(file, 1, 1, lines[0])
        raise RuleFilesError([where.problem(*_said(error, where.source))]) from None
    except yaml.reader.ReaderError as error:
        what = "There is a character here that no text should have."
        before = lines_of(text[: error.position])
        where = Place(file, len(before), len(before[-1]) + 1, lines[len(before) - 1])
        raise RuleFilesError([where.problem(what, "Delete it and type it again.")]) from None
    if root is None:
        raise RuleFilesError([Problem(file, 1, 1, "This file is empty.", "Write something in it, or delete it.")])
    problems: list[Problem] = []
    node = _convert(root, place, problems)
    if problems:
        raise RuleFilesError(problems)
    return node


class _Refusing(Composer):
    """Refuses, node by node, what only programs would write: nothing is expanded before it is seen."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[attr-defined]  # of the parser beside it
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            instead = "Write the words out, or put them between quotation marks"
            raise _refusal("an anchor or alias (& or *)", instead, event)
        if getattr(event, "tag", None):
            raise _refusal("a tag (!)", "Delete it, or put the words between quotation marks", event)
        self.depth += 1
        if self.depth > DEEPEST:
            raise _refusal(f"more than {DEEPEST} levels inside one another", "Say it more simply", event)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _InPython(_Refusing, yaml.SafeLoader):
    """Its messages are those that ``_said`` puts into words."""


class _InC(_Refusing, CParser, Resolver):
    """Five times as fast, which is felt each time somebody checks a rule."""

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        Composer.__init__(self)
        Resolver.__init__(self)


def _compose(text: str) -> yaml.Node | None:
    try:
        return _InC(text).get_single_node()
    except yaml.YAMLError:
        return yaml.compose(text, Loader=_InPython)


def _refusal(what: str, instead: str, event: yaml.Event) -> yaml.MarkedYAMLError:
    mark = event.start_mark
    return yaml.MarkedYAMLError(
        context=instead,
        problem=f"{what} {_NOT_USED}",
        problem_mark=mark if isinstance(mark, Mark) else None,
    )


def _said(error: yaml.MarkedYAMLError, line: str) -> tuple[str, str]:
    """What is wrong and what to write, in the words of somebody who has never heard of YAML."""
    problem = error.problem or ""
    if problem.endswith(_NOT_USED):
        return f"{problem[0].upper()}{problem[1:]}.", f"{error.context}."
    if "\\t" in problem or "\t" in line[: len(line) - len(line.lstrip())]:
        return "This line begins with a tab.", "Use spaces, not the tab key, at the start of a line."
    if "{{" in line:
        return (
            "A gap {{ ... }} stands here outside quotation marks.",
            'Write "{{ case }}: due soon", in quotation marks.',
        )
    for sign, said in _SIGNS.items():
        if sign in problem and (sign != _COLON or len(_KEY.findall(line)) > 1):
            return said
    together = "Look at the spaces at the start of this line and the one before: lines that belong together"
    return "This line does not fit the ones before it.", f"{together} start together."


_NOT_USED = "is not used here"
_COLON = "mapping values are not allowed"
_KEY = re.compile(r":(?:\s|$)")
_BEGUN = ("expected ',' or ", "found unexpected end of stream", "could not find expected ':'")
"""What is wrong here began further up, and is shown there."""
_SIGNS = {
    _COLON: (
        "There is a second colon in this line.",
        'A sentence with a colon needs quotation marks: "like: this".',
    ),
    "found unexpected end of stream": (
        "A quotation mark is opened here and never closed.",
        "Write the second quotation mark, or double it where it belongs to the words.",
    ),
    "cannot start any token": (
        "A line cannot begin with this sign.",
        "Put the words between quotation marks.",
    ),
    "expected ',' or ']'": ("A list is opened here and never closed.", "Write the closing bracket ]."),
    "expected ',' or '}'": ("A table is opened here and never closed.", "Write the closing bracket }."),
    "expected alphabetic or numeric character": (
        "Words cannot begin with * or &.",
        "Put the words between quotation marks.",
    ),
    "but found another document": ("A second document starts here.", "Delete the line with three dashes."),
    "could not find expected ':'": (
        "A name stands here without its colon.",
        "Write a colon and a space after the name; begin further to the right where a sentence goes on.",
    ),
}


def lines_of(text: str) -> list[str]:
    """The lines of a rule file, as positions count them; one empty line for an empty text."""
    return _LINE_ENDS.split(text)


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
