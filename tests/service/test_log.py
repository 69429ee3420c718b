"""Who may read who looked: nobody learns from it of a case that they may not know of (CP-5e, I2)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from service.cli import main
from service.commands import at_the_command_line
from service.records.copies import draft
from service.records.log import NotShownError, log_of_case, log_of_no_case
from tests.service.places import START, Place
from tests.service.test_paper_notes import complain, send

CLERK, CHAIR = "clerk@governors.northbridge.example", "chair@governors.northbridge.example"
HEAD, DSL, TEACHER = (f"{name}@northbridge.example" for name in ("head", "r.calder", "m.ellison"))
REF, WHY = "C-2026-0001", "a check of each term"


def of_case(place: Place, by: str, because: str = WHY, ref: str = REF) -> list[tuple[str, str]]:
    found = log_of_case(place.store, place.school.directory, ref, by, because, place.now)
    return [(line.who, line.what) for line in found]


def of_none(place: Place, by: str, because: str = WHY) -> set[tuple[str, str]]:
    return {(one.who, one.what) for one in log_of_no_case(place.store, place.school.directory, by, because, place.now)}


def wrote(place: Place, *lines: tuple[str, str, str | None]) -> None:
    with place.store.write() as tx:
        for who, what, ref in lines:
            tx.audit.add(who, what, ref, START)


def test_the_log_of_a_case_is_for_those_who_may_see_it_and_says_that_they_asked(place: Place) -> None:
    complain(place, "The headteacher")
    wrote(place, (HEAD, "refused", REF))
    assert of_case(place, CLERK) == [(HEAD, "refused"), (CLERK, f"read the log: {WHY}")]
    for by, says in ((HEAD, "There is no case"), (TEACHER, "may not do that"), ("", "Say who does it")):
        with pytest.raises(NotShownError, match=says):
            of_case(place, by)
    with pytest.raises(NotShownError, match="Say why"):
        of_case(place, CLERK, because="  ")
    assert len(of_case(place, CLERK)) == 3, "what was refused or had no reason left no line"


def test_a_case_that_is_hidden_and_one_that_is_not_there_are_told_alike(place: Place) -> None:
    complain(place, "The headteacher")
    told = []
    for ref in (REF, "C-2026-0999"):
        with pytest.raises(NotShownError) as refused:
            of_case(place, HEAD, ref=ref)
        told.append(str(refused.value).replace(ref, "REF"))
    assert told[0] == told[1]


def test_no_line_of_a_case_names_a_complaint_that_its_reader_may_not_see(place: Place, tmp_path: Path) -> None:
    complain(place, "The school or its services")
    send(place, "complaint", "c-2", **{
        "Name": "Alma Reyes", "Email": "alma.reyes@family.example", "What is it to do with?": "Conduct of staff",
        "Who or what is your complaint about?": "The headteacher", "Is a child at risk of harm?": "No"})  # fmt: skip
    draft(place.store, place.school, place.policies, REF, CLERK, tmp_path, place.now)
    lines = of_case(place, HEAD)
    assert (CLERK, "drafted a copy for the complainant") in lines
    assert not any("C-2026-0002" in what for _, what in lines)
    with place.store.read() as tx:
        assert any("C-2026-0002" in line.what for line in tx.audit.of_case(REF)), "it was there to be left out"


def test_what_belongs_to_no_case_is_read_as_far_as_it_betrays_nothing(place: Place) -> None:
    mine, clerks, office = (
        (TEACHER, "signed in"), (CLERK, "signed in"), (at_the_command_line(), "read what was set aside as number 1")
    )  # fmt: skip
    wrote(place, *((*line, None) for line in (mine, clerks, office)))
    asked = f"read the log: {WHY}"
    assert of_none(place, TEACHER) == {mine, (TEACHER, asked)}
    for leader in (HEAD, DSL, CHAIR):
        assert of_none(place, leader) == {office, (leader, asked)}
    assert of_none(place, CLERK) >= {mine, clerks, office, (HEAD, asked)}
    for nobody in ("", "safeguarding@northbridge.example", "parent@family.example"):
        with pytest.raises(NotShownError, match="no person on the school's lists"):
            of_none(place, nobody)


def test_the_command_shows_it(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.receive(1)
    wrote(place, (DSL, "read the case", "B-2026-0001"), (DSL, "signed in", None))
    assert main(["log", "b-2026-0001", "--by", DSL, "--because", WHY]) == 0
    assert f"Tue 8 Sep 2026, 09:00  {DSL}: read the case\n" in capsys.readouterr().out
    later = (START + timedelta(days=1)).date().isoformat()
    assert main(["log", "--by", DSL, "--because", WHY, "--since", later]) == 0
    said = capsys.readouterr().out
    assert f"{DSL}: read the log: {WHY}" in said
    assert "signed in" not in said
    assert main(["log", "--by", DSL]) == 1
    assert "Say why" in capsys.readouterr().err
    assert main(["log", "--by", DSL, "--because", WHY, "--since", "yesterday"]) == 2
