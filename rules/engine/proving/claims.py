"""What a claim of a guarantee means: a condition, in the words of the rules, that z3 or the reference can be asked.

Who holds a role and may know of the case is a fact too ("a clean holder of dsl": yes or no), so that a proof covers
every role holder. Roles resolve as ``audiences`` resolves them: the first step of a chain with a clean holder, then the
last resort. That this module and ``audiences`` agree is tested on random schools.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from rules.engine.casework.holds import MAY_TELL
from rules.engine.model.guarantee import Claim, Guarantee
from rules.engine.model.policy import (
    ALWAYS,
    EVENT,
    All,
    Any,
    Condition,
    EffectSpec,
    FactWord,
    Includes,
    Is,
    Not,
    Policies,
    Rule,
)
from rules.engine.model.standing import STANDING, in_time, stands
from rules.engine.proposing.audiences import LAST_RESORT
from rules.engine.proving.possible import CLEAN

NEVER = Any(())

ADDRESSED = ("notify", "digest", "task", "calendar", "letter", "flag")
"""The effects that reach people; each of them goes through ``audiences`` (make.Making)."""

_AT_ONCE = ("task", "calendar")
"""Whoever these are for has them at once: only messages are held as drafts, or taken back by a hold."""

_CARERS: Mapping[str, frozenset[str]] = {
    "carers of the targeted": frozenset({"targeted"}),
    "carers of the reported": frozenset({"others"}),
    "carers of everyone": frozenset({"targeted", "others"}),
}
_ABOUT: Mapping[str, tuple[str, ...]] = {
    "headteacher": ("headteacher",),
    "chair": ("chair",),
    "vice-chair": ("vice-chair",),
    "clerk": ("clerk",),
    "business manager": ("business-manager",),
    "dsl": ("dsl",),
    "whole board": ("chair", "vice-chair"),
}
_ENDS = ("late complaint refused", "case closed")


def clean(role: str) -> str:
    """The fact that says whether somebody who may know of the case holds this role now."""
    return f"{CLEAN}{role}"


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of one rule, for one of those whom it names, and when it does what a claim speaks of."""

    rule: Rule
    spec: EffectSpec
    phrase: str
    when: Condition


