"""The words of the policy files: each is used or explained, each clause is in the register, each text is sent."""

from __future__ import annotations

import re
from datetime import date, datetime

import rules
from rules.engine.model.policy import EVENT, atoms
from rules.engine.rulebook.lint_words import NEEDED_PEOPLE, NEEDED_SETTINGS, NEEDED_TEMPLATES
from rules.engine.school.term_dates import read_term_dates
from tests.house.files import ROOT, texts

POLICIES = rules.load()
RULE_FILES = texts(".yaml", within=("rules/policies/",))
ENGINE = "\n".join(texts(".py", within=("rules/", "service/")).values())
DEADLINES = [d for p in POLICIES.procedures.values() for stage in p.stages for d in stage.deadlines]


def test_every_fact_is_explained_and_asked_counted_or_worked_out() -> None:
    asked = {question.name for form in POLICIES.forms.values() for question in form.questions}
    for name, fact in POLICIES.vocabulary.facts.items():
        assert fact.meaning or name == EVENT, name
        # What no form asks and no history counts, the engine works out: it has to know the name.
        assert name in asked or fact.counts or f'"{name}"' in ENGINE or name == EVENT, name


def test_every_fact_that_a_rule_tests_exists() -> None:
    tested = {atom.fact for rule in POLICIES.rules for atom in atoms(rule.condition)}
    assert tested <= POLICIES.vocabulary.facts.keys()


def test_every_person_is_somebody_for_whom_something_is_done() -> None:
    named = set(NEEDED_PEOPLE) | {phrase for d in DEADLINES for phrase in (d.duty_of, *d.if_missed)}
    named |= {phrase for rule in POLICIES.rules for spec in rule.then for phrase in (*spec.to, spec.lifted_by)}
    named |= {template.held_by for template in POLICIES.vocabulary.templates.values()}
    named |= {phrase for phrase in POLICIES.vocabulary.audiences if f'"{phrase}"' in ENGINE}
    # A letter may give the address of a body outside, by its role.
    addresses = {role for text in RULE_FILES.values() for role in re.findall(r'address_of\["([a-z-]+)"\]', text)}
    named |= {audience.phrase for audience in POLICIES.vocabulary.audiences.values() if audience.role in addresses}
    assert POLICIES.vocabulary.audiences.keys() - named == set()


def test_every_text_is_sent_by_a_rule_or_by_the_engine() -> None:
    used = {spec.using for rule in POLICIES.rules for spec in rule.then} | set(NEEDED_TEMPLATES)
    unused = {name for name in POLICIES.vocabulary.templates if name not in used and f'"{name}"' not in ENGINE}
    assert unused == set()


def test_every_setting_is_used() -> None:
    rest = "\n".join(text for name, text in RULE_FILES.items() if not name.endswith("settings.yaml"))
    unused = {
        name for name in POLICIES.settings if name not in NEEDED_SETTINGS and name not in rest and name not in ENGINE
    }
    assert unused == set()


def test_what_the_checker_says_the_engine_needs_is_what_the_engine_asks_for() -> None:
    asked = set(re.findall(r'settings\["([^"]+)"\]', ENGINE)) | set(re.findall(r"settings\['([^']+)'\]", ENGINE))
    assert asked <= set(NEEDED_SETTINGS)


def test_every_clause_that_is_cited_is_in_the_register() -> None:
    cited = {clause for rule in POLICIES.rules for clause in rule.clauses}
    cited |= {clause for deadline in DEADLINES for clause in deadline.clauses}
    cited |= {clause for note in rules.notes(POLICIES) for clause in note.clauses}
    # The engine's own grounds name clauses too.
    cited |= set(re.findall(r'"((?:AB|CP)-\d{1,2}[a-z])"', ENGINE))
    assert cited - POLICIES.clauses == set()


def test_every_event_has_a_rule_or_a_reader() -> None:
    heard = {event for rule in POLICIES.rules for event in rule.on}
    read = {form.event for form in POLICIES.forms.values()}
    known = heard | read | {event for event in POLICIES.vocabulary.events if f'"{event}"' in ENGINE}
    assert POLICIES.vocabulary.events - known == set()


def test_every_track_of_a_case_that_a_rule_opens_can_be_numbered() -> None:
    from service.store import PREFIXES

    opened = {spec.what for rule in POLICIES.rules for spec in rule.then if spec.kind == "open case"}
    assert opened <= PREFIXES.keys()


def test_the_sample_school_has_a_whole_school_year_and_every_scenario_lies_in_it() -> None:
    dates = (ROOT / "service/sample_school/term-dates.csv").read_text(encoding="utf-8")
    terms = [span for span in read_term_dates(dates) if span.kind == "term"]
    first, last = min(span.first for span in terms), max(span.last for span in terms)
    assert len(terms) >= 6
    assert (last - first).days > 300
    starts = {
        name: datetime.fromisoformat(found[1]).date()
        for name, text in texts(".yaml", within=("tests/policies/", "service/")).items()
        if (found := re.search(r"^start: ['\"]?(\d{4}-\d\d-\d\d(?:T[\d:]+)?)", text, re.MULTILINE))
    }
    assert starts
    assert {name: day for name, day in starts.items() if not date(first.year, 8, 1) <= day <= last} == {}
