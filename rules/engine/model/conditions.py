"""The reference meaning of a condition: what durable-rules and z3 are held to."""

from __future__ import annotations

from dataclasses import dataclass

from rules.engine.model.policy import UNKNOWN, All, Any, Atom, Compare, Condition, Facts, FactValue, Includes, Is, Not


def holds(condition: Condition, facts: Facts) -> bool:
    """Whether the condition holds. Every fact that it names must be there (KeyError otherwise): blanks are unknown."""
    match condition:
        case All(parts):
            for part in parts:  # noqa: SIM110  a generator takes twice as long, and a decision asks thousands of times
                if not holds(part, facts):
                    return False
            return True
        case Any(parts):
            for part in parts:  # noqa: SIM110  as above
                if holds(part, facts):
                    return True
            return False
        case Not(part):
            return not holds(part, facts)
        case _:
            return _atom_holds(condition, facts[condition.fact])


def _atom_holds(atom: Atom, value: FactValue) -> bool:
    match atom:
        case Is(_, words):
            return (UNKNOWN if value is None else value) in words
        case Includes(_, words):
            return isinstance(value, frozenset) and not value.isdisjoint(words)
        case Compare(_, op, number):
            if not isinstance(value, int):
                return False
            return value >= number if op == "at least" else value <= number


@dataclass(frozen=True, slots=True)
class Reason:
    """One test with what was found: enough to say in words why a condition held or did not."""

    atom: Atom
    value: FactValue
    negated: bool

    def __str__(self) -> str:
        found = say(self.value)
        wanted = wording(self.atom, negated=self.negated)
        return f"{self.atom.fact}: {found}; the rule covers {wanted}"


def decisive(condition: Condition, facts: Facts) -> tuple[Reason, ...]:
    """The tests that made the condition hold, or the first ones that stopped it, each with the answer found.

    For ``any of`` that holds: the parts that hold. For ``all of`` that does not: the first part that does not.
    """
    return tuple(_decisive(condition, facts, negated=False)[1])


def _decisive(condition: Condition, facts: Facts, *, negated: bool) -> tuple[bool, list[Reason]]:
    """Whether it holds, and by which tests: no part is looked at twice, whatever lies within it."""
    match condition:
        case Not(part):
            held, reasons = _decisive(part, facts, negated=not negated)
            return not held, reasons
        case All(parts):
            found: list[Reason] = []
            for part in parts:
                held, reasons = _decisive(part, facts, negated=negated)
                if not held:  # it fails by its first failing part
                    return False, reasons
                found += reasons
            return True, found
        case Any(parts):
            judged = [_decisive(part, facts, negated=negated) for part in parts]
            held = any(each for each, _ in judged)
            return held, [reason for each, reasons in judged if each is held for reason in reasons]
        case _:
            value = facts[condition.fact]
            return _atom_holds(condition, value), [Reason(condition, value, negated)]


def wording(atom: Atom, *, negated: bool = False) -> str:
    """The test in the words in which it is written, without the fact's name."""
    match atom:
        case Is(_, words) | Includes(_, words):
            return ("anything but " if negated else "") + " or ".join(_blank(word) for word in words)
        case Compare(_, op, number):
            if negated:  # a blank satisfies neither bound, and so the opposite of both
                return (f"at most {number - 1}" if op == "at least" else f"at least {number + 1}") + " or blank"
            return f"{op} {number}"


def say(value: FactValue) -> str:
    """A fact's value in words."""
    if value is None or value == UNKNOWN or value == frozenset({UNKNOWN}):
        return "not answered"
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or "nothing"
    return str(value)


def _blank(word: str) -> str:
    return "blank" if word == UNKNOWN else word
