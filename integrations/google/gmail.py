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
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from integrations.google.auth import Google
from integrations.google.reasons import OF_AN_ACCOUNT, GoogleError
from integrations.google.text import fit, is_plain_address
from integrations.ports import DeliveryError, DraftGoneError, Mail

if TYPE_CHECKING:
    from integrations.google.transport import Api

HEADER: Final = "X-Policydesk-Action"
LONGEST_BODY: Final = 200_000
LONGEST_SUBJECT: Final = 200
_PAGE: Final = 100
_PAGES: Final = 5
_SHORTENED: Final = "\n\n[Shortened here. The whole text is on the case.]\n"
_LINE_BREAK: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_TAG: Final = re.compile(r"<[^>]*>")
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
        box = self._open(mail.mailbox)
        return str(box.run(box.drafts.create(userId="me", body={"message": {"raw": raw}}))["id"])

    def find_draft(self, mail: Mail) -> str | None:
        """The newest draft that carries this action's header, among the newest 500; None if there is none."""
        box = self._open(mail.mailbox)
        wanted = action_header(mail.key)
        for draft_id in _draft_ids(box):
            request = box.drafts.get(userId="me", id=draft_id, format="metadata")
            try:
                draft = box.run(request)
            except GoogleError as failure:
                if failure.status == 404:  # gone since it was listed
                    continue
                raise
            if wanted in _header_values(draft):
                return draft_id
        return None

    def send_draft(self, mailbox: str, draft_id: str) -> str:
        """Send the draft; returns the message id. Raises DraftGoneError where there is none, and DeliveryError."""
        box = self._open(mailbox)
        body: dict[str, Any] = {"id": draft_id}
        try:
            if self._held_elsewhere(mailbox) and (raw := _without_note(box, mailbox, draft_id)):
                body["message"] = {"raw": raw}
            return str(box.run(box.drafts.send(userId="me", body=body))["id"])
        except GoogleError as failure:
            if failure.status != 404:
                raise
        raise DraftGoneError

    def delete_draft(self, mailbox: str, draft_id: str) -> bool:
        """Withdraw the draft; returns whether it was still there. Raises DeliveryError."""
        box = self._open(mailbox)
        return _is_there(box, box.drafts.delete(userId="me", id=draft_id))

    def has_draft(self, mailbox: str, draft_id: str) -> bool:
        """Whether the draft is still there: neither sent nor deleted. Raises DeliveryError."""
        box = self._open(mailbox)
        return _is_there(box, box.drafts.get(userId="me", id=draft_id, format="minimal"))

    def read_draft(self, mailbox: str, draft_id: str) -> str:
        """The words of the draft as a person has left it. Raises DraftGoneError where there is none, DeliveryError."""
        box = self._open(mailbox)
        try:
            part = _parsed(box, draft_id).get_body(("plain", "html"))
        except GoogleError as failure:
            if failure.status != 404:
                raise
            raise DraftGoneError from None
        if part is None:
            return ""
        text = str(part.get_content())
        return text if part.get_content_subtype() == "plain" else html.unescape(_TAG.sub(" ", text))

    def _open(self, mailbox: str) -> _Box:
        account = self._account(mailbox)
        mine = account.lower() == self._sends_as.lower()
        return _Box(self._google.api("gmail", account), None if mine else partial(self._open, self._sends_as))

    def _account(self, mailbox: str) -> str:
        """In whose name to act for this mailbox."""
        if not is_plain_address(mailbox):
            raise DeliveryError("bad-mailbox", permanent=True, systemic=mailbox == self._sends_as)
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


class _Box:
    """One account's drafts. ``role_account`` opens that of the role account, where this is another's."""

    def __init__(self, api: Api, role_account: Callable[[], _Box] | None) -> None:
        self.drafts = api.resource.users().drafts()
        self._api = api
        self._role_account = role_account

    def run(self, request: Any) -> Any:
        """Send a request. Raises DeliveryError, systemic only where the role account is refused too."""
        try:
            return self._api.run(request)
        except GoogleError as failure:
            if self._role_account is not None and failure.reason in OF_AN_ACCOUNT:
                failure.systemic = not _works(self._role_account())
            raise


def _works(box: _Box) -> bool:
    try:
        box.run(box.drafts.list(userId="me", maxResults=1))
    except GoogleError:
        return False
    return True


def _is_there(box: _Box, request: Any) -> bool:
    """Whether the draft that a request asks for is there; the request is made."""
    try:
        box.run(request)
    except GoogleError as failure:
        if failure.status != 404:
            raise
        return False
    return True


def _draft_ids(box: _Box) -> Iterator[str]:
    """Ids of the newest drafts (Gmail lists the newest first)."""
    request = box.drafts.list(userId="me", maxResults=_PAGE)
    for _page in range(_PAGES):
        reply = box.run(request)
        yield from (str(draft["id"]) for draft in reply.get("drafts", []))
        request = box.drafts.list_next(request, reply)
        if request is None:
            return
    # Saying "there is none" now could leave the same draft twice.
    raise DeliveryError("too-many-drafts", permanent=True)


def _without_note(box: _Box, mailbox: str, draft_id: str) -> str | None:
    """The draft as a person left it, less the line that says who releases it; None if that is gone already."""
    message = _parsed(box, draft_id)
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


def _parsed(box: _Box, draft_id: str) -> EmailMessage:
    raw = box.run(box.drafts.get(userId="me", id=draft_id, format="raw"))["message"]["raw"]
    return message_from_bytes(base64.urlsafe_b64decode(raw + "=="), policy=policy.SMTP)


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
