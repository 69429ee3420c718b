"""What a person sees, who is let in, and how a test tells the emulator things."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import requests

from integrations.workspace_emulator.app import create_emulator
from integrations.workspace_emulator.server import running_emulator, wall_clock

OFFICE = "office@northbridge.example"
HEAD = "head@northbridge.example"
SHEET = "tasks-of-the-test"


def mail(subject: str, body: str, to: str = HEAD) -> dict[str, Any]:
    text = f"To: {to}\r\nSubject: {subject}\r\n\r\n{body}"
    return {"message": {"raw": base64.urlsafe_b64encode(text.encode()).decode()}}


def page(emulator: Any, path: str) -> str:
    answer = requests.get(emulator.url + path, timeout=5)
    assert answer.status_code == 200
    assert "Nothing here leaves this machine" in answer.text
    assert "<script" not in answer.text
    return answer.text


def test_mail_shows_who_got_what_and_which_drafts_wait(google: Any, emulator: Any) -> None:
    drafts = google("gmail").users().drafts()
    sent = drafts.create(
        userId="me", body=mail("Case B-2026-0001", "See http://127.0.0.1:8000/cases/1 today.")
    ).execute()
    drafts.send(userId="me", body={"id": sent["id"]}).execute()
    kept = drafts.create(userId="me", body=mail("Case B-2026-0002", "Dear parent", "parent@family.example")).execute()
    received = emulator.state()["mail"][HEAD]["inbox"][0]["id"]
    inbox = page(emulator, f"/?mailbox={HEAD}")
    assert "Helen Marsh" in inbox
    assert f'href="/mail/{received}"' in inbox
    assert '<a href="http://127.0.0.1:8000/cases/1"' in page(emulator, f"/mail/{received}")
    assert "waiting for a person to release" in page(emulator, f"/mail/{kept['message']['id']}")
    assert "1 waiting" in page(emulator, "/")


def test_the_holder_of_a_draft_edits_its_words_and_nothing_else(google: Any, emulator: Any) -> None:
    drafts = google("gmail").users().drafts()
    made = drafts.create(
        userId="me", body=mail("A letter", "Dear [write here: name]", "parent@family.example")
    ).execute()
    address = f"{emulator.url}/mail/{made['message']['id']}"
    assert "Edit this draft" in page(emulator, f"/mail/{made['message']['id']}")
    answer = requests.post(address, data={"body": "Dear Ms Haddad,\r\nplease call."}, timeout=5)
    assert (answer.status_code, requests.post(address, timeout=5).status_code) == (200, 404), "it has another id now"
    (there,) = emulator.state()["mail"][OFFICE]["drafts"]
    assert "Dear Ms Haddad,\nplease call." in answer.text.replace("\r\n", "\n")
    drafts.send(userId="me", body={"id": made["id"]}).execute()
    (sent,) = emulator.state()["mail"][OFFICE]["sent"]
    assert (sent["to"], sent["subject"]) == (there["to"], "A letter")
    assert requests.post(f"{emulator.url}/mail/{sent['id']}", data={"body": "x"}, timeout=5).status_code == 404


def test_what_others_wrote_is_shown_as_text(google: Any, emulator: Any) -> None:
    hostile = "<img src=x onerror=alert(1)><a href='javascript:alert(1)'>x</a>"
    made = google("gmail").users().drafts().create(userId="me", body=mail(hostile, hostile)).execute()
    shown = page(emulator, f"/mail/{made['message']['id']}")
    assert "<img" not in shown
    assert "href='javascript" not in shown
    assert "&lt;img" in shown


def test_the_calendar_shows_days_guests_and_cancellations(google: Any, emulator: Any) -> None:
    events = google("calendar").events()
    body = {
        "id": "c0ffee",
        "summary": "Panel for C-2026-0001",
        "start": {"dateTime": "2026-10-12T09:00:00+01:00"},
        "end": {"dateTime": "2026-10-12T10:00:00+01:00"},
        "attendees": [{"email": HEAD}],
        "guestsCanSeeOtherGuests": False,
    }
    events.insert(calendarId="primary", body=body).execute()
    shown = page(emulator, "/calendar")
    for words in ("Monday 12 October 2026", "09:00 – 10:00", "Helen Marsh", "guests do not see each other"):
        assert words in shown
    assert "Panel for" not in page(emulator, "/calendar?who=nobody@northbridge.example")
    events.delete(calendarId="primary", eventId="c0ffee").execute()
    assert "cancelled</span>" in page(emulator, "/calendar")


def test_the_sheet_shows_each_tab_as_a_table(google: Any, emulator: Any) -> None:
    values = [["Key", "Task"], ["k1", "=HYPERLINK(1)"]]
    call = google("sheets").spreadsheets().values()
    call.update(spreadsheetId=SHEET, range="Sheet1!A1", valueInputOption="RAW", body={"values": values}).execute()
    shown = page(emulator, f"/sheet?file={SHEET}&tab=Sheet1")
    assert '<th scope="col">Task</th>' in shown
    assert '<td class="short">=HYPERLINK(1)</td>' in shown


def test_an_empty_workspace_has_pages_too(emulator: Any) -> None:
    for path in ("/", "/calendar", "/sheet"):
        assert "as soon as policydesk" in page(emulator, path)
    assert requests.get(f"{emulator.url}/mail/nothing", timeout=5).status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "10.0.0.1", "127.0.0.1.evil.example", ""])
@pytest.mark.parametrize("path", ["/", "/_emulator/state", "/gmail/v1/users/me/profile", "/token"])
def test_another_name_for_this_machine_is_refused(emulator: Any, host: str, path: str) -> None:
    assert requests.get(emulator.url + path, headers={"Host": host}, timeout=5).status_code == 403


def test_it_cannot_be_put_on_a_network() -> None:
    with pytest.raises(ValueError, match="this machine only"), running_emulator(host="0.0.0.0"):  # noqa: S104 - the point of the test
        pass
    with pytest.raises(ValueError, match="not a loopback address"):
        create_emulator(clock=wall_clock, public_url="https://desk.northbridge.example")


def test_a_page_elsewhere_cannot_post_to_it(emulator: Any) -> None:
    """A form of another site can send text/plain without being asked first, but never application/json."""
    body = json.dumps({"name": "Mallory", "email": "m@northbridge.example"})
    answer = requests.post(
        f"{emulator.url}/_emulator/people", data=body, headers={"Content-Type": "text/plain"}, timeout=5
    )
    assert answer.status_code == 415


def test_a_reset_empties_it_and_keeps_people_and_credentials(google: Any, emulator: Any) -> None:
    drafts = google("gmail").users().drafts()
    drafts.create(userId="me", body=mail("Case", "x")).execute()
    requests.post(
        f"{emulator.url}/_emulator/people", json=[{"name": "New", "email": "new@northbridge.example"}], timeout=5
    )
    assert requests.post(f"{emulator.url}/_emulator/reset", timeout=5).status_code == 204
    assert drafts.list(userId="me").execute()["resultSizeEstimate"] == 0
    state = requests.get(f"{emulator.url}/_emulator/state", timeout=5).json()
    assert "new@northbridge.example" in [person["email"] for person in state["people"]]
    assert list(state["sheets"]) == [SHEET]
    log = requests.get(f"{emulator.url}/_emulator/calls", timeout=5).json()
    assert [(call["method"], call["subject"]) for call in log] == [("gmail.users.drafts.list", OFFICE)]
    requests.post(f"{emulator.url}/_emulator/reset", json={"everything": True}, timeout=5)
    assert "new@northbridge.example" not in [person["email"] for person in emulator.state()["people"]]


def test_two_emulators_do_not_know_each_other(emulator: Any) -> None:
    with running_emulator() as other:
        assert other.url != emulator.url
        assert other.state()["people"] == []
        stranger = other.new_credentials("authorized-user", subject=OFFICE, scopes=["openid"])
        form = {
            "grant_type": "refresh_token",
            **{k: stranger[k] for k in ("refresh_token", "client_id", "client_secret")},
        }
        assert requests.post(f"{emulator.url}/token", data=form, timeout=5).json()["error"] == "invalid_grant"
    with pytest.raises(requests.ConnectionError):
        requests.get(other.url, timeout=5)
