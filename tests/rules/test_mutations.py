"""A sample of harmful edits to the shipped rules; ``python -m tests.rules.mutations`` prints the figure of 500."""

from __future__ import annotations

from tests.rules.mutations import KINDS, edits

SAMPLE = 60
MISSED = 1
"""At least 99 % of 500 are refused; of so few, one may not be."""


def test_harmful_edits_are_refused() -> None:
    found = list(edits(SAMPLE, seed=9))
    missed = [f"{edit.kind}: {edit.what}" for edit in found if not edit.refused_by]
    assert len(found) == SAMPLE
    assert {edit.kind for edit in found} >= set(KINDS) - {"a withhold removed"}
    assert len(missed) <= MISSED, missed
