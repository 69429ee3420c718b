"""z3 says what the reference says; the guarantees hold; a broken one is shown by a form that does the harm it says."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

import service
from rules import (
    Broken,
    Policies,
    Proved,
    RuleFilesError,
    always_together,
    differences,
    load,
    never_apply,
    prove,
    shipped_texts,
)
from rules.engine.casework.counting import counted
from rules.engine.casework.incidents import TOPIC_ROLE, RecalledIncidents
from rules.engine.intake.events import Sent, event_of
from rules.engine.intake.facts import Answer, complete, read_response
from rules.engine.model.conditions import holds
from rules.engine.model.form import Form, Question
from rules.engine.model.policy import EVENT, UNKNOWN
from rules.engine.model.situation import CaseFile, KeptOut
from rules.engine.proposing.audiences import LAST_RESORT, Audiences
from rules.engine.proving.claims import Claims, clean
from rules.engine.proving.possible import relations
from rules.engine.proving.replay import as_scenario
from rules.engine.rulebook.parse import parse
from rules.engine.school.directory import Directory, Person
from rules.engine.school.school_days import LONDON
from service.flows.simulate import simulate
from service.school import School, load_school
from tests.rules.watched import in_another_process

Record = dict[str, Any]
PAIRS, WRITTEN = 4_000, 2_000
AT = datetime(2026, 10, 6, 11, 20, tzinfo=LONDON)  # a Tuesday


@pytest.fixture(scope="module")
def policies() -> Policies:
    return load()


@pytest.fixture(scope="module")
def school() -> School:
    return load_school(Path(service.__file__).parent / "sample_school")


# --- three meanings ---------------------------------------------------------------------------------------------------


def test_reference_durable_rules_and_z3_mean_the_same() -> None:
    """In a process of its own; ``python -m tests.rules.three_meanings`` compares 100,000."""
    command = f"from tests.rules.three_meanings import compare; print(compare({PAIRS}, 20260901))"
    assert int(in_another_process(command)) >= PAIRS


def test_rules_that_are_written_mean_what_was_meant() -> None:
    """As above, by way of the rule files: ``three_meanings`` compares 10,000."""
    command = f"from tests.rules.three_meanings import compare_written; print(compare_written({WRITTEN}, 20260901))"
    assert int(in_another_process(command)) >= WRITTEN


def filled_at_random(random: Random, form: Form, school: School) -> Iterator[Answer]:
    """Some of the questions, answered with options, several of them, names of the school or rubbish."""
    for question in form.questions:
        if random.random() < 0.4:
            yield Answer(question.id, question.title, answered(random, question, school))


def answered(random: Random, question: Question, school: School) -> object:
    options = [*question.answers, "something that no option says"]
    match question.shape:
        case "choices":
            return random.sample(options, random.randint(0, min(3, len(options))))
        case "choice":
            return random.choice(options)
        case "people":
            known = (*school.directory.pupils[:40], *school.directory.staff, *school.directory.governors)
            return "\n".join(random.choice(known).name for _ in range(random.randint(0, 2)))
        case "date":
            return random.choice(("2026-09-10", "2026-10-06", "2027-01-01", "long ago"))
        case "number":
            return random.choice(("3", "about 12 times", "-4", "often"))
        case _:
            return random.choice(("", "Some words."))


def test_what_proofs_suppose_of_submissions_is_true_of_them(policies: Policies, school: School) -> None:
    """Every relation that a proof uses holds for whatever a form brings, and every fact has a value that z3 knows."""
    random, words, before = Random(7), policies.vocabulary.facts, RecalledIncidents()
    for topic in words["topic"].words:
        before.add(f"C-{topic}", f"topic:{topic}", TOPIC_ROLE, AT.date(), None)
    for _ in range(400):
        form = random.choice([form for form in policies.forms.values() if form.event != "update recorded"])
        reading = read_response(form, filled_at_random(random, form, school))
        event = event_of(reading, Sent(AT, None, "first"), school.directory)
        event = counted(before, event, words, school.calendar)
        facts = complete(words, {EVENT: event.name, **event.facts})
        for relation in relations(words):
            assert holds(relation.condition, facts), (relation.condition, facts)
        for name, word in words.items():
            value = facts[name]
            if isinstance(value, frozenset):
                assert value, name
                assert value <= set(word.words), name
                assert UNKNOWN not in value or len(value) == 1, name


def random_school(random: Random, school: School) -> tuple[Directory, frozenset[str]]:
    """One holder a role, some roles without one, some holders kept out of the case."""
    roles = sorted({clean_role for clean_role in ALL_ROLES if random.random() < 0.6})
    people = tuple(
        Person(f"{role}@school.example", role, role, "Holder", f"{role}@school.example", (role,), True, "staff")
        for role in roles
    )
    out = frozenset(person.email for person in people if random.random() < 0.3)
    return Directory(people, (), (), ()), out


ALL_ROLES = (
    *LAST_RESORT, "senco", "behaviour-lead", "behaviour-team", "safeguarding-team", "behaviour-team-inbox",
    "counsellor",
)  # fmt: skip
ROLE_PHRASES = (
    "designated safeguarding lead", "deputy designated safeguarding lead", "headteacher", "deputy headteacher",
    "chair of governors", "vice-chair of governors", "clerk to governors", "business manager", "behaviour lead",
    "special needs coordinator", "interviewer", "safeguarding team", "behaviour team",
    "case manager", "complaint handler",
)  # fmt: skip
ABOUT = ("staff", "headteacher", "chair", "governor", "whole board", "clerk", "business manager", "school", UNKNOWN)


def test_proofs_resolve_roles_as_the_engine_does(policies: Policies, school: School) -> None:
    random, claims, seen = Random(11), Claims(policies), 0
    for _ in range(300):
        directory, out = random_school(random, school)
        about = frozenset(random.sample(ABOUT, random.randint(1, 2)))
        case = CaseFile(
            "C-1", "complaint", "open", None, AT, facts={"complained about": about},
            kept_out=tuple(KeptOut(address, "named") for address in out),
        )  # fmt: skip
        audiences = Audiences(policies.vocabulary, directory, case)
        held = {role for person in directory.staff if person.email not in out for role in person.roles}
        facts = {name: "no" for name in claims.facts if name.startswith(clean(""))}
        facts |= {clean(role): "yes" for role in held}
        for phrase in ROLE_PHRASES:
            reached = audiences.reach(phrase)
            last = audiences.last_resort()
            addresses = [r.address for r in reached.recipients] or ([last.address] if last else [])
            assert not set(addresses) & out
            for role in held:
                modelled = holds(claims._reaches(phrase, role), {**facts, "complained about": about})
                assert modelled == (addresses == [f"{role}@school.example"]), (phrase, role, sorted(held), about)
                seen += modelled
    assert seen > 2_000


# --- the shipped rules ------------------------------------------------------------------------------------------------


def test_every_guarantee_is_proved_in_under_five_seconds(policies: Policies) -> None:
    began = time.process_time()
    broken = [proof for proof in prove(policies) if isinstance(proof, Broken)]
    assert not broken, [(proof.guarantee.id, proof.wrong, proof.effects) for proof in broken]
    assert len(policies.guarantees) >= 12
    assert time.process_time() - began < 5


def test_every_shipped_rule_can_apply(policies: Policies) -> None:
    assert never_apply(policies) == ()


def test_rules_that_always_apply_together_are_found(policies: Policies) -> None:
    pairs = {(one.id, other.id) for one, other in always_together(policies)}
    assert ("AB-03", "AB-04") in pairs
    assert not any("AB-01" in pair for pair in pairs)


# --- deliberately broken ----------------------------------------------------------------------------------------------


def changed(rule: str, **edits: Any) -> Policies:
    """The shipped policies with a rule's parts replaced, or without the rule; its own examples go too."""
    texts = shipped_texts()
    for name, text in texts.items():
        if f"- rule: {rule}\n" not in text:
            continue
        root = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  text, lists and mappings only
        kept = [one for one in root if one["rule"] != rule or edits]
        for one in kept:
            if one["rule"] == rule:
                one.update(edits)
        texts[name] = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True)
    return parse(texts)


