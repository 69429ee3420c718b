"""Facts about Gmail that its discovery document does not say, each with the page that says it."""

from __future__ import annotations

import base64
import json
from email.message import EmailMessage
from typing import Any

import pytest
from googleapiclient.errors import HttpError

OFFICE = "office@northbridge.example"
HEAD = "head@northbridge.example"
COMPOSE = "https://www.googleapis.com/auth/gmail.compose"
READ = "https://www.googleapis.com/auth/gmail.readonly"


def raw(to: str = HEAD, subject: str = "Case B-2026-0001", body: str = "Please look.\n", **headers: str) -> str:
    message = EmailMessage()
    if to:
        message["To"] = to
    message["Subject"] = subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    return base64.urlsafe_b64encode(message.as_bytes()).decode()


def refusal(error: pytest.ExceptionInfo[HttpError]) -> tuple[int, str]:
    detail = json.loads(error.value.content)["error"]
    return detail["code"], detail["errors"][0]["reason"]


def draft(gmail: Any, **parts: str) -> dict[str, Any]:
    made: dict[str, Any] = gmail.users().drafts().create(userId="me", body={"message": {"raw": raw(**parts)}}).execute()
    return made


def test_sending_a_draft_consumes_it_and_makes_a_new_message(google: Any) -> None:
    """workspace/gmail/api/guides/drafts: "the draft is automatically deleted and a new message with an updated ID"."""
    gmail = google("gmail")
    made = draft(gmail)
    sent = gmail.users().drafts().send(userId="me", body={"id": made["id"]}).execute()
    assert sent["id"] != made["message"]["id"]
    assert sent["labelIds"] == ["SENT"]
    assert gmail.users().drafts().list(userId="me").execute() == {"resultSizeEstimate": 0}


def test_sending_a_draft_that_is_gone_is_404_not_found(google: Any) -> None:
    """workspace/gmail/api/guides/handle-errors: 404, reason notFound."""
    gmail = google("gmail")
    made = draft(gmail)
    gmail.users().drafts().delete(userId="me", id=made["id"]).execute()
    with pytest.raises(HttpError) as error:
        gmail.users().drafts().send(userId="me", body={"id": made["id"]}).execute()
    assert refusal(error) == (404, "notFound")


def test_updating_a_draft_keeps_its_id_and_changes_the_messages(google: Any, emulator: Any) -> None:
    """workspace/gmail/api/guides/drafts: "underlying message IDs change every time the message is replaced"."""
    gmail = google("gmail")
    made = draft(gmail)
    body = {"message": {"raw": raw(subject="Other words")}}
    updated = gmail.users().drafts().update(userId="me", id=made["id"], body=body).execute()
    assert updated["id"] == made["id"]
    assert updated["message"]["id"] != made["message"]["id"]
    assert [d["subject"] for d in emulator.state()["mail"][OFFICE]["drafts"]] == ["Other words"]


def test_gmail_writes_its_own_message_id_and_sender(google: Any, emulator: Any) -> None:
    """support.google.com/mail/answer/22370 (another From must be set up); Message-ID as clients find it."""
    gmail = google("gmail")
    made = draft(gmail, Message_ID="<ours@policydesk>", From="someone.else@northbridge.example")
    gmail.users().drafts().send(userId="me", body={"id": made["id"]}).execute()
    (received,) = emulator.state()["mail"][HEAD]["inbox"]
    assert received["message_id"].endswith("@mail.gmail.com>")
    assert received["from"] == OFFICE


def test_delivery_reaches_every_address_and_hides_blind_copies(google: Any, emulator: Any) -> None:
    """RFC 5322, section 3.6.3: blind copies are taken out of what others get."""
    gmail = google("gmail")
    made = draft(gmail, to=f"{HEAD}, Parent <parent@family.example>", Bcc="quiet@northbridge.example")
    gmail.users().drafts().send(userId="me", body={"id": made["id"]}).execute()
    mail = emulator.state()["mail"]
    for address in (HEAD, "parent@family.example", "quiet@northbridge.example"):
        assert [m["bcc"] for m in mail[address]["inbox"]] == [""]
    assert mail[OFFICE]["sent"][0]["bcc"] == "quiet@northbridge.example"


