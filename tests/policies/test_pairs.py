"""Parents see the same, whatever is kept from them, in ten thousand pairs of stories; and a leak is noticed."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

from rules import Policies, shipped_texts
from rules.engine.rulebook.parse import parse
from tests.policies.pairs import compare, compared_together, stories

PARENTS = "policies/anti_bullying/parents.yaml"
PAIRS = 10_000


@pytest.mark.timeout(900)
def test_parents_cannot_tell_what_is_kept_from_them() -> None:
    kinds, apart = compared_together(PAIRS, 2026)
    assert not apart, "\n".join(apart[:3])
    assert kinds.total() >= PAIRS
    assert set(kinds) == {"absent", "decided", "kinds", "wish", "risk", "several", "words", "settings", "others"}


def without_holds() -> Policies:
    """Rules by which a report is told of whatever the pupil wishes."""
    texts = shipped_texts()
    asked = "      - pupil wants parents told: is yes\n      - telling parents is a risk: is no\n"
    rules = texts[PARENTS].replace(asked, "")
    policies = parse(texts | {PARENTS: rules})
    return replace(policies, rules=tuple(one for one in policies.rules if one.id not in ("AB-20", "AB-21", "AB-22")))


def with_the_reason() -> Policies:
    """Rules by which the other family hears of a report that could out somebody."""
    texts = shipped_texts()
    told = "      - kind of bullying: does not include sexual orientation or gender or unknown\n"
    return parse(texts | {PARENTS: texts[PARENTS].replace(told, "")})


def with_a_number() -> Policies:
    """Letters with a reference, by which a family reads how many cases there are."""
    texts = shipped_texts()
    name = next(name for name, text in texts.items() if "  parents_informed:\n" in text)
    numbered = texts[name].replace('subject: "A message from {{ school }}"', 'subject: "A message ({{ case }})"')
    return parse(texts | {name: numbered})


@pytest.mark.parametrize(
    ("leaking", "kind"), [(without_holds, "absent"), (with_the_reason, "others"), (with_a_number, "absent")]
)
def test_a_leak_is_noticed(leaking: Callable[[], Policies], kind: str) -> None:
    policies = leaking()
    for alike in itertools.islice(stories(7), 60):
        if kind in (other for other, _ in alike.others) and any(k == kind and f for k, f in compare(alike, policies)):
            return
    pytest.fail(f"no pair of the kind {kind} was told apart")
