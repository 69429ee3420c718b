"""Which clauses of the register are carried out, by what, and whether tests show it both ways.

A clause is covered where a rule, a deadline, a letter or a part of the software cites it, and something shows it firing
and something shows it not firing. What the register asks for besides, and nothing does, is said beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from textwrap import wrap

from rules.engine.model.policy import Policies, Rule
from rules.engine.reading.register import Clause, read_register
from rules.engine.rulebook.carried_out import CARRIED_OUT, CarriedOut

WAYS = {
    "task": "checklist",
    "letter": "letter",
    "calendar": "calendar",
    "flag": "judgement",
    "withhold": "guard",
    "record": "record",
}
"""What an effect of a rule is, in the words of the register; every rule is a ``rule`` besides."""

WIDEST = 64
"""Characters of a line that says what covers a clause."""


@dataclass(frozen=True, slots=True)
class Covering:
    """Something that cites a clause. ``kind``: rule, deadline, letter, or a way of the register where code does it."""

    kind: str
    name: str
    ways: tuple[str, ...]
    fires: tuple[str, ...] = ()
    does_not: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClauseTests:
    """Tests that name clauses: those that show one firing, and those that show it not firing. Clause to names."""

    fires: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    does_not: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClauseCoverage:
    """One clause, and what there is for it. ``fires`` is None where the tests could not be looked at."""

    clause: Clause
    by: tuple[Covering, ...]
    fires: tuple[str, ...] | None
    does_not: tuple[str, ...] | None
    guarantees: tuple[str, ...] = ()
    """What is proved of it: that guards it, whatever becomes of the rules."""

    @property
    def both_ways(self) -> bool | None:
        """Whether tests show it firing and not firing; None where the tests could not be looked at."""
        return None if self.fires is None else bool(self.fires and self.does_not)

    @property
    def covered(self) -> bool:
        return bool(self.by) and self.both_ways is not False

    @property
    def still_owed(self) -> tuple[str, ...]:
        """Ways that the register asks for, and that nothing which cites the clause is."""
        done = {way for covering in self.by for way in covering.ways} | ({"guard"} if self.guarantees else set())
        return tuple(way for way in self.clause.how if way not in done)

    def as_json(self) -> dict[str, object]:
        """Plain JSON values; without ``tests`` where they could not be looked at."""
        tests: dict[str, object] = {}
        if self.fires is not None:
            tests["tests"] = {"firing": list(self.fires), "not firing": list(self.does_not or ())}
        return {
            "clause": self.clause.id,
            "policy": self.clause.policy,
            "how": [*self.clause.how],
            "must": self.clause.must,
            "by": [{"kind": one.kind, "name": one.name} for one in self.by],
            "guarantees": [*self.guarantees],
            "still owed": [*self.still_owed],
            **tests,
            "covered": self.covered,
        }


def coverage(
    policies: Policies, tests: ClauseTests | None, carried_out: Iterable[CarriedOut] = CARRIED_OUT
) -> tuple[ClauseCoverage, ...]:
    """Every clause of the register, in its order. Without ``tests``, to be cited is all that is asked.

    RuleFilesError where the register cannot be read.
    """
    found: dict[str, list[Covering]] = {}
    for clause, covering in (*_of_rules(policies), *_of_deadlines(policies), *_of_code(carried_out)):
        found.setdefault(clause, []).append(covering)
    proved: dict[str, tuple[str, ...]] = {}
    for guarantee in policies.guarantees:
        proved |= {clause: (*proved.get(clause, ()), guarantee.id) for clause in guarantee.clauses}
    return tuple(
        _clause(clause, found.get(clause.id, []), tests, proved.get(clause.id, ()))
        for clause in read_register(policies.texts)
    )


def _clause(clause: Clause, by: list[Covering], tests: ClauseTests | None, proved: tuple[str, ...]) -> ClauseCoverage:
    if tests is None:
        return ClauseCoverage(clause, tuple(by), None, None, proved)
    fires = [name for one in by for name in one.fires] + [*tests.fires.get(clause.id, ())]
    does_not = [name for one in by for name in one.does_not] + [*tests.does_not.get(clause.id, ())]
    return ClauseCoverage(clause, tuple(by), tuple(dict.fromkeys(fires)), tuple(dict.fromkeys(does_not)), proved)


def _of_rules(policies: Policies) -> Iterator[tuple[str, Covering]]:
    for rule in policies.rules:
        fires, does_not = _examples(rule)
        ways = tuple(dict.fromkeys(["rule", *(WAYS[spec.kind] for spec in rule.then if spec.kind in WAYS)]))
        letters = tuple(spec.what for spec in rule.then if spec.kind == "letter")
        for clause in rule.clauses:
            yield clause, Covering("rule", rule.id, ways, fires, does_not)
            for letter in letters:
                yield clause, Covering("letter", letter, ("letter",), fires, does_not)


def _examples(rule: Rule) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a rule's own examples show: where it applies, and where it does not."""
    said = [(f"{rule.id}: {example.title}", bool(example.expect)) for example in rule.examples]
    return tuple(name for name, fires in said if fires), tuple(name for name, fires in said if not fires)


def _of_deadlines(policies: Policies) -> Iterator[tuple[str, Covering]]:
    for procedure in policies.procedures.values():
        for stage in procedure.stages:
            for clock in stage.deadlines:
                for clause in clock.clauses:
                    yield clause, Covering("deadline", clock.id, ("deadline",))


def _of_code(carried_out: Iterable[CarriedOut]) -> Iterator[tuple[str, Covering]]:
    for done in carried_out:
        for part in done.by:
            yield done.clause, Covering(done.way, part, (done.way,), done.fires, done.does_not)


def as_table(found: Iterable[ClauseCoverage]) -> str:
    """For people: clause, how, what covers it, tested both ways, what is still owed; then how many are not covered."""
    found = tuple(found)
    tested = all(one.both_ways is not None for one in found)
    heads = ("clause", "how", "covered by", *(("both ways",) if tested else ()), "still owed")
    rows = [row for one in found for row in _rows(one, tested=tested)]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (heads, *rows)]
    uncovered = [one.clause.id for one in found if not one.covered]
    lines += ["", f"{len(found) - len(uncovered)} of {len(found)} clauses are covered."]
    lines += [f"Not covered: {', '.join(uncovered)}."] if uncovered else []
    return "\n".join(line.rstrip() for line in lines)


def _rows(one: ClauseCoverage, *, tested: bool) -> Iterator[tuple[str, ...]]:
    """A row for a clause, and further ones where what covers it takes more than one line."""
    kinds: dict[str, list[str]] = {}
    for covering in one.by:
        kinds.setdefault(covering.kind, []).append(covering.name)
    by = "; ".join(f"{kind} {', '.join(dict.fromkeys(names))}" for kind, names in kinds.items()) or "nothing"
    first, *more = wrap(by, WIDEST)
    ways = ("yes" if one.both_ways else "no",) if tested else ()
    yield (one.clause.id, ", ".join(one.clause.how), first, *ways, ", ".join(one.still_owed))
    for line in more:
        yield ("", "", line, *("" for _ in ways), "")
