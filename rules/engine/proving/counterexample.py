"""A solution of z3 for people: the form as it would be filled in, and what would be sent to whom, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rules.engine.casework.conduct import EXTENDED
from rules.engine.intake.left_blank import ASKED
from rules.engine.model.conditions import holds
from rules.engine.model.effects import plain
from rules.engine.model.form import Form, Question
from rules.engine.model.policy import EVENT, UNKNOWN, EffectSpec, Facts, FactValue, Policies
from rules.engine.proving.claims import Claims
from rules.engine.proving.possible import CLEAN

Answers = tuple[tuple[str, str | tuple[str, ...]], ...]

FORMS: Mapping[str, str] = {
    "report received": "bullying-report",
    "complaint received": "complaint",
    "update recorded": "case-update",
    "contact logged": "complaint-contact",
}
"""The form that an event is shown as. A pupil's report comes by the worry box."""

WORRY_BOX = "student-report"

_HOURS: Mapping[str, str] = {
    "before lessons": "08:30", "morning": "10:15", "midday": "12:30", "afternoon": "14:30", "after lessons": "16:00",
}  # fmt: skip
"""An hour of each part of the day."""

_UNMATCHED = "Zebedee Quillfeather"
"""A name that nobody has."""

SOMETHING_ELSE = "Something else"
"""An answer of one's own, where a form takes one."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it would be filled in: question and answer, in the order of the form."""

    form: str
    answers: Answers


@dataclass(frozen=True, slots=True)
class Cast:
    """The names to be written into a form. Without a school's lists: what the person is."""

    targeted: str = "[a pupil]"
    reported: str = "[another pupil]"
    also_reported: str = "[a third pupil]"
    staff: str = "[a member of staff]"
    other_staff: str = "[another member of staff]"
    complainant: str = "[a name]"
    address: str = "[an address]"
    roles: Mapping[str, str] | None = None
    """Holders by role, for a complaint that names one."""

    def holding(self, role: str) -> str:
        """The name of whoever holds the role."""
        return (self.roles or {}).get(role, f"[the {role}]")


def says(spec: EffectSpec) -> Iterator[str]:
    """An effect in words, once for each of those whom it is for."""
    urgent = "an urgent " if spec.urgent else "a "
    due = f", due {spec.due.text}" if spec.due and spec.due.text else ""
    match spec.kind:
        case "notify":
            yield from (f"{urgent}notice goes to: {phrase}" for phrase in spec.to)
        case "digest":
            yield from (f"the digest of the week lists it for: {phrase}" for phrase in spec.to)
        case "letter":
            yield from (f'the letter "{spec.what}" is drafted to: {phrase}' for phrase in spec.to)
        case "task":
            yield from (f'the task "{spec.what}" is given to: {phrase}{due}' for phrase in spec.to)
        case "calendar":
            yield from (f'the diary entry "{spec.what}" is made for: {phrase}{due}' for phrase in spec.to)
        case "flag":
            yield from (f'the matter "{spec.what}" waits for the decision of: {phrase}' for phrase in spec.to)
        case "withhold":
            yield f"{spec.what} is withheld from: {', '.join(spec.to)}; lifted only by: {spec.lifted_by}"
        case "open case":
            yield f"a case is opened: {spec.what}"
        case _:
            yield f"it is recorded: {spec.what}"


def in_words(claims: Claims, facts: Facts) -> tuple[str, ...]:
    """What the rules lead to for these facts, each line with its rule; who stands in for whom is said."""
    return tuple(
        f"{rule.id}: {line}{_instead(claims, spec, facts)}"
        for rule in claims.policies.rules
        if all(atom in facts for atom in (EVENT,)) and holds(claims.applies[rule.id], facts)
        for spec in rule.then
        for line in says(spec)
    )


def _instead(claims: Claims, spec: EffectSpec, facts: Facts) -> str:
    if len(spec.to) != 1:
        return ""
    for when, steps in claims.ways(spec.to[0]):
        roles = [step.split(" through ")[-1] for step in steps]
        free = [role for role in roles if facts.get(CLEAN + role, "yes") == "yes"]
        if holds(when, facts) and free and free[0] != roles[0]:
            return f" (nobody who may know is {roles[0]}, so: {free[0]})"
    return ""


