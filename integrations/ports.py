"""What the service asks of the outside world, and how the outside world may fail.

A port is made of plain values, so that a flow can be played without a network. Each call is made once in effect:
asking twice with the same ``key`` leaves one message, one row, one entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class DeliveryError(Exception):
    """A call that did not succeed.

    ``permanent``: repeating will not help, a person must mend something. ``ambiguous``: it may have happened, so look
    before repeating (a timeout, a 5xx). ``systemic``: the fault is not with what was to be delivered but with the
    sign-in, our own settings or the network, so that the next call would fail alike. ``retry_after``: seconds that the
    other side asked us to wait, if it did. ``reason`` is a short code without personal data, fit for logs.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool = False,
        ambiguous: bool = False,
        systemic: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.ambiguous = ambiguous
        self.systemic = systemic
        self.retry_after = retry_after


class DraftGoneError(DeliveryError):
    """The draft is not there: it was sent (if a send was tried before), or a person deleted it."""

    def __init__(self) -> None:
        super().__init__("draft-gone", permanent=True)


@dataclass(frozen=True, slots=True)
class Mail:
    """One message to one recipient. ``mailbox`` is whose Gmail it is written in; ``key`` names the action."""

    key: str
    mailbox: str
    to: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One row of the task sheet. ``key`` finds it again; ``cells`` are written RAW, in the order of the columns."""

    key: str
    tab: str
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DiaryEntry:
    """One calendar entry with at most one guest, who neither sees nor invites others. Times carry their offset.

    ``start`` and ``end`` are aware datetimes; an ``all_day`` entry uses only their dates (``end`` exclusive).
    """

    key: str
    calendar: str
    title: str
    description: str
    start: datetime
    end: datetime
    guest: str | None = None
    all_day: bool = False
    own: bool = False
    """Whether ``calendar`` is somebody's own and written in their name, where the sign-in can act for them."""


@dataclass(frozen=True, slots=True)
class Busy:
    """A span in which somebody is not free, both ends aware."""

    start: datetime
    end: datetime


class Mailer(Protocol):
    """Gmail: draft, keep its id, send the draft. All raise DeliveryError."""

    def create_draft(self, mail: Mail) -> str:
        """Write the draft; returns its id."""

    def find_draft(self, mail: Mail) -> str | None:
        """The id of a draft that an earlier, ambiguous try left for the same key, if there is one."""

    def send_draft(self, mailbox: str, draft_id: str) -> str:
        """Send it; returns the message id. Raises DraftGoneError where there is no such draft."""

    def delete_draft(self, mailbox: str, draft_id: str) -> bool:
        """Withdraw it; returns whether it was still there. One that is gone already is no error."""

    def has_draft(self, mailbox: str, draft_id: str) -> bool:
        """Whether it is still there: neither sent nor deleted."""

    def read_draft(self, mailbox: str, draft_id: str) -> str:
        """Its words as they stand now. Raises DraftGoneError where there is no such draft."""


class TaskSheet(Protocol):
    """Sheets: rows by key, in one atomic batch. All raise DeliveryError."""

    def upsert(self, rows: Sequence[TaskRow]) -> None:
        """Insert or update each row by its key; missing tabs are created."""


class Diary(Protocol):
    """Calendar: entries by our own id. All raise DeliveryError."""

    def put(self, entry: DiaryEntry) -> str:
        """Create or move the entry; returns its event id. Idempotent by ``entry.key``."""

    def cancel(self, calendar: str, key: str, *, own: bool = False, quiet: bool = False) -> None:
        """Cancel the entry of that key; one that is gone already is no error. ``own``: as in the entry.

        ``quiet``: its guest is not written to, because the entry stands elsewhere now.
        """

    def busy(self, calendars: Sequence[str], start: datetime, end: datetime) -> Mapping[str, Sequence[Busy]]:
        """When each of these is not free between two aware datetimes. A calendar that cannot be read is left out."""
