"""The shape of rule files as a JSON Schema, for editors: what may stand where is offered, a slip is underlined.

A schema says less than ``policydesk check`` does, which stays the judge: it does not try examples, and it wants words
as the vocabulary writes them. Every scalar of a rule file is text; an editor may still take digits for a number, so
both are let through.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from rules.engine.model.form import Question
from rules.engine.model.policy import UNKNOWN, FactWord, Policies, Vocabulary
from rules.engine.reading.read_examples import DATED, NOT_RUNNING, STATES
from rules.engine.reading.read_guarantees import ANY, GUARDS, PLAIN
from rules.engine.reading.read_rules import BEFORE_THE_DAY, EACH, EFFECTS, ON_THE_DAY, TRACKS

Shape = dict[str, Any]
"""A JSON Schema, or a part of one."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TEXT: Shape = {"type": ["string", "number"], "minLength": 1}
_TEXTS: Shape = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_NUMBER: Shape = {"type": ["integer", "string"], "pattern": "^-?[0-9]{1,9}$"}
_YES: Shape = {"enum": ["yes", "no"]}
_COUNT = "[0-9]{1,4}"
_DAY = "20[0-9]{2}-[0-9]{2}-[0-9]{2}"
_MOMENT: Shape = {"type": "string", "pattern": f"^{_DAY}( [0-9]{{2}}:[0-9]{{2}})?$"}
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "notify": ("using",), "digest": ("using",), "task": ("for",), "calendar": ("for", "on"), "letter": ("to",),
    "withhold": ("from", "lifted only by"), "flag": ("for",),
}  # fmt: skip
_SAYS: Mapping[str, str] = {
    "notify": "A mail to each person who holds this role.",
    "digest": "A line in one mail for all cases of the week, at its end, to whoever holds this role.",
    "task": "A row in the task sheet, for one person.",
    "calendar": "An entry in that person's diary.",
    "letter": "A draft that waits until whoever signs it releases it.",
    "withhold": "Keeps this from them, until one person lifts it.",
    "flag": "A matter that only a person can decide.",
    "open case": "Opens a case of this track.",
    "record": "Something has happened on the case: clocks may start.",
}


def schema(policies: Policies) -> Shape:
    """A JSON Schema (2020-12) of every kind of rule file, with the words, clauses and texts of these policies."""
    files = {
        "procedure-file": _procedure(), "settings-file": _settings(), "guarantees-file": _guarantees(),
        "notes-file": _notes(policies), "vocabulary-file": _vocabulary(), "templates-file": _templates(),
        "form-file": _headed("form", {}, open_=True), "register-file": _register(),
    }  # fmt: skip
    rules = {"type": "array", "items": _ref("rule"), "minItems": 1}
    return {
        "$schema": DIALECT,
        "title": "policydesk rule files",
        "anyOf": [rules, *(_ref(name) for name in files)],
        "$defs": {**_words(policies), **_rule(policies.vocabulary), **files},
    }


def _words(policies: Policies) -> Shape:
    """What the vocabulary, the register and the texts name."""
    words = policies.vocabulary
    happenings, given = sorted(words.happenings), _given(policies)
    happened = sorted(words.happenings | words.events)
    return {
        "clause": {"enum": sorted(policies.clauses), "description": "A clause of the register."},
        "clauses": _one_or_more(_ref("clause")),
        "event": _joined(sorted(words.events), "What it answers; several are joined by or."),
        "person": {"enum": list(words.audiences), "description": "A phrase for people, of the vocabulary."},
        "people": _one_or_more(_ref("person")),
        "template": {"enum": sorted(words.templates), "description": "A text of templates.yaml."},
        "track": {"enum": list(TRACKS), "description": "A track of cases."},
        "happening": {"enum": happenings, "description": "Something that happens on a case."},
        "happenings": _one_or_more(_joined(happenings, "What happens on the case; several are joined by or.")),
        "due": _due(happenings, "within 3 school days, within 20 minutes after ..., same school day"),
        "condition": _condition(words.facts.values(), policies.settings),
        "given": given,
        "earlier": _earlier(given, happened),
        "stage-example": _stage_example(happened, words.facts.values()),
        "closed": _one_or_more({"type": "string", "pattern": f"^{_DAY}( to {_DAY})?$"}),
    }


