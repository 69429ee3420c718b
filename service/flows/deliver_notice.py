"""One notice through Gmail: draft it, keep the draft's id, send the draft.

    "" -> drafting -> drafted (held by a person) -> releasing -> sent
                  \\-> sending (goes at once) -> sent          \\-> gone (sent or deleted by hand)

Each step is committed before the call that it speaks of, so that whoever comes after a crash knows what to look for.

A draft that a person holds is theirs: they may have edited it, so other words never replace it (its holder is told
that they differ). It is taken away only where the notice is withdrawn, has another recipient, or passes to another
holder, who must find it in their own mailbox and whose predecessor may no longer know of it.
"""

from __future__ import annotations

from dataclasses import replace

from integrations.ports import DeliveryError, DraftGoneError, Mail, Mailer
from rules.engine.casework.deliveries import DRAFT_DIFFERS, DRAFT_GONE, WITHDRAWN_GONE
from rules.engine.model.effects import Notice
from service.flows.progress import Delivered, Note
from service.store import Action, Progress

_GONE: Progress = {"step": "gone", "remote_id": None}


class Notices:
    """Delivers notices. ``sends_as`` is the mailbox of those that nobody holds."""

    def __init__(self, mailer: Mailer, sends_as: str, note: Note) -> None:
        self._mailer = mailer
        self._sends_as = sends_as
        self._note = note

    def claim(self, action: Action, notice: Notice, mailbox: str) -> Progress | None:
        """What to write down before the first try; None if a try was begun before, or nothing will be drafted.

        ``mailbox``: where it is written if nobody holds it.
        """
        if notice.status == "withdrawn" or action.remote_id or action.step not in ("", "withdrawn"):
            return None
        place = notice.held_by if notice.status == "draft" else None
        return {"step": "drafting", "remote_version": action.version, "place": place or mailbox}

    def unclaim(self, action: Action) -> None:
        """Nothing was begun after all: the next try need not search the mailbox."""
        self._note(action, step="", remote_id=None)

    def deliver(self, action: Action, notice: Notice, *, first_try: bool) -> Delivered:
        """Bring the notice where it ought to be. ``first_try``: it was claimed just now. Raises DeliveryError."""
        if action.step in ("sent", "gone"):
            return _after_the_end(action, notice)
        if not first_try and (action.step == "drafting" or (action.step == "sending" and _outdated(action))):
            action = self._look(action, notice)
            if action.step == "sent":
                return Delivered("done", "not-confirmed", {"step": "sent"})
        if notice.status == "withdrawn":
            return self._withdraw(action)
        differs = _is_held(action) and _outdated(action) and not _must_go(action, notice)
        if not differs:
            try:
                action = self._draft(action, notice)
            except DraftGoneError:
                return Delivered("done", "gone", _GONE, DRAFT_GONE)
        ended = Delivered("held", "drafted") if notice.status == "draft" else self._send(action)
        if not differs or ended.news:
            return ended
        # Said once: from here on it counts as made of these words.
        return replace(ended, progress={"remote_version": action.version, **ended.progress}, news=DRAFT_DIFFERS)

    def _look(self, action: Action, notice: Notice) -> Action:
        """What an earlier try left behind, when its answer never came."""
        found = self._mailer.find_draft(self._mail(action, notice))
        if found is None and action.step == "sending":
            return replace(action, step="sent")
        step = "drafted" if notice.status == "draft" else "sending"
        return self._note(action, step=step, remote_id=found) if found else action

    def _draft(self, action: Action, notice: Notice) -> Action:
        """The action with a draft of the present words, in the right mailbox. DraftGoneError if a held one is gone."""
        if action.remote_id and not _outdated(action) and not _must_go(action, notice):
            return action
        if action.remote_id:
            there = self._mailer.delete_draft(action.place or self._sends_as, action.remote_id)
            if not there and _is_held(action):
                raise DraftGoneError
        mail = self._mail(action, notice)
        if action.remote_id or action.step != "drafting" or action.place != mail.mailbox:
            action = self._note(
                action, step="drafting", remote_id=None, remote_version=action.version, place=mail.mailbox
            )
        try:
            draft = self._mailer.create_draft(mail)
        except DeliveryError as error:
            if not error.ambiguous:
                self.unclaim(action)
            raise
        step = "drafted" if notice.status == "draft" else "sending"
        return self._note(action, step=step, remote_id=draft, remote_version=action.version)

    def _send(self, action: Action) -> Delivered:
        draft, place = action.remote_id or "", action.place or self._sends_as
        first = action.step == "drafted"
        if first:
            action = self._note(action, step="releasing")
        try:
            message = self._mailer.send_draft(place, draft)
        except DraftGoneError:
            if not first:
                return Delivered("done", "not-confirmed", {"step": "sent"})
            # It was held for a person, and is gone before we ever sent it: they sent it, or threw it away.
            return Delivered("done", "gone", _GONE, DRAFT_GONE)
        except DeliveryError as error:
            if first and not error.ambiguous:
                self._note(action, step="drafted")  # it is still the holder's
            raise
        return Delivered("done", "sent", {"step": "sent", "remote_id": message})

    def _withdraw(self, action: Action) -> Delivered:
        """Take the draft away. One that is gone may have been sent, and somebody must hear of that.

        It is said too where an answer of ours was lost and the draft went by our own hand: better once too often.
        """
        if action.remote_id and not self._mailer.delete_draft(action.place or self._sends_as, action.remote_id):
            return Delivered("cancelled", "gone", _GONE, WITHDRAWN_GONE)
        return Delivered("cancelled", "withdrawn", {"step": "withdrawn", "remote_id": None})

    def _mail(self, action: Action, notice: Notice) -> Mail:
        mailbox = notice.held_by if notice.status == "draft" else action.place
        return Mail(action.id, mailbox or self._sends_as, notice.to, notice.subject, notice.body)


def _after_the_end(action: Action, notice: Notice) -> Delivered:
    """Nothing of it is ours to change any more."""
    if notice.status == "withdrawn":
        return Delivered("done", "too-late", news=WITHDRAWN_GONE)
    return Delivered("done", "sent-before" if action.step == "sent" else "gone")


def _is_held(action: Action) -> bool:
    """Whether a draft stands in the mailbox of a person who may have edited it."""
    return bool(action.remote_id) and action.step in ("drafted", "releasing")


def _outdated(action: Action) -> bool:
    """Whether what stands in the mailbox has other words than it should."""
    return action.remote_version < action.content_version


def _must_go(action: Action, notice: Notice) -> bool:
    """Whether what stands in the mailbox is for somebody else, or another person's to release."""
    moved = notice.status == "draft" and notice.held_by is not None and action.place not in (None, notice.held_by)
    return action.remote_version == 0 or moved
