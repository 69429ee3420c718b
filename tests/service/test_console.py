"""The pages behind sign-in, clicked through with Flask's own client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from cryptography.fernet import Fernet
from flask import url_for
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from rules.engine.model.effects import Flag
from rules.engine.school.directory import Directory
from service.school import School
from service.settings import SettingsError
from service.store import AuditLine, Cipher, NewSubmission, Store, StoreUnavailableError
from service.store.decisions import Audit
from service.web.console import SAME_TIME
from service.web.session import IDLE, LONGEST
from tests.service import console_case as sample
from tests.service.console_app import ADDRESS, Desktop, csrf_of, desktop
from tests.service.console_case import ABOUT_THE_HEAD, BULLYING, CLERK, DSL, HEAD, PARENT

NO_SUCH_CASE = "C-2026-0999"
LETTER = "notice:letter"
"""The key of the draft that waits for the parent."""


@pytest.fixture
def filled(cipher: Cipher) -> Iterator[Store]:
    made = Store.memory(cipher, "north")
    sample.fill(made)
    yield made
    made.close()


@pytest.fixture
def desk(filled: Store, school: School) -> Desktop:
    return desktop(filled, lambda: school.directory, key=Fernet.generate_key().decode())


def get(client: FlaskClient, path: str) -> TestResponse:
    return client.get(path, base_url=ADDRESS)


def text(client: FlaskClient, path: str = f"/cases/{BULLYING}") -> str:
    """What a reader sees: the page with its entities resolved."""
    answer = get(client, path)
    assert answer.status_code == 200
    return unescape(answer.text)


def post(client: FlaskClient, path: str, **form: str) -> TestResponse:
    token = csrf_of(get(client, "/").text)
    return client.post(path, base_url=ADDRESS, data={"csrf": token, **form})


def audited(store: Store, ref: str) -> list[AuditLine]:
    with store.read() as tx:
        return tx.audit.of_case(ref)


# --- reading -------------------------------------------------------------------------------------------------------


def test_the_case_update_form_is_a_click_away_with_the_reference_filled_in(filled: Store, school: School) -> None:
    form = "https://forms.example/update?entry.1={case}"
    desk = desktop(filled, lambda: school.directory, key=Fernet.generate_key().decode(), update_form=form)
    assert f'href="https://forms.example/update?entry.1={BULLYING}"' in text(desk.visitor(DSL))


def test_where_the_school_gives_no_such_form_nothing_is_linked(desk: Desktop) -> None:
    assert "case update form</a>" not in text(desk.visitor(DSL))


@pytest.mark.parametrize("ref", [BULLYING, ABOUT_THE_HEAD, NO_SUCH_CASE, "b-2026-0001"])
def test_nobody_reads_anything_without_signing_in(desk: Desktop, ref: str) -> None:
    answer = get(desk.visitor(), f"/cases/{ref}")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/sign-in/?next=/cases/{ref}")
    posted = desk.visitor().post(f"/cases/{ref}/acknowledge", base_url=ADDRESS)
    assert (posted.status_code, posted.headers["Location"]) == (302, f"/sign-in/?next=/cases/{ref}")
    assert desk.recorded == []


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(
            ("<title>Case B-2026-0001", "Bullying", "Looking into it", "Opened Tue 6 Oct 2026, 11:20"), id="what it is"
        ),
        pytest.param(("Urgent: nobody has acknowledged this yet", "Acknowledge: I have it"), id="the alert"),
        pytest.param(("by Mark Ellison; version 2", "Version 1, sent Tue 6 Oct", "First try."), id="both versions"),
        pytest.param(("Does the student want their parents or carers to know?", "Left blank"), id="a blank answer"),
        pytest.param(("said to be targeted", "Choose who this is", "Matched</span> Mark Ellison"), id="people"),
        pytest.param(("Decide whether to refer to children's social care", ">You<", "Sian Lowther"), id="tasks"),
        pytest.param(
            ('How to do it<span class="unseen">: Talk to party 1</span>', "<li>Listen before you ask.</li>"),
            id="the steps of a task",
        ),
        pytest.param(("Follow-up check", "missed", "5 school days after Tue 6 Oct 2026"), id="deadlines"),
        pytest.param(("Behaviour team", "Waits to be released", "by Ruth Calder", "Dear parent"), id="who was told"),
        pytest.param(("Lead year manager", "A pupil's year is not known yet"), id="who was not told"),
        pytest.param(("Choose who was meant", "For the safeguarding team"), id="flags"),
        pytest.param(("Not done: a date", "Load the next year's term dates."), id="what was refused"),
        pytest.param(("Version 1 came in.", "Version 2 came in."), id="chronology"),
        pytest.param(("because a report came in (AB-8b)", "1 rule that did not apply", "Tell the SENCO"), id="why"),
        pytest.param(("Northbridge Academy. Confidential: printed for Ruth Calder.",), id="what stands on paper"),
        pytest.param(("Policy version policy-1; calendar version calendar-1",), id="versions"),
    ],
)
def test_the_page_of_a_case_says_everything(desk: Desktop, words: tuple[str, ...]) -> None:
    page = text(desk.visitor(DSL))
    assert [word for word in words if word not in page] == []


def test_the_answers_stand_in_the_order_of_the_form(desk: Desktop) -> None:
    page = text(desk.visitor(DSL))
    asked = ["When did it happen?", "Who was targeted?", "What did they do?", "What happened?", "Photos"]
    assert sorted(asked, key=page.index) == asked


def test_what_people_typed_is_text_and_never_markup(desk: Desktop) -> None:
    raw = get(desk.visitor(DSL), f"/cases/{BULLYING}").text
    assert "<script" not in raw
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in raw


def test_evidence_is_mentioned_and_never_linked(desk: Desktop) -> None:
    page = text(desk.visitor(DSL))
    assert "Evidence was attached. It is not fetched or linked here" in page
    assert sample.FILE_ID not in page
    assert "drive.google.com" not in page


def test_a_hold_says_who_alone_lifts_it(desk: Desktop, filled: Store) -> None:
    with filled.write() as tx:
        tx.actions.put(sample.hold(), None, sample.MOMENT)
    page = text(desk.visitor(DSL))
    assert "Not to reach: parents and carers. Only the designated safeguarding lead can lift this." in page
    assert ">Release<" not in page


def test_my_cases_are_mine_and_the_urgent_ones_come_first(desk: Desktop, filled: Store) -> None:
    later = replace(sample.bullying([]), ref="B-2026-0002", opened_at=sample.MOMENT + timedelta(days=1), linked=())
    closed = replace(later, ref="B-2026-0003", state="closed")
    with filled.write() as tx:
        for case in (later, closed):
            tx.cases.save(case, sample.MOMENT)
    page = text(desk.visitor(DSL), "/")
    assert page.index(BULLYING) < page.index("B-2026-0002")
    assert "1 task for you" in page
    assert "B-2026-0003" not in page
    assert ABOUT_THE_HEAD not in page
    assert "B-2026-0003" in text(desk.visitor(DSL), "/?closed=yes")


def test_whatever_page_is_asked_for_it_is_written_down_by_whom(desk: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every route of the console, so that a page which is added later is held to it (CP-5e)."""
    news: list[tuple[str, str | None]] = []
    monkeypatch.setattr(Audit, "add", lambda audit, who, what, ref, at: news.append((who, ref)))
    client, walked = desk.visitor(DSL), 0
    token = csrf_of(get(client, "/").text)
    for rule in desk.app.url_map.iter_rules():
        if not rule.endpoint.startswith("console.") or rule.endpoint == "console.static":
            continue
        with desk.app.test_request_context(base_url=ADDRESS):
            path = url_for(rule.endpoint, **dict.fromkeys(rule.arguments, BULLYING))
        for method in (rule.methods or set()) & {"GET", "POST"}:
            news.clear()
            client.open(path, method=method, base_url=ADDRESS, data={"csrf": token, "draft": LETTER})
            assert news == [(DSL, BULLYING if BULLYING in path else None)], (method, path)
            walked += 1
    assert walked >= 6


