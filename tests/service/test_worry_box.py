"""A form for pupils may have been sent from an account: nobody is told whose (AB-11a), wherever they look."""

from __future__ import annotations

import logging
from dataclasses import asdict
from html import unescape
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from rules import load
from service.flows.unshown import UnshownByForms
from service.school import School
from service.store import Store
from tests.service.console_app import ADDRESS, desktop
from tests.service.decided import CASE, DSL, TEACHER, Desk

SENT = {
    "Who was targeted?": "Mia O'Neill",
    "The person targeted is": "A student",
    "What happened?": "They took her bag.",
}


@pytest.fixture
def box(file_store: Store, school: School, tmp_path: Path) -> Desk:
    """Where the worry box is read."""
    return Desk(file_store, school, tmp_path, load())


@pytest.mark.parametrize("account", ["19.noah.chen@pupils.northbridge.example", TEACHER])
@pytest.mark.parametrize("changed", [False, True], ids=["once", "and changed later"])
def test_no_page_no_account_no_mail_no_row_and_no_log_says_whose_account_it_was(
    box: Desk, school: School, account: str, changed: bool,
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with caplog.at_level(logging.DEBUG):
        box.send("student-report", SENT, response="w-1", respondent=account)
        if changed:
            box.send("student-report", SENT | {"Where did it happen?": "Library"}, "w-1", 2, respondent=account)
    with box.store.read() as tx:
        line = [entry.text for entry in tx.chronology.of_case(CASE)]
        decided = [asdict(decision) for decision in tx.decisions.of_case(CASE)]
        kept = tx.cases.load(CASE)
    names = (account, "Mark Ellison")
    written = (
        line,
        decided,
        kept,
        box.made(),
        box.office.holds,
        caplog.text,
        capsys.readouterr(),
        page_of(box, school),
    )
    assert [name for name in names for text in written if name in str(text)] == []
    assert "They took her bag." in page_of(box, school)


def test_of_a_report_by_staff_the_page_says_who_sent_it(box: Desk, school: School) -> None:
    box.send("bullying-report", SENT)
    assert "by Mark Ellison" in page_of(box, school)


def page_of(box: Desk, school: School) -> str:
    """The page of the case, as the DSL reads it."""
    made = desktop(
        box.store, lambda: school.directory, key=Fernet.generate_key().decode(), unshown=UnshownByForms(box.store)
    )
    answer = made.visitor(DSL).get(f"/cases/{CASE}", base_url=ADDRESS)
    assert answer.status_code == 200
    return unescape(answer.text)
