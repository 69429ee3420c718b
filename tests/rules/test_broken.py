"""Every guarantee can be broken, is seen to be broken, and its counterexample does the harm that it says."""

from __future__ import annotations

from pathlib import Path

from rules import Policies, load
from rules.engine.proving.claims import Claims
from tests.rules.broken import HELD, attempts

EACH = 6
"""One claim in so many is played here; ``python -m tests.rules.broken`` plays all of them."""


def test_broken_claims_are_noticed_and_do_the_harm_that_they_say(tmp_path: Path) -> None:
    found = list(attempts(EACH, 1, tmp_path))
    assert len(found) > 50
    free = [one for one in found if not one.by_a_guard]
    assert all(one.noticed for one in free), [one for one in free if not one.noticed]
    silent = [f"{one.guarantee}: {one.claim.words}" for one in free if not (one.shown or one.by_no_form)]
    assert not silent


def test_what_is_held_by_a_guard_is_promised_by_a_guarantee() -> None:
    promised = {(guarantee.id, claim.words) for guarantee in load().guarantees for claim in guarantee.claims}
    assert set(HELD) <= promised


def test_whatever_is_guarded_is_promised_to_be_guarded() -> None:
    """So that no answer can be shown to more people, or a blank taken for a no, without a guarantee being broken."""
    policies = load()
    claims = [claim for guarantee in policies.guarantees for claim in guarantee.claims if claim.kind == "facts"]
    safe, restricted = (
        {name for claim in claims if word in claim.said(key) for name in claim.to}
        for key, word in (("safety", "yes"), ("sensitivity", "restricted"))
    )
    facts = [fact for fact in policies.vocabulary.facts.values() if fact.window is None]
    assert [fact.name for fact in facts if fact.safety and fact.name not in safe] == []
    assert [fact.name for fact in facts if fact.sensitivity == "restricted" and fact.name not in restricted] == []


def promised_lines(policies: Policies) -> dict[tuple[str, str, str, str], bool]:
    """The lines of rules that keep a claim which names them, and whether one of these names their time too."""
    claims, found = Claims(policies), dict[tuple[str, str, str, str], bool]()
    for guarantee in policies.guarantees:
        named = (c for c in guarantee.claims if c.promises and (c.what or c.kind in ("notify", "withhold")))
        for claim in named:
            for deed in claims.deeds(guarantee, claim):
                if guarantee.on and not set(guarantee.on) & set(deed.rule.on):
                    continue  # it promises nothing of what this rule answers
                if not claim.to or any(claims.names(deed.phrase, other) for other in claim.to):
                    line = (deed.rule.id, deed.spec.kind, deed.spec.what, deed.phrase)
                    found[line] = found.get(line, False) or claim.due is not None
    return found


def test_each_line_of_a_shipped_rule_is_promised_by_a_guarantee_its_time_too() -> None:
    """So that no line can be dropped, given to somebody else or put off without a guarantee being broken."""
    policies = load()
    promised = promised_lines(policies)
    lines = {
        (rule.id, spec.kind, spec.what, phrase): spec.due is not None
        for rule in policies.rules
        for spec in rule.then
        for phrase in spec.to or ("",)
    }
    assert [line for line in lines if line not in promised] == []
    assert [line for line, is_due in lines.items() if is_due and not promised[line]] == []
