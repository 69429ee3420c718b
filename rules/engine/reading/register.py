"""The clause register: what each clause of the adopted policies asks for, and in which ways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rules.engine.reading.document import Entries, Items, Node, Word, read

POLICIES = ("anti-bullying", "complaints")


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause. ``how``: the ways in which the software owes it something, as the head of the register says them."""

    id: str
    policy: str
    how: tuple[str, ...]
    must: str


def read_register(texts: Mapping[str, str]) -> tuple[Clause, ...]:
    """The clauses among these rule files (name to text), in their order. RuleFilesError where one cannot be read."""
    has_clauses = (name for name in sorted(texts) if any(f"{policy}:" in texts[name] for policy in POLICIES))
    roots = (read(texts[name], name) for name in has_clauses)
    return tuple(clause for root in roots for clause in _clauses(root))


def _clauses(root: Node) -> Iterator[Clause]:
    if not isinstance(root, Entries):
        return
    for policy in POLICIES:
        clauses = root.get(policy)
        for key, entry in clauses.pairs if isinstance(clauses, Entries) else ():
            if isinstance(entry, Entries):
                yield Clause(key.text, policy, tuple(_words(entry.get("how"))), " ".join(_words(entry.get("must"))))


def _words(node: Node | None) -> Iterator[str]:
    match node:
        case Word(text):
            yield text
        case Items(nodes):
            for item in nodes:
                yield from _words(item)
