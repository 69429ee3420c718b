"""Rules broken on purpose: for a claim of a guarantee, the nearest change of the rules that should break it.

What no such change can break promises nothing, and ``prove`` says so. What one does break, ``prove`` must notice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from rules.engine.model.guarantee import Claim, Guarantee
from rules.engine.model.policy import ALWAYS, All, Condition, Due, EffectSpec, Not, Policies, Rule
from rules.engine.model.standing import STANDING, spoilt
from rules.engine.proving.claims import ADDRESSED, Claims

HARM = "broken on purpose"
"""The id of the rule that does what a guarantee forbids."""

NOTICE = "case_notice"
_SOON = Due(5, "school days", text="within 5 school days")


def broken_on_purpose(claims: Claims, guarantee: Guarantee, claim: Claim) -> Iterator[Policies]:
    """Policies that should no longer keep this claim: without every line that keeps it, or with a rule against it.

    Several where a claim can be broken in several ways, the likeliest first.
    """
    if claim.kind in STANDING:
        yield spoilt(claims.policies, claim)
    elif claim.promises:
        yield _without_lines(claims, guarantee, claim)
    else:
        for spec in harmful(claims, claim):
            yield replace(claims.policies, rules=(*claims.policies.rules, rule_against(claims, guarantee, spec)))


def says_nothing(claims: Claims, guarantee: Guarantee, possible: Callable[[Condition], bool]) -> Claim | None:
    """A claim that no change of the rules could break, were it not for the guards that it rests on; None without one.

    Its ``when`` leaves no room for it, or no rule could do what it forbids. ``possible`` says whether there can be
    facts for which a condition holds.
    """
    bare = replace(guarantee, rests_on=())
    for elsewhere in (False, True):
        of_kind = [claim for claim in guarantee.claims if claim.elsewhere is elsewhere and claim.kind not in STANDING]
        where = claims.supposed(bare, elsewhere=elsewhere)
        if of_kind and not possible(where):
            return of_kind[0]
        for claim in of_kind:
            if not any(when == ALWAYS or possible(All((where, when))) for when in _breaks(claims, bare, claim)):
                return claim
    return None


def _breaks(claims: Claims, bare: Guarantee, claim: Claim) -> Iterator[Condition]:
    """When the worst rules would break a claim, within what its guarantee supposes."""
    if claim.promises:
        # Where nobody is supposed away there is always somebody to whom it is owed.
        yield Not(claims.kept_by(bare, claim, ())) if bare.without else ALWAYS
        return
    for spec in harmful(claims, claim):
        for deed in claims.deeds_of(rule_against(claims, bare, spec), ALWAYS, bare, claim):
            yield ALWAYS if deed.when == All((ALWAYS, ALWAYS)) else deed.when


def rule_against(claims: Claims, guarantee: Guarantee, spec: EffectSpec) -> Rule:
    """A rule that does this at each event that the guarantee speaks of, whatever else is said."""
    return Rule(
        id=HARM, title="Broken on purpose", clauses=guarantee.clauses, says="",
        on=guarantee.on or tuple(sorted(claims.policies.vocabulary.events)), when=ALWAYS, then=(spec,), examples=(),
        file=guarantee.file, line=guarantee.line,
    )  # fmt: skip


def harmful(claims: Claims, claim: Claim) -> Iterator[EffectSpec]:
    """Lines of a rule that do what this claim forbids."""
    words = claims.policies.vocabulary
    match claim.kind:
        case "reaches":
            yield from (_line(kind, to=claim.to) for kind in ADDRESSED)
        case "reaches only":
            others = [phrase for phrase in words.audiences if phrase not in claim.to and claims.ways(phrase)]
            yield from (_line("notify", to=(phrase,)) for phrase in others)
        case "something leaves the school without release":
            yield from (_line("task", to=(phrase,)) for phrase, who in words.audiences.items() if who.outside)
        case "the person concerned is reached":
            # No rule file can say this: only tasks, diary entries, messages and flags are for anybody.
            yield EffectSpec("record", "case closed", to=("headteacher",))
        case "the case ends":
            yield from (EffectSpec("record", what) for what in sorted(claims.endings))
        case "a stage opens":
            yield from (EffectSpec("record", what) for what in sorted(claims.openings))
        case "says":
            yield _line("flag", what=f"this is {claim.to[0]}", to=("headteacher",))
        case "a rule does something":
            yield _line("flag", to=("headteacher",))
        case _:
            yield _as_claimed(claims, claim)


def _as_claimed(claims: Claims, claim: Claim) -> EffectSpec:
    """A claim that is written as a rule's own line, as that line."""
    words = claims.policies.vocabulary
    anybody = "complainant" if claim.kind == "letter" else "designated safeguarding lead"
    what = claim.what
    if claim.kind == "open case":
        return EffectSpec("open case", what or "bullying")
    if claim.kind == "record":
        return EffectSpec("record", what or min(words.happenings))
    spec = _line(claim.kind, what=what, to=claim.to or (anybody,))
    return replace(spec, urgent=claim.urgent, due=claim.due or spec.due, lifted_by=claim.lifted_by or spec.lifted_by)


def _line(kind: str, *, to: tuple[str, ...], what: str = "") -> EffectSpec:
    match kind:
        case "notify":
            return EffectSpec("notify", "notice", to, using=what or NOTICE)
        case "digest":
            return EffectSpec("digest", "notice", to, using=what or NOTICE)
        case "letter":
            return EffectSpec("letter", what or "parents_informed", to, using=what or "parents_informed")
        case "calendar":
            return EffectSpec("calendar", what or "Something", to, due=_SOON)
        case "withhold":
            return EffectSpec("withhold", what or "everything", to, lifted_by="designated safeguarding lead")
        case "task":
            return EffectSpec("task", what or "Something", to[:1], due=_SOON)
        case _:
            return EffectSpec("flag", what or "something", to[:1])


def _without_lines(claims: Claims, guarantee: Guarantee, claim: Claim) -> Policies:
    keeping: dict[str, list[EffectSpec]] = {}
    for deed in claims.deeds(guarantee, claim):
        keeping.setdefault(deed.rule.id, []).append(deed.spec)
    rules = []
    for rule in claims.policies.rules:
        then = tuple(spec for spec in rule.then if spec not in keeping.get(rule.id, ()))
        if then:
            rules.append(replace(rule, then=then))
    return replace(claims.policies, rules=tuple(rules))
