"""What stands in the files themselves, whoever submits what: clocks, who is meant by a phrase, letters, facts, forms.

A guarantee may promise it beside what rules do, for an edit of the vocabulary can do as much harm as one of a rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from rules.engine.model.guarantee import Claim
from rules.engine.model.policy import Audience, DeadlineSpec, Due, FactWord, Policies, Template

STANDING: Mapping[str, tuple[str, ...]] = {
    "deadline": ("duty of", "due", "done when", "if missed"),
    "person": ("is", "outside"),
    "template": ("held by", "records", "before consent"),
    "facts": ("safety", "sensitivity"),
    "form": ("asks",),
}
"""What can be promised of the files, and what is said of each."""

_OPENNESS = ("restricted", "internal", "open")


def stands(policies: Policies, claim: Claim) -> bool:
    """Whether the files say what a claim promises, or something stricter."""
    words = policies.vocabulary
    match claim.kind:
        case "deadline":
            return any(_is_clock(clock, claim) for clock in _clocks(policies))
        case "person":
            return any(phrase == claim.what and _is_meant(who, claim) for phrase, who in words.audiences.items())
        case "template":
            return any(name == claim.what and _is_text(text, claim) for name, text in words.templates.items())
        case "facts":
            return all(name in words.facts and _is_guarded(words.facts[name], claim) for name in claim.to)
        case _:
            forms = (form for form in policies.forms.values() if form.name == claim.what)
            return any({question.name for question in form.questions}.issuperset(claim.said("asks")) for form in forms)


def in_time(due: Due | None, wanted: Due | None) -> bool:
    """Whether one time limit is no later than the other, in the same kind of days and from the same event."""
    if wanted is None:
        return True
    if due is None or (due.unit, due.after) != (wanted.unit, wanted.after) or due.count > wanted.count:
        return False
    return wanted.every is None or (due.every is not None and due.every <= wanted.every)


def spoilt(policies: Policies, claim: Claim) -> Policies:
    """Policies that no longer say it: without the clock or the question, with another person, less guarded."""
    words = policies.vocabulary
    match claim.kind:
        case "deadline":
            return _without_clock(policies, claim.what)
        case "person":
            other = replace(words.audiences[claim.what], role="caretaker", relation=None)
            return replace(policies, vocabulary=replace(words, audiences={**words.audiences, claim.what: other}))
        case "template":
            text = replace(words.templates[claim.what], held_by="reporter")
            return replace(policies, vocabulary=replace(words, templates={**words.templates, claim.what: text}))
        case "facts":
            open_ = {name: replace(words.facts[name], sensitivity="open", safety=False) for name in claim.to}
            return replace(policies, vocabulary=replace(words, facts={**words.facts, **open_}))
        case _:
            forms = {
                name: replace(form, questions=()) if name == claim.what else form
                for name, form in policies.forms.items()
            }
            return replace(policies, forms=forms)


def _clocks(policies: Policies) -> Iterator[DeadlineSpec]:
    for procedure in policies.procedures.values():
        for stage in procedure.stages:
            yield from stage.deadlines


def _is_clock(clock: DeadlineSpec, claim: Claim) -> bool:
    """``done when`` is promised as what stops it, no more and no less; ``if missed`` as the least who hear of it."""
    owed_by = not claim.to or clock.duty_of in claim.to
    stops, hears = claim.said("done when"), claim.said("if missed")
    in_order = (not stops or set(clock.done_when) == set(stops)) and set(hears) <= set(clock.if_missed)
    in_the_end = any(in_time(due, claim.due) for due in (clock.due, clock.also))
    return clock.id == claim.what and owed_by and in_order and in_the_end


def _is_meant(who: Audience, claim: Claim) -> bool:
    return (who.role or who.relation, *who.then) == claim.said("is") and who.outside is bool(claim.said("outside"))


def _is_text(text: Template, claim: Claim) -> bool:
    said = (text.held_by or "", text.records or "", text.before_consent)
    return said == ("".join(claim.said("held by")), "".join(claim.said("records")), bool(claim.said("before consent")))


def _is_guarded(fact: FactWord, claim: Claim) -> bool:
    wanted = claim.said("sensitivity") or ("open",)
    kept = _OPENNESS.index(fact.sensitivity) <= _OPENNESS.index(wanted[0])
    return kept and (fact.safety or not claim.said("safety"))


def _without_clock(policies: Policies, clock: str) -> Policies:
    procedures = {}
    for track, procedure in policies.procedures.items():
        stages = tuple(
            replace(stage, deadlines=tuple(one for one in stage.deadlines if one.id != clock))
            for stage in procedure.stages
        )
        procedures[track] = replace(procedure, stages=stages)
    return replace(policies, procedures=procedures)