def _rule(words: Vocabulary) -> Shape:
    head = {
        "rule": _said("Its name, such as AB-01."),
        "title": _said("What it does, in a line."),
        "clauses": _ref("clauses"),
        "says": _said("What it is for, in plain English."),
        "on": _ref("event"),
        "when": _ref("condition"),
        "then": _one_or_more(_ref("effect")),
        "examples": {"type": "array", "items": _ref("example"), "minItems": 2},
    }
    follows = dict.fromkeys(EFFECTS, _TEXTS) | dict.fromkeys(DATED.values(), _MOMENT)
    expected = {"type": "object", "properties": follows, "additionalProperties": False}
    nothing = {"const": "nothing"}
    expect = {"anyOf": [nothing, expected, {"type": "array", "items": {"anyOf": [expected, nothing]}}]}
    example = {
        "example": _said("What this case is."), "today": _MOMENT, "closed": _ref("closed"), "given": _ref("given"),
        "earlier": _one_or_more(_ref("earlier")), "expect": expect,
    }  # fmt: skip
    return {
        "rule": _table(head, [name for name in head if name != "when"]),
        "effect": {"anyOf": [_effect(kind, more, words) for kind, more in EFFECTS.items()]},
        "example": _table(example, ("example", "expect")),
    }


def _stage_example(happenings: Iterable[str], facts: Iterable[FactWord]) -> Shape:
    """What happened on a case, and when its clocks are due."""
    when = _one_or_more({"anyOf": [_MOMENT, _table({"on": _MOMENT, "new date": _MOMENT}, ("on",))]})
    given = dict.fromkeys(happenings, when) | {fact.name: _answer(fact) for fact in facts}
    states = "|".join(STATES)
    turn = {"type": "string", "pattern": f"^({NOT_RUNNING}|{states}|{_DAY}(, ({states}))?)$"}
    fields = {
        "example": _said("What this case is."), "today": _MOMENT, "closed": _ref("closed"),
        "given": {"type": "object", "properties": given, "additionalProperties": False},
        "expect": {"type": "object", "additionalProperties": _one_or_more(turn), "minProperties": 1},
    }  # fmt: skip
    return _table(fields, ("example", "given", "expect"))


def _effect(kind: str, more: Iterable[str], words: Vocabulary) -> Shape:
    what = {
        "notify": _ref("people"), "digest": _ref("people"), "letter": _ref("template"),
        "open case": _ref("track"), "record": _ref("happening"),
    }.get(kind, _TEXT)  # fmt: skip
    one = kind in ("task", "flag")
    rest = {
        "using": _ref("template"), "urgent": _YES, "each time": _YES, "for": _ref("person" if one else "people"),
        "to": _ref("people"), "from": _ref("people"), "due": _ref("due"), "on": _ref("due"),
        "each": {"enum": list(EACH)}, "done when": _ref("happenings"), "steps": _TEXTS,
        "lifted only by": _ref("person"),
    }  # fmt: skip
    fields = {kind: {**what, "description": _SAYS[kind]}, **{name: rest[name] for name in more}}
    return _table(fields, (kind, *_NEEDED.get(kind, ())))


def _condition(facts: Iterable[FactWord], settings: Collection[str]) -> Shape:
    parts = _one_or_more(_ref("condition"))
    tests = {fact.name: _test(fact, settings) for fact in facts if fact.window is None}
    groups = dict.fromkeys(("all of", "any of", "none of"), parts)
    table = {"type": "object", "properties": {**groups, **tests}, "additionalProperties": False, "minProperties": 1}
    return {"anyOf": [table, {"type": "array", "items": _ref("condition")}]}


def _test(fact: FactWord, settings: Collection[str]) -> Shape:
    """What may stand after a fact: one test as text, or several in a list."""
    if fact.kind == "number":
        count = f"({_any(settings)}|[0-9]{{1,9}})"
        unit = f" in {count} school days" if fact.counts else "( days| school days| people)?"
        pattern = f"^(at (least|most) {count}{unit}|is( not)? {UNKNOWN})$"
        usual = ["at least 3 in 60 school days"] if fact.counts else ["at least 2", "at most 2"]
    else:
        several = fact.kind == "choices"
        test, against = ("includes", "does not include") if several else ("is", "is not")
        words = _any(fact.words)
        known = f"|is( not)? {UNKNOWN}" if several else ""
        pattern = f"^(({against}|{test}) ({words})((,| or|, or) ({words}))*{known})$"
        usual = [f"{test} {word}" for word in fact.words]
    text = {"type": "string", "pattern": pattern}
    said = f"{fact.meaning}. Write, for example: {'; '.join(usual[:3])}."
    return {"description": said, "anyOf": [{**text, "examples": usual}, {"type": "array", "items": text}]}


