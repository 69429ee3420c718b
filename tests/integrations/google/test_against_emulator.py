"""The same adapters against the local Workspace, which keeps to Google's discovery documents; answers get lost too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from integrations.google import Google, Workspace, connect, diagnose
from integrations.google.calendar import event_id_of
from integrations.google.sheet_requests import metadata_id
from integrations.ports import Busy, DeliveryError, DiaryEntry, DraftGoneError, Mail, TaskRow
from integrations.workspace_emulator.server import RunningEmulator, running_emulator

OFFICE = "office@school.example"
HEAD = "head@school.example"
PARENT = "parent@family.example"
CLOSED = "closed@school.example"
SHEET = "tasks"
START = datetime(2026, 10, 6, 13, 0, tzinfo=UTC)  # a Tuesday
SEED = {
    "people": [
        {"name": "Office", "email": OFFICE},
        {"name": "Head", "email": HEAD},
        {"name": "A parent", "email": PARENT, "hosted": False},
    ],
    "spreadsheets": [{"id": SHEET, "title": "School tasks"}],
    "calendars": [{"id": CLOSED, "writers": []}],
}


@pytest.fixture(scope="module")
def server() -> Iterator[RunningEmulator]:
    with running_emulator(seed_state=SEED) as running:
        yield running


@pytest.fixture
def emulator(server: RunningEmulator) -> Iterator[RunningEmulator]:
    server.workspace.reset(everything=True)
    yield server
    assert server.state()["violations"] == []


@pytest.fixture
def live(
    emulator: RunningEmulator, service_account: dict[str, str], saved: Callable[[object], Path]
) -> Iterator[Google]:
    key = serialization.load_pem_private_key(service_account["private_key"].encode(), None).public_key()
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    emulator.workspace.tokens.register_service_account(service_account["client_email"], pem)
    google = Google(saved(service_account), emulator.url)
    yield google
    google.close()


@pytest.fixture
def school(live: Google) -> Workspace:
    return connect(live, sends_as=OFFICE, spreadsheet=SHEET)


def mail(**changes: str) -> Mail:
    return Mail(**{"key": "act-1", "mailbox": HEAD, "to": PARENT, "subject": "A letter", "body": "Dear £.", **changes})


def entry(**changes: Any) -> DiaryEntry:
    plain = {"key": "act-1", "calendar": OFFICE, "title": "Meeting", "description": "See the case.", "start": START}
    return DiaryEntry(**{**plain, "end": START + timedelta(hours=1), "guest": PARENT, **changes})


def box(emulator: RunningEmulator, owner: str, folder: str) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = emulator.state()["mail"].get(owner, {}).get(folder, [])
    return kept


def rows(emulator: RunningEmulator, tab: str = "Tasks") -> list[list[Any]]:
    kept: list[list[Any]] = emulator.state()["sheets"][SHEET]["tabs"][tab]
    return kept


def events(emulator: RunningEmulator, calendar: str = OFFICE) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = emulator.state()["calendar"]["calendars"].get(calendar, [])
    return kept


def test_a_letter_from_draft_to_inbox(emulator: RunningEmulator, school: Workspace) -> None:
    draft = school.mailer.create_draft(mail())
    assert [one["to"] for one in box(emulator, HEAD, "drafts")] == [PARENT]
    school.mailer.send_draft(HEAD, draft)
    assert not box(emulator, HEAD, "drafts")
    (sent,) = box(emulator, HEAD, "sent")
    assert (sent["from"], sent["to"], sent["cc"], sent["bcc"], sent["subject"]) == (HEAD, PARENT, "", "", "A letter")
    assert sent["body"].strip() == "Dear £."
    with pytest.raises(DraftGoneError):
        school.mailer.send_draft(HEAD, draft)
    school.mailer.delete_draft(HEAD, draft)


def test_a_draft_whose_answer_was_lost_is_found_and_sent_once(emulator: RunningEmulator, school: Workspace) -> None:
    school.mailer.create_draft(mail(key="act-0"))
    emulator.add_fault("gmail.users.drafts.create", "drop-after-commit")
    with pytest.raises(DeliveryError) as caught:
        school.mailer.create_draft(mail())
    assert (caught.value.reason, caught.value.ambiguous) == ("connection-lost", True)
    found = school.mailer.find_draft(mail())
    assert found is not None
    assert school.mailer.find_draft(mail(key="act-2")) is None
    emulator.add_fault("gmail.users.drafts.send", "drop-after-commit")
    with pytest.raises(DeliveryError) as caught:
        school.mailer.send_draft(HEAD, found)
    assert caught.value.ambiguous
    with pytest.raises(DraftGoneError):
        school.mailer.send_draft(HEAD, found)
    assert len(box(emulator, HEAD, "sent")) == 1
    assert len(box(emulator, HEAD, "drafts")) == 1


def test_one_account_holds_the_draft_and_sends_it_clean(
    emulator: RunningEmulator, authorized_user: dict[str, str], saved: Callable[[object], Path]
) -> None:
    client = {name: authorized_user[name] for name in ("client_id", "client_secret")}
    scopes = ["https://www.googleapis.com/auth/gmail.compose"]
    token = emulator.workspace.tokens.register_refresh_token(OFFICE, scopes, **client)
    google = Google(saved({**authorized_user, "refresh_token": token}), emulator.url)
    mailer = connect(google, sends_as=OFFICE, spreadsheet=SHEET).mailer
    draft = mailer.create_draft(mail())
    (held,) = box(emulator, OFFICE, "drafts")
    assert held["body"].startswith(f"[Policydesk: {HEAD} releases this draft.")
    mailer.send_draft(HEAD, draft)
    (sent,) = box(emulator, OFFICE, "sent")
    assert sent["body"].strip() == "Dear £."
    google.close()


def test_rows_are_inserted_updated_and_never_doubled(emulator: RunningEmulator, school: Workspace) -> None:
    first = [
        TaskRow("a", "Tasks", {"Title": "=1+1", "Due": "6 Oct"}),
        TaskRow("b", "Tasks", {"Title": "-B", "Due": ""}),
    ]
    emulator.add_fault("sheets.spreadsheets.batchUpdate", "drop-after-commit")
    with pytest.raises(DeliveryError) as caught:
        school.tasks.upsert(first)
    assert caught.value.ambiguous
    school.tasks.upsert(first)
    school.tasks.upsert([TaskRow("b", "Tasks", {"Title": "B2"}), TaskRow("c", "Restricted tasks", {"Title": "C"})])
    assert [row[0] for row in rows(emulator)] == ["Key", "a", "b"]
    assert [row[1] for row in rows(emulator)] == ["Title", "=1+1", "B2"]
    assert [row[:2] for row in rows(emulator, "Restricted tasks")] == [["Key", "Title"], ["c", "C"]]
    marks = {mark["metadataId"]: mark["metadataValue"] for mark in emulator.state()["sheets"][SHEET]["metadata"]}
    assert marks == {metadata_id(TaskRow(key, tab, {})): key for key, tab in
                     (("a", "Tasks"), ("b", "Tasks"), ("c", "Restricted tasks"))}  # fmt: skip


def test_text_like_a_formula_stays_text(emulator: RunningEmulator, live: Google, school: Workspace) -> None:
    school.tasks.upsert([TaskRow("a", "Tasks", {"Title": "=1+1"})])
    api = live.api("sheets", OFFICE)
    values = api.resource.spreadsheets().values()
    shown = api.run(values.get(spreadsheetId=SHEET, range="Tasks!B2", valueRenderOption="UNFORMATTED_VALUE"))
    assert shown["values"] == [["=1+1"]]


def test_rows_that_a_person_sorted_or_wiped(emulator: RunningEmulator, live: Google, school: Workspace) -> None:
    school.tasks.upsert([TaskRow(key, "Tasks", {"Title": f"Do {key}"}) for key in "abc"])
    api = live.api("sheets", OFFICE)
    values = api.resource.spreadsheets().values()
    swapped = {"values": [["c", "Do c"], ["b", "Do b"], ["a", "Do a"]]}
    place = {"spreadsheetId": SHEET, "range": "Tasks!A2:B4", "valueInputOption": "RAW"}
    api.run(values.update(**place, body=swapped))
    school.tasks.upsert([TaskRow("a", "Tasks", {"Title": "Done a"})])
    assert rows(emulator)[1:] == [["c", "Do c"], ["b", "Do b"], ["a", "Done a"]]
    # The row is emptied, but its mark stays: the row comes back under the next id.
    api.run(values.clear(spreadsheetId=SHEET, range="Tasks!A3:B3", body={}))
    school.tasks.upsert([TaskRow("b", "Tasks", {"Title": "Again b"})])
    assert [row for row in rows(emulator) if row[0] == "b"] == [["b", "Again b"]]


def test_two_processes_insert_the_same_rows_at_once(emulator: RunningEmulator, live: Google) -> None:
    schools = [connect(live, sends_as=OFFICE, spreadsheet=SHEET) for _ in range(4)]  # each with a lock of its own
    batch = [TaskRow(f"k{number}", "Tasks", {"Title": f"Do {number}"}) for number in range(5)]

    def insist(school: Workspace) -> None:
        for _attempt in range(10):
            try:
                return school.tasks.upsert(batch)
            except DeliveryError as failure:
                if failure.permanent:
                    raise
        raise AssertionError("never came through")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(insist, schools))
    assert sorted(row[0] for row in rows(emulator)[1:]) == [f"k{number}" for number in range(5)]


def test_an_entry_is_put_once_moved_cancelled_and_revived(emulator: RunningEmulator, school: Workspace) -> None:
    emulator.add_fault("calendar.events.insert", "drop-after-commit")
    with pytest.raises(DeliveryError) as caught:
        school.diary.put(entry())
    assert caught.value.ambiguous
    assert school.diary.put(entry()) == event_id_of("act-1")
    assert not emulator.calls("calendar.events.patch")
    school.diary.put(entry(start=START + timedelta(minutes=30)))
    (event,) = events(emulator)
    assert event["start"]["dateTime"].startswith("2026-10-06T14:30:00")
    assert [guest["email"] for guest in event["attendees"]] == [PARENT]
    assert (event["visibility"], event["guestsCanSeeOtherGuests"]) == ("private", False)
    school.diary.cancel(OFFICE, "act-1")
    school.diary.cancel(OFFICE, "act-1")
    school.diary.cancel(OFFICE, "never-was")
    assert [one["status"] for one in events(emulator)] == ["cancelled"]
    school.diary.put(entry())
    assert [one["status"] for one in events(emulator)] == ["confirmed"]


def test_from_timed_to_a_whole_day_and_back(emulator: RunningEmulator, school: Workspace) -> None:
    midnight = datetime(2026, 10, 5, 23, 0, tzinfo=UTC)
    for all_day in (False, True, False):
        school.diary.put(entry(all_day=all_day, start=midnight, end=midnight + timedelta(days=1)))
        (event,) = events(emulator)
        assert ("date" in event["start"], "dateTime" in event["start"]) == (all_day, not all_day)


def test_the_guest_comes_with_the_release(emulator: RunningEmulator, school: Workspace) -> None:
    school.diary.put(entry(guest=None))
    assert not box(emulator, PARENT, "inbox")
    school.diary.put(entry())
    assert len(box(emulator, PARENT, "inbox")) == 1


def test_who_is_busy(emulator: RunningEmulator, school: Workspace) -> None:
    school.diary.put(entry())
    busy = school.diary.busy([OFFICE, CLOSED], START - timedelta(days=1), START + timedelta(days=1))
    assert busy == {OFFICE: [Busy(START, START + timedelta(hours=1))]}


@pytest.mark.parametrize(
    ("kind", "permanent", "ambiguous"),
    [
        ("429", False, False),
        ("403", False, False),
        ("500", False, True),
        ("503", False, True),
        ("drop-before", False, True),
    ],
)
@pytest.mark.parametrize("api", ["gmail", "sheets", "calendar"])
def test_faults_in_each_apis_own_words(
    emulator: RunningEmulator, school: Workspace, api: str, kind: str, permanent: bool, ambiguous: bool
) -> None:
    method, call = {
        "gmail": ("gmail.users.drafts.create", lambda: school.mailer.create_draft(mail())),
        "sheets": ("sheets.spreadsheets.batchUpdate", lambda: school.tasks.upsert([TaskRow("a", "Tasks", {"T": "t"})])),
        "calendar": ("calendar.events.insert", lambda: school.diary.put(entry())),
    }[api]
    emulator.add_fault(method, kind)
    with pytest.raises(DeliveryError) as caught:
        call()
    assert (caught.value.permanent, caught.value.ambiguous) == (permanent, ambiguous)
    assert len(emulator.calls(method)) == 1
    call()


def test_a_token_that_ran_out_and_a_sign_in_that_ended(emulator: RunningEmulator, school: Workspace) -> None:
    emulator.add_fault("gmail.users.drafts.create", "401")
    school.mailer.create_draft(mail())
    emulator.add_fault("oauth2.token", "invalid_grant", every=True)
    with pytest.raises(DeliveryError, match="invalid_grant") as caught:
        school.diary.put(entry())
    assert caught.value.permanent


def test_doctor_finds_all_well(emulator: RunningEmulator, live: Google) -> None:
    checks = diagnose(live, sends_as=OFFICE, spreadsheet=SHEET, calendars=[OFFICE])
    assert [check for check in checks if not check.ok] == []
    (missing,) = [c for c in diagnose(live, sends_as=OFFICE, spreadsheet="none", calendars=[OFFICE]) if not c.ok]
    assert missing.name == "task spreadsheet"
