"""A copy of a complainant's records: theirs is in it, nobody else's is, and two people stand for it (CP-5d)."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest

from service.cli import main
from service.records.copies import CANNOT, NotCopiedError, approve, draft
from service.records.redact import ANOTHER_PUPIL, STAFF, redactor
from tests.service.places import Place
from tests.service.test_paper_notes import complain, send

CLERK, HEAD, CHAIR = (
    "clerk@governors.northbridge.example",
    "head@northbridge.example",
    "chair@governors.northbridge.example",
)
TEACHER, REF = "m.ellison@northbridge.example", "C-2026-0001"
HERS = "alma.reyes@family.example"
ACCOUNT = (
    "Ella Mitchell and Noah told Mr Boyle; Steven Boyle laughed. Write to theo@family.example or 07700 900123. "
    "Alma Reyes, 07700 900999."
)
UPDATE = {"Case reference": REF, "On what date?": "2026-09-08"}


@pytest.fixture
def lights(place: Place) -> Place:
    """A complaint about the school, with an outcome, and one of somebody else."""
    complain(place, "The school or its services", **{
        "What is your complaint concerning?": ACCOUNT, "Daytime telephone number": "07700 900999"})  # fmt: skip
    send(place, "case-update", "u-1", **UPDATE | {
        "What happened?": "Complex: new target date", "New date (if one)": "2026-10-20",
        "Reason or outcome": "Lily Chen has to be heard, says Mark Ellison."})  # fmt: skip
    return place


def drafted(place: Place, out: Path, by: str = CLERK, ref: str = REF) -> str:
    return draft(place.store, place.school, place.policies, ref, by, out, place.now).read_text(encoding="utf-8")


def test_their_own_account_is_in_it_and_nobody_else(lights: Place, tmp_path: Path) -> None:
    page = drafted(lights, tmp_path / "out")

    assert "Alma Reyes" in page
    assert HERS in page
    assert "07700 900999" in page
    assert "laughed. Write to [an address] or [a number]" in page
    for name in ("Ella", "Mitchell", "Noah", "Boyle", "Lily", "Chen", "Ellison", "theo@", "900123", "@northbridge"):
        assert name not in page.replace("Northbridge", ""), name
    assert ANOTHER_PUPIL in page
    assert STAFF in page


def test_what_happened_and_why_is_in_it(lights: Place, tmp_path: Path) -> None:
    page = drafted(lights, tmp_path / "out")

    assert "Complaint received" in page
    assert "has to be heard, says" in page
    assert all(line in unescape(page) for line in CANNOT)


def test_letters_that_reached_them_are_in_it_and_drafts_are_not(lights: Place, tmp_path: Path) -> None:
    with lights.store.read() as tx:
        mine = [a for a in tx.actions.of_case(REF) if a.effect.kind == "notice" and a.effect.to == HERS]
    assert mine
    assert [a.effect.status for a in mine] == ["draft"] * len(mine)

    copy = drafted(lights, tmp_path / "out")

    assert "We hold none.</p>" in copy[copy.index("Letters that we sent you") :]


def test_a_draft_says_so_and_the_approved_copy_names_no_one_who_handled_it(lights: Place, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert "DRAFT, not to be handed over" in drafted(lights, out)

    page = approve(lights.store, lights.school, lights.policies, REF, HEAD, out, lights.now)

    text = page.read_text(encoding="utf-8")
    assert "DRAFT" not in text
    assert HEAD not in text
    assert json.loads((out / f"{REF}.json").read_text(encoding="utf-8"))["approved by"] == HEAD
    assert oct(page.stat().st_mode)[-3:] == "600"


def test_what_a_person_took_out_stays_out_and_no_name_comes_back_in(lights: Place, tmp_path: Path) -> None:
    out = tmp_path / "out"
    drafted(lights, out)
    path = out / f"{REF}.json"
    text = (
        path.read_text(encoding="utf-8").replace("laughed", "(taken out)").replace("has to be heard", "Ella Mitchell")
    )
    path.write_text(text, encoding="utf-8")

    page = approve(lights.store, lights.school, lights.policies, REF, HEAD, out, lights.now).read_text(encoding="utf-8")

    assert "laughed" not in page
    assert "(taken out)" in page
    assert "Ella Mitchell" not in page


def test_whoever_asked_does_not_approve_and_nothing_is_approved_without_a_draft(lights: Place, tmp_path: Path) -> None:
    with pytest.raises(NotCopiedError, match="There is no draft"):
        approve(lights.store, lights.school, lights.policies, REF, HEAD, tmp_path, lights.now)
    drafted(lights, tmp_path)
    with pytest.raises(NotCopiedError, match="somebody else reads it through"):
        approve(lights.store, lights.school, lights.policies, REF, CLERK, tmp_path, lights.now)


def test_who_asked_and_who_approved_is_written_down(lights: Place, tmp_path: Path) -> None:
    drafted(lights, tmp_path)
    approve(lights.store, lights.school, lights.policies, REF, HEAD, tmp_path, lights.now)

    with lights.store.read() as tx:
        log = [(line.who, re.sub(r"[0-9a-f]{64}", "…", line.what)) for line in tx.audit.of_case(REF)]

    assert log == [
        (CLERK, "asked for a copy"), (CLERK, f"drafted a copy for the complainant: {REF}"),
        (HEAD, "asked to approve a copy"), (HEAD, "approved a copy for the complainant, sha256 …"),
    ]  # fmt: skip


def test_who_may_not_see_the_case_gets_no_copy(place: Place, tmp_path: Path) -> None:
    complain(place, "The headteacher")
    with pytest.raises(NotCopiedError, match="There is no complaint"):
        drafted(place, tmp_path, by=HEAD)
    with pytest.raises(NotCopiedError, match="may not do that"):
        drafted(place, tmp_path, by=TEACHER)
    assert not list(tmp_path.glob("*.html"))


def test_nothing_of_a_safeguarding_case_is_in_it(place: Place, tmp_path: Path) -> None:
    complain(place, "The school or its services", **{"Is a child at risk of harm?": "Yes"})
    with place.store.read() as tx:
        linked = tx.cases.refs()
    assert "S-2026-0001" in linked

    page = drafted(place, tmp_path)

    assert "S-2026" not in page
    with pytest.raises(NotCopiedError, match="There is no complaint"):
        drafted(place, tmp_path, ref="S-2026-0001")


def test_notes_about_staff_are_not_in_it(place: Place, tmp_path: Path) -> None:
    complain(place, "A member of staff", **{"Name of the person (if one)": "Steven Boyle"})
    send(place, "case-update", "u-1", **UPDATE | {"What happened?": "Meeting held", "Reason or outcome": "MARIGOLD"})

    page = drafted(place, tmp_path)

    assert "MARIGOLD" not in page
    assert "Notes of this complaint are on paper" in page
    assert "Boyle" not in page


def test_the_complainants_own_child_keeps_its_name(place: Place) -> None:
    directory = place.school.directory
    child = next(pupil for pupil in directory.pupils if pupil.carers)
    other = next(p for p in directory.pupils if p.last_name != child.last_name and p.first_name != child.first_name)
    redact = redactor(directory, (), (), child.carers[0].email)

    assert redact(child.name) == child.name
    assert redact(other.name) == ANOTHER_PUPIL


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("He will come in may.", "He will come in may."),
        ("Mrs Boyle's room", f"Mrs {STAFF}"),
        ("at 11:20 on 6 October 2026", "at 11:20 on 6 October 2026"),
        ("room 12, 3 times", "room 12, 3 times"),
    ],
)
def test_words_that_are_no_names_stay(place: Place, text: str, left: str) -> None:
    assert redactor(place.school.directory, (), (), None)(text).startswith(left)


def test_the_command_drafts_and_approves(lights: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "copies")
    assert main(["export", REF, "--by", CLERK, "--out", out]) == 0
    assert "This is a draft" in capsys.readouterr().out
    assert main(["export", REF, "--by", CLERK, "--approve", "--out", out]) == 1
    assert main(["export", REF, "--by", HEAD, "--approve", "--out", out]) == 0
