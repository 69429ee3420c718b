"""How long somebody waits who edits rules: the files read, checked, and their guarantees proved."""

from __future__ import annotations

from dataclasses import replace

import yaml

from rules import Policies, check, prove, shipped_texts
from rules.engine.model.guarantee import Guarantee
from rules.engine.rulebook.examples import examples
from rules.engine.rulebook.parse import parse
from tests.benchmarks.row import Row
from tests.benchmarks.turns import in_turns

ROUNDS = 5
ALONE = 10
"""Guarantees that are proved one by one, to say what all of them would take so."""


def measure() -> list[Row]:
    """The rows of the table; it takes about fifteen seconds. z3 is loaded before anything is timed."""
    texts = shipped_texts()
    policies = parse(texts)
    some = policies.guarantees[:: len(policies.guarantees) // ALONE]
    _one_by_one(policies, some[:1])
    loaded, composed = in_turns(lambda _: parse(texts), lambda _: _composed(texts), ROUNDS)
    checked, tried = in_turns(lambda _: check(policies), lambda _: list(examples(policies)), ROUNDS)
    proved, alone = in_turns(lambda _: prove(policies), lambda _: _one_by_one(policies, some), ROUNDS)
    rules, guarantees = len(policies.rules), len(policies.guarantees)
    return [
        Row(f"load {len(texts)} rule files, beside YAML alone", loaded * 1e3, "ms", baseline=composed * 1e3),
        Row(f"check {rules} rules, beside their examples alone", checked * 1e3, "ms", baseline=tried * 1e3),
        Row(f"prove {guarantees} guarantees, beside one by one", proved, "s", baseline=alone * guarantees / len(some)),
    ]


def _composed(texts: dict[str, str]) -> list[yaml.Node | None]:
    return [yaml.compose(text, Loader=yaml.CSafeLoader) for text in texts.values()]


def _one_by_one(policies: Policies, some: tuple[Guarantee, ...]) -> None:
    for guarantee in some:
        prove(replace(policies, guarantees=(guarantee,)))
