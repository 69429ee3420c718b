"""Every guarantee can be broken, is seen to be broken, and its counterexample does the harm that it says."""

from __future__ import annotations

from pathlib import Path

from rules import load
from tests.rules.broken import HELD, attempts

EACH = 6
"""One claim in so many is played here; ``python -m tests.rules.broken`` plays all of them."""


def test_broken_claims_are_noticed_and_do_the_harm_that_they_say(tmp_path: Path) -> None:
    found = list(attempts(EACH, 1, tmp_path))
    assert len(found) > 50
    free = [one for one in found if not one.by_a_guard]
    assert all(one.noticed for one in free), [one for one in free if not one.noticed]
    silent = [f"{one.guarantee}: {one.claim.words}" for one in free if not (one.shown or one.by_a_clock)]
    assert not silent


def test_what_is_held_by_a_guard_is_promised_by_a_guarantee() -> None:
    promised = {(guarantee.id, claim.words) for guarantee in load().guarantees for claim in guarantee.claims}
    assert set(HELD) <= promised
