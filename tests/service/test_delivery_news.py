"""What came of a delivery, decided by the real policies and delivered in its turn: a person hears of it, once."""

from __future__ import annotations

import itertools
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from integrations.ports import DeliveryError, Mail
from rules import Policies, load
from rules.engine.effects import Flag, Notice
from service.flows.decide import Decider
from service.school import School
from service.store import Action, NewSubmission, Store
from tests.service.bench import Bench
from tests.service.fakes import Office

CASE = "B-2026-0001"
DSL = "r.calder@northbridge.example"
HEAD = "head@northbridge.example"
TEACHER = "m.ellison@northbridge.example"
CARER = "carer1.0010@family.example"
LATER = timedelta(minutes=11)
SAID = {
    "When did it happen?": "2026-10-06",
    "Who was targeted?": "Mia O'Neill",
    "The person targeted is": "A student",
    "Who is said to have done it?": "Theo Green",
    "The person said to have done it is": "A student",
    "What kind of bullying was it?": ["Physical"],
    "Is anyone at risk of immediate harm?": "No",
    "Do you have a safeguarding concern?": "No",
    "Could a crime have been committed?": "No",
    "Could the student be at risk of significant harm?": "No",
    "Does the student want their parents or carers to know?": "Yes",
    "Could telling parents or carers put the student at risk?": "No",
}


@pytest.fixture(scope="module")
def policies() -> Policies:
    return load()


class Desk(Bench):
    """Forms in, mail and rows out, with everything between."""

    def __init__(self, store: Store, school: School, folder: Path, policies: Policies) -> None:
        super().__init__(store, school, folder)
        self.policies = policies
        self.decider = Decider(store, school, policies, lambda: self.now)
        self.numbers = itertools.count(1)

    def send(self, form: str, answers: dict[str, Any], response: str = "", revision: int = 1) -> None:
        self.now += timedelta(seconds=1)
        body = {"answers": [{"title": t, "value": v} for t, v in answers.items()], "respondent_email": TEACHER}
        with self.store.write() as tx:
            tx.submissions.add(
                NewSubmission(
                    source="form",
                    form_id=self.policies.forms[form].id,
                    response_id=response or f"r-{next(self.numbers)}",
                    revision=revision,
                    received_at=self.now,
                    submitted_at=self.now,
                    body=body,
                )
            )
        self.work()

    def release(self, to: str, by: str) -> None:
        self.now += timedelta(seconds=1)
        body = {"do": "release", "case": CASE, "to": to, "by": by}
        with self.store.write() as tx:
            tx.submissions.add(
                NewSubmission(source="person", received_at=self.now, body=body, dedupe_key=str(next(self.numbers)))
            )
        self.work()

    def work(self) -> None:
        """Decide and deliver until nothing waits: it must come to an end."""
        for _ in range(50):
            if not self.decider.run_once() + self.run():
                return
        pytest.fail("it never comes to rest")

    def made(self) -> list[Action]:
        with self.store.read() as tx:
            return tx.actions.of_case(CASE)

    def flags(self) -> list[Flag]:
        return [action.effect for action in self.made() if isinstance(action.effect, Flag)]

    def flag(self, name: str) -> Flag:
        """The only one of this name."""
        (found,) = (flag for flag in self.flags() if flag.name == name)
        return found

    def to(self, address: str) -> Action:
        """The only notice to this address."""
        (found,) = (a for a in self.made() if isinstance(a.effect, Notice) and a.effect.to == address)
        return found

    def by_hand(self, address: str) -> None:
        """The holder of the draft to this address presses Send in Gmail."""
        held = self.to(address)
        assert (held.state, held.place) == ("held", DSL)
        Office.delete_draft(self.office, DSL, held.remote_id or "")


@pytest.fixture
def desk(file_store: Store, school: School, tmp_path: Path, policies: Policies) -> Desk:
    return Desk(file_store, school, tmp_path, policies)


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
