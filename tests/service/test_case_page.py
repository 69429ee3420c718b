"""What the page of a case gathers: alike things once, what belongs together in one place."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from rules.engine.model.effects import CalendarEntry, Flag
from service import access
from service.flows.unshown import Unshown
from service.school import School
from service.store import Cipher, Entry, Store
from service.web.account_page import moments, said
from service.web.case_page import CasePage, gather
from service.web.reports import reports
from tests.service import console_case as sample
from tests.service.console_case import BULLYING, CLERK, DSL, GOVERNOR, MOMENT

MINUTE = timedelta(minutes=1)


def page(store: Store, school: School) -> CasePage:
    """What the safeguarding lead sees."""
    reader = school.directory.by_email(DSL)
    assert reader is not None
    with store.read() as tx:
        case = tx.cases.load(BULLYING)
        assert case is not None
        may = access.view(reader, case, school.directory)
        assert may is not None
        return gather(tx, case, may, reader, school.directory, Unshown(), MOMENT.date())


@pytest.fixture
def filled(cipher: Cipher) -> Store:
    store = Store.memory(cipher, "north")
    sample.fill(store)
    return store


def test_what_followed_from_one_submission_stands_under_it(school: School) -> None:
    entries = [
        Entry(MOMENT, "Report received.", "s-1"),
        Entry(MOMENT, f"Told {DSL} (safeguarding) (AB-8a).", "s-1"),
        Entry(MOMENT, f"Told {DSL} (safeguarding) (AB-8a).", "s-1"),
        Entry(MOMENT, "Meeting held: recorded by nobody@elsewhere.example.", "s-2"),
        Entry(MOMENT + MINUTE, "Somebody looked.", None),
    ]
    first, second, third = moments(entries, school.directory)
    assert (first.first, first.followed) == (
        "Report received.",
        (("Told Ruth Calder (safeguarding) (AB-8a).", 2),),
    )
    assert second.first == "Meeting held: recorded by nobody@elsewhere.example."
    assert (third.at, third.followed) == (MOMENT + MINUTE, ())
    assert said(entries, school.directory)["s-2"] == "Meeting held: recorded by nobody@elsewhere.example"


def test_what_was_sent_twice_to_somebody_stands_once(filled: Store, school: School) -> None:
    with filled.write() as tx:
        for number in (1, 2):
            again = sample.notice(CLERK, "clerk to governors", key=f"notice:again-{number}")
            tx.actions.put(again, None, MOMENT + number * MINUTE)
            (action,) = (a for a in tx.actions.of_case(BULLYING) if a.key == again.key)
            tx.actions.mark(action.id, version=action.version, at=MOMENT + number * MINUTE, state="done")
    (told,) = (one for one in page(filled, school).told if one.notice.to == CLERK)
    assert (told.times, told.at, told.last) == (2, MOMENT + MINUTE, MOMENT + 2 * MINUTE)


def test_a_meeting_of_several_people_is_one_meeting(filled: Store, school: School) -> None:
    (entry,) = (one for one in sample.bullying_effects() if isinstance(one, CalendarEntry))
    with filled.write() as tx:
        tx.actions.put(replace(entry, key="calendar:another", attendees=(GOVERNOR,), status="draft"), None, MOMENT)
    (meeting,) = page(filled, school).meetings
    assert [(guest.name, guest.entry.status) for guest in meeting.guests] == [
        ("Sian Lowther", "sent"),
        ("Jon Beckett", "draft"),
    ]


def test_what_is_asked_twice_stands_once_with_both_reasons(filled: Store, school: School) -> None:
    (flag,) = (one for one in sample.bullying_effects() if isinstance(one, Flag))
    with filled.write() as tx:
        tx.actions.put(replace(flag, key="flag:again", evidence="another name fits two pupils"), None, MOMENT)
    (question,) = page(filled, school).questions
    assert set(question.evidence) == {"the name fits two pupils", "another name fits two pupils"}


def test_a_day_is_said_in_words_and_what_is_no_day_as_it_was_typed(filled: Store) -> None:
    with filled.read() as tx:
        decided = tx.submissions.of_case(BULLYING)
    body = {"answers": [{"title": "When?", "value": day} for day in ("2026-10-06", "2026-13-45", "6/10")]}
    (report,) = reports([replace(decided[0], body=body)], Unshown(), str, {decided[0].id: "Report received"})
    assert [answer.lines for answer in report.versions[0].answers] == [("Tue 6 Oct 2026",), ("2026-13-45",), ("6/10",)]
    assert report.what == "Report received"
