"""One notice through Gmail: draft it, keep the draft's id, send the draft.

    "" -> drafting -> drafted (held by a person) -> sending -> sent
                  \\-> sending (goes at once) -> sent

Each step is committed before the call that it speaks of, so that whoever comes after a crash knows what to look for.
"""

from __future__ import annotations

from dataclasses import replace

from integrations.ports import DeliveryError, DraftGoneError, Mail, Mailer
from rules.engine.effects import Notice
from service.flows.progress import Delivered, Note
from service.store import Action, Progress


class Notices:
    """Delivers notices. ``sends_as`` is the mailbox of those that nobody holds."""

    def __init__(self, mailer: Mailer, sends_as: str, note: Note) -> None:
        self._mailer = mailer
        self._sends_as = sends_as
        self._note = note

    def claim(self, action: Action, notice: Notice) -> Progress | None:
        """What to write down before the first try; None if a try was begun before, or nothing will be drafted."""
        if notice.status == "withdrawn" or action.remote_id or action.step not in ("", "withdrawn"):
            return None
        place = notice.held_by if notice.status == "draft" else None
        return {"step": "drafting", "remote_version": action.version, "place": place or self._sends_as}

    def deliver(self, action: Action, notice: Notice, *, first_try: bool) -> Delivered:
        """Bring the notice where it ought to be. ``first_try``: it was claimed just now. Raises DeliveryError."""
        if action.step == "sent":
            return Delivered("done", "too-late" if notice.status == "withdrawn" else "sent-before")
        if not first_try and (action.step == "drafting" or (action.step == "sending" and _outdated(action, notice))):
            action = self._look(action, notice)
            if action.step == "sent":
                return Delivered("done", "not-confirmed", {"step": "sent"})
        if notice.status == "withdrawn":
            return self._withdraw(action)
        action = self._draft(action, notice)
        if notice.status == "draft":
            return Delivered("held", "drafted")
        return self._send(action, notice)

    def _look(self, action: Action, notice: Notice) -> Action:
        """What an earlier try left behind, when its answer never came."""
        found = self._mailer.find_draft(self._mail(action, notice))
        if found is None and action.step == "sending":
            return replace(action, step="sent")
        return self._note(action, step="drafted", remote_id=found) if found else action

    def _draft(self, action: Action, notice: Notice) -> Action:
        """The action with a draft of the present words, in the right mailbox."""
        if action.remote_id and not _outdated(action, notice):
            return action
        if action.remote_id:
            self._mailer.delete_draft(action.place or self._sends_as, action.remote_id)
        mail = self._mail(action, notice)
        if action.remote_id or action.step != "drafting" or action.place != mail.mailbox:
            action = self._note(
                action, step="drafting", remote_id=None, remote_version=action.version, place=mail.mailbox
            )
        draft = self._mailer.create_draft(mail)
        step = "drafted" if notice.status == "draft" else "sending"
        return self._note(action, step=step, remote_id=draft, remote_version=action.version)

    def _send(self, action: Action, notice: Notice) -> Delivered:
        draft, place = action.remote_id or "", action.place or self._sends_as
        by_hand = action.step == "drafted"
        if by_hand:
            action = self._note(action, step="sending")
        try:
            message = self._mailer.send_draft(place, draft)
        except DraftGoneError:
            if not by_hand:
                return Delivered("done", "not-confirmed", {"step": "sent"})
            # It was held for a person, and is gone before we ever sent it: they sent it, or threw it away.
            self._note(action, step="", remote_id=None)
            raise DeliveryError("draft-gone", permanent=True) from None
        return Delivered("done", "sent", {"step": "sent", "remote_id": message})

    def _withdraw(self, action: Action) -> Delivered:
        if action.remote_id:
            self._mailer.delete_draft(action.place or self._sends_as, action.remote_id)
        return Delivered("cancelled", "withdrawn", {"step": "withdrawn", "remote_id": None})

    def _mail(self, action: Action, notice: Notice) -> Mail:
        mailbox = notice.held_by if notice.status == "draft" else action.place
        return Mail(action.id, mailbox or self._sends_as, notice.to, notice.subject, notice.body)


def _outdated(action: Action, notice: Notice) -> bool:
    """Whether what stands in the mailbox is not what should: other words, or another person's to release."""
    moved = notice.status == "draft" and action.place not in (None, notice.held_by)
    return action.remote_version < action.content_version or (moved and notice.held_by is not None)