def test_each_read_is_written_down(desk: Desktop, filled: Store) -> None:
    client = desk.visitor(DSL)
    text(client)
    get(client, f"/cases/{ABOUT_THE_HEAD}")
    assert [(line.who, line.what) for line in audited(filled, BULLYING)] == [(DSL, "read the case")]
    assert [(line.who, line.what) for line in audited(filled, ABOUT_THE_HEAD)] == [(DSL, "refused")]


def test_what_cannot_be_written_down_is_not_shown(desk: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    client = desk.visitor(DSL)

    @contextmanager
    def unavailable(_: Store) -> Iterator[None]:
        raise StoreUnavailableError("the disk is full")
        yield

    monkeypatch.setattr(Store, "write", unavailable)
    for path in ("/", f"/cases/{BULLYING}"):
        answer = get(client, path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert "Name-calling" not in answer.text
        assert BULLYING not in answer.text


# --- kept out ------------------------------------------------------------------------------------------------------

HIDDEN = [
    ("GET", "/cases/{}"),
    ("HEAD", "/cases/{}"),
    ("GET", "/cases/{}/"),
    ("GET", "/cases/{}/acknowledge"),
    ("POST", "/cases/{}/acknowledge"),
    ("POST", "/cases/{}/release"),
    ("POST", "/cases/{}/re-date"),
    ("GET", "/cases/{}/anything"),
    ("GET", "/cases/{}/explanation.json"),
    ("GET", "/cases/{}?next=1"),
]


@pytest.mark.parametrize(("method", "path"), HIDDEN)
@pytest.mark.parametrize("written", [str.upper, str.lower])
def test_the_person_complained_about_finds_what_they_would_find_if_there_were_no_case(
    desk: Desktop, method: str, path: str, written: type[str]
) -> None:
    client = desk.visitor(HEAD)
    form = {"csrf": csrf_of(get(client, "/").text), "draft": LETTER} if method == "POST" else None
    found, missing = (
        client.open(path.format(written(ref)), method=method, base_url=ADDRESS, data=form)
        for ref in (ABOUT_THE_HEAD, NO_SUCH_CASE)
    )
    assert found.status_code == missing.status_code == 404
    assert found.data == missing.data
    assert list(found.headers) == list(missing.headers)
    assert len(desk.pauses) == 2
    assert all(0 <= pause <= SAME_TIME for pause in desk.pauses)
    assert desk.recorded == []


def test_no_list_count_or_link_tells_the_person_complained_about(desk: Desktop, filled: Store) -> None:
    client = desk.visitor(HEAD)
    before = get(client, "/").text
    assert BULLYING in before
    for path in ("/", "/?closed=yes", f"/cases/{BULLYING}"):
        assert ABOUT_THE_HEAD not in text(client, path)
    with filled.write() as tx:
        tx.cases.save(replace(sample.complaint(), ref="C-2026-0002"), sample.MOMENT)
    assert get(client, "/").text == before


def test_whoever_may_see_it_finds_it_however_they_write_it(desk: Desktop) -> None:
    for ref in (ABOUT_THE_HEAD, ABOUT_THE_HEAD.lower()):
        page = text(desk.visitor(CLERK), f"/cases/{ref}")
        assert "The headteacher shouted at me." in page
        assert "The complaint is about the headteacher" in page


def test_a_refused_try_is_written_down(desk: Desktop, filled: Store) -> None:
    client = desk.visitor(HEAD)
    for path in (f"/cases/{ABOUT_THE_HEAD.lower()}", f"/cases/{ABOUT_THE_HEAD}/anything"):
        assert get(client, path).status_code == 404
    assert [(line.who, line.what) for line in audited(filled, ABOUT_THE_HEAD)] == [(HEAD, "refused")] * 2


@pytest.mark.parametrize("ref", ["x", "B-2026-", "Б-2026-0001", "B-2026-0001'--", "ß-2026-0001", "A" * 5000])
def test_what_is_no_reference_is_not_found(desk: Desktop, ref: str) -> None:
    assert get(desk.visitor(DSL), f"/cases/{ref}").status_code == 404


# --- acting --------------------------------------------------------------------------------------------------------


def test_an_alert_is_acknowledged(desk: Desktop, filled: Store) -> None:
    client = desk.visitor(DSL)
    answer = post(client, f"/cases/{BULLYING}/acknowledge")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/cases/{BULLYING}")
    assert desk.recorded == [{"do": "acknowledge", "case": BULLYING, "by": DSL}]
    sample.acknowledged(filled, desk.clock())
    page = text(client)
    assert "Thank you: your acknowledgement is recorded." in page
    assert "nobody has acknowledged" not in page
    assert "Urgent: not acknowledged" not in text(client, "/")
    post(client, f"/cases/{BULLYING}/acknowledge")
    assert "This alert was acknowledged already." in text(client)
    assert len(desk.recorded) == 1


def test_an_acknowledgement_that_is_not_decided_yet_is_not_asked_for_again(desk: Desktop, filled: Store) -> None:
    with filled.write() as tx:
        body = {"do": "acknowledge", "case": BULLYING, "by": DSL}
        tx.submissions.add(NewSubmission(source="person", dedupe_key="1", received_at=desk.clock(), body=body))
    client = desk.visitor(DSL)
    page = text(client)
    assert "has been acknowledged; that is being recorded now" in page
    assert "I have it" not in page
    post(client, f"/cases/{BULLYING}/acknowledge")
    assert desk.recorded == []


def test_an_alert_after_the_acknowledgement_waits_again(desk: Desktop, filled: Store) -> None:
    sample.acknowledged(filled, sample.MOMENT + timedelta(minutes=1))
    assert "I have it" not in text(desk.visitor(DSL))
    again = sample.notice(DSL, "designated safeguarding lead", key="notice:again", urgent=True)
    with filled.write() as tx:
        tx.actions.put(again, None, sample.MOMENT + timedelta(hours=2))
    page = text(desk.visitor(DSL))
    assert "Since Tue 6 Oct 2026, 13:20" in page


def test_whoever_the_alert_did_not_call_cannot_stop_it(desk: Desktop) -> None:
    client = desk.visitor(sample.BEHAVIOUR_LEAD)
    assert "nobody has acknowledged" in text(client)
    assert "I have it" not in text(client)
    post(client, f"/cases/{BULLYING}/acknowledge")
    assert desk.recorded == []
    assert "for somebody else to acknowledge" in text(client)


def test_a_draft_is_released_by_those_who_may(desk: Desktop) -> None:
    client = desk.visitor(DSL)
    assert ">Release<" in text(client)
    assert '<input type="hidden" name="draft" value="notice:letter">' in get(client, f"/cases/{BULLYING}").text
    post(client, f"/cases/{BULLYING}/release", draft=LETTER)
    assert desk.recorded == [{"do": "release", "case": BULLYING, "by": DSL, "to": PARENT, "draft": LETTER}]
    assert "Released. It is on its way" in text(client)


def test_a_letter_that_is_not_finished_is_said_not_to_be_sent(desk: Desktop) -> None:
    desk.marks = 2
    client = desk.visitor(DSL)
    post(client, f"/cases/{BULLYING}/release", draft=LETTER)
    assert [one.get("marks") for one in desk.recorded] == ["2"], "deciding it refuses, and asks the holder"
    assert "Not sent: the letter is not finished, with 2 marks left in it." in text(client)


def test_a_draft_that_cannot_be_read_is_not_released(desk: Desktop) -> None:
    desk.marks = None
    client = desk.visitor(DSL)
    post(client, f"/cases/{BULLYING}/release", draft=LETTER)
    assert desk.recorded == []
    assert "cannot be read in Gmail just now, so nothing was sent" in text(client)


def test_new_dates_are_confirmed_where_some_wait(desk: Desktop, filled: Store) -> None:
    client = desk.visitor(DSL)
    assert "Confirm the new dates" not in text(client)
    post(client, f"/cases/{BULLYING}/re-date")
    assert desk.recorded == []
    assert "No new dates wait" in text(client)
    proposed = Flag(
        key="flag:re-date", case=BULLYING, rules=("AB-9c-1",), clauses=("AB-9c",), because="The calendar has changed.",
        name="re-date deadlines", role="behaviour lead", evidence="A check would be a day later.",
    )  # fmt: skip
    with filled.write() as tx:
        tx.actions.put(proposed, None, sample.MOMENT)
    assert "Confirm the new dates" in text(client)
    post(client, f"/cases/{BULLYING}/re-date")
    assert [(one["do"], one["case"], one["by"]) for one in desk.recorded] == [("re-date", BULLYING, DSL)]


@pytest.mark.parametrize(("address", "draft"), [(sample.BEHAVIOUR_LEAD, LETTER), (DSL, "notice:other"), (DSL, "")])
def test_nothing_else_is_released(desk: Desktop, address: str, draft: str) -> None:
    client = desk.visitor(address)
    post(client, f"/cases/{BULLYING}/release", draft=draft)
    assert desk.recorded == []
    assert "Nothing was sent." in text(client)


@pytest.mark.parametrize("token", [None, "", "guessed"])
@pytest.mark.parametrize("do", ["acknowledge", "release"])
def test_a_form_from_elsewhere_does_nothing(desk: Desktop, do: str, token: str | None) -> None:
    client = desk.visitor(DSL)
    form = {"draft": LETTER} if token is None else {"draft": LETTER, "csrf": token}
    answer = client.post(f"/cases/{BULLYING}/{do}", base_url=ADDRESS, data=form)
    assert answer.status_code == 400
    assert desk.recorded == []


# --- the session ---------------------------------------------------------------------------------------------------


def test_somebody_who_has_left_is_signed_out_at_the_next_request(filled: Store, school: School) -> None:
    lists: list[Directory] = [school.directory]
    desk = desktop(filled, lambda: lists[0], key=Fernet.generate_key().decode())
    client = desk.visitor(DSL)
    assert get(client, "/").status_code == 200
    lists[0] = replace(school.directory, staff=tuple(p for p in school.directory.staff if p.email != DSL))
    assert get(client, "/").status_code == 302
    lists[0] = school.directory
    assert get(client, "/").status_code == 302


def test_a_session_ends_after_an_hour_without_a_request(desk: Desktop) -> None:
    client = desk.visitor(DSL)
    for wait, expected in ((IDLE - timedelta(minutes=1), 200), (IDLE - timedelta(minutes=1), 200), (IDLE * 1.1, 302)):
        desk.clock.at += wait
        assert get(client, "/").status_code == expected


def test_a_session_ends_after_eight_hours_whatever_one_does(desk: Desktop) -> None:
    client = desk.visitor(DSL)
    assert timedelta(hours=8) == LONGEST
    statuses = []
    for _ in range(18):
        desk.clock.at += timedelta(minutes=30)
        statuses.append(get(client, "/").status_code)
    assert statuses == [200] * 16 + [302] * 2


def test_pages_with_content_are_kept_nowhere_and_run_nothing(desk: Desktop) -> None:
    client = desk.visitor(DSL)
    for path in ("/", f"/cases/{BULLYING}", "/cases/x"):
        headers = get(client, path).headers
        assert headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "script-src" not in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert "style=" not in get(client, f"/cases/{BULLYING}").text


def test_the_cookie_goes_only_over_tls_but_on_the_machine_itself(filled: Store, school: School) -> None:
    for address, name, secure in (
        ("https://policydesk.northbridge.example", "__Host-policydesk", True),
        ("http://127.0.0.1:8000", "policydesk", False),
        ("http://localhost:8000", "policydesk", False),
    ):
        desk = desktop(filled, lambda: school.directory, key=Fernet.generate_key().decode(), address=address)
        config = desk.app.config
        assert (config["SESSION_COOKIE_NAME"], config["SESSION_COOKIE_SECURE"]) == (name, secure)
        assert (config["SESSION_COOKIE_HTTPONLY"], config["SESSION_COOKIE_SAMESITE"]) == (True, "Lax")


def test_a_console_in_the_clear_is_refused(filled: Store, school: School) -> None:
    address = "http://policydesk.northbridge.example"
    with pytest.raises(SettingsError, match="https://"):
        desktop(filled, lambda: school.directory, key=Fernet.generate_key().decode(), address=address)


def test_no_page_but_those_of_signing_in_is_open(desk: Desktop) -> None:
    asked = set()
    for rule in desk.app.url_map.iter_rules():
        if rule.endpoint.startswith("console.") and rule.endpoint != "console.static":
            with desk.app.test_request_context(base_url=ADDRESS):
                path = url_for(rule.endpoint, **dict.fromkeys(rule.arguments, BULLYING))
            for method in (rule.methods or set()) - {"OPTIONS"}:
                answer = desk.visitor().open(path, method=method, base_url=ADDRESS)
                assert answer.status_code == 302, (method, path)
                assert answer.headers["Location"].startswith("/sign-in/"), (method, path)
                asked.add((method, rule.endpoint))
    assert len(asked) >= 8