def verdict(policies: Policies, guarantee: str) -> Proved | Broken:
    """What is proved of one guarantee."""
    (found,) = prove(replace(policies, guarantees=tuple(g for g in policies.guarantees if g.id == guarantee)))
    return found


def broken_by(policies: Policies, guarantee: str) -> Broken:
    found = verdict(policies, guarantee)
    assert isinstance(found, Broken)
    return found


def played(broken: Broken, policies: Policies, school: School, folder: Path) -> list[Record]:
    file = folder / "counterexample.yaml"
    file.write_text(as_scenario(broken.facts, policies, school.directory, school.calendar, AT), encoding="utf-8")
    return [record for record in simulate(file, school, policies) if record["event"] in ("last", "last again")]


def holder(school: School, role: str) -> str:
    return school.directory.holders(role)[0].email


DROPPED = [
    ("G-01", "AB-01", "notice", {"to": "dsl", "urgent": True}),
    ("G-04", "AB-03", "notice", {"to": "safeguarding-team"}),
    ("G-05", "AB-04", "notice", {"to": "deputy-headteacher"}),
    ("G-06", "AB-07", "notice", {"to": "headteacher", "urgent": True}),
    ("G-11", "AB-02", "task", {"title": "Decide on police, social care or early help, and record why"}),
    ("G-13", "AB-09", "flag", {"name": "choose who was meant"}),
    ("G-15", "AB-44", "flag", {"name": "reported late"}),
    ("G-16", "AB-05", "notice", {"to": "senco"}),
    ("G-51", "CP-10", "case", {"track": "safeguarding"}),
    ("G-53", "CP-05", "flag", {"name": "decide on a complaint without a name"}),
    ("G-54", "CP-06", "flag", {"name": "decide whether to accept a late complaint"}),
    ("G-55", "CP-02", "task", {"title": "Seek an informal resolution with the complainant, for example at a meeting"}),
    ("G-57", "CP-03", "notice", {"to": "business-manager"}),
    ("G-66", "CP-15", "case", {"stage": "1"}),
    ("G-68", "CP-18", "notice", {"urgent": True}),
    ("G-80", "CP-30", "case", {"stage": "2"}),
    ("G-87", "CP-35", "flag", {"name": "decide whether to accept a late appeal"}),
    ("G-110", "AB-43", "notice", {"urgent": True}),
]


