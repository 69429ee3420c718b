"""Matches rules with durable-rules: the only module that knows it, and the only way in which it is used.

durable-rules 2.0.28 as documented crashes, hangs and mis-evaluates. It was right wherever a ruleset is small and flat,
one fact is asserted in a session that is deleted at once, and a sentinel rule that always matches comes last. So
conditions cross in normal form, in shards of 48 distinct tests, and a run that does not end with the sentinel is void.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import NamedTuple

import durable_rules_engine as durable

from rules.engine.matching.normal_form import RuleTooLarge, normal_form
from rules.engine.matching.wire import Wire
from rules.engine.model.conditions import holds
from rules.engine.model.policy import Condition, Facts, FactWord

__all__ = ["Matched", "Matcher", "MatcherBroken", "RuleTooLarge", "SideBySide", "prove_loadable"]

MOST_TESTS_IN_A_SHARD = 48
"""Of 64 distinct tests that are true at once durable-rules refuses the fact; from 511 in a ruleset it hangs."""

MOST_TERMS_IN_A_SHARD = 200
"""257 rules that share a test cannot be loaded."""

_SESSION = "s"
_SENTINEL = "~end"
_SENTINEL_RULE = {_SENTINEL: {"pri": 65535, "all": [{"m": {"_z": 1}}]}}
_ENVELOPE = {"sid": _SESSION, "id": "m", "_z": 1}

# The C code keeps global tables. Nobody forks in the middle of a call either: the child's copy stays usable.
_calls = threading.Lock()
os.register_at_fork(before=_calls.acquire, after_in_parent=_calls.release, after_in_child=_calls.release)


class MatcherBroken(RuntimeError):  # noqa: N818  reads as what is the matter
    """durable-rules could not be asked, or its answer cannot be used. Its message holds no answer of anyone's."""


class _Shard:
    """Terms that are matched in one ruleset, and the columns that they read."""

    def __init__(self) -> None:
        self.tests: set[str] = set()
        self.columns: dict[str, None] = {}
        self.rule_ids: dict[str, str] = {}
        self._rules: dict[str, object] = {}

    def has_room_for(self, tests: set[str]) -> bool:
        return len(self._rules) < MOST_TERMS_IN_A_SHARD and len(self.tests | tests) <= MOST_TESTS_IN_A_SHARD

    def add(self, rule_id: str, tests: Mapping[str, object], columns: Iterable[str]) -> None:
        """One term: a rule of its own to durable-rules, whose "any of" fires once for each part that holds."""
        name = f"r{len(self._rules)}"
        self.rule_ids[name] = rule_id
        self._rules[name] = {"all": [{"m": {"$and": list(tests.values())}}]}
        self.tests.update(tests)
        self.columns.update(dict.fromkeys(columns))

    def ruleset(self) -> str:
        return json.dumps(self._rules | _SENTINEL_RULE)


class _Compiled(NamedTuple):
    always: frozenset[str]
    shards: tuple[_Shard, ...]
    wire: Wire


def _compile(rules: Mapping[str, Condition], facts: Mapping[str, FactWord]) -> _Compiled:
    wire = Wire(facts)
    always: set[str] = set()
    shards: list[_Shard] = []
    for rule_id, condition in rules.items():
        for term in normal_form(rule_id, condition):
            if not term:
                always.add(rule_id)
                continue
            crossing = [wire.test(literal) for literal in term]
            tests = {json.dumps(test): test for _, test in crossing}
            wanted = set(tests)
            with_room = (shard for shard in shards if shard.has_room_for(wanted))
            shard = min(with_room, key=lambda shard: len(wanted - shard.tests), default=None)
            if shard is None:
                shards.append(shard := _Shard())
            shard.add(rule_id, tests, (column for column, _ in crossing))
    return _Compiled(frozenset(always), tuple(shards), wire)


