"""A few rules and facts, and durable-rules with every call to it written down."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any as Anything

import durable_rules_engine as durable

from rules.engine.model.policy import (
    ALWAYS,
    UNKNOWN,
    All,
    Any,
    Compare,
    Condition,
    FactValue,
    FactWord,
    Includes,
    Is,
    Not,
)

FACTS = {
    "concern": FactWord("concern", "choice", ("yes", "no", "not sure", UNKNOWN), ""),
    "kind": FactWord("kind", "choices", ("verbal", "sexual", UNKNOWN), ""),
    "incidents": FactWord("incidents", "number", (), ""),
}
RULES: dict[str, Condition] = {
    "AB-01": Is("concern", ("yes", UNKNOWN)),
    "AB-02": All((Includes("kind", ("sexual",)), Not(Compare("incidents", "at least", 3)))),
    "AB-03": Any(()),
    "AB-04": ALWAYS,
}
GIVEN: dict[str, FactValue] = {"concern": "yes", "kind": frozenset({"sexual"}), "incidents": 3}
FOUND = {"AB-01", "AB-04"}


def numbers(count: int) -> dict[str, FactWord]:
    return {f"n{n}": FactWord(f"n{n}", "number", (), "") for n in range(count)}


def one(name: str) -> Condition:
    return Compare(name, "at least", 1)


def in_another_process(code: str) -> str:
    """What it prints. A crash of the C code is then a failure of one test, and not the end of the run."""
    root = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, timeout=150)
    assert ended.returncode == 0, f"{ended.returncode}: {ended.stderr[-2000:]}"
    return ended.stdout


class Watched:
    """durable-rules, with every call written down; ``instead`` replaces a function."""

    def __init__(self, **instead: Callable[..., Anything]) -> None:
        self.calls: list[tuple[str, tuple[Anything, ...]]] = []
        self.instead = instead

    def __getattr__(self, name: str) -> Callable[..., Anything]:
        def call(*arguments: Anything) -> Anything:
            self.calls.append((name, arguments))
            return self.instead.get(name, getattr(durable, name))(*arguments)

        return call

    def given(self, name: str, position: int) -> list[Anything]:
        return [arguments[position] for called, arguments in self.calls if called == name]
