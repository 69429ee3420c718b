"""A condition as "this and this, or that and that": the only shape in which durable-rules is right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from rules.engine.model.policy import All, Any, Atom, Condition, Not, atoms

MOST_TERMS = 64
MOST_ATOMS_IN_A_TERM = 28


class RuleTooLarge(ValueError):  # noqa: N818  reads as what is the matter
    """A rule that has too many combinations to be matched. Its message names the rule and says what to do."""


class Literal(NamedTuple):
    """One test, and whether it is wanted to hold or not to hold."""

    atom: Atom
    wanted: bool


Term = tuple[Literal, ...]
"""Tests that must all turn out as wanted."""

_Term = frozenset[int]  # the number of an atom, below zero where it must not hold


def normal_form(rule_id: str, condition: Condition) -> tuple[Term, ...]:
    """The terms of which one must hold: none for a condition that never does, one empty term where it always does.

    Negation is pushed down to the tests, a term that contradicts itself is dropped, and so is one that says no more
    than a shorter one. The order depends on nothing but the condition. RuleTooLarge beyond 64 terms or 28 tests a term.
    """
    order = list(dict.fromkeys(atoms(condition)))
    numbers = {atom: number for number, atom in enumerate(order, start=1)}
    try:
        terms = _terms(condition, True, numbers)
    except _TooManyTermsError:
        raise RuleTooLarge(
            f'Rule "{rule_id}" has more than {MOST_TERMS} combinations of answers. Split it into several rules.'
        ) from None
    if any(len(term) > MOST_ATOMS_IN_A_TERM for term in terms):
        raise RuleTooLarge(
            f'Rule "{rule_id}" tests more than {MOST_ATOMS_IN_A_TERM} things at once. Split it into several rules.'
        )
    return tuple(tuple(Literal(order[abs(n) - 1], n > 0) for n in sorted(term, key=abs)) for term in terms)


class _TooManyTermsError(Exception):
    pass


def _terms(condition: Condition, wanted: bool, numbers: Mapping[Atom, int]) -> list[_Term]:
    match condition:
        case Not(part):
            return _terms(part, not wanted, numbers)
        case All(parts) | Any(parts):
            if isinstance(condition, All) is not wanted:  # "not all of" is "any of" the opposites, and the reverse
                return _fewest(term for part in parts for term in _terms(part, wanted, numbers))
            found: list[_Term] = [frozenset()]
            for part in parts:
                further = _terms(part, wanted, numbers)
                found = _fewest(one | other for one in found for other in further)
            return found
        case _:
            return [frozenset({numbers[condition] if wanted else -numbers[condition]})]


def _fewest(terms: Iterable[_Term]) -> list[_Term]:
    """Without contradictions and without terms that a shorter one covers; the shorter ones come first."""
    possible = {term for term in terms if not any(-number in term for number in term)}
    kept: list[_Term] = []
    for term in sorted(possible, key=lambda term: (len(term), sorted(term))):
        if any(shorter <= term for shorter in kept):
            continue
        if len(kept) == MOST_TERMS:
            raise _TooManyTermsError
        kept.append(term)
    return kept