class Claims:
    """The meaning of claims under these policies."""

    def __init__(self, policies: Policies) -> None:
        self.policies = policies
        self._audiences = policies.vocabulary.audiences
        self._resolved: dict[tuple[str, str], Condition] = {}
        self.applies = {rule.id: rule.condition for rule in policies.rules}

    @cached_property
    def facts(self) -> Mapping[str, FactWord]:
        """Every fact of the vocabulary, and for each role whether somebody clean holds it."""
        roles = sorted({_carrier(s) for phrase in self._audiences for _, steps in self.ways(phrase) for s in steps})
        held = {clean(role): FactWord(clean(role), "choice", ("yes", "no"), "who may know") for role in roles}
        return {**self.policies.vocabulary.facts, **held}

    def supposed(self, guarantee: Guarantee, *, elsewhere: bool = False) -> Condition:
        """Where a guarantee speaks: its event, its ``when``, what it supposes of roles, and the guards it rests on.

        ``elsewhere``: where its ``only`` speaks, the same event and not its ``when``.
        """
        parts: list[Condition] = [Is(EVENT, guarantee.on)] if guarantee.on else []
        parts += [
            Not(guarantee.when) if elsewhere else guarantee.when,
            Any(tuple(Is(clean(role), ("yes",)) for role in LAST_RESORT)),
        ]
        parts += [Is(clean(step), ("no",)) for phrase in guarantee.without for step in self._own_roles(phrase)]
        if "kept out" in guarantee.rests_on:
            for word, roles in _ABOUT.items():
                nobody = All(tuple(Is(clean(role), ("no",)) for role in roles))
                parts.append(Any((Not(Includes("complained about", (word,))), nobody)))
        return All(tuple(parts))

    def kept(self, guarantee: Guarantee, claim: Claim) -> Condition:
        """Holds exactly where the claim is kept."""
        if claim.kind in STANDING:
            return ALWAYS if stands(self.policies, claim) else NEVER
        if claim.kind == "says" and _speaks(claim.to, self._every_text()):
            return NEVER
        return self.kept_by(guarantee, claim, tuple(self.deeds(guarantee, claim)))

    def kept_by(self, guarantee: Guarantee, claim: Claim, deeds: tuple[Deed, ...]) -> Condition:
        """Holds exactly where the claim is kept if these are all that is done; for what rules do."""
        if not claim.promises:
            return Not(Any(tuple(deed.when for deed in deeds)))
        if claim.kind not in ADDRESSED or not claim.to:
            return Any(tuple(deed.when for deed in deeds))
        return All(tuple(self._owed(guarantee, phrase, deeds) for phrase in claim.to))

    def deeds(self, guarantee: Guarantee, claim: Claim) -> Iterator[Deed]:
        """The lines of rules that keep a claim under ``always``, or break one under ``never``."""
        for rule in self.policies.rules:
            yield from self.deeds_of(rule, self.applies[rule.id], guarantee, claim)

    def deeds_of(self, rule: Rule, applies: Condition, guarantee: Guarantee, claim: Claim) -> Iterator[Deed]:
        """As ``deeds``, of one rule, which applies so; it need not be one of the policies."""
        for spec in rule.then:
            for phrase in spec.to or ("",):
                when = self._does(guarantee, claim, rule, spec, phrase)
                if when != NEVER:
                    yield Deed(rule, spec, phrase, All((applies, when)))
            if spec.kind == "letter" and claim.kind in ("reaches", "reaches only"):
                holder = self.policies.vocabulary.templates[spec.using or spec.what].held_by or "headteacher"
                when = self._addressed(guarantee, claim, rule, spec, holder)
                if when != NEVER:
                    yield Deed(rule, spec, holder, All((applies, when)))

    # --- what one line does

    def _does(self, g: Guarantee, claim: Claim, rule: Rule, spec: EffectSpec, phrase: str) -> Condition:
        match claim.kind:
            case "reaches" | "reaches only":
                return self._addressed(g, claim, rule, spec, phrase) if spec.kind in ADDRESSED else NEVER
            case "somebody is told at once":
                return ALWAYS if spec.kind == "notify" and self._is_role(phrase) else NEVER
            case "something leaves the school without release":
                return ALWAYS if spec.kind in ADDRESSED and self._leaves(spec, phrase, g) else NEVER
            case "the person concerned is reached":
                return ALWAYS if spec.to and spec.kind not in (*ADDRESSED, "withhold") else NEVER
            case "a rule does something":
                return ALWAYS
            case "the case ends":
                return ALWAYS if spec.kind == "record" and spec.what in self.endings else NEVER
            case "a stage opens":
                return ALWAYS if spec.kind == "record" and spec.what in self.openings else NEVER
            case "says":
                return ALWAYS if _speaks(claim.to, self._texts(rule, spec)) else NEVER
            case _:
                return self._line(g, claim, rule, spec, phrase)

    def _line(self, g: Guarantee, claim: Claim, rule: Rule, spec: EffectSpec, phrase: str) -> Condition:
        """A claim that is written as a rule's own line."""
        what = spec.using if spec.kind in ("notify", "digest") else spec.what
        if spec.kind != claim.kind or (claim.what and claim.what != what):
            return NEVER
        if (claim.urgent and not spec.urgent) or not in_time(spec.due, claim.due):
            return NEVER
        if claim.kind == "withhold":
            covered = all(any(self._covers(mine, theirs) for mine in spec.to) for theirs in claim.to)
            return ALWAYS if covered and claim.lifted_by in (None, spec.lifted_by) else NEVER
        if not claim.to or claim.always:
            return self._gets_through(g, rule, spec, phrase)
        named = any(self.names(phrase, other) for other in claim.to)
        return self._gets_through(g, rule, spec, phrase) if named else NEVER

    def _addressed(self, g: Guarantee, claim: Claim, rule: Rule, spec: EffectSpec, phrase: str) -> Condition:
        if claim.kind == "reaches only":
            return NEVER if phrase in claim.to else ALWAYS
        meets = self._meets(phrase, claim.to)
        return NEVER if meets == NEVER else All((self._gets_through(g, rule, spec, phrase), meets))

    def _meets(self, phrase: str, wanted: tuple[str, ...]) -> Condition:
        """Where this phrase means one of those: the same family or outside body, or somebody in that very role."""
        found: list[Condition] = []
        for other in wanted:
            if self._is_role(other) and self._is_role(phrase):
                found += [self._reaches(phrase, role) for role in self._own_roles(other)]
            elif phrase == other or self._covers(phrase, other) or self._covers(other, phrase):
                found.append(ALWAYS)
        return Any(tuple(found)) if found else NEVER

    def names(self, phrase: str, other: str) -> bool:
        """Whether a line for this phrase is addressed to the other one: the same role first, or the same family."""
        if self._is_role(other) and self._is_role(phrase):
            return not set(self._own_roles(phrase)).isdisjoint(self._own_roles(other))
        return self._covers(phrase, other) or self._covers(other, phrase)

    def _covers(self, mine: str, theirs: str) -> bool:
        one, other = (_CARERS.get(self._audiences[phrase].relation or "", frozenset()) for phrase in (mine, theirs))
        return mine == theirs or (bool(other) and other <= one)

    def _gets_through(self, g: Guarantee, rule: Rule, spec: EffectSpec, phrase: str) -> Condition:
        """A message to a family, unless the guarantee rests on the hold and there is one."""
        family = self._audiences[phrase].relation in _CARERS if phrase else False
        if not family or spec.kind in _AT_ONCE or "held from families" not in g.rests_on:
            return ALWAYS
        return Not(self._hold(apart=_opens_apart(rule)))

    def _hold(self, *, apart: bool) -> Condition:
        """Whether something keeps the case from families, as ``guards.held_from_families`` sees it."""
        rules = [rule for rule in self.policies.rules if _opens_apart(rule) == apart and _holds_families(rule)]
        now = tuple(self.applies[rule.id] for rule in rules)
        before = All((Is("parents are held", ("yes",)), Not(Is("what happened", (MAY_TELL,)))))
        return Any(now) if apart else Any((before, *now))

    def _leaves(self, spec: EffectSpec, phrase: str, g: Guarantee) -> bool:
        audience = self._audiences[phrase]
        outside = audience.outside or audience.relation in (*_CARERS, "complainant")
        drafted = "drafts" in g.rests_on and spec.kind not in _AT_ONCE
        return outside and not drafted

    # --- roles

    def ways(self, phrase: str) -> list[tuple[Condition, tuple[str, ...]]]:
        """The chains of roles that a phrase may stand for, each with when; the last resort at the end of each."""
        audience = self._audiences[phrase]
        match audience.relation:
            case None:
                steps = (audience.role or "", *audience.then)
                return [(ALWAYS, steps if audience.outside else (*steps, *LAST_RESORT))]
            case "case manager":
                return self.ways("headteacher")
            case "complaint handler":
                to_head = Includes("complained about", ("clerk", "business manager"))
                governors = ("headteacher", "chair", "vice-chair", "governor", "whole board")
                to_clerk = All((Not(to_head), Includes("complained about", governors)))
                return [(to_clerk, self._chain("clerk to governors")), (Not(to_clerk), self._chain("headteacher"))]
            case "lead year managers" | "lead year manager of the targeted" | "lead year manager of the reported":
                return [(ALWAYS, ("lead-year-manager", *audience.then, *LAST_RESORT))]
            case _:
                return []

    def _chain(self, phrase: str) -> tuple[str, ...]:
        return self.ways(phrase)[0][1]

    def _is_role(self, phrase: str) -> bool:
        return bool(phrase) and bool(self.ways(phrase)) and not self._audiences[phrase].outside

    def _own_roles(self, phrase: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_carrier(steps[0]) for _, steps in self.ways(phrase)))

    def _reaches(self, phrase: str, role: str) -> Condition:
        """Where this phrase comes to whoever holds this role. The same object each time, to be compiled once."""
        if (phrase, role) not in self._resolved:
            self._resolved[phrase, role] = self._resolve(phrase, role)
        return self._resolved[phrase, role]

    def _resolve(self, phrase: str, role: str) -> Condition:
        found: list[Condition] = []
        for when, steps in self.ways(phrase):
            roles = list(dict.fromkeys(map(_carrier, steps)))
            if role in roles:
                before = tuple(Is(clean(r), ("no",)) for r in roles[: roles.index(role)])
                found.append(All((when, *before, Is(clean(role), ("yes",)))))
        return Any(tuple(found)) if found else NEVER

    def _owed(self, g: Guarantee, wanted: str, deeds: tuple[Deed, ...]) -> Condition:
        """That it reaches them; supposing others away, it is owed to those alone who hold the role themselves."""
        reached = self._reached(wanted, deeds)
        if not g.without:
            return reached
        return Any((*(Is(clean(role), ("no",)) for role in self._own_roles(wanted)), reached))

    def _reached(self, wanted: str, deeds: tuple[Deed, ...]) -> Condition:
        """That one of these lines reaches whom this phrase means, or whoever stands in for them."""
        same = Any(tuple(deed.when for deed in deeds if deed.phrase == wanted))
        if not self._is_role(wanted):
            return Any(tuple(d.when for d in deeds if d.phrase and self._covers(d.phrase, wanted)))
        others = [deed for deed in deeds if deed.phrase != wanted and self._is_role(deed.phrase)]
        roles = dict.fromkeys(_carrier(step) for _, steps in self.ways(wanted) for step in steps)
        each = tuple(
            Any(
                (
                    Not(self._reaches(wanted, role)),
                    *(All((deed.when, self._reaches(deed.phrase, role))) for deed in others),
                )
            )
            for role in roles
        )
        return Any((same, All(each)))

    # --- what is written down

    @cached_property
    def openings(self) -> frozenset[str]:
        """What opens a stage of a procedure."""
        return frozenset(w for p in self.policies.procedures.values() for stage in p.stages for w in stage.opens_when)

    @cached_property
    def endings(self) -> frozenset[str]:
        """What ends a procedure, or refuses."""
        return frozenset({*_ENDS, *(word for p in self.policies.procedures.values() for word in p.ends_when)})

    def _every_text(self) -> Iterator[str]:
        """Those too that no rule uses: the clocks and the ladder write by themselves."""
        for template in self.policies.vocabulary.templates.values():
            yield from (template.subject, template.body)

    def _texts(self, rule: Rule, spec: EffectSpec) -> Iterator[str]:
        yield from (rule.title, spec.what)
        if spec.using:
            template = self.policies.vocabulary.templates[spec.using]
            yield from (template.subject, template.body)


def _carrier(step: str) -> str:
    return step.split(" through ")[-1]


def _opens_apart(rule: Rule) -> bool:
    """Whether the rule's effects belong to a safeguarding case beside the main one (cases.is_for)."""
    return any(spec.kind == "open case" and spec.what == "safeguarding" for spec in rule.then)


def _holds_families(rule: Rule) -> bool:
    return any(spec.kind == "withhold" and any("parents and carers" in to for to in spec.to) for spec in rule.then)


def _speaks(words: tuple[str, ...], texts: Iterator[str]) -> bool:
    pattern = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in words), re.IGNORECASE)
    return any(pattern.search(text) for text in texts)
