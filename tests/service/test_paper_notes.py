"""Notes of a complaint about staff are on paper: once decided, their text is nowhere in the database (CP-3g)."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from rules.engine.intake.paper import NOT_KEPT
from service.cli import main
from service.records.minimise import minimise
from service.records.retention import NotDeletedError
from service.store import Cipher, NewSubmission
from service.store.engine import connect
from service.store.tables import metadata
from tests.service.places import Place

TEXT = "MARIGOLD was said"
HEAD = "head@northbridge.example"
TITLES = {
    "outcome": "Reason or outcome",
    "shelf mark": "Where is the paper note filed? (complaints about staff: write no note here)",
}


def send(place: Place, form: str, response: str, **answers: str) -> None:
    """A response, received and decided, an hour after the one before."""
    place.now += timedelta(hours=1)
    said = [{"question_id": "", "title": title, "value": value} for title, value in answers.items()]
    body = {"answers": said, "respondent_email": HEAD}
    new = NewSubmission(
        source="form", form_id=place.policies.forms[form].id, form_title=form, response_id=response,
        received_at=place.now, submitted_at=place.now, body=body,
    )  # fmt: skip
    with place.store.write() as tx:
        tx.submissions.add(new)
    while place.decider.run_once():
        pass


def complain(place: Place, about: str, **more: str) -> None:
    send(place, "complaint", "c-1", **{
        "Name": "Alma Reyes", "Email": "alma.reyes@family.example", "Who or what is your complaint about?": about,
        "What is it to do with?": "Facilities or services", "Is a child at risk of harm?": "No",
        "What is your complaint concerning?": "The lights."} | more)  # fmt: skip


def update(place: Place, response: str, what: str, **more: str) -> None:
    said = {"Case reference": "C-2026-0001", "What happened?": what, "On what date?": "2026-09-08"}
    send(place, "case-update", response, **said, **more)


def everything_in(place: Place) -> str:
    """All that the database holds, in words: what is sealed is opened."""
    cipher = Cipher([os.environ["POLICYDESK_ENCRYPTION_KEYS"]])
    values = [value for table in place.everything() for row in table for value in row]
    return "\n".join(
        cipher.open(one).decode(errors="replace") if isinstance(one, bytes) else str(one) for one in values
    )


def test_the_text_of_a_note_about_staff_is_nowhere(place: Place) -> None:
    complain(place, "A member of staff", **{"Name of the person (if one)": "Steven Boyle"})
    update(place, "u-1", "Stage 1 discussion held", **{TITLES["outcome"]: TEXT, TITLES["shelf mark"]: "cabinet 3"})

    kept = everything_in(place)

    assert TEXT not in kept
    assert NOT_KEPT in kept
    with place.store.read() as tx:
        lines = [entry.text for entry in tx.chronology.of_case("C-2026-0001")]
    assert f"note of 08 Sep 2026 by {HEAD}: on paper, filed at cabinet 3; no text is kept" in lines


def test_the_text_of_a_note_about_the_school_is_kept(place: Place) -> None:
    complain(place, "The school or its services")
    update(place, "u-1", "Stage 1 discussion held", **{TITLES["outcome"]: TEXT})

    assert TEXT in everything_in(place)


def test_what_was_noted_before_somebody_of_the_staff_was_named_goes_too(place: Place) -> None:
    complain(place, "The school or its services")
    update(place, "u-1", "Stage 1 discussion held", **{TITLES["outcome"]: TEXT})
    update(place, "u-2", "Person complained about named", **{"Who was involved?": "Steven Boyle"})

    assert TEXT not in everything_in(place)


def test_an_update_that_was_refused_leaves_no_note_behind(place: Place) -> None:
    complain(place, "The headteacher")
    update(place, "u-1", "Meeting held", **{TITLES["outcome"]: TEXT})

    assert TEXT not in everything_in(place)


@pytest.mark.parametrize("what", ["Deviation from the procedure", "Legal representation allowed"])
def test_the_reason_of_a_decision_on_the_procedure_is_kept(place: Place, what: str) -> None:
    complain(place, "A member of staff", **{"Name of the person (if one)": "Steven Boyle"})
    update(place, "u-1", what, **{TITLES["outcome"]: TEXT})

    assert TEXT in everything_in(place)


def values_of(place: Place, table: str) -> set[bytes]:
    """A part of each sealed value of a table, that is in no other one."""
    engine = connect(place.url)
    with engine.connect() as connection:
        rows = connection.execute(select(metadata.tables[table])).all()
    engine.dispose()
    return {value[20:80] for row in rows for value in row if isinstance(value, bytes)}


def test_the_bytes_of_a_note_are_not_in_the_files_once_it_is_decided(place: Place, tmp_path: Path) -> None:
    complain(place, "A member of staff", **{"Name of the person (if one)": "Steven Boyle"})
    form = place.policies.forms["case-update"]
    said = {"Case reference": "C-2026-0001", "What happened?": "Meeting held", TITLES["outcome"]: TEXT}
    body = {"answers": [{"question_id": "", "title": title, "value": value} for title, value in said.items()]}
    with place.store.write() as tx:
        tx.submissions.add(NewSubmission(source="form", form_id=form.id, response_id="u-1", received_at=place.now,
                                         submitted_at=place.now, body=body))  # fmt: skip
    before = values_of(place, "submission")
    place.decider.run_once()

    (note,) = before - values_of(place, "submission")
    assert note not in b"".join(path.read_bytes() for path in tmp_path.glob("policydesk.db*"))


def test_the_account_itself_goes_when_a_person_says_that_its_paper_is_filed(place: Place, tmp_path: Path) -> None:
    complain(place, "A member of staff", **{"Name of the person (if one)": "Steven Boyle"})
    with pytest.raises(NotDeletedError, match="Nobody has said where the paper"):
        minimise(place.store, place.school, place.policies, "C-2026-0001", HEAD, place.now)
    update(place, "u-1", "Stage 1 discussion held", **{TITLES["shelf mark"]: "cabinet 3"})
    assert "The lights." in everything_in(place)
    before = values_of(place, "submission")

    assert main(["to-paper", "C-2026-0001", "--by", HEAD]) == 0

    kept = everything_in(place)
    (account,) = before - values_of(place, "submission")
    assert "The lights." not in kept
    assert "Alma Reyes" in kept
    assert account not in b"".join(path.read_bytes() for path in tmp_path.glob("policydesk.db*"))
    with place.store.read() as tx:
        assert [(line.who, line.what) for line in tx.audit.of_case("C-2026-0001")] == [
            (HEAD, "left the account to the paper (1 versions)")
        ]
    assert main(["to-paper", "C-2026-0001", "--by", "m.ellison@northbridge.example"]) == 1


def test_the_account_of_another_complaint_is_kept(place: Place) -> None:
    complain(place, "The school or its services")
    with pytest.raises(NotDeletedError, match="is not a complaint about staff"):
        minimise(place.store, place.school, place.policies, "C-2026-0001", HEAD, place.now)
    assert "The lights." in everything_in(place)


def test_deciding_once_more_changes_nothing(place: Place) -> None:
    complain(place, "A member of staff", **{"Name of the person (if one)": "Steven Boyle"})
    update(place, "u-1", "Meeting held", **{TITLES["outcome"]: TEXT})
    update(place, "u-2", "Meeting offered")

    with place.store.read() as tx:
        lines = [entry.text for entry in tx.chronology.of_case("C-2026-0001")]
    assert sum(line.startswith("note of") for line in lines) == 1
