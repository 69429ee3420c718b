"""Why: the answers that made a rule apply, the first that kept one from applying, and who was not told."""

from __future__ import annotations

import pytest

from rules.engine.intake.facts import complete
from rules.engine.model.aloud import found
from rules.engine.model.conditions import Reason
from rules.engine.model.effects import Flag, NotTold
from rules.engine.model.policy import EVENT, Facts, FactValue, Is, Rule
from rules.engine.wording.explain import NOTHING, as_text, explain
from rules.engine.wording.explain import because as because_of
from rules.engine.wording.explain import why_not as why_not_of
from tests.rules.northbridge import POLICIES

AB_01, AB_45 = POLICIES.rule("AB-01"), POLICIES.rule("AB-45")
WORDS = POLICIES.vocabulary.facts
SPOKEN = sorted(name for name, word in WORDS.items() if name != EVENT and (word.window or not word.counts))
"""A rule names a count only with its window."""


def because(rule: Rule, found: Facts) -> str:
    return because_of(rule, found, WORDS)


def why_not(rule: Rule, found: Facts) -> str:
    return why_not_of(rule, found, WORDS)


def facts(**given: FactValue) -> Facts:
    named = {name.replace("_", " "): value for name, value in given.items()}
    return complete(POLICIES.vocabulary.facts, {"event": "report received"}, named)


def test_a_rule_that_applied_says_by_which_answers_and_clauses() -> None:
    told = because(AB_01, facts(safeguarding_concern="no", immediate_harm="yes", significant_harm="no"))
    assert told == (
        "Tell the DSL at once about a safeguarding concern, because somebody is at risk of immediate harm (AB-8e)."
    )


def test_a_blank_is_said_as_a_blank_and_what_it_counts_as() -> None:
    told = because(AB_01, facts(immediate_harm="no", significant_harm="no"))
    assert told == (
        "Tell the DSL at once about a safeguarding concern, because nobody has said whether the reporter has a"
        " safeguarding concern; a blank counts as yes (AB-8e)."
    )


def test_not_sure_counts_too() -> None:
    told = because(AB_01, facts(safeguarding_concern="not sure", immediate_harm="no", significant_harm="no"))
    assert told.endswith("is not sure whether there is a safeguarding concern; “not sure” counts as yes (AB-8e).")


def test_a_blank_on_the_wish_counts_as_no() -> None:
    told = because(POLICIES.rule("AB-20"), facts(kind_of_bullying=frozenset({"gender"})))
    assert "nobody has said whether the pupil wants their parents or carers to know" in told
    assert "; a blank counts as no (" in told


def test_several_answers_are_said_as_a_list_and_last() -> None:
    kinds = frozenset({"gender", "online", "sexual"})
    told = because(POLICIES.rule("AB-20"), facts(kind_of_bullying=kinds, pupil_wants_parents_told="no"))
    assert "the pupil does not want their parents or carers to know and the kind" in told
    assert "was given as Gender (including transphobic), Online (cyberbullying) and Sexual" in told


def test_people_are_said_in_words() -> None:
    report = facts(people_targeted=frozenset({"pupil"}), people_reported=frozenset({"parent", "staff"}))
    assert "because a parent is said to have done it and a member of staff is said to have done it" in because(
        POLICIES.rule("AB-08"), report
    )


def test_a_rule_that_did_not_apply_says_what_it_asks_for() -> None:
    assert why_not(AB_45, facts(incidents_by_this_person=2)) == (
        "the number of incidents with the same pupil reported in 60 school days, this one included, is 2;"
        " the rule asks for at least 3"
    )


@pytest.mark.parametrize("fact", SPOKEN)
def test_every_answer_to_everything_reads_as_a_sentence(fact: str) -> None:
    """No quotation of a fact's name, no gap left open, whatever the answer."""
    word = WORDS[fact]
    answers: tuple[FactValue, ...] = (0, 1, 3) if word.kind == "number" else word.words
    for answer in answers:
        value = frozenset({answer}) if word.kind == "choices" and isinstance(answer, str) else answer
        reason = Reason(Is(fact, ("yes",)), value, negated=False)
        told = found(reason, WORDS)
        assert "{" not in told, told
        assert f'"{fact}"' not in told or answer == "unknown", told


def test_an_explanation_has_every_rule_that_was_asked_and_no_other() -> None:
    found = facts(safeguarding_concern="yes")
    did = {rule.id for rule in POLICIES.rules if rule.id in ("AB-01", "AB-03")}
    told = explain(POLICIES, did, found, ())
    named = {reason.rule for reason in (*told.applied, *told.did_not)}
    assert {reason.rule for reason in told.applied} == did
    assert named <= {rule.id for rule in POLICIES.rules if "report received" in rule.on}


def test_the_most_urgent_comes_first() -> None:
    found = facts(safeguarding_concern="yes", people_targeted=frozenset({"pupil"}))
    told = explain(POLICIES, {"AB-01", "AB-03", "AB-22"}, found, ())
    assert told.sentence.startswith(AB_01.title)
    assert explain(POLICIES, {"AB-03", "AB-22"}, found, ()).sentence.startswith(POLICIES.rule("AB-22").title)


def test_what_no_rule_made_is_said_by_the_guard_that_made_it_and_every_clause_has_its_makers() -> None:
    because = "No report may end with nobody told (AB-8l)."
    flag = Flag(
        key="f", case="B-2026-0001", rules=("AB-01", "nobody-told"), clauses=("AB-8l",), because=because,
        name="look at it", role="headteacher", evidence="",
    )  # fmt: skip
    told = explain(POLICIES, {"AB-01"}, facts(safeguarding_concern="yes"), (flag,))
    assert [(guard.guard, guard.because) for guard in told.guards] == [("nobody-told", because)]
    assert told.by_clause == {"AB-8e": ("AB-01",), "AB-8l": ("nobody-told",)}
    assert explain(POLICIES, (), facts(), (flag,)).sentence == because


def test_rules_with_one_reason_stand_together() -> None:
    update = complete(WORDS, {"event": "update recorded"}, {"track": "bullying"})
    text = as_text(explain(POLICIES, (), update, ()).as_json())
    together = next(line for line in text.splitlines() if "CP-30, CP-31" in line)
    assert together.endswith("it is a bullying case; the rule asks for complaint")


def test_nobody_is_said_to_be_told_when_no_rule_applied() -> None:
    assert explain(POLICIES, (), facts(), ()).sentence == NOTHING


def test_as_text_reads_aloud_what_was_kept() -> None:
    flag = Flag(
        key="f", case="B-2026-0001", rules=("AB-01",), clauses=("AB-8e",), because="", name="look at it",
        role="headteacher", evidence="", not_told=(NotTold("headteacher", "they are concerned", "h@school.example"),),
    )  # fmt: skip
    kept = explain(POLICIES, {"AB-01"}, facts(), (flag, flag), ["a note"]).as_json()
    text = as_text(kept)
    assert text.startswith("Tell the DSL at once")
    assert "  AB-01 " in text
    assert text.count("headteacher (h@school.example): they are concerned") == 1
    assert text.endswith("Note: a note\n")
    assert "Did not apply:" in text