# --- forms -------------------------------------------------------------------------------------------------------


def filled_form(policies: Policies, facts: Facts, cast: Cast | None = None) -> Filled:
    """The form that brings these facts about, as far as a form can; an empty one where the event is no form's."""
    event = str(facts.get(EVENT, ""))
    name = WORRY_BOX if event == "report received" and facts.get("reported by") == "pupil" else FORMS.get(event, "")
    form = policies.forms.get(name)
    if form is None:
        return Filled("", ())
    return Filled(form.name, tuple(_answers(form, facts, cast or Cast())))


def _answers(form: Form, facts: Facts, cast: Cast) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    worked_out = dict(_worked_out(facts, cast))
    for question in form.questions:
        value = worked_out.get(question.name)
        if value is not None:
            yield question.title, _option(question, value) or value
        elif question.is_fact and question.name in facts and question.name not in _DECIDED_BY:
            answer = _answer(question, facts[question.name])
            if answer:
                yield question.title, answer


_DECIDED_BY = frozenset({"stated targeted", "stated reported", "stated complained about", "special needs reported"})
"""Answers that follow from a worked-out fact: the form is filled in so that this fact comes about."""


def _answer(question: Question, value: FactValue) -> str | tuple[str, ...]:
    if isinstance(value, frozenset):
        return tuple(_option(question, word) or SOMETHING_ELSE for word in sorted(value) if word != UNKNOWN)
    if question.shape == "given":
        return "Yes" if value == "yes" else ""
    if value is None or value == UNKNOWN:
        return ""
    return str(value) if question.shape == "number" else _option(question, str(value)) or SOMETHING_ELSE


def _option(question: Question, word: str) -> str:
    return next((option for option, meant in question.answers.items() if meant == word), "")


def _worked_out(facts: Facts, cast: Cast) -> Iterator[tuple[str, str]]:
    """What to write, by the name of the question, so that the facts come about that no question asks for."""
    match facts.get(EVENT):
        case "report received":
            yield from _people(facts, "targeted", _targeted(facts, cast), cast.other_staff)
            pupils = (
                (cast.reported, cast.also_reported) if _counts(facts, "incidents by this group") else (cast.reported,)
            )
            yield from _people(facts, "reported", "\n".join(pupils), cast.staff)
            if facts.get("a pupil has special needs") in ("yes", "no"):
                yield "special needs reported", str(facts["a pupil has special needs"])
            yield from _circumstances(facts, cast)
        case "complaint received":
            yield from _complaint(facts, cast)
        case "update recorded":
            if facts.get("a note was written") != "no":
                yield "outcome", "As agreed."
            if facts.get("the paper is filed") == "yes":
                yield "shelf mark", "With the personnel files."
            if facts.get("a new date was given") == "yes" or facts.get("what happened") == EXTENDED:
                yield "new date", "[a date]"
        case _:
            yield "evidence", "As noted."


def _circumstances(facts: Facts, cast: Cast) -> Iterator[tuple[str, str]]:
    saw_it = [cast.other_staff] if facts.get("a member of staff saw it") == "yes" else []
    unmatched = [_UNMATCHED] if facts.get("somebody could not be matched") == "yes" else []
    blank = _chosen(facts, "questions left blank") - {UNKNOWN}
    if saw_it or unmatched:
        yield "witnesses", "\n".join(saw_it + unmatched)
    elif blank and ASKED["witnesses"] not in blank:
        yield "witnesses", cast.reported
    for name in ("account", "what the pupil did", "action by others"):
        if blank and ASKED[name] not in blank:
            yield name, "As it was told."
    if facts.get("a pupil gave their name") == "yes":
        yield "reporter", cast.targeted
    part = facts.get("part of the day")
    if part in _HOURS:
        yield "time of the incident", _HOURS[str(part)]


def _counts(facts: Facts, what: str) -> bool:
    """Whether there are some of these, over whatever time they are counted."""
    counts = (value for name, value in facts.items() if name.startswith(what))
    return any(isinstance(value, int) and value > 0 for value in counts)


