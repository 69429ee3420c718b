"""Works through the ledger: every effect that is due reaches Gmail, Sheets or Calendar, once in effect.

No transaction is open while the network is. Each vendor has its own lane, so that one that hangs holds up no other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import structlog

from integrations.ports import DeliveryError, Diary, Mailer, TaskSheet
from rules.engine.model.effects import CalendarEntry, Notice
from service.flows.deliver_entry import Place, deliver_entry, move_entry
from service.flows.deliver_notice import Notices
from service.flows.deliver_rows import WRITTEN, parts_to_try, row_of
from service.flows.lanes import Lane
from service.flows.outcomes import Outcomes
from service.flows.own_places import OwnPlaces
from service.flows.progress import Delivered
from service.flows.undelivered import LateAlerts
from service.flows.watch_drafts import watch_drafts
from service.logs import failure
from service.school import School
from service.store import Action, Store, StoreUnavailableError

_LONGEST_SLEEP: Final = 30.0
_NOTICES_AT_ONCE: Final = 8
"""Few, because an urgent one that comes meanwhile waits until they are out."""
_GIVING_WAY: Final = 0.2
"""Seconds between what is not urgent while submissions wait to be decided: an alert may be among them."""
_MANY_ROWS: Final = 20
_GATHERING: Final = 1.0
"""Seconds that the sheet then waits for more: one call writes as many rows as there are."""

Deliver = Callable[[Action], Delivered]
log = structlog.get_logger("deliver")


class Dispatcher:
    """Delivers what the ledger of one school holds. One per ledger; ``wake`` may be called from any thread.

    ``observe`` gets kind, outcome and seconds of each try. ``random`` gives numbers from 0 to 1.
    """

    def __init__(
        self,
        store: Store,
        school: School,
        mailer: Mailer,
        sheet: TaskSheet,
        diary: Diary,
        *,
        clock: Callable[[], datetime],
        random: Callable[[], float],
        observe: Callable[[str, str, float], None] = lambda kind, outcome, seconds: None,
        senders: int = 1,
    ) -> None:
        self._store = store
        self._school = school
        self._mailer = mailer
        self._sheet = sheet
        self._diary = diary
        self._clock = clock
        self._outcomes = Outcomes(store, clock, random, observe)
        self._places = OwnPlaces(school.google, school.directory)
        self._notices = Notices(mailer, school.google.sends_as, self._outcomes.note)
        self._pool = ThreadPoolExecutor(senders, "sender") if senders > 1 else None
        self._late_alerts = LateAlerts(store)
        self._gmail = Lane("gmail", ("notice",), _NOTICES_AT_ONCE, random)
        self._sheets = Lane("sheets", ("task", "flag"), 200, random)
        self._calendar = Lane("calendar", ("calendar",), 16, random)
        self._lanes = (self._gmail, self._sheets, self._calendar)

    def wake(self) -> None:
        """There may be something new in the ledger."""
        for lane in self._lanes:
            lane.signal.set()

    def stopped(self) -> Mapping[str, str]:
        """The lanes in which nothing is delivered at present, with the reason code of each. Empty while all work."""
        return {lane.name: lane.stopped for lane in self._lanes if lane.stopped is not None}

    def run_once(self, now: datetime) -> int:
        """Try everything that is due, once; returns how many actions that were. StoreUnavailableError."""
        return sum(self._run_lane(lane, now) for lane in self._lanes)

    def look_at_drafts(self) -> int:
        """Whether those that wait for a person are still there; returns how many were looked at."""
        return watch_drafts(self._store, self._mailer, self._clock)

    def run_until(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set (and ``wake`` called). Returns when the call in flight has ended."""
        others = [threading.Thread(target=self._loop, args=(lane, stop), daemon=True) for lane in self._lanes[1:]]
        for thread in others:
            thread.start()
        self._loop(self._gmail, stop)
        for thread in others:
            thread.join()
        if self._pool is not None:
            self._pool.shutdown()

    # --- lanes -------------------------------------------------------------------------------------------------------

    def _loop(self, lane: Lane, stop: threading.Event) -> None:
        while not stop.is_set():
            lane.signal.clear()
            try:
                worked = self._run_lane(lane, self._clock())
                if not worked and lane is self._gmail and lane.stopped is None:
                    worked = self.look_at_drafts()
                pause = 0.0 if worked else self._until_next(lane)
                if worked and lane.gives_way:
                    (lane.signal if lane is self._gmail else stop).wait(_GIVING_WAY)
                if lane is self._sheets and worked >= _MANY_ROWS:
                    stop.wait(_GATHERING)
            except StoreUnavailableError:
                log.error("the database is not available", lane=lane.name)
                pause = 1.0
            except Exception as error:
                log.error("the lane stumbled", lane=lane.name, **failure(error))
                pause = 5.0
            if pause and not stop.is_set():
                lane.signal.wait(pause)

    def _until_next(self, lane: Lane) -> float:
        with self._store.read() as tx:
            due = tx.actions.next_due(lane.kinds)
        if due is None:
            return _LONGEST_SLEEP
        return min(max((lane.next_after(due) - self._clock()).total_seconds(), 0.01), _LONGEST_SLEEP)

    def _run_lane(self, lane: Lane, now: datetime) -> int:
        if lane is self._gmail:
            self._late_alerts.tell(now, lane.stopped or "late")
        if lane.rests(now):
            return 0
        with self._store.read() as tx:
            due = tx.actions.due(lane.kinds, now, lane.most)
            lane.gives_way = lane is not self._sheets and tx.submissions.count_undecided() > 0
        if lane.gives_way:
            due = [action for action in due if action.urgent] or due[:1]
        if not due:
            return 0
        if lane is self._gmail:
            self._run_notices(due)
        elif lane is self._sheets:
            self._run_rows(due)
        else:
            for action in due:
                self._try(lane, action, self._entry)
        return len(due)

    def _run_notices(self, due: Sequence[Action]) -> None:
        claimed: dict[str, Action] = {}
        with self._store.write() as tx:
            for action in due:
                assert isinstance(action.effect, Notice)  # noqa: S101  the lane holds nothing else
                mailbox = self._places.mailbox(tx, action.case_ref, action.effect)
                progress = self._notices.claim(action, action.effect, mailbox)
                if progress and tx.actions.mark(action.id, version=action.version, at=self._clock(), **progress):
                    claimed[action.id] = replace(action, **progress)

        def run(action: Action) -> None:
            first_try = action.id in claimed
            mine = claimed.get(action.id, action)
            tried = self._try(self._gmail, mine, lambda one: self._notice(one, first_try=first_try))
            if first_try and not tried:
                self._notices.unclaim(mine)

        if self._pool is None:
            for action in due:
                run(action)
            return
        sending = [self._pool.submit(run, action) for action in due]
        wait(sending)  # all of them, whatever became of one: none may still be at it when the next round begins
        for sent in sending:
            sent.result()

    def _run_rows(self, due: Sequence[Action]) -> None:
        """All in one call; where one of them may be to blame for its failing, in parts, down to each alone."""
        with self._trying() as tried:
            self._sheet.upsert([row_of(action, self._school.console) for action in due])
        if tried.error is None:
            self._outcomes.finished(self._sheets, [(action, WRITTEN) for action in due], tried.seconds)
            return
        parts = parts_to_try(due, tried.error)
        for part in parts:
            self._run_rows(part)
        if not parts:
            # A lane is stopped by one of them; a refusal that is nobody's fault tells nothing about the others.
            for action in due[:1] if tried.error.systemic else due:
                self._outcomes.failed(self._sheets, action, tried.error, tried.seconds)

    # --- one action --------------------------------------------------------------------------------------------------

    def _notice(self, action: Action, *, first_try: bool) -> Delivered:
        assert isinstance(action.effect, Notice)  # noqa: S101  the lane holds nothing else
        return self._notices.deliver(action, action.effect, first_try=first_try)

    def _entry(self, action: Action) -> Delivered:
        assert isinstance(action.effect, CalendarEntry)  # noqa: S101  the lane holds nothing else
        entry, there = action.effect, action.place
        with self._store.read() as tx:
            to = there
            if there is None or (entry.action != "cancel" and self._places.is_kept_from(tx, action.case_ref, there)):
                to = self._places.calendar(tx, action.case_ref, entry)
        found, now = (Place(one, self._places.is_own(one)) if one is not None else None for one in (to, there))
        if now is not None and now != found:
            return move_entry(action, entry, self._diary, now, found)
        return deliver_entry(action, entry, self._diary, found)

    def _try(self, lane: Lane, action: Action, deliver: Deliver) -> bool:
        """Returns whether it was tried: not if one before it has stopped the lane."""
        if lane.rests(self._clock()):
            return False
        delivered: Delivered | None = None
        with self._trying() as tried:
            delivered = deliver(action)
        if delivered is not None:
            self._outcomes.finished(lane, [(action, delivered)], tried.seconds)
        elif tried.error is not None:
            self._outcomes.failed(lane, action, tried.error, tried.seconds)
        return True

    @contextmanager
    def _trying(self) -> Iterator[_Tried]:
        """Times what is done within, and keeps how it failed. StoreUnavailableError passes through."""
        tried, began = _Tried(), time.perf_counter()
        try:
            yield tried
        except DeliveryError as error:
            tried.error = error
        except StoreUnavailableError:
            raise
        except Exception as error:
            log.error("a delivery stumbled", **failure(error))
            tried.error = DeliveryError("unexpected", ambiguous=True)
        tried.seconds = time.perf_counter() - began


class _Tried:
    """How a try went."""

    seconds = 0.0
    error: DeliveryError | None = None


def utc_now() -> datetime:
    """The clock that the service runs on."""
    return datetime.now(UTC)
