"""Rules written as their files have them: a condition becomes the YAML of ``when``, as a person might write it."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any as Anything

import yaml

from rules import Policies
from rules.engine.model.policy import UNKNOWN, All, Any, Compare, Condition, FactWord, Includes, Is, Not
from rules.engine.rulebook.parse import parse
from tests.rules.strategies import NAMES

EVENT_WORD = "something came"
LONGEST = 999_999_999
# Answers with "or" and commas in them, some that are the beginning or the end of others, and some that look like YAML.
WORDS = (
    "yes", "yes, twice", "twice", "no", "not sure", "sure, or not", "1", "10", "-1", "true", "null", "~", "é", "# 1",
    "a: b", '"quoted"', "'", "$neq", "- x", "or so", "at least 3", "includes yes", "is not", "{}",
    "gypsy, roma or traveller", "roma", "sexual orientation (homophobic or biphobic)",
)  # fmt: skip
COUNTS = (0, 1, 2, 3, 10, LONGEST)
When = dict[str, Anything]


def vocabulary(random: Random, size: int) -> dict[str, FactWord]:
    """So many facts of every kind, as they are read from a file."""
    found = {}
    for name in random.sample(NAMES, min(size, len(NAMES))):
        kind = random.choice(("choice", "choices", "number"))
        words = () if kind == "number" else (*random.sample(WORDS, random.randint(1, 12)), UNKNOWN)
        found[name] = FactWord(name, kind, words, meaning="so it is")
    return found


def condition(random: Random, facts: Mapping[str, FactWord], depth: int) -> Condition:
    """A nested condition that can be written: every test names something, every group has parts."""
    kind = random.choice(("atom", "not", "all", "any")) if depth else "atom"
    if kind == "atom":
        return _atom(random, facts)
    if kind == "not":
        return Not(condition(random, facts, depth - 1))
    parts = tuple(condition(random, facts, depth - 1) for _ in range(random.randint(1, 3)))
    return All(parts) if kind == "all" else Any(parts)


def _atom(random: Random, facts: Mapping[str, FactWord]) -> Condition:
    fact = facts[random.choice(list(facts))]
    if fact.kind == "number":
        if random.random() < 0.15:
            return Is(fact.name, (UNKNOWN,))
        return Compare(fact.name, random.choice(("at least", "at most")), random.choice(COUNTS))
    words = tuple(random.choices(fact.words, k=random.choice((1, 1, 2, 3, 4))))
    return Is(fact.name, words) if fact.kind == "choice" else Includes(fact.name, words)


def when(random: Random, asked: Condition) -> When:
    """The condition as it is written, in one of the ways in which it can be."""
    match asked:
        case Is(fact, words) | Includes(fact, words):
            return _test(random, fact, words, "is" if isinstance(asked, Is) else "includes")
        case Compare(fact, op, number):
            return {fact: f"{op} {number}" + random.choice(("", " days", " people"))}
        case Not(Is(fact, words)) if random.random() < 0.7:
            return {fact: f"is not {_joined(random, words)}"}
        case Not(Includes(fact, words)) if random.random() < 0.7:
            return {fact: f"does not include {_joined(random, words)}"}
        case Not(Any(parts)):
            return {"none of": [when(random, part) for part in parts]}
        case Not(part):
            return {"none of": [when(random, part)]}
        case Any(parts):
            return {"any of": [when(random, part) for part in parts]}
        case All(parts):
            return _together(random, [when(random, part) for part in parts])


def _test(random: Random, fact: str, words: tuple[str, ...], test: str) -> When:
    text = f"{test} {_joined(random, words)}"
    if text.startswith("is not "):  # which would say that it is not
        return {"none of": [{fact: f"is not {_joined(random, words)}"}]}
    return {fact: text}


def _joined(random: Random, words: tuple[str, ...]) -> str:
    return random.choice((" or ", "  or ", "\nor ")).join(words)


def _together(random: Random, parts: list[When]) -> When:
    """Below one another where no fact is asked twice, or as ``all of``; tests of one fact as a list."""
    keys = [key for part in parts for key in part]
    if len(set(keys)) == len(keys) and random.random() < 0.5:
        return {key: value for part in parts for key, value in part.items()}
    if len(set(keys)) == 1 and isinstance(parts[0][keys[0]], str):
        return {keys[0]: [part[keys[0]] for part in parts]}
    return {"all of": parts}


def read_back(random: Random, facts: Mapping[str, FactWord], rules: Mapping[str, Condition]) -> Policies:
    """Policies of these facts and rules, written as files and read by the parser."""
    kinds = {"choice": "one of", "choices": "several of"}
    said = {
        name: {"means": fact.meaning, kinds.get(fact.kind, "number of"): list(fact.words) or "things"}
        for name, fact in facts.items()
    }
    every = [
        {"rule": name, "title": name, "clauses": ["AB-1"], "says": "So it is.", "on": EVENT_WORD,
         "when": when(random, asked), "then": [{"flag": "look at it", "for": "headteacher"}],
         "examples": [{"example": "It applies", "expect": [{"flag": "look at it"}]},
                      {"example": "It does not", "expect": "nothing"}]}
        for name, asked in rules.items()
    ]  # fmt: skip
    words = {
        "facts": said, "people": {"headteacher": {"role": "headteacher"}}, "events": [EVENT_WORD], "happenings": [],
    }  # fmt: skip
    register = {"anti-bullying": {"AB-1": "A clause."}}
    files = {"policies/register.yaml": register, "policies/vocabulary.yaml": words, "policies/rules.yaml": every}
    return parse({name: _dumped(random, content) for name, content in files.items()})


def _dumped(random: Random, content: object) -> str:
    return yaml.safe_dump(
        content, sort_keys=False, allow_unicode=random.random() < 0.5, width=random.choice((40, 80, 10_000)),
        default_flow_style=random.choice((False, None)),
    )  # fmt: skip
