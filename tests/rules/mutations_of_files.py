"""Harmful edits of what is no rule: procedures, settings, the vocabulary, texts and forms."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from rules import Policies

Table = dict[str, Any]
NAMES = ("pupil", "complainant", "reporter", "targeted", "reported", "name", "account")
"""What a text never speaks of; nothing fills these gaps."""
JUDGEMENTS = ("vexatious", "malicious", "bully", "unreasonable")


class NotHere(Exception):  # noqa: N818  reads as what is the matter
    """This kind of edit finds nothing to change in this place."""


def chosen(random: Random, found: Iterable[Any]) -> Any:
    """One of these; NotHere where there is none."""
    every = list(found)
    if not every:
        raise NotHere
    return random.choice(every)


def later(due: str, random: Random) -> str:
    """A time limit with a greater number."""
    number = next(word for word in due.split() if word.isdecimal())
    return due.replace(number, str(int(number) + random.choice((1, 5, 30))), 1)


def setting_past_its_range(root: Table, random: Random, policies: Policies) -> str:
    setting = random.choice(list(root["settings"]))
    value = random.choice((int(root["settings"][setting]["to"]) + 1, int(root["settings"][setting]["from"]) - 1))
    root["settings"][setting]["value"] = str(value)
    return f"{setting}: {value}"


def _clock(root: Table, random: Random) -> Any:
    return chosen(random, (clock for stage in root["stages"] for clock in stage.get("deadlines", ())))


def stretched(root: Table, random: Random, policies: Policies) -> str:
    clock = _clock(root, random)
    if any(word.isdecimal() for word in clock["due"].split()):
        clock["due"] = later(clock["due"], random)
    else:
        clock["due"] = clock["due"].replace("same school day as", "within 3 school days after")
    return f"{clock['deadline']} due {clock['due']}"


def no_limit(root: Table, random: Random, policies: Policies) -> str:
    stage = chosen(random, (stage for stage in root["stages"] if stage.get("deadlines")))
    gone = stage["deadlines"].pop(random.randrange(len(stage["deadlines"])))
    if not stage["deadlines"]:
        del stage["deadlines"]
    return f"without {gone['deadline']}"


def stopped_by_another(root: Table, random: Random, policies: Policies) -> str:
    clock = _clock(root, random)
    clock["done when"] = random.choice(sorted(policies.vocabulary.happenings))
    return f"{clock['deadline']} done when {clock['done when']}"


def missed_in_silence(root: Table, random: Random, policies: Policies) -> str:
    clock = _clock(root, random)
    if "if missed" not in clock:
        raise NotHere
    return f"{clock['deadline']} missed, and not heard of by {clock.pop('if missed')}"


def phrase_means_another(root: Table, random: Random, policies: Policies) -> str:
    phrase = chosen(random, (phrase for phrase, who in root["people"].items() if "role" in who))
    others = {who["role"] for who in root["people"].values() if "role" in who} - {root["people"][phrase]["role"]}
    root["people"][phrase]["role"] = random.choice(sorted(others))
    return f"{phrase} means {root['people'][phrase]['role']}"


def fact_less_guarded(root: Table, random: Random, policies: Policies) -> str:
    guards = ((fact, key) for fact, of in root["facts"].items() for key in ("safety", "sensitivity") if key in of)
    fact, key = chosen(random, guards)
    return f"{fact} without {key}: {root['facts'][fact].pop(key)}"


def question_dropped(root: Table, random: Random, policies: Policies) -> str:
    gone = root["questions"].pop(random.randrange(len(root["questions"])))
    return f"{root['form']} does not ask {gone['question']}"


def text_names_somebody(root: Table, random: Random, policies: Policies) -> str:
    name, part = random.choice(list(root["templates"])), random.choice(("subject", "body"))
    gap = random.choice((*NAMES, "what", "tasks", "decisions") if part == "subject" else NAMES)
    root["templates"][name][part] += f" {{{{ {gap} }}}}"
    return f"{part} of {name} with {gap}"


def text_judges(root: Table, random: Random, policies: Policies) -> str:
    name, part = random.choice(list(root["templates"])), random.choice(("subject", "body"))
    word = random.choice(JUDGEMENTS)
    root["templates"][name][part] += f" You are {word}."
    return f"{part} of {name} with {word}"


def held_by_another(root: Table, random: Random, policies: Policies) -> str:
    name = chosen(random, (name for name, text in root["templates"].items() if "held by" in text))
    before = root["templates"][name]["held by"]
    after = random.choice([phrase for phrase in policies.vocabulary.audiences if phrase != before])
    root["templates"][name]["held by"] = after
    return f"{name} held by {after}"


OF_A_FILE: dict[str, tuple[str, Callable[[Table, Random, Policies], str]]] = {
    "a setting past its range": ("settings.yaml", setting_past_its_range),
    "a time limit stretched": ("procedure.yaml", stretched),
    "a time limit dropped": ("procedure.yaml", no_limit),
    "a clock stopped by another": ("procedure.yaml", stopped_by_another),
    "missed in silence": ("procedure.yaml", missed_in_silence),
    "a phrase means another": ("vocabulary.yaml", phrase_means_another),
    "a fact less guarded": ("vocabulary.yaml", fact_less_guarded),
    "a question dropped": ("forms/", question_dropped),
    "a text names somebody": ("templates.yaml", text_names_somebody),
    "a text judges": ("templates.yaml", text_judges),
    "a letter held by another": ("templates.yaml", held_by_another),
}
"""Kinds of edits, and what the names of the files say where they are made."""


def standing(policies: Policies) -> tuple[object, ...]:
    """What the files say beside rules, wherever in a file it stands."""
    words = policies.vocabulary
    clocks = [
        (clock.id, clock.due, clock.also, clock.duty_of, clock.done_when, clock.if_missed)
        for procedure in policies.procedures.values()
        for stage in procedure.stages
        for clock in stage.deadlines
    ]
    people = [(who.phrase, who.role, who.relation, who.then, who.outside) for who in words.audiences.values()]
    texts = [
        (text.subject, text.body.split(), text.held_by, text.records, text.before_consent)
        for text in words.templates.values()
    ]
    asked = [[question.name for question in form.questions] for form in policies.forms.values()]
    return clocks, people, texts, asked, dict(words.facts), dict(policies.settings)
