"""Who is kept out, what a hold leaves, and that somebody is told, whatever the rules say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules.engine.intake.guards import FAMILY, NAMED, after_hold, held_from_families, kept_out, merge, somebody_is_told
from rules.engine.model.effects import Notice, Withhold
from rules.engine.model.situation import Event, KeptOut, Party
from rules.engine.school.directory import Carer, Directory
from tests.rules.northbridge import CHAIR, CLERK, HEAD, PEOPLE, TEACHER, a_case

EVENT = Event("complaint received")
NOTICE = Notice(
    key="n", case="B-2026-0001", rules=("X",), clauses=(), because="", to=HEAD, role="headteacher", status="sent",
    held_by=None, urgent=False, subject="", body="", template="case_notice", family=False,
)  # fmt: skip
HOLD = Withhold(
    key="w", case="B-2026-0001", rules=("X",), clauses=(), because="", details="everything",
    from_=("parents and carers of everyone in the case",), lifted_by="designated safeguarding lead",
)  # fmt: skip


def named(role: str, key: str | None, *possible: str) -> Party:
    return Party(1, role, "staff", "", key, possible)  # type: ignore[arg-type]


def kept(*parties: Party, **facts: object) -> dict[str, str]:
    about = {name.replace("_", " "): value for name, value in facts.items()}
    return {one.address: one.why for one in kept_out(EVENT, about, parties, PEOPLE)}  # type: ignore[arg-type]


@pytest.mark.parametrize("role", ["reported", "complained about"])
def test_whoever_is_named_is_kept_out(role: str) -> None:
    assert kept(named(role, TEACHER)) == {TEACHER: NAMED}


@pytest.mark.parametrize("role", ["targeted", "witness", "reporter"])
def test_whoever_was_hurt_or_saw_it_is_not(role: str) -> None:
    assert kept(named(role, TEACHER)) == {}


def test_everybody_who_may_be_meant_is_kept_out_until_a_person_decides() -> None:
    found = kept(named("reported", None, HEAD, TEACHER))
    assert found.keys() == {HEAD, TEACHER}
    assert all("until a person decides" in why for why in found.values())


def with_child(upn: str, *, contact: bool = True) -> Directory:
    """The sample school, where the teacher is a carer of this pupil."""
    pupils = (replace(p, carers=(Carer(TEACHER, contact),)) if p.key == upn else p for p in PEOPLE.pupils)
    return replace(PEOPLE, pupils=tuple(pupils))


@pytest.mark.parametrize("role", ["targeted", "reported", "witness"])
@pytest.mark.parametrize("contact", [True, False])
def test_who_works_here_and_has_a_child_in_the_case_is_not_told_as_a_colleague(role: str, contact: bool) -> None:
    child, other = (pupil.key for pupil in PEOPLE.pupils[:2])
    school = with_child(child, contact=contact)
    for party in (Party(1, role, "pupil", "", child), Party(1, role, "pupil", "", None, (other, child))):  # type: ignore[arg-type]
        assert kept_out(EVENT, {}, [party], school) == (KeptOut(TEACHER, FAMILY),)
    assert kept_out(EVENT, {}, [Party(1, role, "pupil", "", other)], school) == ()  # type: ignore[arg-type]


def test_whoever_is_reported_and_has_a_child_in_the_case_is_the_person_concerned() -> None:
    child = PEOPLE.pupils[0].key
    parties = [Party(1, "targeted", "pupil", "", child), named("reported", TEACHER)]
    assert kept_out(EVENT, {}, parties, with_child(child)) == (KeptOut(TEACHER, NAMED),)


def test_a_complaint_about_a_role_keeps_its_holder_out() -> None:
    about = frozenset({"headteacher"})
    assert kept(complained_about=about, stated_complained_about="headteacher").keys() == {HEAD}
    about = frozenset({"chair"})
    assert kept(complained_about=about, stated_complained_about="chair").keys() == {CHAIR}


def test_a_complaint_about_the_whole_board_keeps_every_governor_out_and_not_the_clerk() -> None:
    found = kept(complained_about=frozenset({"whole board"}), stated_complained_about="whole board")
    governors = {p.email for p in PEOPLE.governors if "clerk" not in p.roles}
    assert found.keys() == governors
    assert CLERK not in found


def test_a_governor_who_is_not_named_may_be_any() -> None:
    found = kept(complained_about=frozenset({"governor"}), stated_complained_about="governor")
    assert CHAIR in found
    assert CLERK not in found
    only = kept(named("complained about", CHAIR), complained_about=frozenset({"governor", "chair"}),
                stated_complained_about="governor")  # fmt: skip
    assert only == {CHAIR: NAMED}


def test_nobody_is_let_in_again_by_a_later_version() -> None:
    before = (KeptOut(HEAD, NAMED), KeptOut(TEACHER, "maybe"))
    assert merge(before, ()) == tuple(sorted(before, key=lambda one: one.address))
    now = {one.address: one.why for one in merge(before, (KeptOut(TEACHER, NAMED), KeptOut(HEAD, "maybe")))}
    assert now == {HEAD: NAMED, TEACHER: NAMED}


def test_a_hold_leaves_no_word_to_families_not_even_a_draft() -> None:
    draft = replace(NOTICE, key="d", to="carer@family.example", status="draft", family=True)
    left, told = after_hold([NOTICE, draft], HOLD)
    assert left == [NOTICE]
    assert "designated safeguarding lead decides" in told[0].why
    assert after_hold([NOTICE, draft], None) == ([NOTICE, draft], ())


def test_a_hold_that_was_lifted_or_is_about_others_holds_nothing() -> None:
    assert held_from_families({"w": HOLD}) is HOLD
    assert held_from_families({"w": replace(HOLD, active=False)}) is None
    assert held_from_families({"w": replace(HOLD, from_=("complainant",))}) is None


def test_a_draft_tells_nobody() -> None:
    draft = replace(NOTICE, status="draft")
    assert somebody_is_told([NOTICE], a_case())
    assert not somebody_is_told([draft], a_case())
    assert somebody_is_told([], replace(a_case(), notices={"n": NOTICE}))
