"""What the doctor asks a person to look at: set-ups that work, and would go wrong on a Monday morning."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rules.engine.school.directory import Carer, Person
from service.cli import main
from service.school import School
from service.setup_risks import risks, risks_of_places
from tests.service.places import START, Place, settle


def staffed(school: School, change: Callable[[Person], Person | None]) -> School:
    people = school.directory
    staff, governors = (
        tuple(new for one in group if (new := change(one)) is not None) for group in (people.staff, people.governors)
    )
    return replace(school, directory=replace(people, staff=staff, governors=governors))


def named(school: School) -> list[str]:
    return [name for name, _ in risks(school)]


def test_the_sample_school_has_none(school: School) -> None:
    assert list(risks(school)) == []
    assert list(risks_of_places(school, impersonates=True)) == []


def test_one_person_who_holds_both_roles_is_found(school: School) -> None:
    def alone(one: Person) -> Person:
        roles = tuple(role for role in one.roles if role != "deputy-dsl")
        return replace(one, roles=(*roles, "deputy-dsl") if "dsl" in roles else roles)

    ((name, look),) = risks(staffed(school, alone))
    assert name == "two roles, one person"
    assert look.startswith("Ruth Calder is the only dsl and the only deputy-dsl")


def test_a_shared_mailbox_that_nobody_is_said_to_read_is_found(school: School) -> None:
    found = named(staffed(school, lambda one: replace(one, read_by=())))
    assert found == ["who reads safeguarding@northbridge.example", "who reads behaviour@northbridge.example"]


def test_too_few_governors_for_a_panel_are_found(school: School) -> None:
    few = staffed(school, lambda one: replace(one, available=one.available and "governor" not in one.roles))
    assert named(few) == ["a panel can be found"]


def test_a_year_without_a_manager_and_a_roll_without_carers_are_found(school: School) -> None:
    found = staffed(school, lambda one: None if "lead-year-manager-8" in one.roles else one)
    assert [look.split(":")[0] for _, look in risks(found)] == ["nobody is lead-year-manager-8"]
    nobody = tuple(replace(one, carers=(Carer("a@family.example", contact=False),)) for one in school.directory.pupils)
    assert named(replace(school, directory=replace(school.directory, pupils=nobody))) == ["parents and carers"]


def test_a_console_that_only_this_machine_reaches_is_found(school: School) -> None:
    assert named(replace(school, console="http://localhost:8000")) == ["console address"]


def test_a_mailbox_of_somebody_with_a_role_is_found(school: School) -> None:
    head = replace(school, google=replace(school.google, sends_as="head@northbridge.example"))
    ((name, look),) = risks_of_places(head, impersonates=True)
    assert name == "sends as: head@northbridge.example"
    assert "that of Helen Marsh, who finds there what was sent of a case" in look
    alone = {name.split(":")[0] for name, _ in risks_of_places(head, impersonates=False)}
    assert alone == {"sends as", "organiser", "calendar"}, "the diary is the clerk's"


@pytest.fixture
def place(tmp_path: Path, secret: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    made = settle(tmp_path, secret, monkeypatch)
    yield made
    made.store.close()


def test_the_doctor_says_look_and_whom_nobody_replaces(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with place.store.write() as tx:
        tx.kept.add("unreadable", b"rubbish", START)
    school = tmp_path / "school"
    school.mkdir()
    for file in Path(os.environ["POLICYDESK_SCHOOL"]).iterdir():
        if file.is_file():
            (school / file.name).write_text(file.read_text(encoding="utf-8").replace("senco,yes", "senco,no"))
    (school / "school.yaml").write_text((school / "school.yaml").read_text() + f"id: {place.school.id}\n")
    monkeypatch.setenv("POLICYDESK_SCHOOL", str(school))
    main(["doctor"])
    said = capsys.readouterr().out
    assert "LOOK  nothing is stuck: 1 could not be read or delivered: run policydesk stuck\n" in said
    assert "MEND  every role that the rules name is held: nobody holds 1 of them" in said
    assert "ok    rules\n" in said