def _given(policies: Policies) -> Shape:
    """What an example gives: the answers themselves, without a test, and what the forms keep besides."""
    facts = policies.vocabulary.facts.values()
    known = {fact.name: {**_answer(fact), "description": fact.meaning} for fact in facts}
    asked = (question for form in policies.forms.values() for question in form.questions if not question.is_fact)
    known |= {question.name: _kept(question) for question in asked if question.name not in known}
    return {"type": ["object", "null", "string"], "maxLength": 0, "properties": known, "additionalProperties": False}


def _kept(question: Question) -> Shape:
    shape = {"date": _MOMENT, "time": {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}$"}}.get(question.shape, _TEXTS)
    return {**shape, "description": question.title}


def _earlier(given: Shape, happenings: Iterable[str]) -> Shape:
    """What was before: answers on a day, and what came of them or happened on the case."""
    more = {"on": _one_or_more(_MOMENT), "what happened": {"enum": list(happenings)}}
    return _table({**given["properties"], **more}, ("on",))


def _answer(fact: FactWord) -> Shape:
    if fact.kind == "number":
        return _NUMBER
    word: Shape = {"enum": [*fact.words, *(int(each) for each in fact.words if each.isdigit())]}
    if fact.kind == "choice":
        return word
    words = _any(fact.words)
    several = {"type": "string", "pattern": f"^({words})(, ({words}))+$"}
    return {"anyOf": [word, several, {"type": "array", "items": word}]}


def _due(happenings: Collection[str], usual: str) -> Shape:
    what = f"({_any(happenings)})"
    counted = f"(within|after) {_COUNT} (school days?|days?|minutes?|months?)( after {what})?"
    given = f"({ON_THE_DAY}|{_COUNT} {BEFORE_THE_DAY}){what}"
    pattern = f"^(same school day( as {what})?|{given}|{counted}(, then every {_COUNT} school days)?)$"
    return {"type": "string", "pattern": pattern, "description": f"When it is owed: {usual}."}


def _procedure() -> Shape:
    then = _ref("happenings")
    deadline = {
        "deadline": _TEXT, "title": _TEXT, "clauses": _ref("clauses"), "duty of": _ref("person"), "due": _ref("due"),
        "or by": _ref("due"), "done when": then, "when": _ref("condition"), "remind": _ref("due"),
        "if missed": {"anyOf": [_ref("people"), {"const": "nobody"}]},
        "counts from": {"enum": ["effective receipt", "the day itself"]}, "cancelled by": then, "extended by": then,
        "each time": _YES, "met only afterwards": _YES, "anew when": then,
    }  # fmt: skip
    stage = {
        "stage": _TEXT, "title": _TEXT, "clauses": _ref("clauses"), "says": _TEXT, "opens when": then,
        "closes when": then, "alongside": _YES,
        "examples": {"type": "array", "items": _ref("stage-example"), "minItems": 1},
        "deadlines": {
            "type": "array",
            "items": _table(deadline, ("deadline", "title", "clauses", "duty of", "due", "if missed")),
        },
    }  # fmt: skip
    stages = {"type": "array", "items": _table(stage, ("stage", "title", "clauses", "says"))}
    ends = dict.fromkeys(("ends when", "reopens when", "pauses when", "resumes when"), then)
    return _headed(
        "procedure", {"procedure": _ref("track"), "with the clocks of": _ref("track"), **ends, "stages": stages}
    )


def _settings() -> Shape:
    setting = {"means": _TEXT, "from": _NUMBER, "to": _NUMBER, "value": _NUMBER}
    return _headed("settings", {"settings": _named(_table(setting, setting))})


def _guarantees() -> Shape:
    people, any_ = _ref("people"), {"const": ANY}
    named = dict.fromkeys(("notify", "digest", "for", "to", "from", "reaches", "reaches only", "duty of"), people)
    claim = {
        **named, "task": _TEXT, "calendar": _TEXT, "flag": _TEXT, "withhold": _TEXT, "deadline": _TEXT,
        "letter": {"anyOf": [_ref("template"), any_]}, "using": {"anyOf": [_ref("template"), any_]},
        "open case": {"anyOf": [_ref("track"), any_]}, "record": {"anyOf": [_ref("happening"), any_]},
        "says": _TEXTS, "urgent": _YES, "due": _ref("due"), "on": _ref("due"), "lifted only by": _ref("person"),
        "done when": _ref("happenings"), "if missed": people, "person": _ref("person"), "is": _TEXTS, "outside": _YES,
        "template": _ref("template"), "held by": _ref("person"), "records": _ref("happening"), "before consent": _YES,
        "facts": _TEXTS, "safety": _YES, "sensitivity": {"enum": ["open", "internal", "restricted"]},
        "form": _TEXT, "asks": _TEXTS,
    }  # fmt: skip
    plain = {"enum": list(PLAIN), "description": "; ".join(f"{name}: {means}" for name, means in PLAIN.items())}
    claims = _one_or_more({"anyOf": [plain, _table(claim, ())]})
    guarantee = {
        "guarantee": _TEXT, "title": _TEXT, "clauses": _ref("clauses"), "says": _TEXT,
        "on": _one_or_more(_ref("event")), "when": _ref("condition"), "without": people,
        "rests on": _one_or_more(_joined(list(GUARDS), "Guards of the engine that the proof may use.")),
        "always": claims, "never": claims, "only": claims,
    }  # fmt: skip
    one = _table(guarantee, ("guarantee", "title", "clauses", "says"))
    promised = {**one, "anyOf": [{"required": [name]} for name in ("always", "never", "only")]}
    return _headed("guarantees", {"guarantees": {"type": "array", "items": promised}})


def _notes(policies: Policies) -> Shape:
    setting = {"enum": list(policies.settings)}
    note = {"note": _TEXT, "clauses": _ref("clauses"), "says": _TEXT, "default": _TEXT, "setting": setting}
    return _headed("notes", {"notes": {"type": "array", "items": _table(note, ("note", "says", "default"))}})


def _vocabulary() -> Shape:
    fact = {
        "means": _TEXT, "reads": {"anyOf": [_TEXT, _named(_TEXT)]}, "safety": _YES,
        "sensitivity": {"enum": ["open", "internal", "restricted"]}, "one of": _TEXTS, "several of": _TEXTS,
        "number of": _TEXT, "counts": _TEXT,
    }  # fmt: skip
    who = {"role": _TEXT, "relation": _TEXT, "then": _TEXTS, "outside": _YES}
    lists = {"events": _TEXTS, "happenings": _TEXTS}
    return _headed("facts", {"facts": _named(_table(fact, ("means",))), "people": _named(_table(who, ())), **lists})


def _templates() -> Shape:
    text = {
        "subject": _TEXT, "body": _TEXT, "held by": _ref("person"), "records": _TEXT, "before consent": _YES,
        "overtaken by": _ref("happenings"), "clauses": _ref("clauses"),
    }  # fmt: skip
    return _headed("templates", {"templates": _named(_table(text, ("subject", "body")))})


def _register() -> Shape:
    clause = {"type": "object", "required": ["must"]}
    policies = dict.fromkeys(("anti-bullying", "complaints"), _named(clause))
    return {"type": "object", "properties": policies, "anyOf": [{"required": [name]} for name in policies]}


def _headed(head: str, fields: Shape, *, open_: bool = False) -> Shape:
    return {**_table(fields, (head,)), "additionalProperties": open_}


def _table(fields: Shape, needed: Iterable[str]) -> Shape:
    return {"type": "object", "properties": fields, "required": list(needed), "additionalProperties": False}


def _named(one: Shape) -> Shape:
    return {"type": "object", "additionalProperties": one}


def _one_or_more(one: Shape) -> Shape:
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def _joined(words: Collection[str], said: str) -> Shape:
    any_ = _any(words)
    several = {"type": "string", "pattern": f"^({any_})( or ({any_}))+$"}
    return {"description": said, "anyOf": [{"enum": list(words)}, several]}


def _said(description: str) -> Shape:
    return {**_TEXT, "description": description}


def _ref(name: str) -> Shape:
    return {"$ref": f"#/$defs/{name}"}


def _any(words: Iterable[str]) -> str:
    """Any of these words, as a pattern that JavaScript reads as Python does: the longest first."""
    escaped = (re.sub(r"[\\^$.*+?()\[\]{}|/]", r"\\\g<0>", word) for word in words)
    return "|".join(sorted(escaped, key=len, reverse=True))
