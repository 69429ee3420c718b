"""The Mailer over Gmail: what is written, what is refused, how a lost draft is found, and what is sent."""

from __future__ import annotations

import base64
import json
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
import responses

from integrations.google import Google, Workspace, connect
from integrations.google.gmail import HEADER, LONGEST_BODY, LONGEST_SUBJECT, action_header
from integrations.ports import DeliveryError, DraftGoneError, Mail

ENDPOINT = "http://127.0.0.1:9"
DRAFTS = f"{ENDPOINT}/gmail/v1/users/me/drafts"
OFFICE = "office@school.example"
HEAD = "head@school.example"


def mail(**changes: str) -> Mail:
    plain = {
        "key": "act-1",
        "mailbox": HEAD,
        "to": "m.o'neil@family.example",
        "subject": "A letter",
        "body": "Dear £.\n",
    }
    return Mail(**{**plain, **changes})


def written(call: Any) -> EmailMessage:
    raw = json.loads(call.request.body)["message"]["raw"]
    return message_from_bytes(base64.urlsafe_b64decode(raw), policy=policy.default)


def text_of(message: EmailMessage) -> str:
    return str(message.get_content()).replace("\r\n", "\n")


def test_a_draft_has_one_recipient_and_our_header(web: responses.RequestsMock, workspace: Workspace) -> None:
    web.post(DRAFTS, json={"id": "d-1"})
    assert workspace.mailer.create_draft(mail()) == "d-1"
    message = written(web.calls[-1])
    assert message["From"] == HEAD
    assert [address.addr_spec for address in message["To"].addresses] == ["m.o'neil@family.example"]
    assert (message["Cc"], message["Bcc"]) == (None, None)
    assert message["Subject"] == "A letter"
    assert message[HEADER] == "act-1"
    assert message.get_content_type() == "text/plain"
    assert text_of(message) == "Dear £.\n"