def test_a_message_without_a_recipient_can_be_drafted_but_not_sent(google: Any) -> None:
    """workspace/gmail/api/reference/rest/v1/users.drafts/send: sends "to the recipients in the To, Cc, and Bcc"."""
    gmail = google("gmail")
    made = draft(gmail, to="")
    with pytest.raises(HttpError) as error:
        gmail.users().drafts().send(userId="me", body={"id": made["id"]}).execute()
    assert refusal(error) == (400, "invalidArgument")
    assert gmail.users().drafts().get(userId="me", id=made["id"]).execute()["id"] == made["id"]


def test_the_scope_for_drafts_does_not_read_messages(google: Any) -> None:
    """workspace/gmail/api/auth/scopes: gmail.compose manages drafts and sends; it reads no mail."""
    gmail = google("gmail", scopes=[COMPOSE])
    assert gmail.users().getProfile(userId="me").execute()["emailAddress"] == OFFICE
    with pytest.raises(HttpError) as error:
        gmail.users().messages().list(userId="me").execute()
    assert refusal(error) == (403, "insufficientPermissions")


def test_nobody_reads_another_mailbox(google: Any) -> None:
    """workspace/gmail/api/guides/handle-errors: 403; userId is the caller's address or me."""
    gmail = google("gmail")
    assert draft(gmail)["id"]
    assert gmail.users().drafts().list(userId=OFFICE).execute()["resultSizeEstimate"] == 1
    with pytest.raises(HttpError) as error:
        gmail.users().drafts().list(userId=HEAD).execute()
    assert refusal(error) == (403, "forbidden")


def test_a_service_account_of_its_own_has_no_mailbox(google: Any) -> None:
    """developers.google.com/identity/protocols/oauth2/service-account: Gmail needs a user to act for."""
    with pytest.raises(HttpError) as error:
        google("gmail", subject=None).users().drafts().list(userId="me").execute()
    assert refusal(error) == (400, "failedPrecondition")


def test_reading_in_every_format(google: Any) -> None:
    """workspace/gmail/api/reference/rest/v1/Format."""
    gmail = google("gmail")
    gmail.users().messages().send(userId="me", body={"raw": raw(body="Café at £2 🎈\n")}).execute()
    messages = google("gmail", subject=HEAD, scopes=[READ]).users().messages()
    (listed,) = messages.list(userId="me", labelIds=["INBOX"], q="subject:B-2026-0001").execute()["messages"]
    assert messages.list(userId="me", q="subject:B-2026-0002").execute() == {"resultSizeEstimate": 0}
    full = messages.get(userId="me", id=listed["id"], format="full").execute()
    assert base64.urlsafe_b64decode(full["payload"]["body"]["data"]).decode() == "Café at £2 🎈\r\n"
    headers = messages.get(userId="me", id=listed["id"], format="metadata", metadataHeaders=["Subject"]).execute()
    assert headers["payload"]["headers"] == [{"name": "Subject", "value": "Case B-2026-0001"}]
    minimal = messages.get(userId="me", id=listed["id"], format="minimal").execute()
    assert "payload" not in minimal
    whole = messages.get(userId="me", id=listed["id"], format="raw").execute()
    assert b"Subject: Case B-2026-0001" in base64.urlsafe_b64decode(whole["raw"])


def test_drafts_come_in_pages_newest_first(google: Any) -> None:
    """workspace/gmail/api/reference/rest/v1/users.drafts/list: maxResults and nextPageToken."""
    gmail = google("gmail")
    made = [draft(gmail, subject=f"Case {n}")["id"] for n in range(3)]
    first = gmail.users().drafts().list(userId="me", maxResults=2).execute()
    second = gmail.users().drafts().list(userId="me", maxResults=2, pageToken=first["nextPageToken"]).execute()
    assert [d["id"] for d in first["drafts"] + second["drafts"]] == made[::-1]
    assert "nextPageToken" not in second
