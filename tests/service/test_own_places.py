"""Whoever owns the mailbox or the diary that the school sends from finds nothing there of what is kept from them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from integrations.ports import DeliveryError
from rules.engine.model.effects import CalendarEntry, Flag, Notice
from service import access
from service.store import Action
from tests.service.decided import CARER, SAID, Desk

OFFICE = "office@northbridge.example"
CLERK = "clerk@governors.northbridge.example"
HEAD = "head@northbridge.example"
BY_STAFF = {"Who is said to have done it?": "Joyce Tilley", "The person said to have done it is": "A member of staff"}
OF_THE_OFFICE = SAID | BY_STAFF
COMPLAINT = {
    "Name": "Alma Reyes", "Email": "alma.reyes@family.example", "I am": "A parent or carer of a current pupil",
    "Who or what is your complaint about?": "A member of staff", "Name of the person (if one)": "Frances Doyle",
    "What is your complaint concerning?": "A letter was lost.", "When did it happen?": "2026-10-05",
    "Is a child at risk of harm?": "No", "Is legal action under way?": "No",
}  # fmt: skip


def delivered(desk: Desk, kind: type[Notice] | type[CalendarEntry]) -> list[Action]:
    with desk.store.read() as tx:
        return [action for action in tx.actions.everything() if isinstance(action.effect, kind) and action.place]


def test_of_what_is_said_of_others_the_usual_mailbox_is_used(desk: Desk) -> None:
    desk.send("bullying-report", SAID, "report")
    sent = [action for action in delivered(desk, Notice) if action.state == "done"]
    assert {action.place for action in sent} == {OFFICE}


def test_what_is_said_of_the_one_who_reads_the_mailbox_is_written_in_the_recipients_own(desk: Desk) -> None:
    desk.send("bullying-report", OF_THE_OFFICE, "report")
    sent = [action for action in delivered(desk, Notice) if action.state == "done"]
    assert {HEAD} <= {action.place for action in sent}
    for action in sent:
        assert isinstance(action.effect, Notice)
        assert action.place == action.effect.to
    assert OFFICE not in {draft["mailbox"] for draft in desk.office.holds["drafts"].values()}
    assert OFFICE not in desk.office.sent_to()
    assert CARER not in desk.office.sent_to()


def entry(case: str, desk: Desk, **more: object) -> CalendarEntry:
    start = desk.now + timedelta(days=3)
    given: dict[str, object] = {
        "key": "calendar:check", "case": case, "rules": ("AB-42",), "clauses": ("AB-9c",), "because": "A check is due.",
        "action": "create", "status": "sent", "held_by": None, "title": f"A check ({case})", "description": "Sign in.",
        "start": start, "end": start + timedelta(minutes=15), "attendees": (HEAD,), "role": "headteacher", **more,
    }  # fmt: skip
    return CalendarEntry(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("more", "calendar", "guest"),
    [
        ({}, HEAD, None),
        ({"status": "draft", "held_by": HEAD, "attendees": ("alma.reyes@family.example",)}, HEAD, None),
    ],
)
def test_a_date_of_a_case_about_the_clerk_is_not_in_the_clerks_diary(
    desk: Desk, more: dict[str, object], calendar: str, guest: str | None
) -> None:
    desk.send("complaint", COMPLAINT, "complaint")
    with desk.store.write() as tx:
        (case,) = tx.cases.refs()
        assert CLERK in tx.cases.kept_out_of(case)
        tx.actions.put(entry(case, desk, **more), None, desk.now)
    desk.work()
    (put,) = desk.office.holds["events"].values()
    assert (put["calendar"], put["guest"], put["own"]) == (calendar, guest, True)


def test_a_date_of_another_case_is_in_the_usual_diary_with_its_guest(desk: Desk) -> None:
    about = {"Who or what is your complaint about?": "The school", "Name of the person (if one)": ""}
    desk.send("complaint", COMPLAINT | about)
    with desk.store.write() as tx:
        (case,) = tx.cases.refs()
        tx.actions.put(entry(case, desk), None, desk.now)
    desk.work()
    (put,) = desk.office.holds["events"].values()
    assert (put["calendar"], put["guest"], put["own"]) == (CLERK, HEAD, False)


def named_later(desk: Desk, case: str, name: str) -> None:
    said = {"Case reference": case, "What happened?": "Person complained about named", "On what date?": "2026-10-06",
            "Who was involved?": name}  # fmt: skip
    desk.send("case-update", said, respondent=HEAD)


def standing(desk: Desk, **more: object) -> str:
    """A complaint about the school with this date in the usual diary; its reference."""
    about = {"Who or what is your complaint about?": "The school", "Name of the person (if one)": ""}
    desk.send("complaint", COMPLAINT | about)
    with desk.store.write() as tx:
        (case,) = tx.cases.refs()
        tx.actions.put(entry(case, desk, **more), None, desk.now)
    desk.work()
    (put,) = desk.office.holds["events"].values()
    assert put["calendar"] == CLERK
    return str(case)


def test_a_date_leaves_the_diary_of_the_clerk_who_is_named_later(desk: Desk) -> None:
    case = standing(desk)
    named_later(desk, case, "Frances Doyle")
    (put,) = desk.office.holds["events"].values()
    assert (put["calendar"], put["guest"], put["own"]) == (HEAD, None, True)
    assert "called_off" not in desk.office.holds, "whoever was invited hears of it once, from its new place"


def test_a_guest_from_outside_is_invited_anew_and_not_called_off(desk: Desk) -> None:
    parent = "alma.reyes@family.example"
    case = standing(desk, held_by=HEAD, attendees=(parent,), role="complainant")
    named_later(desk, case, "Frances Doyle")
    (put,) = desk.office.holds["events"].values()
    assert (put["calendar"], put["guest"]) == (HEAD, parent)
    assert "called_off" not in desk.office.holds


def test_an_invitation_that_the_clerk_held_is_for_the_next_one_to_release(desk: Desk) -> None:
    case = standing(desk, status="draft", held_by=CLERK, attendees=("alma.reyes@family.example",), role="complainant")
    named_later(desk, case, "Frances Doyle")
    (put,) = desk.office.holds["events"].values()
    with desk.store.read() as tx:
        loaded = tx.cases.load(case)
    assert loaded is not None
    (held,) = loaded.entries.values()
    assert CLERK not in (held.held_by, put["calendar"])
    assert (held.status, held.held_by, put["calendar"], put["guest"]) == ("draft", put["calendar"], HEAD, None)


def test_a_date_whose_guests_have_no_diary_of_the_school_goes_to_somebody_who_sees_the_case(desk: Desk) -> None:
    parent = "alma.reyes@family.example"
    case = standing(desk, held_by=CLERK, attendees=(parent,), role="complainant")
    named_later(desk, case, "Frances Doyle")
    (put,) = desk.office.holds["events"].values()
    assert (put["calendar"], put["guest"], put["own"]) == (HEAD, parent, True)


def test_a_date_that_nobody_may_hold_is_taken_out_and_somebody_hears(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = standing(desk, held_by=CLERK, attendees=("alma.reyes@family.example",), role="complainant")
    monkeypatch.setattr(access, "may_see", lambda *_: False)
    named_later(desk, case, "Frances Doyle")
    with desk.store.read() as tx:
        made = tx.actions.of_case(case)
    (action,) = (one for one in made if isinstance(one.effect, CalendarEntry))
    assert action.state == "dead"
    assert desk.office.holds["events"] == {}
    assert any("no-clean-diary" in one.effect.evidence for one in made if isinstance(one.effect, Flag))


def test_a_move_that_breaks_off_is_made_good(desk: Desk) -> None:
    case = standing(desk)
    desk.office.faults["cancel"] = [DeliveryError("backendError", ambiguous=True)]
    named_later(desk, case, "Frances Doyle")
    desk.now += timedelta(hours=1)
    desk.work()
    (put,) = desk.office.holds["events"].values()
    assert put["calendar"] == HEAD


def test_nothing_is_moved_where_nobody_who_keeps_a_diary_is_kept_out(desk: Desk) -> None:
    case = standing(desk)
    named_later(desk, case, "Steven Boyle")
    (put,) = desk.office.holds["events"].values()
    assert (put["calendar"], put["guest"]) == (CLERK, HEAD)
