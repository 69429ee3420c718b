"""z3's meaning of the rules, and what it can show: guarantees, dead rules, twins, what changed between two versions.

The only module that knows z3, which is loaded when something is proved. A condition is compiled from the same parsed
values that the reference evaluates; tests hold the two, and durable-rules, equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from random import Random
from typing import Any as Anything

from rules.engine.breaking import says_nothing
from rules.engine.claims import Claims
from rules.engine.conditions import holds
from rules.engine.counterexample import Filled, filled_form, in_words, says
from rules.engine.guarantee import Claim, Guarantee
from rules.engine.policy import (
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
    Rule,
)
from rules.engine.possible import RELATIONS, preferred
from rules.engine.standing import STANDING

SAMPLES = 64
"""Random facts by which rules are told apart before z3 is asked whether two always apply together."""


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


@dataclass(frozen=True, slots=True)
class Difference:
    """Submissions of one kind that two versions treat differently, with one of them as an example."""

    event: str
    what: str
    added: bool
    """True: only the new version does it. False: only the old one did."""
    rules: tuple[str, ...]
    facts: Facts
    form: Filled
    before: tuple[str, ...]
    after: tuple[str, ...]


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
        for relation in RELATIONS:
            if all(name in words for name in relation.facts):
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
    deeds = list(claims.deeds(guarantee, claim)) if claim.kind not in STANDING else []
    done = [deed.rule.id for deed in deeds if holds(deed.when, facts)]
    wrong = f"It does not come about: {claim.words}." if claim.promises else f"It comes about: {claim.words}."
    if claim.kind in STANDING:
        wrong = f"The files do not say so: {claim.words}."
    involved = [deed.rule.id for deed in deeds] if claim.promises else done
    effects = in_words(claims, facts) if claim.kind not in STANDING else ()
    return Broken(
        guarantee, claim, wrong, facts, filled_form(claims.policies, facts), effects, tuple(dict.fromkeys(involved))
    )


def never_apply(policies: Policies) -> tuple[Rule, ...]:
    """Rules that no submission can ever bring about."""
    search = Search(policies.vocabulary.facts)
    return tuple(rule for rule in policies.rules if not search.any(rule.condition))


def always_together(policies: Policies) -> tuple[tuple[Rule, Rule], ...]:
    """Pairs of rules that apply to exactly the same submissions: they could be one."""
    search = Search(policies.vocabulary.facts)
    conditions = {rule.id: rule.condition for rule in policies.rules}
    alike: dict[tuple[bool, ...], list[Rule]] = {}
    samples = _samples(policies)
    for rule in policies.rules:
        alike.setdefault(tuple(holds(conditions[rule.id], facts) for facts in samples), []).append(rule)
    return tuple(
        (one, other)
        for group in alike.values()
        for one, other in combinations(group, 2)
        if one.on == other.on
        and search.any(conditions[one.id])
        and not search.any(_differs(conditions[one.id], conditions[other.id]))
    )


def differences(old: Policies, new: Policies) -> tuple[Difference, ...]:
    """What the new version does otherwise: one entry for each event and effect that some submissions gain or lose."""
    was, now = Claims(old), Claims(new)
    search = Search({**was.facts, **now.facts})
    found: list[Difference] = []
    before, after = _lines(was), _lines(now)
    for line in dict.fromkeys((*before, *after)):
        lost, gained = _either(before.get(line, ())), _either(after.get(line, ()))
        for added, condition in ((True, All((gained, Not(lost)))), (False, All((lost, Not(gained))))):
            facts = search.plainest(condition)
            if facts is None:
                continue
            rules = tuple(rule.id for rule in (after if added else before)[line] if holds(rule.condition, facts))
            form, told = filled_form(new, facts), (in_words(was, facts), in_words(now, facts))
            found.append(Difference(line[0], line[1], added, rules, facts, form, *told))
    return tuple(found)


def _lines(claims: Claims) -> dict[tuple[str, str], tuple[Rule, ...]]:
    """Every effect in words, with its event, and the rules that lead to it."""
    found: dict[tuple[str, str], tuple[Rule, ...]] = {}
    for rule in claims.policies.rules:
        for event in rule.on:
            for spec in rule.then:
                for what in says(spec):
                    found[event, what] = (*found.get((event, what), ()), rule)
    return found


def _either(rules: Iterable[Rule]) -> Condition:
    return Any(tuple(rule.condition for rule in rules))


def _differs(one: Condition, other: Condition) -> Condition:
    return Any((All((one, Not(other))), All((other, Not(one)))))


def _samples(policies: Policies) -> list[Facts]:
    random = Random(1)  # noqa: S311  the same each time; nothing secret hangs on it
    return [{name: _value(random, word) for name, word in policies.vocabulary.facts.items()} for _ in range(SAMPLES)]


def _value(random: Random, word: FactWord) -> FactValue:
    match word.kind:
        case "number":
            return random.choice((None, 0, 1, 3, 10, 11))
        case "choice":
            return random.choice(word.words)
        case _:
            return frozenset(random.sample(word.words, min(2, len(word.words))))
