"""Works through the ledger: every effect that is due reaches Gmail, Sheets or Calendar, once in effect.

No transaction is open while the network is. Each vendor has its own lane, so that one that hangs holds up no other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, Unpack

import structlog

from integrations.ports import DeliveryError, Diary, Mailer, TaskSheet
from rules.engine.effects import CalendarEntry, Flag, Notice, Task
from service.flows.deliver_entry import deliver_entry
from service.flows.deliver_notice import Notices
from service.flows.deliver_rows import row_of
from service.flows.progress import MOST_ATTEMPTS, Delivered, wait_before_next
from service.school import School
from service.store import Action, Attempt, Progress, Store, StoreUnavailableError, Transaction

Lane = tuple[str, ...]
LANES: Final[tuple[Lane, ...]] = (("notice",), ("task", "flag"), ("calendar",))
_MOST_AT_ONCE: Final = {"notice": 16, "task": 200, "calendar": 16}
_LONGEST_SLEEP: Final = 30.0

Deliver = Callable[[Action], Delivered]
log = structlog.get_logger("deliver")


class Dispatcher:
    """Delivers what the ledger of one school holds. One per ledger; ``wake`` may be called from any thread.

    ``on_dead`` is told of each action that is given up, within the transaction that says so: it must see to it that a
    person learns of an alert that cannot be delivered. ``observe`` gets kind, outcome and seconds of each try.
    ``random`` gives numbers from 0 to 1.
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
        on_dead: Callable[[Transaction, Action], None],
        observe: Callable[[str, str, float], None] = lambda kind, outcome, seconds: None,
        senders: int = 1,
    ) -> None:
        self._store = store
        self._school = school
        self._sheet = sheet
        self._diary = diary
        self._notices = Notices(mailer, school.google.sends_as, self._note)
        self._clock = clock
        self._random = random
        self._on_dead = on_dead
        self._observe = observe
        self._pool = ThreadPoolExecutor(senders, "sender") if senders > 1 else None
        self._signals = {lane: threading.Event() for lane in LANES}
        self._quiet_until: dict[Lane, datetime] = {}

    def wake(self) -> None:
        """There may be something new in the ledger."""
        for signal in self._signals.values():
            signal.set()

    def run_once(self, now: datetime) -> int:
        """Try everything that is due, once; returns how many actions that were. StoreUnavailableError."""
        return sum(self._run_lane(lane, now) for lane in LANES)

    def run_until(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set (and ``wake`` called). Returns when the call in flight has ended."""
        others = [threading.Thread(target=self._loop, args=(lane, stop), daemon=True) for lane in LANES[1:]]
        for thread in others:
            thread.start()
        self._loop(LANES[0], stop)
        for thread in others:
            thread.join()
        if self._pool is not None:
            self._pool.shutdown()

    # --- lanes -------------------------------------------------------------------------------------------------------

    def _loop(self, lane: Lane, stop: threading.Event) -> None:
        signal = self._signals[lane]
        while not stop.is_set():
            signal.clear()
            try:
                pause = 0.0 if self._run_lane(lane, self._clock()) else self._until_next(lane)
            except StoreUnavailableError:
                log.error("the database is not available", lane=lane[0])
                pause = 1.0
            except Exception as error:
                log.error("the lane stumbled", lane=lane[0], error=type(error).__name__)
                pause = 5.0
            if pause and not stop.is_set():
                signal.wait(pause)

    def _until_next(self, lane: Lane) -> float:
        with self._store.read() as tx:
            due = tx.actions.next_due(lane)
        if due is None:
            return _LONGEST_SLEEP
        at = max(due, self._quiet_until.get(lane, due))
        return min(max((at - self._clock()).total_seconds(), 0.01), _LONGEST_SLEEP)

    def _run_lane(self, lane: Lane, now: datetime) -> int:
        if now < self._quiet_until.get(lane, now):
            return 0
        with self._store.read() as tx:
            due = tx.actions.due(lane, now, _MOST_AT_ONCE[lane[0]])
        if not due:
            return 0
        if lane == ("notice",):
            self._run_notices(due)
        elif lane == ("calendar",):
            for action in due:
                self._try(action, self._entry)
        else:
            self._run_rows(due)
        return len(due)

    def _run_notices(self, due: Sequence[Action]) -> None:
        claimed: dict[str, Action] = {}
        with self._store.write() as tx:
            for action in due:
                assert isinstance(action.effect, Notice)  # noqa: S101  the lane holds nothing else
                progress = self._notices.claim(action, action.effect)
                if progress and tx.actions.mark(action.id, version=action.version, at=self._clock(), **progress):
                    claimed[action.id] = replace(action, **progress)

        def run(action: Action) -> None:
            first_try = action.id in claimed
            self._try(claimed.get(action.id, action), lambda one: self._notice(one, first_try=first_try))

        list(self._pool.map(run, due) if self._pool is not None else map(run, due))

    def _run_rows(self, due: Sequence[Action]) -> None:
        """All in one call; if that is refused for good, each alone, so that one bad row harms no other."""
        rows = [row_of(action, _of_sheet(action), self._school.console) for action in due]
        if len(due) > 1:
            began = time.perf_counter()
            try:
                self._sheet.upsert(rows)
            except DeliveryError as error:
                if not error.permanent:
                    seconds = time.perf_counter() - began
                    for action in due:
                        self._failed(action, error, seconds)
                    return
            else:
                self._finished([(action, _WRITTEN) for action in due], time.perf_counter() - began)
                return
        for action in due:
            self._try(action, self._row)

    # --- one action --------------------------------------------------------------------------------------------------

    def _notice(self, action: Action, *, first_try: bool) -> Delivered:
        assert isinstance(action.effect, Notice)  # noqa: S101
        return self._notices.deliver(action, action.effect, first_try=first_try)

    def _entry(self, action: Action) -> Delivered:
        assert isinstance(action.effect, CalendarEntry)  # noqa: S101
        return deliver_entry(action, action.effect, self._diary, self._school.google)

    def _row(self, action: Action) -> Delivered:
        self._sheet.upsert([row_of(action, _of_sheet(action), self._school.console)])
        return _WRITTEN

    def _try(self, action: Action, deliver: Deliver) -> None:
        began = time.perf_counter()
        try:
            delivered = deliver(action)
        except DeliveryError as error:
            self._failed(action, error, time.perf_counter() - began)
        except StoreUnavailableError:
            raise
        except Exception as error:
            log.error("a delivery stumbled", action=action.id, kind=action.kind, error=type(error).__name__)
            self._failed(action, DeliveryError("unexpected", ambiguous=True), time.perf_counter() - began)
        else:
            self._finished([(action, delivered)], time.perf_counter() - began)

    def _note(self, action: Action, **progress: Unpack[Progress]) -> Action:
        with self._store.write() as tx:
            tx.actions.mark(action.id, version=action.version, at=self._clock(), **progress)
        return replace(action, **progress)

    def _finished(self, ended: Sequence[tuple[Action, Delivered]], seconds: float) -> None:
        now = self._clock()
        with self._store.write() as tx:
            for action, delivered in ended:
                tx.actions.mark(
                    action.id, version=action.version, at=now, state=delivered.state, attempts=0, **delivered.progress
                )
                tx.actions.attempted(action.id, Attempt(now, delivered.state, delivered.outcome, seconds))
        for action, delivered in ended:
            self._observe(action.kind, delivered.outcome, seconds)
            log.info("delivered", action=action.id, kind=action.kind, outcome=delivered.outcome)

    def _failed(self, action: Action, error: DeliveryError, seconds: float) -> None:
        now, tries = self._clock(), action.attempts + 1
        dead = error.permanent or tries >= MOST_ATTEMPTS
        wait = wait_before_next(tries, urgent=action.urgent, retry_after=error.retry_after, random=self._random)
        with self._store.write() as tx:
            same = tx.actions.mark(
                action.id,
                version=action.version,
                at=now,
                state="dead" if dead else None,
                try_at=None if dead else now + timedelta(seconds=wait),
                attempts=tries,
            )
            tx.actions.attempted(action.id, Attempt(now, "dead" if dead else "retry", error.reason, seconds))
            if dead and same:
                self._on_dead(tx, action)
        if error.retry_after:
            lane = next(lane for lane in LANES if action.kind in lane)
            self._quiet_until[lane] = now + timedelta(seconds=error.retry_after)
        self._observe(action.kind, "dead" if dead else "retry", seconds)
        log.warning("not delivered", action=action.id, kind=action.kind, reason=error.reason, dead=dead, tries=tries)


_WRITTEN: Final = Delivered("done", "written", {"step": "written"})


def _of_sheet(action: Action) -> Task | Flag:
    assert isinstance(action.effect, Task | Flag)  # noqa: S101
    return action.effect


def utc_now() -> datetime:
    """The clock that the service runs on."""
    return datetime.now(UTC)
