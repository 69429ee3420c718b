"""z3's meaning of the rules, and the guarantees that it shows to hold or to be broken.

The only module that knows z3, which is loaded when something is proved. A condition is compiled from the same parsed
values that the reference evaluates; tests hold the two, and durable-rules, equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any as Anything

from rules.engine.model.conditions import holds
from rules.engine.model.guarantee import Claim, Guarantee
from rules.engine.model.policy import (
    EVENT,
    UNKNOWN,
    All,
    Any,
    Atom,
    Compare,
    Condition,
    Facts,
    FactValue,
    FactWord,
    Includes,
    Is,
    Not,
    Policies,
)
from rules.engine.model.standing import STANDING
from rules.engine.proving.breaking import says_nothing
from rules.engine.proving.claims import Claims
from rules.engine.proving.counterexample import Filled, circumstances, filled_form, in_words
from rules.engine.proving.possible import preferred, relations


@dataclass(frozen=True, slots=True)
class Proved:
    """A guarantee that holds for every submission, case and role holder."""

    guarantee: Guarantee


@dataclass(frozen=True, slots=True)
class Broken:
    """A guarantee that does not hold: a submission that shows it, as a form, and what would come of it.

    ``facts`` are all facts of the counterexample, those of roles too ("a clean holder of dsl"). ``effects`` says in
    words what would be sent to whom. ``rules`` did it or, where something is missing, are those that could have.
    """

    guarantee: Guarantee
    claim: Claim | None
    wrong: str
    facts: Facts
    form: Filled
    effects: tuple[str, ...]
    rules: tuple[str, ...]
    beside: tuple[str, ...] = ()
    """What no answer of the form says: counts, how the case stands, posts that nobody holds."""


class Meaning:
    """Conditions over some facts, as z3 has them."""

    def __init__(self, words: Mapping[str, FactWord]) -> None:
        import z3

        self.z3: Anything = z3
        self._context = z3.Context()
        self.words = words
        self._bits = {
            name: {word: z3.Bool(f"{name} = {word}", self._context) for word in fact.words}
            for name, fact in words.items()
            if fact.kind != "number"
        }
        numbers = [name for name, fact in words.items() if fact.kind == "number"]
        self._known = {name: z3.Bool(f"{name} is known", self._context) for name in numbers}
        self._number = {name: z3.Int(name, self._context) for name in numbers}
        self._made: dict[int, tuple[Condition, Anything]] = {}
        self._atoms: dict[Atom, Anything] = {}

    def of(self, condition: Condition) -> Anything:
        """The condition as a formula of z3."""
        if isinstance(condition, Is | Includes | Compare):
            if condition not in self._atoms:
                self._atoms[condition] = self._compile(condition)
            return self._atoms[condition]
        found = self._made.get(id(condition))
        if found is None:
            # The condition is kept beside its formula, so that no other one is ever given its id.
            found = self._made[id(condition)] = (condition, self._compile(condition))
        return found[1]

    def holds(self, condition: Condition, facts: Facts) -> bool:
        """What z3 says of the condition for these facts: the third meaning, beside the reference and durable-rules."""
        z3 = self.z3
        pairs = [(bit, z3.BoolVal(value, self._context)) for bit, value in self._bits_of(facts)]
        pairs += [
            (self._number[name], z3.IntVal(value, self._context))
            for name, value in facts.items()
            if name in self._number and isinstance(value, int)
        ]
        return bool(z3.is_true(z3.simplify(z3.substitute(self.of(condition), *pairs))))

    def possible(self) -> Iterable[Anything]:
        """That each question has one answer, and a question of several is blank or has some."""
        z3 = self.z3
        for name, bits in self._bits.items():
            chosen = list(bits.values())
            if self.words[name].kind == "choice":
                yield z3.Or(chosen)
                yield z3.AtMost(*chosen, 1)
            else:
                some = z3.Or([bit for word, bit in bits.items() if word != UNKNOWN])
                yield z3.Xor(bits[UNKNOWN], some) if UNKNOWN in bits else some

    def facts(self, model: Anything) -> dict[str, FactValue]:
        """The facts of a solution."""

        def true(formula: Anything) -> bool:
            return bool(self.z3.is_true(model.eval(formula, model_completion=True)))

        found: dict[str, FactValue] = {}
        for name, word in self.words.items():
            if word.kind == "number":
                known = true(self._known[name])
                found[name] = model.eval(self._number[name], model_completion=True).as_long() if known else None
            else:
                chosen = frozenset(answer for answer, bit in self._bits[name].items() if true(bit))
                found[name] = chosen if word.kind == "choices" else next(iter(chosen))
        return found

    def _bits_of(self, facts: Facts) -> Iterable[tuple[Anything, bool]]:
        for name, value in facts.items():
            if name in self._known:
                yield self._known[name], isinstance(value, int)
            for word, bit in self._bits.get(name, {}).items():
                yield bit, word in value if isinstance(value, frozenset) else word == value

    def _compile(self, condition: Condition) -> Anything:
        z3, context = self.z3, self._context
        match condition:
            case Not(part):
                return z3.Not(self.of(part))
            case All(parts):
                return self._joined(z3.Z3_mk_and, [self.of(part) for part in parts])
            case Any(parts):
                return self._joined(z3.Z3_mk_or, [self.of(part) for part in parts])
            case Compare(fact, op, number):
                value = self._number[fact]
                return z3.And(self._known[fact], value >= number if op == "at least" else value <= number)
            case Is(fact, words) | Includes(fact, words):
                if fact in self._known:
                    return z3.Not(self._known[fact]) if UNKNOWN in words else z3.BoolVal(False, context)
                return self._joined(z3.Z3_mk_or, [self._bits[fact][word] for word in words if word in self._bits[fact]])

    def _joined(self, make: Anything, parts: list[Anything]) -> Anything:
        """All or any of these, as ``z3.And`` and ``z3.Or`` would: without their looking for what must be converted."""
        array = (self.z3.Ast * len(parts))(*(part.as_ast() for part in parts))
        return self.z3.BoolRef(make(self._context.ref(), len(parts), array), self._context)

    def solver(self) -> Anything:
        """A solver of this context."""
        return self.z3.Solver(ctx=self._context)


class Search:
    """Looks for facts, among all that are possible, for which a condition holds: the plainest ones."""

    def __init__(self, words: Mapping[str, FactWord]) -> None:
        self.meaning = Meaning(words)
        self._solver = self.meaning.solver()
        for formula in self.meaning.possible():
            self._solver.add(formula)
        for relation in relations(words):
            self._solver.add(self.meaning.of(relation.condition))

    def any(self, condition: Condition) -> bool:
        """Whether there are such facts at all."""
        return str(self._solver.check(self.meaning.of(condition))) == "sat"

    def plainest(self, condition: Condition) -> dict[str, FactValue] | None:
        """Facts for which it holds, as plain as can be: blanks wherever an answer does not matter."""
        solver = self._solver
        solver.push()
        try:
            solver.add(self.meaning.of(condition))
            if str(solver.check()) != "sat":
                return None
            model = solver.model()
            for wish in preferred(self.meaning.words):
                formula = self.meaning.of(wish)
                if not self.meaning.z3.is_true(model.eval(formula, model_completion=True)):
                    if str(solver.check(formula)) != "sat":
                        continue
                    model = solver.model()
                solver.add(formula)
            return self.meaning.facts(model)
        finally:
            solver.pop()


def prove(policies: Policies) -> tuple[Proved | Broken, ...]:
    """Each guarantee of the policies, proved for every possible submission or broken by one; in their order."""
    return tuple(proofs(policies))


def proofs(policies: Policies) -> Iterator[Proved | Broken]:
    """As ``prove``, one after the other: for whoever wants to know no more than whether one is broken."""
    claims = Claims(policies)
    search = Search(claims.facts)
    for guarantee in policies.guarantees:
        yield proved(claims, search, guarantee)


def proved(claims: Claims, search: Search, guarantee: Guarantee) -> Proved | Broken:
    """One guarantee, proved or broken. The facts of the search are those of the claims."""
    supposed = claims.supposed(guarantee)
    if not search.any(supposed):
        form = Filled("", ())
        return Broken(guarantee, None, "No submission is ever as this guarantee supposes.", {}, form, (), ())
    elsewhere = claims.supposed(guarantee, elsewhere=True)
    for claim in guarantee.claims:
        where = elsewhere if claim.elsewhere else supposed
        facts = search.plainest(All((where, Not(claims.kept(guarantee, claim)))))
        if facts is not None:
            return _broken(claims, guarantee, claim, facts)
    idle = says_nothing(claims, guarantee, search.any)
    if idle is not None:
        wrong = f"It says nothing, for no rule could ever break it: {idle.words}."
        return Broken(guarantee, idle, wrong, {}, Filled("", ()), (), ())
    return Proved(guarantee)


def _broken(claims: Claims, guarantee: Guarantee, claim: Claim, facts: Facts) -> Broken:
    if claim.kind in STANDING:
        return Broken(guarantee, claim, f"The files do not say so: {claim.words}.", {}, Filled("", ()), (), ())
    deeds = [deed for deed in claims.deeds(guarantee, claim) if facts.get(EVENT) in deed.rule.on]
    done = [deed.rule.id for deed in deeds if holds(deed.when, facts)]
    involved = [deed.rule.id for deed in deeds] if claim.promises else done
    return Broken(
        guarantee, claim, _what_is_wrong(claim), facts, filled_form(claims.policies, facts), in_words(claims, facts),
        tuple(dict.fromkeys(involved)), tuple(circumstances(claims.policies, facts)),
    )  # fmt: skip


def _what_is_wrong(claim: Claim) -> str:
    if claim.promises:
        return f"It does not come about: {claim.words}."
    if claim.kind == "reaches only":
        return f"It reaches somebody else. It may: {claim.words}."
    return f"It comes about: {claim.words}."
