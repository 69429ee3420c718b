"""The Gmail API (developers.google.com/workspace/gmail/api/reference/rest)."""

from __future__ import annotations

import base64
import re
from email.message import EmailMessage

from integrations.workspace_emulator.calls import Call, Handler, Json
from integrations.workspace_emulator.errors import ApiError, invalid, not_found
from integrations.workspace_emulator.mailboxes import Mailboxes, StoredMessage
from integrations.workspace_emulator.partial import page_of

SNIPPET = 200
SEARCHABLE = {"subject": "Subject", "to": "To", "from": "From", "rfc822msgid": "Message-ID"}


class Gmail:
    """Drafts, sending and reading, on top of the mailboxes."""

    def __init__(self, mailboxes: Mailboxes) -> None:
        self._mail = mailboxes
        self.handlers: dict[str, Handler] = {
            "gmail.users.getProfile": self.profile,
            "gmail.users.drafts.create": self.create_draft,
            "gmail.users.drafts.get": self.get_draft,
            "gmail.users.drafts.list": self.list_drafts,
            "gmail.users.drafts.update": self.update_draft,
            "gmail.users.drafts.delete": self.delete_draft,
            "gmail.users.drafts.send": self.send_draft,
            "gmail.users.messages.send": self.send,
            "gmail.users.messages.get": self.get,
            "gmail.users.messages.list": self.list_messages,
        }

    def profile(self, call: Call) -> Json:
        """Address and counts."""
        owner = _owner(call)
        messages = self._mail.box(owner).messages
        return {
            "emailAddress": owner,
            "messagesTotal": len(messages),
            "threadsTotal": len({m.thread_id for m in messages.values()}),
            "historyId": str(max((m.arrived_ms for m in messages.values()), default=1)),
        }

    def create_draft(self, call: Call) -> Json:
        """Write a draft from ``message.raw``."""
        message = call.body.get("message", {})
        return _draft(self._mail.write_draft(_owner(call), _raw(message), message.get("threadId")))

    def get_draft(self, call: Call) -> Json:
        """One draft in the format asked for."""
        stored = self._draft(_owner(call), call.params["id"])
        return {"id": stored.draft_id, "message": _rendered(stored, call.params.get("format", "full"), [])}

    def list_drafts(self, call: Call) -> Json:
        """Drafts, newest first."""
        box = self._mail.box(_owner(call))
        found = [box.messages[message_id] for message_id in reversed(box.drafts.values())]
        found = [message for message in found if _matches(message, call.params.get("q", ""))]
        page, following = page_of(found, call.params, "maxResults", 100, 500)
        answer: Json = {"resultSizeEstimate": len(found)}
        if page:
            answer["drafts"] = [{"id": m.draft_id, "message": {"id": m.id, "threadId": m.thread_id}} for m in page]
        return answer | ({"nextPageToken": following} if following else {})

    def update_draft(self, call: Call) -> Json:
        """Replace a draft's message; the draft keeps its id, the message gets a new one."""
        owner = _owner(call)
        self._draft(owner, call.params["id"])
        return _draft(self._mail.rewrite_draft(owner, call.params["id"], _raw(call.body.get("message", {}))))

    def delete_draft(self, call: Call) -> None:
        """Delete a draft for good."""
        owner = _owner(call)
        self._draft(owner, call.params["id"])
        self._mail.drop_draft(owner, call.params["id"])

    def send_draft(self, call: Call) -> Json:
        """Send a draft, which is then no more. With ``message.raw`` that content is sent in its place."""
        owner = _owner(call)
        stored = self._draft(owner, call.body.get("id", ""))
        replaced = call.body.get("message", {})
        raw = _raw(replaced) if "raw" in replaced else stored.raw
        sent = self._send(owner, raw, stored.thread_id)
        self._mail.drop_draft(owner, call.body["id"])
        return sent

    def send(self, call: Call) -> Json:
        """Send a message that was never a draft."""
        return self._send(_owner(call), _raw(call.body), call.body.get("threadId"))

    def get(self, call: Call) -> Json:
        """One message in the format asked for."""
        stored = self._mail.box(_owner(call)).messages.get(call.params["id"])
        if stored is None:
            raise not_found()
        return _rendered(stored, call.params.get("format", "full"), call.params.get("metadataHeaders", []))

    def list_messages(self, call: Call) -> Json:
        """Messages, newest first; drafts are messages too."""
        labels = set(call.params.get("labelIds", []))
        found = [
            message
            for message in reversed(self._mail.box(_owner(call)).messages.values())
            if labels <= set(message.labels) and _matches(message, call.params.get("q", ""))
        ]
        page, following = page_of(found, call.params, "maxResults", 100, 500)
        answer: Json = {"resultSizeEstimate": len(found)}
        if page:
            answer["messages"] = [{"id": m.id, "threadId": m.thread_id} for m in page]
        return answer | ({"nextPageToken": following} if following else {})

    def _draft(self, owner: str, draft_id: str) -> StoredMessage:
        try:
            return self._mail.draft(owner, draft_id)
        except KeyError:
            raise not_found() from None

    def _send(self, owner: str, raw: bytes, thread_id: str | None) -> Json:
        try:
            sent = self._mail.send(owner, raw, thread_id)
        except ValueError as error:
            raise invalid(str(error)) from error
        return {"id": sent.id, "threadId": sent.thread_id, "labelIds": list(sent.labels)}


