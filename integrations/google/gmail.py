"""Gmail: a draft to one person, found again by its header, sent by its id (gmail.compose is the only scope).

Gmail replaces Message-ID, so a header of our own names the action. drafts.send consumes the draft: a second send of the
same id is a 404, which is how "it probably went" is told from "it never left".
developers.google.com/workspace/gmail/api/reference/rest/v1/users.drafts

**One account only.** A refresh token cannot write in another person's mailbox. Such a draft goes into the account that
signed in (``sends as``), and its first line says who releases it; the line is taken out again by ``send_draft``.
Everybody who reads that account can then read the draft: where that must not be, use a service account.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Final

from integrations.google.auth import Google
from integrations.google.reasons import GoogleError
from integrations.google.text import fit, is_plain_address
from integrations.ports import DeliveryError, DraftGoneError, Mail

HEADER: Final = "X-Policydesk-Action"
LONGEST_BODY: Final = 200_000
LONGEST_SUBJECT: Final = 200
_PAGE: Final = 100
_PAGES: Final = 5
_SHORTENED: Final = "\n\n[Shortened here. The whole text is on the case.]\n"
_LINE_BREAK: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOTE_STARTS: Final = "[Policydesk:"
_KEY: Final = re.compile(r"[\x21-\x7e]+")
_KEY_THAT_FITS_A_LINE: Final = 50


class Gmail:
    """The Mailer port over Gmail. ``sends_as`` is the role account; safe for many threads."""

    def __init__(self, google: Google, sends_as: str) -> None:
        self._google = google
        self._sends_as = sends_as

    def create_draft(self, mail: Mail) -> str:
        """Write the draft; returns its id. What is too long is shortened, with a note. Raises DeliveryError."""
        raw = _encoded(self._message(mail))
        api = self._google.api("gmail", self._account(mail.mailbox))
        draft = api.run(api.resource.users().drafts().create(userId="me", body={"message": {"raw": raw}}))
        return str(draft["id"])

    def find_draft(self, mail: Mail) -> str | None:
        """The newest draft that carries this action's header, among the newest 500; None if there is none."""
        api = self._google.api("gmail", self._account(mail.mailbox))
        wanted = action_header(mail.key)
        for draft_id in self._draft_ids(api):
            request = api.resource.users().drafts().get(userId="me", id=draft_id, format="metadata")
            try:
                draft = api.run(request)
            except GoogleError as failure:
                if failure.status == 404:  # gone since it was listed
                    continue
                raise
            if wanted in _header_values(draft):
                return draft_id
        return None

    def send_draft(self, mailbox: str, draft_id: str) -> str:
        """Send the draft; returns the message id. Raises DraftGoneError where there is none, and DeliveryError."""
        api = self._google.api("gmail", self._account(mailbox))
        drafts = api.resource.users().drafts()
        body: dict[str, Any] = {"id": draft_id}
        try:
            if self._held_elsewhere(mailbox) and (raw := self._without_note(api, mailbox, draft_id)):
                body["message"] = {"raw": raw}
            return str(api.run(drafts.send(userId="me", body=body))["id"])
        except GoogleError as failure:
            if failure.status != 404:
                raise
        raise DraftGoneError

    def delete_draft(self, mailbox: str, draft_id: str) -> None:
        """Withdraw the draft; one that is gone already is no error. Raises DeliveryError."""
        api = self._google.api("gmail", self._account(mailbox))
        try:
            api.run(api.resource.users().drafts().delete(userId="me", id=draft_id))
        except GoogleError as failure:
            if failure.status != 404:
                raise

    def _account(self, mailbox: str) -> str:
        """In whose name to act for this mailbox."""
        if not is_plain_address(mailbox):
            raise DeliveryError("bad-mailbox", permanent=True)
        return mailbox if self._google.impersonates else self._sends_as

    def _held_elsewhere(self, mailbox: str) -> bool:
        return not self._google.impersonates and mailbox.lower() != self._sends_as.lower()

    def _message(self, mail: Mail) -> EmailMessage:
        if not is_plain_address(mail.to):
            raise DeliveryError("bad-address", permanent=True)
        if not mail.subject.strip() or _LINE_BREAK.search(mail.subject):
            raise DeliveryError("bad-subject", permanent=True)
        body = f"{_note(mail.mailbox)}\n\n{mail.body}" if self._held_elsewhere(mail.mailbox) else mail.body
        message = EmailMessage(policy=policy.SMTP)
        message["From"] = self._account(mail.mailbox)
        message["To"] = mail.to
        message["Subject"] = fit(mail.subject.strip(), LONGEST_SUBJECT, "…")
        message[HEADER] = action_header(mail.key)
        message.set_content(fit(body, LONGEST_BODY, _SHORTENED))
        return message

    def _draft_ids(self, api: Any) -> Iterator[str]:
        """Ids of the newest drafts (Gmail lists the newest first)."""
        drafts = api.resource.users().drafts()
        request = drafts.list(userId="me", maxResults=_PAGE)
        for _page in range(_PAGES):
            reply = api.run(request)
            yield from (str(draft["id"]) for draft in reply.get("drafts", []))
            request = drafts.list_next(request, reply)
            if request is None:
                return
        # Saying "there is none" now could leave the same draft twice.
        raise DeliveryError("too-many-drafts", permanent=True)

    def _without_note(self, api: Any, mailbox: str, draft_id: str) -> str | None:
        """The draft as a person left it, less the line that says who releases it; None if that is gone already."""
        request = api.resource.users().drafts().get(userId="me", id=draft_id, format="raw")
        raw = api.run(request)["message"]["raw"]
        message = message_from_bytes(base64.urlsafe_b64decode(raw + "=="), policy=policy.SMTP)
        changed = False
        for part in message.walk():
            if part.get_content_maintype() != "text" or _NOTE_STARTS not in (text := part.get_content()):
                continue
            text = _note_in(mailbox).sub("", text.replace("\r\n", "\n"), count=1).lstrip("\n")
            if _NOTE_STARTS in text:  # rewritten beyond recognition; a stranger must not be sent it
                raise DeliveryError("note-left-in-draft", permanent=True)
            part.set_content(text, subtype=part.get_content_subtype())
            changed = True
        return _encoded(message) if changed else None


def _encoded(message: EmailMessage) -> str:
    return base64.urlsafe_b64encode(message.as_bytes()).decode()


def action_header(key: str) -> str:
    """What the header says for this key: the key, or where that would need folding, the start of its SHA-256."""
    if not _KEY.fullmatch(key):
        raise DeliveryError("bad-key", permanent=True)
    return key if len(key) <= _KEY_THAT_FITS_A_LINE else hashlib.sha256(key.encode()).hexdigest()[:48]


def _note(mailbox: str) -> str:
    return f"{_NOTE_STARTS} {mailbox} releases this draft. Take this line out before sending it by hand.]"


def _note_in(mailbox: str) -> re.Pattern[str]:
    """Finds the note though a mail program wrapped its line, or put markup between its words."""
    words = (f"(?:{re.escape(word)}|{re.escape(html.escape(word))})" for word in _note(mailbox).split())
    return re.compile(r"(?:\s|&nbsp;|<[^>]*>)+".join(words))


def _header_values(draft: Any) -> list[str]:
    headers = draft.get("message", {}).get("payload", {}).get("headers", [])
    return [header["value"].strip() for header in headers if header["name"].lower() == HEADER.lower()]