@pytest.mark.parametrize(
    "to",
    [
        "a@school.example\nBcc: b@evil.example",
        "a@school.example\r\nBcc: b@evil.example",
        "a@school.example,b@evil.example",
        "a@school.example;b@evil.example",
        "a@school.example b@evil.example",
        "Head <a@school.example>",
        '"a@school.example" <b@evil.example>',
        "a(b)@school.example",
        "a@school.example ",
        "a..b@school.example",
        "group:a@school.example;",
        "@route.example:a@school.example",
        "a@b@school.example",
        "a%evil.example@school.example",
        "hеad@school.example",  # a Cyrillic letter
        "a@localhost",
        "",
    ],
)
def test_anything_but_one_plain_address_is_refused(web: responses.RequestsMock, workspace: Workspace, to: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        workspace.mailer.create_draft(mail(to=to))
    assert (caught.value.reason, caught.value.permanent) == ("bad-address", True)
    with pytest.raises(DeliveryError, match="bad-mailbox"):
        workspace.mailer.create_draft(mail(mailbox=to))
    assert not web.calls


@pytest.mark.parametrize("subject", ["Hello\nBcc: b@evil.example", "a\rb", "a\x00b", "a\u2028b", "a\x85b", "", "  "])
def test_a_subject_that_could_carry_a_header_is_refused(workspace: Workspace, subject: str) -> None:
    with pytest.raises(DeliveryError, match="bad-subject") as caught:
        workspace.mailer.create_draft(mail(subject=subject))
    assert caught.value.permanent


@pytest.mark.parametrize("key", ["", "a b", "a\nX: y", "é"])
def test_a_key_that_is_no_header_is_refused(workspace: Workspace, key: str) -> None:
    with pytest.raises(DeliveryError, match="bad-key"):
        workspace.mailer.create_draft(mail(key=key))


def test_what_is_too_long_is_shortened_with_a_note(web: responses.RequestsMock, workspace: Workspace) -> None:
    web.post(DRAFTS, json={"id": "d-1"})
    workspace.mailer.create_draft(mail(subject="s" * 999, body="b" * 900_000, key="k" * 400))
    message = written(web.calls[-1])
    assert len(message["Subject"]) == LONGEST_SUBJECT
    assert len(text_of(message)) <= LONGEST_BODY + 1
    assert text_of(message).rstrip().endswith("[Shortened here. The whole text is on the case.]")
    assert message[HEADER] == action_header("k" * 400)
    assert len(message[HEADER]) == 48


def test_text_that_is_no_utf_8_still_goes(web: responses.RequestsMock, workspace: Workspace) -> None:
    web.post(DRAFTS, json={"id": "d-1"})
    workspace.mailer.create_draft(mail(body="odd \ud800 text\x00, lines\rof\r\nall kinds"))
    assert "odd \ufffd\ufffd\ufffd text, lines" in written(web.calls[-1]).get_content()


def metadata(*headers: tuple[str, str]) -> dict[str, Any]:
    return {"message": {"payload": {"headers": [{"name": name, "value": value} for name, value in headers]}}}


def test_a_lost_draft_is_found_by_its_header_on_a_later_page(web: responses.RequestsMock, workspace: Workspace) -> None:
    query = responses.matchers.query_param_matcher
    web.get(
        DRAFTS,
        json={"drafts": [{"id": "d-9"}, {"id": "d-8"}], "nextPageToken": "p2"},
        match=[query({"maxResults": "100", "alt": "json"})],
    )
    second = {"maxResults": "100", "alt": "json", "pageToken": "p2"}
    web.get(DRAFTS, json={"drafts": [{"id": "d-7"}]}, match=[query(second)])
    web.get(f"{DRAFTS}/d-9", json=metadata((HEADER, "act-12"), ("Subject", "act-1")))
    web.get(f"{DRAFTS}/d-8", status=404, json={})  # deleted since it was listed
    web.get(f"{DRAFTS}/d-7", json=metadata((HEADER.lower(), "act-1")))
    assert workspace.mailer.find_draft(mail()) == "d-7"


def test_no_draft_to_be_found(web: responses.RequestsMock, workspace: Workspace) -> None:
    web.get(DRAFTS, json={"resultSizeEstimate": 0})
    assert workspace.mailer.find_draft(mail()) is None


def test_a_search_without_end_says_so(web: responses.RequestsMock, workspace: Workspace) -> None:
    pages = web.get(DRAFTS, json={"drafts": [], "nextPageToken": "more"})
    with pytest.raises(DeliveryError, match="too-many-drafts"):
        workspace.mailer.find_draft(mail())
    assert pages.call_count == 5


def test_sending_and_sending_again(web: responses.RequestsMock, workspace: Workspace) -> None:
    web.post(f"{DRAFTS}/send", json={"id": "m-1"})
    assert workspace.mailer.send_draft(HEAD, "d-1") == "m-1"
    assert json.loads(web.calls[-1].request.body) == {"id": "d-1"}
    web.replace("POST", f"{DRAFTS}/send", status=404, json={"error": {"errors": [{"reason": "notFound"}]}})
    with pytest.raises(DraftGoneError):
        workspace.mailer.send_draft(HEAD, "d-1")


def test_deleting_and_deleting_again(web: responses.RequestsMock, workspace: Workspace) -> None:
    gone = web.delete(f"{DRAFTS}/d-1", status=204)
    workspace.mailer.delete_draft(HEAD, "d-1")
    gone = web.replace("DELETE", f"{DRAFTS}/d-1", status=404, json={})
    workspace.mailer.delete_draft(HEAD, "d-1")
    web.replace("DELETE", f"{DRAFTS}/d-1", status=403, json={})
    with pytest.raises(DeliveryError, match="http-403"):
        workspace.mailer.delete_draft(HEAD, "d-1")
    assert gone is not None


NOTE = f"[Policydesk: {HEAD} releases this draft. Take this line out before sending it by hand.]"


def test_one_account_says_for_whom_it_holds_a_draft(web: responses.RequestsMock, one_account: Google) -> None:
    mailer = connect(one_account, sends_as=OFFICE, spreadsheet="s").mailer
    web.post(DRAFTS, json={"id": "d-1"})
    mailer.create_draft(mail())
    message = written(web.calls[-1])
    assert message["From"] == OFFICE
    assert text_of(message).splitlines() == [NOTE, "", "Dear £."]
    mailer.create_draft(mail(mailbox=OFFICE))
    assert text_of(written(web.calls[-1])) == "Dear £.\n"


def draft_of(web: responses.RequestsMock, plain: str, markup: str | None = None) -> None:
    draft = EmailMessage(policy=policy.SMTP)
    draft["To"], draft["Subject"], draft[HEADER] = "m.o'neil@family.example", "A letter", "act-1"
    draft.set_content(plain)
    if markup:
        draft.add_alternative(markup, subtype="html")
    raw = base64.urlsafe_b64encode(draft.as_bytes()).decode().rstrip("=")
    web.get(f"{DRAFTS}/d-1", json={"id": "d-1", "message": {"raw": raw}})


@pytest.mark.parametrize(
    ("plain", "markup"),
    [
        (f"{NOTE}\n\nDear £.\n", None),
        (NOTE.replace(" this", "\nthis") + "\n\nDear £.\n", f"<div>{NOTE}</div><p>Dear <b>£</b>.</p>"),
        (f"{NOTE}\n\nDear £.\n", f"<p>{NOTE.replace(HEAD, f'<a href=mailto:{HEAD}>{HEAD}</a>')}</p><p>Dear £.</p>"),
    ],
)
def test_one_account_takes_its_line_out_when_it_sends(
    web: responses.RequestsMock, one_account: Google, plain: str, markup: str | None
) -> None:
    mailer = connect(one_account, sends_as=OFFICE, spreadsheet="s").mailer
    draft_of(web, plain, markup)
    web.post(f"{DRAFTS}/send", json={"id": "m-1"})
    assert mailer.send_draft(HEAD, "d-1") == "m-1"
    sent = written(web.calls[-1])
    assert (sent["To"], sent["Subject"], sent[HEADER]) == ("m.o'neil@family.example", "A letter", "act-1")
    assert b"olicydesk:" not in sent.as_bytes()
    body, html = sent.get_body(("plain",)), sent.get_body(("html",))
    assert isinstance(body, EmailMessage)
    assert text_of(body) == "Dear £.\n"
    assert (html is not None) == (markup is not None)


def test_one_account_sends_nothing_where_its_line_cannot_be_taken_out(
    web: responses.RequestsMock, one_account: Google
) -> None:
    mailer = connect(one_account, sends_as=OFFICE, spreadsheet="s").mailer
    draft_of(web, NOTE.replace("releases", "should release") + "\n\nDear £.\n")
    send = web.post(f"{DRAFTS}/send", json={"id": "m-1"})
    with pytest.raises(DeliveryError, match="note-left-in-draft"):
        mailer.send_draft(HEAD, "d-1")
    assert send.call_count == 0


def test_one_account_sends_what_a_person_has_cleaned_as_it_is(web: responses.RequestsMock, one_account: Google) -> None:
    mailer = connect(one_account, sends_as=OFFICE, spreadsheet="s").mailer
    raw = base64.urlsafe_b64encode(b"To: a@b.example\r\nSubject: x\r\n\r\nDear.\r\n").decode()
    web.get(f"{DRAFTS}/d-1", json={"id": "d-1", "message": {"raw": raw}})
    web.post(f"{DRAFTS}/send", json={"id": "m-1"})
    mailer.send_draft(HEAD, "d-1")
    assert json.loads(web.calls[-1].request.body) == {"id": "d-1"}
    mailer.send_draft(OFFICE, "d-2")
    assert json.loads(web.calls[-1].request.body) == {"id": "d-2"}


def test_a_draft_is_read_as_its_holder_has_left_it(web: responses.RequestsMock, workspace: Workspace) -> None:
    edited = EmailMessage()
    edited.set_content("Dear Ms Haddad,\nplease call.")
    edited.add_alternative("<p>Dear <b>Ms Haddad</b>,</p>", subtype="html")
    only_html = EmailMessage()
    only_html.set_content("<p>Dear <b>[write&nbsp;here: name]</b></p>", subtype="html")
    for draft, message in (("d-1", edited), ("d-2", only_html)):
        raw = base64.urlsafe_b64encode(message.as_bytes()).decode().rstrip("=")
        web.get(f"{DRAFTS}/{draft}", json={"id": draft, "message": {"raw": raw}})
    assert workspace.mailer.read_draft("head@school.example", "d-1") == "Dear Ms Haddad,\nplease call.\n"
    assert "[write\xa0here: name]" in workspace.mailer.read_draft("head@school.example", "d-2")
