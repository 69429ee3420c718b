"""How long records are kept, and that what a person deletes is gone from the files (CP-13a)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from rules.engine.school.school_days import LONDON
from service.cli import main
from service.commands import at_the_command_line
from service.records import retention
from service.records.retention import NotDeletedError, closed_cases, delete, due, hold
from service.records.schedule import DEFAULT, Kept, of_school
from service.store.engine import connect
from service.store.tables import metadata
from tests.service.places import Place
from tests.service.test_paper_notes import complain, send

HEAD, TEACHER = "head@northbridge.example", "m.ellison@northbridge.example"
REF = "C-2026-0001"
LATER = datetime(2032, 9, 15, 9, 0, tzinfo=LONDON)  # a Wednesday
UPDATE = {"Case reference": REF, "On what date?": "2026-09-08"}


def closed(place: Place) -> None:
    """A complaint about the lights, closed on Tuesday 8 September 2026."""
    complain(place, "The school or its services")
    send(
        place, "case-update", "u-1", **UPDATE | {"What happened?": "Complaint resolved", "Reason or outcome": "Mended"}
    )


def ready(place: Place, on: date) -> list[str]:
    with place.store.read() as tx:
        return [one.ref for one in due(closed_cases(tx, DEFAULT), on)]


def sealed(place: Place) -> set[bytes]:
    """A part of each sealed value that is in no other one."""
    values = [value for table in place.everything() for row in table for value in row]
    return {value[20:80] for value in values if isinstance(value, bytes)}


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("policydesk.db*"))


def test_a_closed_complaint_is_due_the_day_after_its_six_years(place: Place) -> None:
    closed(place)

    assert ready(place, date(2032, 9, 8)) == []  # a Wednesday
    assert ready(place, date(2032, 9, 9)) == [REF]


def test_an_open_or_paused_case_is_never_due(place: Place) -> None:
    complain(place, "The school or its services")
    assert ready(place, date(2100, 1, 1)) == []  # a Friday
    with pytest.raises(NotDeletedError, match="open: only a closed case"):
        delete(place.store, place.school.directory, DEFAULT, [REF], HEAD, LATER)

    send(place, "case-update", "u-1", **UPDATE | {"What happened?": "Procedure paused (legal action)"})
    assert ready(place, date(2100, 1, 1)) == []


def test_a_case_that_was_closed_while_paused_stays_until_it_is_resumed(place: Place) -> None:
    complain(place, "The school or its services")
    for number, what in enumerate(("Procedure paused (legal action)", "Complaint withdrawn")):
        send(place, "case-update", f"u-{number}", **UPDATE | {"What happened?": what})

    with place.store.read() as tx:
        found = closed_cases(tx, DEFAULT)

    assert [one.kept_by for one in found] in ([], ["procedure paused (legal action), and not resumed"])
    assert due(found, date(2100, 1, 1)) == []


def test_what_is_deleted_is_nowhere_in_the_files_and_what_is_not_stays(place: Place, tmp_path: Path) -> None:
    place.receive(1)
    closed(place)
    before = sealed(place)

    rows = delete(place.store, place.school.directory, DEFAULT, [REF], HEAD, LATER)
    assert place.store.scrub()
    kept, gone = before & sealed(place), before - sealed(place)

    with place.store.read() as tx:
        log = [(line.who, line.what, line.at) for line in tx.audit.of_case(REF)]
        assert tx.cases.load(REF) is None
        assert tx.cases.load("B-2026-0001") is not None
        assert tx.cases.next_refs(2026)["complaint"] == "C-2026-0002"
    bytes_left = on_disk(tmp_path)
    assert rows > 8
    assert len(gone) > 8
    assert not [part for part in gone if part in bytes_left]
    assert any(part in bytes_left for part in kept)
    assert log == [(HEAD, "deleted: complaint, closed 2026-09-08, kept 6 years after closing (CP-13a)", LATER)]


def test_no_row_of_any_table_names_the_case_but_the_log(place: Place) -> None:
    closed(place)
    delete(place.store, place.school.directory, DEFAULT, [REF], HEAD, LATER)

    engine = connect(place.url)
    with engine.connect() as connection:
        found = [t.name for t in metadata.sorted_tables for row in connection.execute(select(t)) if REF in row]
        left = {t.name for t in metadata.sorted_tables if connection.execute(select(t)).first() is not None}
    engine.dispose()
    assert found == ["audit"]
    assert left == {"audit", "index_key", "reference_counter"}


def test_whoever_lists_closed_cases_is_written_down(place: Place) -> None:
    closed(place)
    assert main(["retention"]) == 0
    assert (at_the_command_line(), "listed the closed cases") in place.logged()


def test_what_an_open_case_is_linked_with_stays(place: Place) -> None:
    complain(place, "The school or its services", **{"Is a child at risk of harm?": "Yes"})
    send(place, "case-update", "u-1", **UPDATE | {"What happened?": "Complaint resolved"})

    assert ready(place, date(2100, 1, 1)) == []
    with pytest.raises(NotDeletedError, match="an open case is linked with it"):
        delete(place.store, place.school.directory, DEFAULT, [REF], HEAD, LATER)


def test_a_hold_keeps_it_until_it_is_lifted(place: Place) -> None:
    closed(place)
    hold(place.store, place.school.directory, REF, HEAD, "a claim", LATER, lift=False)
    with pytest.raises(NotDeletedError, match="a person holds its deletion"):
        delete(place.store, place.school.directory, DEFAULT, [REF], HEAD, LATER)

    hold(place.store, place.school.directory, REF, HEAD, "settled", LATER + timedelta(minutes=1), lift=True)
    assert delete(place.store, place.school.directory, DEFAULT, [REF], HEAD, LATER + timedelta(minutes=2))


@pytest.mark.parametrize("by", [TEACHER, "nobody@northbridge.example", "safeguarding@northbridge.example"])
def test_only_a_named_person_of_authority_deletes(place: Place, by: str) -> None:
    closed(place)
    with pytest.raises(NotDeletedError, match="may not do that"):
        delete(place.store, place.school.directory, DEFAULT, [REF], by, LATER)
    assert ready(place, LATER.date()) == [REF]


def test_who_is_kept_out_of_a_case_cannot_delete_it(place: Place) -> None:
    complain(place, "The headteacher")
    send(place, "case-update", "u-1", **UPDATE | {"What happened?": "Complaint withdrawn"})
    with pytest.raises(NotDeletedError, match="There is no case"):
        delete(place.store, place.school.directory, DEFAULT, [REF], HEAD, LATER)


def test_all_or_none(place: Place) -> None:
    closed(place)
    with pytest.raises(NotDeletedError):
        delete(place.store, place.school.directory, DEFAULT, [REF, "C-2026-0099"], HEAD, LATER)
    assert ready(place, LATER.date()) == [REF]


def test_the_command_shows_first_and_deletes_only_when_told(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    closed(place)
    monkeypatch.setattr(retention, "due", lambda found, today: found)  # the clock of the command is today's

    assert main(["retention"]) == 0
    assert "1 of 1 closed cases" in capsys.readouterr().out
    assert main(["retention", "--delete", REF, "--by", HEAD]) == 1
    assert "is kept until 08 Sep 2032" in capsys.readouterr().err
    assert main(["retention", "--hold", REF, "--by", HEAD]) == 1
    assert "Say why" in capsys.readouterr().err


def test_a_school_says_otherwise_in_whole_years() -> None:
    assert of_school({"complaint": "10"})["complaint"].years == 10
    assert of_school({})["bullying"] == DEFAULT["bullying"]
    assert Kept(1, "").until(date(2028, 2, 29)) == date(2029, 2, 28)  # a Tuesday, a Wednesday
    for wrong in ({"complaint": "0"}, {"complaint": "six"}, {"complaints": "6"}):
        with pytest.raises(ValueError, match="keeps"):
            of_school(wrong)


def test_whoever_asks_why_at_the_command_line_is_written_down(place: Place) -> None:
    closed(place)
    assert main(["explain", REF.lower()]) == 0
    assert main(["explain", "C-2026-0099"]) == 1

    with place.store.read() as tx:
        assert [(line.who, line.what) for line in tx.audit.of_case(REF)] == [(at_the_command_line(), "asked why")]