@pytest.mark.parametrize(("guarantee", "rule", "kind", "missing"), DROPPED, ids=[one[0] for one in DROPPED])
def test_a_dropped_rule_breaks_its_guarantee_and_the_form_shows_what_is_missing(
    guarantee: str, rule: str, kind: str, missing: Mapping[str, Any], policies: Policies, school: School, tmp_path: Path
) -> None:
    worse = changed(rule)
    broken = broken_by(worse, guarantee)
    missing = {**missing, **({"to": holder(school, str(missing["to"]))} if "to" in missing else {})}

    def comes(records: list[Record]) -> bool:
        return any(record["kind"] == kind and missing.items() <= record.items() for record in records)

    assert broken.form.answers or broken.facts
    assert broken.wrong
    assert comes(played(broken, policies, school, tmp_path)), "with the rule it comes"
    assert not comes(played(broken, worse, school, tmp_path)), "without it, as the counterexample says, it does not"


HARMFUL: list[tuple[str, str, dict[str, Any], str, Mapping[str, Any]]] = [
    ("G-07", "AB-05", {"when": {"people reported": "includes staff"}, "then": [
        {"notify": "behaviour team", "using": "case_notice"}]}, "notice", {"to": "behaviour-team-inbox"}),
    ("G-08", "AB-03", {"when": {"people targeted": "does not include staff"}},
     "notice", {"to": "behaviour-team-inbox"}),
    ("G-20", "AB-20", {"when": {"telling parents is a risk": "is yes"}, "then": [
        {"flag": "ask", "for": "headteacher"}]}, "", {}),
    ("G-28", "AB-25", {"when": {"track": "is bullying"}, "then": [
        {"letter": "other_parents_informed", "to": "parents and carers of the pupil reported"}]},
     "notice", {"status": "draft", "role": "parent or carer"}),
    ("G-40", "CP-30", {"then": [{"task": "Write back", "for": "complainant"}]}, "task", {"title": "Write back"}),
    ("G-52", "CP-15", {"when": {"discussed before": "is no"}}, "case", {"stage": "1"}),
    ("G-43", "CP-19", {"then": [{"flag": "the complainant is vexatious", "for": "case manager"}]},
     "flag", {"name": "the complainant is vexatious"}),
    ("G-44", "CP-06", {"then": [{"record": "late complaint refused"}]}, "case", {"state": "closed"}),
    ("G-87", "CP-34", {"when": {"track": "is complaint", "what happened": "is complainant asks for stage 4 (cap)"}},
     "case", {"stage": "4"}),
]  # fmt: skip


@pytest.mark.parametrize(("guarantee", "rule", "edits", "kind", "harm"), HARMFUL, ids=[one[0] for one in HARMFUL])
def test_a_harmful_edit_breaks_its_guarantee_and_the_form_does_the_harm(
    guarantee: str, rule: str, edits: dict[str, Any], kind: str, harm: Mapping[str, Any], policies: Policies,
    school: School, tmp_path: Path,
) -> None:  # fmt: skip
    worse = changed(rule, **edits)
    if not kind:  # another rule or a guard still prevents it, and so does the proof
        assert isinstance(verdict(worse, guarantee), Proved)
        return
    broken = broken_by(worse, guarantee)
    harm = {**harm, **({"to": holder(school, str(harm["to"]))} if "to" in harm else {})}

    def done(records: list[Record]) -> bool:
        return any(record["kind"] == kind and harm.items() <= record.items() for record in records)

    assert rule in broken.rules
    assert any(effect.startswith(f"{rule}: ") for effect in broken.effects)
    assert done(played(broken, worse, school, tmp_path)), "the harm is done, as the counterexample says"
    assert not done(played(broken, policies, school, tmp_path)), "not by the shipped rules"


