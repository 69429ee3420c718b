"""Everybody's mail: messages, drafts and delivery, without any network."""

from __future__ import annotations

from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses

from integrations.workspace_emulator.calls import Clock, Counter, Json

ADDRESSED = ("To", "Cc", "Bcc")


@dataclass(slots=True)
class StoredMessage:
    """One message in one mailbox. ``arrived_ms``: milliseconds since 1970, as Gmail's internalDate."""

    id: str
    thread_id: str
    mailbox: str
    raw: bytes
    labels: list[str]
    arrived_ms: int
    draft_id: str | None = None

    @property
    def parsed(self) -> EmailMessage:
        """Headers and parts."""
        return read(self.raw)

    @property
    def text(self) -> str:
        """The body for a person: the plain part, or else the HTML one as it is."""
        part = self.parsed.get_body(("plain", "html"))
        return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""

    def header(self, name: str) -> str:
        """A header's text; empty where there is none."""
        return str(self.parsed.get(name, ""))


@dataclass(slots=True)
class Mailbox:
    """One person's mail, oldest first."""

    messages: dict[str, StoredMessage] = field(default_factory=dict)
    drafts: dict[str, str] = field(default_factory=dict)


class Mailboxes:
    """All mailboxes; one comes to be when it is first written to or received in."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = Counter()
        self.boxes: dict[str, Mailbox] = {}

    def box(self, email: str) -> Mailbox:
        """The mailbox of an address."""
        return self.boxes.setdefault(email.lower(), Mailbox())

    def find(self, message_id: str) -> StoredMessage | None:
        """A message in whichever mailbox it lies."""
        for box in self.boxes.values():
            if message_id in box.messages:
                return box.messages[message_id]
        return None

    def write_draft(self, owner: str, raw: bytes, thread_id: str | None = None) -> StoredMessage:
        """A new draft."""
        draft_id = f"r-{4_000_000_000_000_000_000 + self._numbers.next()}"
        return self._put_draft(owner, draft_id, raw, thread_id)

    def rewrite_draft(self, owner: str, draft_id: str, raw: bytes) -> StoredMessage:
        """Other content for a draft; its message gets a new id, the draft keeps its own. Raises KeyError."""
        old = self.draft(owner, draft_id)
        self.box(owner).messages.pop(old.id)
        return self._put_draft(owner, draft_id, raw, old.thread_id)

    def draft(self, owner: str, draft_id: str) -> StoredMessage:
        """The message of a draft. Raises KeyError where there is no such draft."""
        box = self.box(owner)
        return box.messages[box.drafts[draft_id]]

    def drop_draft(self, owner: str, draft_id: str) -> None:
        """Delete a draft for good. Raises KeyError where there is no such draft."""
        box = self.box(owner)
        box.messages.pop(box.drafts.pop(draft_id))

    def send(self, sender: str, raw: bytes, thread_id: str | None = None) -> StoredMessage:
        """Deliver to everyone addressed; returns the sender's own copy. Raises ValueError where nobody is addressed.

        Gmail writes its own Message-ID and sends from the account's address; blind copies are not shown to others.
        """
        message = read(raw)
        recipients = recipients_of(message)
        if not recipients:
            raise ValueError("Recipient address required")
        number = self._numbers.next()
        for name in ("Message-ID", "From", "Date"):
            del message[name]
        message["Message-ID"] = f"<CAEmulated{number:08d}@mail.gmail.com>"
        message["From"] = sender
        message["Date"] = format_datetime(self._clock())
        sent = self._put(sender, message.as_bytes(policy=policy.SMTP), ["SENT"], thread_id)
        del message["Bcc"]
        shown = message.as_bytes(policy=policy.SMTP)
        for recipient in recipients:
            if recipient == sender.lower():
                sent.labels += ["INBOX", "UNREAD"]
            else:
                self._put(recipient, shown, ["INBOX", "UNREAD"], None)
        return sent

    def arrive(self, recipient: str, subject: str, body: str, sender: str) -> StoredMessage:
        """Mail that Google itself sends, such as an invitation."""
        message = EmailMessage(policy=policy.SMTP)
        message["Message-ID"] = f"<calendar-{self._numbers.next():08d}@google.com>"
        message["From"], message["To"], message["Subject"] = sender, recipient, subject
        message["Date"] = format_datetime(self._clock())
        message.set_content(body)
        return self._put(recipient, message.as_bytes(), ["INBOX", "UNREAD"], None)

    def state(self) -> Json:
        """For tests: each mailbox's inbox, sent mail and drafts, oldest first."""
        return {
            email: {
                "inbox": [_summary(m) for m in box.messages.values() if "INBOX" in m.labels],
                "sent": [_summary(m) for m in box.messages.values() if "SENT" in m.labels],
                "drafts": [_summary(m) for m in box.messages.values() if "DRAFT" in m.labels],
            }
            for email, box in self.boxes.items()
        }

    def _put_draft(self, owner: str, draft_id: str, raw: bytes, thread_id: str | None) -> StoredMessage:
        stored = self._put(owner, raw, ["DRAFT"], thread_id)
        stored.draft_id = draft_id
        self.box(owner).drafts[draft_id] = stored.id
        return stored

    def _put(self, owner: str, raw: bytes, labels: list[str], thread_id: str | None) -> StoredMessage:
        message_id = f"{0x1900_0000_0000_0000 + self._numbers.next():016x}"
        arrived = int(self._clock().timestamp() * 1000)
        stored = StoredMessage(message_id, thread_id or message_id, owner.lower(), raw, labels, arrived)
        self.box(owner).messages[message_id] = stored
        return stored


def read(raw: bytes) -> EmailMessage:
    """An RFC 5322 message; whatever is wrong with it is kept as it is."""
    parsed = message_from_bytes(raw, policy=policy.default)
    assert isinstance(parsed, EmailMessage)  # noqa: S101 - what the default policy makes, for the type checker
    return parsed


def recipients_of(message: EmailMessage) -> list[str]:
    """Every address under To, Cc and Bcc, once each, in order."""
    headers = [str(value) for name in ADDRESSED for value in message.get_all(name, [])]
    found = [address.lower() for _, address in getaddresses(headers) if "@" in address]
    return list(dict.fromkeys(found))


def _summary(message: StoredMessage) -> Json:
    return {
        "id": message.id,
        "draft_id": message.draft_id,
        "message_id": message.header("Message-ID"),
        "from": message.header("From"),
        "to": message.header("To"),
        "cc": message.header("Cc"),
        "bcc": message.header("Bcc"),
        "subject": message.header("Subject"),
        "body": message.text,
        "labels": list(message.labels),
        "arrived_ms": message.arrived_ms,
        "headers": {name: str(value) for name, value in message.parsed.items()},
    }
