"""What crosses into durable-rules: short safe names, words like ``w3``, and whole numbers. Nothing that anyone wrote.

durable-rules compares mistyped values wrongly, reads long texts wrongly, and lets "not equal" fail where a value is
missing. So texts and sets never cross: a word becomes its number in the vocabulary, a test of several words a column of
0 and 1, and every column that a test reads always has a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from rules.engine.matching.normal_form import Literal
from rules.engine.model.policy import UNKNOWN, Compare, Facts, FactValue, FactWord, Includes

BEYOND = 2**53
"""Every number is nearer to zero than this. The unknown one crosses as this, on the side where it satisfies nothing."""

Cell = int | str
JsonTest = Mapping[str, Cell | Mapping[str, Cell]]

_OPERATORS = {
    ("at least", True): "$gte",
    ("at least", False): "$lt",
    ("at most", True): "$lte",
    ("at most", False): "$gt",
}


class _Column(NamedTuple):
    name: str
    fact: str
    cell: Callable[[Any], Cell]


class Wire:
    """The names under which the facts of one vocabulary cross, and the columns that its tests have asked for so far."""

    def __init__(self, facts: Mapping[str, FactWord]) -> None:
        self._facts = dict(facts)
        self._words = {name: frozenset(fact.words) for name, fact in facts.items()}
        self._columns: dict[object, _Column] = {}

    def test(self, literal: Literal) -> tuple[str, JsonTest]:
        """The column that a test reads, and the test as durable-rules is given it.

        ValueError where it does not suit the kind or the words of its fact, or the number is not within 2^53.
        """
        atom, wanted = literal
        fact = self._facts.get(atom.fact)
        if fact is None:
            raise ValueError(f'"{atom.fact}" is not a fact of the vocabulary.')
        if isinstance(atom, Compare):
            return self._comparison(fact, atom, wanted)
        allowed = {UNKNOWN} if fact.kind == "number" else self._words[fact.name]
        if isinstance(atom, Includes) is not (fact.kind == "choices") or not allowed.issuperset(atom.words):
            raise ValueError(f'"{fact.name}" is a {fact.kind} whose answers cannot be tested like that.')
        if fact.kind == "choice" and len(atom.words) == 1:
            codes = {word: f"w{number}" for number, word in enumerate(fact.words)}
            name, code = self._column(fact.name, fact.name, codes.__getitem__), codes[atom.words[0]]
            return name, {name: code} if wanted else {"$neq": {name: code}}
        name = self._column(atom, fact.name, _membership(fact, frozenset(atom.words)))
        return name, {name: int(wanted)}

    def _comparison(self, fact: FactWord, atom: Compare, wanted: bool) -> tuple[str, JsonTest]:
        operator = _OPERATORS.get((atom.op, wanted))
        if fact.kind != "number" or operator is None or not _is_number(atom.number):
            raise ValueError(f'"{fact.name}": only a number is "at least" or "at most" a number, within 2^53 of zero.')
        blank = -BEYOND if atom.op == "at least" else BEYOND
        name = self._column((fact.name, atom.op), fact.name, lambda value: blank if value is None else value)
        return name, {operator: {name: atom.number}}

    def _column(self, key: object, fact: str, cell: Callable[[Any], Cell]) -> str:
        return self._columns.setdefault(key, _Column(f"f{len(self._columns)}", fact, cell)).name

    def cells(self, facts: Facts) -> dict[str, Cell]:
        """The value of every column.

        KeyError for a declared fact that is missing, ValueError for a value that it cannot have. Both name the fact and
        never the value, which may be personal.
        """
        for name, fact in self._facts.items():
            if name not in facts:
                raise KeyError(f'The fact "{name}" is missing: a blank is "{UNKNOWN}", or None for a number.')
            if not self._possible(fact, facts[name]):
                raise ValueError(f'The fact "{name}" has a value that a {fact.kind} of this vocabulary cannot have.')
        return {name: cell(facts[fact]) for name, fact, cell in self._columns.values()}

    def _possible(self, fact: FactWord, value: FactValue) -> bool:
        if fact.kind == "number":
            return value is None or _is_number(value)
        if fact.kind == "choice":
            return isinstance(value, str) and value in self._words[fact.name]
        return isinstance(value, frozenset) and value <= self._words[fact.name]


def _is_number(value: object) -> bool:
    """A whole number that durable-rules holds exactly. ``True`` is none."""
    return type(value) is int and -BEYOND < value < BEYOND


def _membership(fact: FactWord, words: frozenset[str]) -> Callable[[Any], Cell]:
    if fact.kind == "choices":
        return lambda chosen: int(not words.isdisjoint(chosen))
    if fact.kind == "number":
        return lambda value: int(value is None and UNKNOWN in words)
    return lambda word: int(word in words)
