"""Who may see a case, release a draft of it and acknowledge its alert."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.engine.model.effects import CalendarEntry, Notice
from rules.engine.model.situation import CaseFile, KeptOut, Party
from rules.engine.school.directory import Directory, Person
from service import access
from service.school import School, load_school
from tests.service.console_case import (
    BEHAVIOUR_BOX,
    BEHAVIOUR_LEAD,
    CHAIR,
    CLERK,
    DEPUTY,
    DSL,
    GOVERNOR,
    HEAD,
    MOMENT,
    PARENT,
    SAFEGUARDING_BOX,
    TEACHER,
    bullying,
    bullying_effects,
    complaint,
    hold,
    notice,
)
from tests.service.samples import SAMPLE

DIRECTORY = load_school(SAMPLE).directory
SENCO = "p.dyson@northbridge.example"
YEAR_8 = "t.whitlock@northbridge.example"
COUNSELLOR = "m.lin@northbridge.example"  # available: no
BEHAVIOUR_TEAM = "c.jevons@northbridge.example"
LADO = "lado@council.example"
TRACKS = (*access.BY_ROLE, "a track of next year")
EVERYBODY = sorted(person.email for person in DIRECTORY.everyone())


def who(address: str, directory: Directory = DIRECTORY) -> Person:
    """The person of the sample school who has this address."""
    found = directory.by_email(address)
    assert found is not None
    return found


def case_of(track: str, *notices: Notice, **more: object) -> CaseFile:
    """A case of which nobody was told but by these notices."""
    kept = {one.key: one for one in notices}
    return CaseFile("X-2026-0001", track, "open", None, MOMENT, notices=kept, **more)  # type: ignore[arg-type]


def seen_by(case: CaseFile, directory: Directory = DIRECTORY) -> set[str]:
    """Everybody who may see it."""
    return {person.email for person in directory.everyone() if access.may_see(person, case, directory)}


@pytest.mark.parametrize(
    ("track", "expected"),
    [
        (
            "bullying",
            {HEAD, DSL, DEPUTY, "b.norcross@northbridge.example", "d.okafor@northbridge.example", BEHAVIOUR_LEAD}
            | {BEHAVIOUR_TEAM},
        ),
        ("safeguarding", {DSL, DEPUTY, "b.norcross@northbridge.example"}),
        ("staff-conduct", {HEAD}),
        ("adult", {HEAD, DSL}),
        ("complaint", {HEAD, CLERK}),
        ("contact", {HEAD, CLERK}),
        ("a track of next year", set()),
    ],
)
def test_without_a_word_to_anybody_a_case_is_seen_by_a_few_roles(track: str, expected: set[str]) -> None:
    assert seen_by(case_of(track)) == expected


@pytest.mark.parametrize("address", [SENCO, YEAR_8, COUNSELLOR, HEAD, CHAIR])
def test_whoever_was_told_sees_it(address: str) -> None:
    case = case_of("safeguarding", notice(address, "somebody who needs to know"))
    assert access.may_see(who(address), case, DIRECTORY)


def test_a_word_to_a_shared_mailbox_is_a_word_to_those_who_read_it() -> None:
    case = case_of("adult", notice(BEHAVIOUR_BOX, "behaviour team"))
    assert seen_by(case) == {HEAD, DSL, BEHAVIOUR_LEAD, BEHAVIOUR_TEAM}


@pytest.mark.parametrize("address", [SAFEGUARDING_BOX, BEHAVIOUR_BOX, LADO])
def test_a_shared_mailbox_and_an_outside_body_see_nothing_even_if_told(address: str) -> None:
    assert not access.may_see(who(address), case_of("bullying", notice(address, "team")), DIRECTORY)


@pytest.mark.parametrize(
    "words",
    [
        {"template": "receipt"},
        {"role": "reporter"},
        {"role": "complainant"},
        {"status": "draft", "held_by": HEAD},
        {"status": "withdrawn"},
        {"held_by": HEAD, "template": "complaint_acknowledged"},
        {"family": True},
    ],
    ids=str,
)
def test_thanks_and_letters_open_nothing(words: dict[str, object]) -> None:
    told = notice(TEACHER, "teacher")
    assert access.may_see(who(TEACHER), case_of("bullying", told), DIRECTORY)
    assert not access.may_see(who(TEACHER), case_of("bullying", replace(told, **words)), DIRECTORY)  # type: ignore[arg-type]


def test_work_on_a_case_shows_it_until_the_work_is_cancelled() -> None:
    (task, *_) = bullying().tasks.values()
    for state, expected in (("open", True), ("done", True), ("cancelled", False)):
        mine = replace(task, assignee=SENCO, state=state)  # type: ignore[arg-type]
        assert access.may_see(who(SENCO), case_of("complaint", tasks={mine.key: mine}), DIRECTORY) is expected


def test_whoever_holds_a_draft_sees_the_case_it_belongs_to() -> None:
    case = case_of("complaint", notice(PARENT, "complainant", status="draft", held_by=SENCO))
    assert access.may_see(who(SENCO), case, DIRECTORY)


def test_nobody_of_the_behaviour_team_sees_the_conduct_of_staff_even_if_told() -> None:
    case = case_of("staff-conduct", notice(BEHAVIOUR_LEAD, "x"), notice(BEHAVIOUR_BOX, "y"), notice(DSL, "z"))
    assert seen_by(case) == {HEAD, DSL}


def test_a_governor_sees_a_case_only_from_the_panel_or_as_chair_or_clerk_who_was_told() -> None:
    told = [notice(address, "governor") for address in (GOVERNOR, CHAIR)]
    assert seen_by(case_of("complaint", *told)) == {HEAD, CLERK, CHAIR}
    assert seen_by(case_of("complaint", panel=(GOVERNOR,))) == {HEAD, CLERK, GOVERNOR}


def test_a_role_without_a_holder_for_now_shows_nothing() -> None:
    staff = tuple(replace(person, available=person.email != HEAD) for person in DIRECTORY.staff)
    directory = replace(DIRECTORY, staff=staff)
    assert seen_by(case_of("contact"), directory) == {CLERK}
    assert HEAD in seen_by(case_of("contact", notice(HEAD, "headteacher")), directory)


def test_an_account_that_is_not_on_the_list_sees_nothing() -> None:
    stranger = replace(who(DSL), key="dsl@elsewhere.example", email="dsl@elsewhere.example")
    assert not access.may_see(stranger, case_of("bullying", notice(stranger.email, "dsl")), DIRECTORY)


def test_the_person_complained_about_sees_neither_the_case_nor_anything_to_do_on_it() -> None:
    head, case = who(HEAD), complaint()
    assert not access.may_see(head, case, DIRECTORY)
    assert access.view(head, case, DIRECTORY) is None
    assert access.visible(head, [case, bullying()], DIRECTORY) == [bullying()]


def test_a_party_who_is_concerned_is_kept_out_even_if_the_list_forgot_them() -> None:
    by_name = Party(1, "complained about", "staff", "The head", key=HEAD)
    perhaps = Party(1, "reported", "unknown", "Marsh", possible=(HEAD, "b.marsh@northbridge.example"))
    for party in (by_name, perhaps):
        assert HEAD not in seen_by(case_of("bullying", notice(HEAD, "headteacher"), parties=(party,)))
    witness = replace(by_name, role="witness")
    assert HEAD in seen_by(case_of("bullying", parties=(witness,)))


@given(st.data())
def test_whoever_is_kept_out_never_sees_whatever_they_are_and_were_told(data: st.DataObject) -> None:
    address = data.draw(st.sampled_from(EVERYBODY))
    written = data.draw(st.sampled_from([address, address.upper(), f" {address.title()} "]))
    to = st.sampled_from([*EVERYBODY, address])
    told = data.draw(st.lists(st.builds(notice, to, st.just("any"), key=st.uuids().map(str), urgent=st.booleans())))
    (task, *_) = bullying().tasks.values()
    case = case_of(
        data.draw(st.sampled_from(TRACKS)),
        *told,
        notice(PARENT, "parent", key="draft", status="draft", held_by=address),
        tasks={"task": replace(task, assignee=address)},
        panel=(address,),
        kept_out=(KeptOut(written, "they are the person concerned"),),
    )
    person = who(address)
    assert not access.may_see(person, case, DIRECTORY)
    assert access.view(person, case, DIRECTORY) is None
    assert access.visible(person, [case], DIRECTORY) == []
    assert not access.may_acknowledge(person, case, DIRECTORY)
    assert not access.may_release(person, case, case.notices["draft"], DIRECTORY)


def test_an_alert_is_acknowledged_by_those_it_called_and_by_those_on_the_ladder() -> None:
    case = bullying()
    may = {p.email for p in DIRECTORY.everyone() if access.may_acknowledge(p, case, DIRECTORY)}
    assert may == {DSL, DEPUTY, "b.norcross@northbridge.example", HEAD}
    called = case_of("bullying", notice(SAFEGUARDING_BOX, "team", urgent=True), notice(HEAD, "head", urgent=True))
    assert access.may_acknowledge(who(HEAD), called, DIRECTORY)
    assert not access.may_acknowledge(who(BEHAVIOUR_LEAD), called, DIRECTORY)


@pytest.mark.parametrize(
    ("address", "may"), [(DSL, True), (HEAD, True), (DEPUTY, True), (BEHAVIOUR_LEAD, False), (TEACHER, False)]
)
def test_a_draft_is_released_by_its_holder_or_by_whoever_may_for_others(address: str, may: bool) -> None:
    case = bullying()
    assert access.may_release(who(address), case, case.notices["notice:letter"], DIRECTORY) is may
    seen = access.view(who(address), case, DIRECTORY)
    assert (seen is not None and "notice:letter" in seen.release) is may


def test_nothing_goes_to_families_while_that_is_held_and_nothing_to_oneself() -> None:
    held = bullying([*bullying_effects(), hold()])
    assert not access.may_release(who(DSL), held, held.notices["notice:letter"], DIRECTORY)
    own = notice(DSL, "complainant", status="draft", held_by=DSL)
    assert not access.may_release(who(DSL), bullying(), own, DIRECTORY)
    sent = notice(PARENT, "parent", held_by=DSL)
    assert not access.may_release(who(DSL), bullying(), sent, DIRECTORY)


def test_a_guest_from_outside_is_invited_by_the_holder(school: School) -> None:
    entry: CalendarEntry = replace(
        bullying().entries["calendar:check"], status="draft", held_by=CLERK, attendees=(PARENT,)
    )
    case = replace(complaint(), entries={entry.key: entry})
    assert access.may_release(who(CLERK), case, entry, school.directory)
    assert not access.may_release(who(HEAD), case, entry, school.directory)