def _owner(call: Call) -> str:
    """Whose mailbox: the caller's own, under either name. A service account has none of its own."""
    if call.is_robot:
        raise ApiError(400, "failedPrecondition", "Precondition check failed.", rpc_status="FAILED_PRECONDITION")
    asked = str(call.params["userId"])
    if asked != "me" and asked.lower() != call.subject:
        raise ApiError(403, "forbidden", f"Delegation denied for {call.subject}")
    return call.subject


def _raw(message: Json) -> bytes:
    if not message.get("raw"):
        raise invalid("'raw' RFC822 payload message string or uploading message via /upload/* URL required")
    text = message["raw"]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _draft(stored: StoredMessage) -> Json:
    message = {"id": stored.id, "threadId": stored.thread_id, "labelIds": list(stored.labels)}
    return {"id": stored.draft_id, "message": message}


def _matches(message: StoredMessage, query: str) -> bool:
    """Gmail's search, as far as it is known here: words, quoted phrases, and the operators of SEARCHABLE."""
    for operator, quoted, word in re.findall(r'(?:(\w+):)?(?:"([^"]*)"|(\S+))', query):
        wanted = (quoted or word).lower()
        if not operator:
            place = f"{message.header('Subject')} {message.header('To')} {message.text}"
        elif operator in SEARCHABLE:
            place = message.header(SEARCHABLE[operator])
        else:
            raise invalid(f"The local Workspace does not know the search operator {operator}:", reason="badRequest")
        if wanted not in place.lower():
            return False
    return True


def _rendered(stored: StoredMessage, form: str, wanted: list[str]) -> Json:
    answer: Json = {
        "id": stored.id,
        "threadId": stored.thread_id,
        "labelIds": list(stored.labels),
        "snippet": " ".join(stored.text.split())[:SNIPPET],
        "historyId": str(stored.arrived_ms),
        "internalDate": str(stored.arrived_ms),
        "sizeEstimate": len(stored.raw),
    }
    if form == "raw":
        answer["raw"] = base64.urlsafe_b64encode(stored.raw).decode()
    elif form == "metadata":
        answer["payload"] = {"mimeType": stored.parsed.get_content_type(), "headers": _headers(stored.parsed, wanted)}
    elif form == "full":
        answer["payload"] = _part(stored.parsed, "")
    return answer


def _headers(message: EmailMessage, wanted: list[str]) -> list[Json]:
    names = {name.lower() for name in wanted}
    return [{"name": k, "value": str(v)} for k, v in message.items() if not names or k.lower() in names]


def _part(part: EmailMessage, number: str) -> Json:
    answer: Json = {
        "partId": number,
        "mimeType": part.get_content_type(),
        "filename": part.get_filename() or "",
        "headers": _headers(part, []),
    }
    if part.is_multipart():
        answer["body"] = {"size": 0}
        answer["parts"] = [
            _part(inner, f"{number}.{at}".lstrip("."))
            for at, inner in enumerate(part.iter_parts())
            if isinstance(inner, EmailMessage)
        ]
        return answer
    content = part.get_payload(decode=True)
    data = content if isinstance(content, bytes) else b""
    answer["body"] = {"size": len(data), "data": base64.urlsafe_b64encode(data).decode()}
    return answer
