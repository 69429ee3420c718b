"""Why: the answers that made a rule apply, the first that kept one from applying, and who was not told."""

from __future__ import annotations

from rules.engine.effects import Flag, NotTold
from rules.engine.explain import as_text, because, explain, why_not
from rules.engine.facts import complete
from rules.engine.policy import Facts, FactValue
from tests.rules.northbridge import POLICIES

AB_01, AB_45 = POLICIES.rule("AB-01"), POLICIES.rule("AB-45")


def facts(**given: FactValue) -> Facts:
    named = {name.replace("_", " "): value for name, value in given.items()}
    return complete(POLICIES.vocabulary.facts, {"event": "report received"}, named)


def test_a_rule_that_applied_says_by_which_answers_and_clauses() -> None:
    told = because(AB_01, facts(safeguarding_concern="no", immediate_harm="yes", significant_harm="no"))
    assert told == 'Tell the DSL at once about a safeguarding concern, because "immediate harm" is yes (AB-8e).'


def test_a_blank_is_said_as_a_blank() -> None:
    told = because(AB_01, facts(immediate_harm="no", significant_harm="no"))
    assert '"safeguarding concern" was not answered' in told


def test_a_rule_that_did_not_apply_says_what_it_needs() -> None:
    assert why_not(AB_45, facts(incidents_by_this_person=2)) == (
        '"incidents by this person in 60 school days" is 2; it needs at least 3'
    )


def test_an_explanation_has_every_rule_that_was_asked_and_no_other() -> None:
    found = facts(safeguarding_concern="yes")
    did = {rule.id for rule in POLICIES.rules if rule.id in ("AB-01", "AB-03")}
    told = explain(POLICIES.rules, did, found, ())
    named = {reason.rule for reason in (*told.applied, *told.did_not)}
    assert {reason.rule for reason in told.applied} == did
    assert named <= {rule.id for rule in POLICIES.rules if "report received" in rule.on}
    assert told.sentence == told.applied[0].because


def test_nobody_is_said_to_be_told_when_no_rule_applied() -> None:
    assert explain(POLICIES.rules, (), facts(), ()).sentence == "No rule applied."


def test_as_text_reads_aloud_what_was_kept() -> None:
    flag = Flag(
        key="f", case="B-2026-0001", rules=("AB-01",), clauses=("AB-8e",), because="", name="look at it",
        role="headteacher", evidence="", not_told=(NotTold("headteacher", "they are concerned", "h@school.example"),),
    )  # fmt: skip
    kept = explain(POLICIES.rules, {"AB-01"}, facts(), (flag, flag), ["a note"]).as_json()
    text = as_text(kept)
    assert text.startswith("Tell the DSL at once")
    assert "  AB-01 " in text
    assert text.count("headteacher (h@school.example): they are concerned") == 1
    assert text.endswith("Note: a note\n")
    assert "Did not apply:" in text
