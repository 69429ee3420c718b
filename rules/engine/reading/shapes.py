"""Reading small shapes out of a document: a word, words, a number. Mistakes are collected; none stops the reading."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from rules.engine.reading.document import Entries, Items, Node, Place, Word
from rules.engine.reading.problem import Problem, nearest


class Desk:
    """Where problems are collected while files are read."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.half_read: set[str] = set()
        """Names whose own entry is wrong: that they are used is no mistake besides."""

    def wrong(self, node: Node, what: str, instead: str = "", *, skip: int = 0, length: int | None = None) -> None:
        """Collect a mistake at this node."""
        if length is None:
            length = len(node.text) if isinstance(node, Word) else 1
        self.problems.append(node.place.problem(what, instead, length=length, skip=skip))

    def word(self, node: Node | None, of: Node, name: str) -> str:
        """The text of a word that must be there; "" (and a problem) otherwise."""
        if isinstance(node, Word) and node.text.strip():
            return " ".join(node.text.split())
        if node is None:
            self.wrong(of, f'"{name}" is missing.', f'Write "{name}: ..." here.')
        else:
            self.wrong(node, f'"{name}" needs some words.', f'Write "{name}: ..." on one line.')
        return ""

    def words(self, node: Node | None) -> tuple[str, ...]:
        """One word, or a list of words."""
        if node is None:
            return ()
        if isinstance(node, Word):
            return (" ".join(node.text.split()),) if node.text.strip() else ()
        if isinstance(node, Items):
            return tuple(text for item in node.nodes for text in self.words(item))
        self.wrong(node, "Some words are wanted here, not a table.", "Write one, or a list with dashes.")
        return ()

    def entries(self, node: Node | None, of: Node, name: str) -> Entries:
        """A table that must be there; an empty one (and a problem) otherwise."""
        if isinstance(node, Entries):
            return node
        place = node or of
        if not (isinstance(node, Word) and not node.text):
            self.wrong(place, f'"{name}" needs a table.', "Write one line for each entry, as `name: value`.")
        return Entries((), place.place)

    def items(self, node: Node | None) -> tuple[Node, ...]:
        """A list, or a single thing as a list of one."""
        if node is None:
            return ()
        return node.nodes if isinstance(node, Items) else (node,)

    def known(self, node: Node, text: str, among: Collection[str], what: str) -> bool:
        """Whether a word is known; a problem with the nearest one if not."""
        if text in among:
            return True
        if text in self.half_read:
            return False
        skip, length = _find(node.place, text)
        self.wrong(node, what, nearest(text, among) or _choices(among), skip=skip, length=length)
        return False

    def only(self, entries: Entries, allowed: Iterable[str], where: str) -> None:
        """Every key is one that belongs here."""
        names = tuple(allowed)
        for key, _ in entries:
            if key.text not in names:
                self.known(key, key.text, names, f'"{key.text}" does not belong in {where}.')

    def yes(self, node: Node | None, name: str) -> bool:
        """``yes`` or ``no``; no where nothing is written."""
        if node is None:
            return False
        text = node.text.strip().lower() if isinstance(node, Word) else ""
        if text not in ("yes", "no"):
            self.wrong(node, f'"{name}" is yes or no.', f'Write "{name}: yes", or leave it out.')
        return text == "yes"

    def number(self, node: Node | None, name: str, *, default: int | None = None) -> int | None:
        """A whole number."""
        if node is None:
            return default
        if isinstance(node, Word) and re.fullmatch(r"\s*-?[0-9]{1,9}\s*", node.text):
            return int(node.text)
        self.wrong(node, f'"{name}" needs a whole number.', "Write it in digits.")
        return default


def _find(place: Place, text: str) -> tuple[int, int]:
    at = place.source.find(text, place.column - 1)
    return (at - place.column + 1 if at >= 0 else 0), len(text)


def _choices(among: Collection[str]) -> str:
    shown = sorted(among)
    if not shown:
        return ""
    return f"Write one of: {', '.join(shown[:12])}{' ...' if len(shown) > 12 else ''}."
