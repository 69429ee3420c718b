"""What came of a delivery, decided by the real policies and delivered in its turn: a person hears of it, once."""

from __future__ import annotations

import pytest

from integrations.ports import DeliveryError, Mail
from rules.engine.model.effects import Notice
from tests.service.decided import CARER, CASE, DSL, LATER, SAID, TEACHER, Desk
from tests.service.fakes import Office


@pytest.fixture
def drafted(desk: Desk) -> Desk:
    """A report, and drafts to parents that wait."""
    desk.send("bullying-report", SAID, "report")
    assert desk.to(CARER).state == "held"
    return desk


def test_a_letter_sent_by_hand_is_asked_about_and_the_case_says_so(drafted: Desk) -> None:
    drafted.by_hand(CARER)
    drafted.now += LATER
    while drafted.dispatcher.look_at_drafts():
        drafted.work()
    asked = drafted.flag("was a letter sent by hand? record it")
    assert drafted.office.holds["rows"][drafted.action(asked.key).id]["cells"]["Matter"] == asked.name
    assert CARER not in str(asked.evidence)
    with drafted.store.read() as tx:
        assert any("was a letter sent by hand?" in entry.text for entry in tx.chronology.of_case(CASE))
    effect = drafted.to(CARER).effect
    assert isinstance(effect, Notice)
    assert effect.status == "draft"


def test_releasing_what_was_sent_by_hand_asks_too_and_sends_nothing(drafted: Desk) -> None:
    drafted.by_hand(CARER)
    drafted.release(CARER, DSL)
    assert CARER not in drafted.office.sent_to()
    drafted.flag("was a letter sent by hand? record it")


def test_a_letter_that_is_now_withheld_and_is_gone_is_told_to_the_dsl_at_once(drafted: Desk) -> None:
    drafted.by_hand(CARER)
    before = drafted.office.sent_to().count(DSL)
    edited = SAID | {"Does the student want their parents or carers to know?": "No"}
    drafted.send("bullying-report", edited, "report", 2)
    found = drafted.flag("a draft that is now withheld was sent or deleted by hand")
    assert found.role == "designated safeguarding lead"
    news = [mail for mail in drafted.office.holds["sent"] if mail["to"] == DSL][before:]
    assert any("URGENT" in mail["subject"].upper() for mail in news)
    assert drafted.office.holds["drafts"] == {}, "the others were taken back"
    assert len([flag for flag in drafted.flags() if "withheld" in flag.name]) == 1


def test_a_hold_without_surprises_flags_nothing_of_the_kind(drafted: Desk) -> None:
    edited = SAID | {"Does the student want their parents or carers to know?": "No"}
    drafted.send("bullying-report", edited, "report", 2)
    assert not [flag for flag in drafted.flags() if "by hand" in flag.name]


def refusing(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    create = Office.create_draft

    def refuse(office: Office, mail: Mail) -> str:
        if mail.to in addresses:
            raise DeliveryError("bad-address", permanent=True)
        return create(office, mail)

    monkeypatch.setattr(Office, "create_draft", refuse)


def test_a_notice_that_dies_is_brought_to_a_person_with_what_to_mend(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing(monkeypatch, TEACHER, CARER)
    desk.send("bullying-report", SAID, "report")
    flag = desk.flag("something could not be delivered")
    assert "bad-address" in flag.evidence
    assert "northbridge" not in flag.evidence + flag.because
    assert desk.to(CARER).state == "dead"


def test_where_no_mail_is_taken_at_all_it_comes_to_rest_and_the_sheet_shows_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(office: Office, mail: Mail) -> str:
        raise DeliveryError("bad-address", permanent=True)

    monkeypatch.setattr(Office, "create_draft", refuse)
    desk.send("bullying-report", SAID | {"Do you have a safeguarding concern?": "Yes"}, "report")
    matters = {row["cells"].get("Matter") for row in desk.office.holds["rows"].values()}
    assert {"something could not be delivered", "an alert could not be delivered"} <= matters


def test_what_belongs_to_no_case_reaches_a_person(desk: Desk) -> None:
    update = {"Case reference": "B-2026-0777", "What happened?": "First action taken", "On what date?": "2026-10-06"}
    desk.send("case-update", update)
    assert set(desk.office.sent_to()) == {DSL, TEACHER}
    assert len(desk.office.holds["rows"]) == 1
    desk.send("case-update", update)
    assert len(desk.office.sent_to()) == 4, "each time: nothing of it is one case's"


def test_what_belongs_to_no_case_and_cannot_be_delivered_reaches_a_person_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing(monkeypatch, TEACHER)
    update = {"Case reference": "B-2026-0777", "What happened?": "First action taken", "On what date?": "2026-10-06"}
    desk.send("case-update", update)
    found = [row["cells"]["What was found"] for row in desk.office.holds["rows"].values()]
    assert len(found) == 2
    assert any("bad-address" in text for text in found)