class Matcher:
    """One set of rules, ready to be matched. Any thread may use it, and a child after a fork.

    After an error the rulesets are thrown away and built anew at the next call.
    """

    def __init__(self, rules: Mapping[str, Condition], facts: Mapping[str, FactWord]) -> None:
        """``rules`` by their ids, ``facts`` the vocabulary.

        RuleTooLarge where a rule has too many combinations, ValueError where a test does not suit its fact,
        MatcherBroken where durable-rules does not load the rules.
        """
        self._always, self._shards, self._wire = _compile(rules, facts)
        self._handles: list[int] = []
        self._closed = False
        with _calls:
            self._open()

    def matching(self, facts: Facts) -> frozenset[str]:
        """The ids of the rules that hold.

        KeyError or ValueError for a fact that is missing or has an impossible value, MatcherBroken if the run is void.
        """
        cells = self._wire.cells(facts)
        found = set(self._always)
        with _calls:
            self._open()
            with self._discarding_on_error():
                for shard, handle in zip(self._shards, self._handles, strict=True):
                    message = json.dumps(_ENVELOPE | {column: cells[column] for column in shard.columns})
                    found.update(shard.rule_ids[name] for name in _firings(handle, message))
        return frozenset(found)

    def rebuild(self) -> None:
        """Throw the rulesets away; the next call builds them anew."""
        with _calls:
            self._discard()

    def close(self) -> None:
        """Give the memory back. To ask a closed matcher is MatcherBroken."""
        with _calls:
            self._closed = True
            self._discard()

    def _open(self) -> None:
        if self._closed:
            raise MatcherBroken("This set of rules has been closed.")
        if self._handles:
            return
        with self._discarding_on_error():
            for shard in self._shards:
                self._handles.append(_load(shard.ruleset()))

    @contextmanager
    def _discarding_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self._discard()
            if isinstance(error, Exception):  # of durable-rules: a code, without any text that was given to it
                raise MatcherBroken(f"durable-rules cannot be used: {error}") from error
            raise

    def _discard(self) -> None:
        while self._handles:
            with suppress(Exception):  # what cannot be freed is lost, and the set is built anew all the same
                durable.delete_ruleset(self._handles.pop())


def _load(ruleset: str) -> int:
    handle: int = durable.create_ruleset("r", ruleset)
    # Without a first message that matches, deleting a session crashes.
    list(_firings(handle, json.dumps(_ENVELOPE)))
    return handle


def _firings(handle: int, message: str) -> Iterator[str]:
    """The names of the rules that fire, without the sentinel. MatcherBroken unless it fires, and last."""
    code, state = durable.assert_fact(handle, message)
    if code != 0:
        raise MatcherBroken(f"a fact was not taken, code {code}")
    name = None
    _, action = durable.start_action_for_state(handle, state) or (None, None)
    while action is not None:
        if name is not None:
            yield name
        name = action[2 : action.index('"', 2)]  # {"r7":{"m":{...}}}
        action = durable.complete_and_start_action(handle, state)
    durable.delete_state(handle, _SESSION)
    if name != _SENTINEL:
        raise MatcherBroken("the rule that always fires last did not")


def prove_loadable(rules: Mapping[str, Condition], facts: Mapping[str, FactWord], *, seconds: float) -> None:
    """Load the rules in a throwaway process first: a hang or a crash there harms nobody.

    MatcherBroken if it takes more than ``seconds``, Python's start included, or fails; else as ``Matcher``.
    """
    rulesets = [shard.ruleset() for shard in _compile(rules, facts).shards]
    command = [sys.executable, "-c", "from rules.engine.matching.compile import _trial; _trial()"]
    try:
        subprocess.run(command, input=json.dumps(rulesets).encode(), capture_output=True, timeout=seconds, check=True)  # noqa: S603  our own interpreter
    except subprocess.TimeoutExpired:
        raise MatcherBroken(f"These rules could not be loaded within {seconds:g} seconds.") from None
    except subprocess.CalledProcessError as error:
        raise MatcherBroken(f"These rules could not be loaded: the trial ended with {error.returncode}.") from error


def _trial() -> None:
    for ruleset in json.load(sys.stdin):
        _load(ruleset)


class Matched(NamedTuple):
    """The rules that hold by either account, those on which the two differ, and why durable-rules did not answer."""

    rules: frozenset[str]
    disagreed: frozenset[str]
    error: str | None


class SideBySide:
    """durable-rules with the reference beside it on every decision. Nothing is lost by an error of one."""

    def __init__(self, rules: Mapping[str, Condition], facts: Mapping[str, FactWord]) -> None:
        """Errors as ``Matcher``."""
        self._rules = dict(rules)
        self._matcher = Matcher(rules, facts)

    def matching(self, facts: Facts) -> Matched:
        """What either says. On a difference or an error durable-rules is built anew; the caller tells a person.

        KeyError or ValueError as ``Matcher.matching``: facts that are wrong are nobody's to decide on.
        """
        try:
            found = self._matcher.matching(facts)
        except MatcherBroken as error:
            return Matched(self.by_reference(facts), frozenset(), str(error))
        expected = self.by_reference(facts)
        if found != expected:
            self._matcher.rebuild()
        return Matched(expected | found, expected ^ found, None)

    def by_reference(self, facts: Facts) -> frozenset[str]:
        """What the reference alone says."""
        return frozenset(rule_id for rule_id, condition in self._rules.items() if holds(condition, facts))

    def close(self) -> None:
        """Give the memory back."""
        self._matcher.close()
