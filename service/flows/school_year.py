"""Dates of the school itself become submissions: they take the same road as everything else, and belong to no case."""

from __future__ import annotations

from datetime import datetime, timedelta

from rules import Policies
from rules.engine.casework.school_year import dates
from rules.engine.school.school_days import SchoolCalendar
from service.store import NewSubmission, Store

CAUGHT_UP = timedelta(days=3)
"""A date that passed while nothing ran is made up for this long."""


class SchoolYear:
    """Hands in each date of the school's year once. ``since``: none before it is made up for."""

    def __init__(self, store: Store, since: datetime | None) -> None:
        self._store = store
        self._since = since
        self._handed_in: set[str] = set()

    def strike(self, policies: Policies, calendar: SchoolCalendar, now: datetime) -> None:
        """Hand in what has come by ``now`` (aware). StoreUnavailableError; then it is handed in the next time."""
        after = now - CAUGHT_UP if self._since is None else max(self._since, now - CAUGHT_UP)
        for at, event in dates(calendar, after, now):
            key = f"{event}:{at.date().isoformat()}"
            if key in self._handed_in or event not in policies.vocabulary.events:
                continue
            body = {"event": event, "case": None, "about": at.date().isoformat()}
            new = NewSubmission(source="clock", received_at=now, submitted_at=at, body=body, dedupe_key=key)
            with self._store.write() as tx:
                tx.submissions.add(new)
            self._handed_in.add(key)
