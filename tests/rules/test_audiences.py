"""Who a phrase means in one case: roles and ties, whoever is kept out, and who comes next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules.engine.model.situation import CaseFile, KeptOut
from rules.engine.proposing.audiences import Audiences
from rules.engine.school.directory import Directory
from tests.rules.northbridge import (
    CHAIR,
    CLERK,
    DEPUTY_DSLS,
    DSL,
    HEAD,
    PEOPLE,
    POLICIES,
    a_case,
    a_pupil,
)

WHY = "they are the person concerned"
SENDCO = "p.dyson@northbridge.example"


def who(case: CaseFile | None = None, people: Directory = PEOPLE) -> Audiences:
    return Audiences(POLICIES.vocabulary, people, case or a_case())


def without(*addresses: str, track: str = "bullying", **facts: object) -> Audiences:
    case = a_case(track, facts={name.replace("_", " "): value for name, value in facts.items()})  # type: ignore[arg-type]
    return who(replace(case, kept_out=tuple(KeptOut(address, WHY) for address in addresses)))


def addresses(audiences: Audiences, phrase: str) -> list[str]:
    return [recipient.address for recipient in audiences.reach(phrase).recipients]


@pytest.mark.parametrize(
    ("phrase", "address"),
    [("designated safeguarding lead", DSL), ("headteacher", HEAD), ("clerk to governors", CLERK)],
)
def test_a_role_is_its_holder(phrase: str, address: str) -> None:
    assert addresses(who(), phrase) == [address]


@pytest.mark.parametrize(
    ("out", "phrase", "instead"),
    [
        ((DSL,), "designated safeguarding lead", list(DEPUTY_DSLS)),
        ((DSL, *DEPUTY_DSLS), "designated safeguarding lead", [HEAD]),
        ((DSL, *DEPUTY_DSLS, HEAD), "designated safeguarding lead", [CHAIR]),
        ((HEAD,), "headteacher", [CLERK]),
        ((CHAIR,), "chair of governors", [CLERK]),
        ((CLERK,), "clerk to governors", [HEAD]),
    ],
)
def test_the_next_clean_authority_gets_it(out: tuple[str, ...], phrase: str, instead: list[str]) -> None:
    found = without(*out).reach(phrase)
    assert [recipient.address for recipient in found.recipients] == instead
    assert out[0] in {told.address for told in found.not_told}
    assert not set(out) & {recipient.address for recipient in found.recipients}


def test_who_stands_in_is_told_for_whom() -> None:
    [recipient] = without(HEAD).reach("headteacher").recipients
    assert recipient.role == "clerk to governors (for the chair of governors), for the headteacher"


def test_a_role_without_a_holder_says_so() -> None:
    nobody = replace(PEOPLE, staff=tuple(p for p in PEOPLE.staff if "senco" not in p.roles))
    found = who(people=nobody).reach("special needs coordinator")
    assert found.recipients
    assert SENDCO not in [recipient.address for recipient in found.recipients]
    assert ("special needs coordinator", "nobody holds this role now") in [(t.who, t.why) for t in found.not_told]


def test_a_shared_mailbox_that_the_person_reads_is_taken_apart() -> None:
    found = without(DSL).reach("safeguarding team")
    assert [recipient.address for recipient in found.recipients] == list(DEPUTY_DSLS)
    assert "safeguarding@northbridge.example" in {told.address for told in found.not_told}
    assert addresses(who(), "safeguarding team") == ["safeguarding@northbridge.example"]


def test_nobody_is_left_where_everybody_is_kept_out() -> None:
    everybody = tuple(person.email for person in PEOPLE.everyone())
    audiences = without(*everybody)
    assert audiences.reach("headteacher").nobody
    assert audiences.last_resort() is None


@pytest.mark.parametrize(
    ("about", "address"),
    [("staff", HEAD), ("school", HEAD), ("clerk", HEAD), ("headteacher", CLERK), ("chair", CLERK), ("governor", CLERK)],
)
def test_a_complaint_goes_to_whom_the_policy_says(about: str, address: str) -> None:
    audiences = without(track="complaint", complained_about=frozenset({about}))
    assert addresses(audiences, "complaint handler") == [address]


def test_carers_are_those_who_may_be_contacted_and_outside() -> None:
    pupil = next(p for p in PEOPLE.pupils if any(not carer.contact for carer in p.carers))
    case = a_case(parties=(a_pupil(1, "targeted", pupil.key), a_pupil(2, "reported", None)))
    found = who(case).reach("parents and carers of the pupil targeted")
    may = [carer.email for carer in pupil.carers if carer.contact]
    assert [recipient.address for recipient in found.recipients] == may
    assert all(recipient.outside and recipient.family for recipient in found.recipients)
    assert any("not to be contacted" in told.why for told in found.not_told)


def test_nobody_is_told_for_a_pupil_who_was_not_matched() -> None:
    case = a_case(parties=(a_pupil(1, "targeted", None),))
    found = who(case).reach("parents and carers of the pupil targeted")
    assert found.recipients == []
    assert not found.nobody  # a family that cannot be reached is not handed to the headteacher
    assert [told.why for told in found.not_told] == ["the pupil was not matched"]


def test_lead_year_managers_are_those_of_the_pupils_years() -> None:
    case = a_case(parties=(a_pupil(1, "targeted", None, 7), a_pupil(2, "reported", None, 9)))
    found = addresses(who(case), "lead year manager of each pupil")
    assert found == ["a.ferreira@northbridge.example", "b.norcross@northbridge.example"]


def test_a_task_about_a_case_is_not_for_somebody_in_it() -> None:
    lead = addresses(who(), "interviewer")[0]
    case = a_case(parties=(replace(a_pupil(1, "witness", lead), kind="staff"),))
    assert who(case).one("interviewer", not_a_party=True).recipients[0].address != lead
    assert who(case).one("interviewer").recipients[0].address == lead


def test_a_complainant_by_somebody_else_is_reached_once_consent_is_here() -> None:
    facts = {"complainant is": "acting for somebody else", "written consent": "no"}
    case = replace(a_case("complaint", facts=facts), complainant="a.parent@family.example")
    assert addresses(who(case), "complainant") == []
    assert who(case).reach("complainant", before_consent=True).recipients
    given = replace(case, facts={**facts, "written consent": "yes"})
    assert addresses(who(given), "complainant") == ["a.parent@family.example"]