def test_a_hold_is_stronger_than_a_letter_whatever_the_order(
    policies: Policies, school: School, tmp_path: Path
) -> None:
    """A rule that writes to families of a held report breaks what rules alone promise, not what the hold promises."""
    worse = changed("AB-23", when={"pupil wants parents told": "is no"})
    assert isinstance(verdict(worse, "G-23"), Broken)
    assert isinstance(verdict(worse, "G-31"), Proved)
    records = played(broken_by(worse, "G-23"), worse, school, tmp_path)
    assert not [record for record in records if record["kind"] == "notice" and record["role"] == "parent or carer"]


# --- between two versions ---------------------------------------------------------------------------------------------


def test_what_changed_is_shown_with_an_example_of_each_kind(policies: Policies) -> None:
    assert differences(policies, policies) == ()
    new = changed("AB-01", when={"safeguarding concern": "is yes"})
    found = differences(policies, new)
    assert {(one.event, one.added) for one in found} == {("report received", False)}
    alert = next(one for one in found if one.what == "an urgent notice goes to: designated safeguarding lead")
    assert alert.rules == ("AB-01",)
    assert any(line.startswith("AB-01: an urgent notice") for line in alert.before)
    assert not any(line.startswith("AB-01: ") for line in alert.after)
    assert alert.form.form == "bullying-report"


def test_a_rule_that_can_never_apply_is_found(policies: Policies) -> None:
    dead = replace(policies.rule("AB-06"), when=changed("AB-06", when=[
        {"reported by": "is staff"}, {"reported by": "is pupil"}]).rule("AB-06").when)  # fmt: skip
    rules = tuple(dead if rule.id == "AB-06" else rule for rule in policies.rules)
    assert [rule.id for rule in never_apply(replace(policies, rules=rules))] == ["AB-06"]


# --- the file ---------------------------------------------------------------------------------------------------------

HEAD = "guarantees:\n  - guarantee: G-X\n    title: A title\n    clauses: [AB-8e]\n    says: Words.\n"
WRONG = {
    "    always:\n      - somebody is told soon\n": "is not something that can be promised",
    "    always:\n      - reaches: headteacher\n": "belongs under `never:`",
    "    never:\n      - notify: the caretaker\n": 'Nobody here is called "the caretaker"',
    "    never:\n      - letter: love_letter\n": 'Nothing here is called "love_letter"',
    "    rests on: luck\n    never:\n      - the case ends\n": 'No guard is called "luck"',
    "    on: sunrise\n    never:\n      - the case ends\n": 'No event is called "sunrise"',
    "": "promises nothing",
}


@pytest.mark.parametrize(("lines", "said"), WRONG.items(), ids=WRONG.values())
def test_a_guarantee_that_cannot_be_read_is_a_mistake_at_its_place(lines: str, said: str) -> None:
    with pytest.raises(RuleFilesError) as refused:
        parse({**shipped_texts(), "own.yaml": HEAD + lines})
    assert any(
        said in problem.what + problem.instead and problem.file == "own.yaml" for problem in refused.value.problems
    )


def test_a_guarantee_about_nothing_is_not_called_proved() -> None:
    own = (
        HEAD
        + "    on: report received\n    when: [{edited: is yes}, {edited: is no}]\n    never:\n      - the case ends\n"
    )
    found = verdict(parse({**shipped_texts(), "own.yaml": own}), "G-X")
    assert isinstance(found, Broken)
    assert found.claim is None


IDLE = {
    "    on: report received\n    only:\n      - record: case closed\n": "record: case closed",
    "    on: report received\n    when:\n      any of: [{edited: is yes}, {edited: is not yes}]\n    always:\n"
    "      - somebody is told at once\n    only:\n      - letter: any\n": "letter: any",
}


@pytest.mark.parametrize(("lines", "claim"), IDLE.items(), ids=IDLE.values())
def test_a_guarantee_that_nothing_could_break_is_not_called_proved(lines: str, claim: str) -> None:
    """What is promised "only" there says nothing where there is everywhere."""
    found = verdict(parse({**shipped_texts(), "own.yaml": HEAD + lines}), "G-X")
    assert isinstance(found, Broken)
    assert found.claim is not None
    assert found.claim.words == claim
    assert found.wrong.startswith("It says nothing")