def _targeted(facts: Facts, cast: Cast) -> str:
    several = facts.get("several pupils are targeted") == "yes"
    return f"{cast.targeted}\n{cast.also_reported}" if several else cast.targeted


def _people(facts: Facts, side: str, pupil: str, staff: str) -> Iterator[tuple[str, str]]:
    kinds = _chosen(facts, f"people {side}")
    names = [name for kind, name in (("pupil", pupil), ("staff", staff)) if kind in kinds]
    if names:
        yield side, "\n".join(names)
    stated = next((kind for kind in ("parent", "adult", "pupil", "staff") if kind in kinds), None)
    if stated:
        yield f"stated {side}", stated


_BOTH_CHAIRS = "chair and vice-chair"


def _complaint(facts: Facts, cast: Cast) -> Iterator[tuple[str, str]]:
    if facts.get("complainant gave a name") == "yes":
        yield from (("complainant", cast.complainant), ("email", cast.address))
    if _counts(facts, "reports of the pupil concerned"):
        yield "pupil concerned", cast.targeted
    if facts.get("discussed before") == "yes":
        yield "result of the discussion", "Nothing came of it."
    about = _chosen(facts, "complained about")
    if facts.get("somebody is left to take it") == "no":
        about |= {"headteacher", "whole board", "clerk"}
    options = ("whole board", "headteacher", "chair", "governor", "other organisation", "school", "staff")
    stated = next((word for word in options if word in about), None)
    if {"chair", "vice-chair"} <= about:
        stated = _BOTH_CHAIRS
    if stated:
        yield "stated complained about", stated
    by_name = [word for word in ("headteacher", "clerk", "business manager", "dsl", "vice-chair") if word in about]
    by_name = [word for word in by_name if word != stated and not (word == "vice-chair" and stated == _BOTH_CHAIRS)]
    names = [cast.holding(word.replace(" ", "-")) for word in by_name]
    if facts.get("person complained about is known") == "no":
        names.append(_UNMATCHED)
    if names:
        yield "complained about", "\n".join(names)


def circumstances(policies: Policies, facts: Facts) -> Iterator[str]:
    """What makes the facts so beside the answers of the form: counts, how the case stands, posts that nobody holds."""
    form = policies.forms.get(filled_form(policies, facts).form)
    asked = {question.name for question in form.questions} if form else set()
    is_new = facts.get(EVENT) in ("report received", "complaint received")  # and on no case yet
    for name, value in facts.items():
        if name == "track" and is_new:
            continue
        if name.startswith(CLEAN):
            if value == "no":
                yield f"nobody who may know is {name.removeprefix(CLEAN)}"
        elif name not in asked and name != EVENT and value not in _ORDINARY.get(name, ()):
            words = sorted(value) if isinstance(value, frozenset) else [str(value)]
            if value is not None and words != [UNKNOWN]:
                yield f"{name}: {' and '.join(words)}"


_ORDINARY: Mapping[str, tuple[FactValue, ...]] = {
    "people targeted": (frozenset({"pupil"}),),
    "people reported": (frozenset({"pupil"}),),
    "reported by": ("staff",),
    "a pupil has special needs": ("no", "yes"),
    "somebody could not be matched": ("no",),
    "several pupils are targeted": ("no", "yes"),
    "complained about": (frozenset({"staff"}),),
    "complainant is": ("parent of a current pupil",),
    "complainant gave a name": ("yes",),
    "discussed before": ("no",),
}
"""What goes without saying, or is seen on the form."""


def _chosen(facts: Facts, name: str) -> frozenset[str]:
    value = facts.get(name)
    return value if isinstance(value, frozenset) else frozenset()


def as_json(facts: Facts) -> dict[str, object]:
    """Facts as plain JSON values; what is unknown is left out."""
    return {
        name: sorted(value) if isinstance(value, frozenset) else plain(value)
        for name, value in facts.items()
        if value not in (None, UNKNOWN, frozenset({UNKNOWN}))
    }
