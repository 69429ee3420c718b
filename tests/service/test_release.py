"""A person's release: of what they read and of nothing else, and until it has left it can be taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from integrations.ports import DeliveryError
from rules.engine.model.effects import Notice, Refused
from rules.engine.wording.letters import marks_in
from service.flows.unfinished import marks_left
from tests.service.decided import CARER, CASE, DSL, SAID, Desk
from tests.service.fakes import Office

UPDATE = {"Case reference": CASE, "On what date?": "2026-10-06"}
MUST_NOT = UPDATE | {"What happened?": "DSL decision: parents must not be told", "Reason or outcome": "Home is a risk."}
MAY = UPDATE | {"What happened?": "DSL decision: parents may be told", "Reason or outcome": "She asks for it."}


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A report, and a letter to a carer that waits to be released."""
    desk.send("bullying-report", SAID, "report")
    assert desk.to(CARER).state == "held"
    return desk


def send(desk: Desk, answers: dict[str, str]) -> None:
    """The DSL records this on the case."""
    desk.send("case-update", answers, respondent=DSL)


def status(desk: Desk, key: str) -> str:
    effect = desk.action(key).effect
    assert isinstance(effect, Notice)
    return effect.status


def without_gmail(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(office: Office, mailbox: str, draft_id: str) -> str:
        raise DeliveryError("gmail-is-down")

    monkeypatch.setattr(Office, "send_draft", refuse)


def test_a_letter_released_and_not_yet_out_is_taken_back_by_a_hold(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    key = desk.to(CARER).key
    with monkeypatch.context() as down:
        without_gmail(down)
        desk.release(CARER, DSL)
        assert (status(desk, key), desk.action(key).state) == ("sent", "pending")
        send(desk, MUST_NOT)
    desk.work()
    assert (status(desk, key), desk.action(key).state) == ("withdrawn", "cancelled")
    assert CARER not in desk.office.sent_to()
    assert not [flag for flag in desk.flags() if "withheld" in flag.name]


def test_a_letter_that_has_left_is_not_said_to_be_taken_back(desk: Desk) -> None:
    key = desk.to(CARER).key
    desk.release(CARER, DSL)
    send(desk, MUST_NOT)
    assert (status(desk, key), desk.action(key).state) == ("sent", "done")
    assert desk.office.sent_to().count(CARER) == 1


def test_only_the_draft_that_was_read_is_released(desk: Desk) -> None:
    first = desk.to(CARER).key
    desk.release(CARER, DSL, draft="notice:that was never here")
    assert CARER not in desk.office.sent_to()
    desk.release(CARER, DSL, draft=first)
    assert desk.office.sent_to().count(CARER) == 1


def test_what_was_drafted_after_it_was_read_stays_a_draft(desk: Desk) -> None:
    """The DSL holds it and lets it go again: another draft waits. Whoever still has the old page lets nothing go."""
    old = desk.to(CARER).key
    send(desk, MUST_NOT)
    send(desk, MAY)
    new = next(a.key for a in desk.made() if isinstance(a.effect, Notice) and a.effect.status == "draft")
    desk.release(CARER, DSL, draft=old)
    assert (status(desk, old), status(desk, new)) == ("withdrawn", "draft")
    assert CARER not in desk.office.sent_to()


def test_a_draft_to_the_same_address_with_other_words_waits_for_its_own_release(desk: Desk) -> None:
    read = desk.to(CARER).effect
    assert isinstance(read, Notice)
    with desk.store.write() as tx:
        tx.actions.put(replace(read, key="notice:another", template="other_parents_informed"), None, desk.now)
    desk.work()
    desk.release(CARER, DSL, draft=read.key)
    assert (status(desk, read.key), status(desk, "notice:another")) == ("sent", "draft")
    desk.release(CARER, DSL)
    assert status(desk, "notice:another") == "sent"


def test_a_letter_with_marks_left_in_it_is_not_sent_and_its_holder_is_asked_to_finish_it(desk: Desk) -> None:
    """Its holder edits it in Gmail, so what counts is the draft there."""
    held = desk.to(CARER)
    marks = marks_left(desk.store, desk.office, CASE, held.key)
    assert marks is not None
    assert marks > 1
    desk.release(CARER, DSL, draft=held.key, marks=marks)
    assert (status(desk, held.key), desk.action(held.key).state) == ("draft", "held")
    assert CARER not in desk.office.sent_to()
    assert desk.flag("finish a letter before it is released").role == "designated safeguarding lead"
    (refused,) = (one.effect for one in desk.made() if isinstance(one.effect, Refused))
    assert refused.why == f"the letter is not finished: {marks} marks left in it"

    desk.office.edit_draft(held.remote_id or "", "Dear Ms Example,\nPlease telephone Ruth Calder.")
    assert marks_left(desk.store, desk.office, CASE, held.key) == 0
    desk.release(CARER, DSL, draft=held.key)
    assert desk.office.sent_to().count(CARER) == 1


def test_what_cannot_be_looked_at_is_not_known_and_what_is_gone_has_no_marks(desk: Desk) -> None:
    held = desk.to(CARER)
    desk.office.faults = {"read_draft": [DeliveryError("gmail-is-down")]}
    assert marks_left(desk.store, desk.office, CASE, held.key) is None
    desk.by_hand(CARER)
    assert marks_left(desk.store, desk.office, CASE, held.key) == 0
    assert marks_left(desk.store, desk.office, CASE, "calendar:none") == 0


def test_before_there_is_a_draft_the_words_that_it_will_have_count(desk: Desk) -> None:
    letter = desk.to(CARER).effect
    assert isinstance(letter, Notice)
    with desk.store.write() as tx:
        tx.actions.put(replace(letter, key="notice:another"), None, desk.now)
    assert marks_left(desk.store, desk.office, CASE, "notice:another") == marks_in(letter.body) > 1


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("Dear [write here: name],\nyours", 1),
        ("> Dear [Write\n here: name]", 1),
        ('[Not finished: 1 place below says "write here". Fill in each, then delete this line.]', 1),
        ("You may write here: the office [at any time].", 0),
    ],
)
def test_a_mark_is_found_however_a_mail_program_breaks_its_lines(text: str, marks: int) -> None:
    assert marks_in(text) == marks
