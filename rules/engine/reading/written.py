"""What stands in rule files, word by word, whatever it means and however it is laid out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rules.engine.reading.document import Entries, Items, Node, Word, read

Said = str | tuple["Said", ...]


def written_guarantees(texts: Mapping[str, str]) -> dict[str, Said]:
    """Each guarantee of these rule files (name to text), by its id. RuleFilesError where one cannot be read."""
    return {
        said.text: _plain(guarantee)
        for name in sorted(texts)
        if "guarantees:" in texts[name]
        for guarantee in _guarantees(read(texts[name], name))
        if isinstance(guarantee, Entries) and isinstance(said := guarantee.get("guarantee"), Word)
    }


def _guarantees(root: Node) -> Iterator[Node]:
    listed = root.get("guarantees") if isinstance(root, Entries) else None
    if isinstance(listed, Items):
        yield from listed.nodes


def _plain(node: Node) -> Said:
    match node:
        case Word(text):
            return " ".join(text.split())
        case Items(nodes):
            return tuple(map(_plain, nodes))
        case Entries(pairs):
            return tuple((key.text, _plain(value)) for key, value in pairs)
