"""From the ledger to Gmail, Sheets and Calendar: in order, once in effect, and never silently not at all."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Unpack

import pytest

from integrations.ports import DeliveryError
from service.flows.outcomes import Outcomes
from service.flows.progress import FEWEST_TRIES, wait_before_next
from service.school import School
from service.store import Action, Cipher, Progress, Store, StoreUnavailableError
from tests.service.bench import Bench
from tests.service.samples import CASE, NOW, draft, entry, flag, notice, task

TIMEOUT = DeliveryError("timeout", ambiguous=True)
SENDS_AS = "office@northbridge.example"
HEAD = "head@northbridge.example"


# --- notices ---------------------------------------------------------------------------------------------------------


def test_a_notice_is_drafted_kept_and_sent_once(bench: Bench) -> None:
    bench.put(notice())
    assert bench.run() == 1
    assert bench.run(timedelta(days=1)) == 0
    (mail,) = bench.office.holds["sent"]
    assert (mail["mailbox"], mail["to"], mail["key"]) == (SENDS_AS, notice().to, bench.action("alert").id)
    assert bench.office.calls == ["create_draft", "send_draft"]
    assert (bench.action("alert").state, bench.action("alert").remote_id) == ("done", "message-1")
    assert bench.outcomes("alert") == [("done", "sent")]


def test_urgent_notices_go_first(bench: Bench) -> None:
    bench.put(notice("a", to="a@school.example"), notice("b", to="b@school.example", urgent=True))
    bench.run()
    assert bench.office.sent_to() == ["b@school.example", "a@school.example"]


def test_a_draft_waits_for_its_holder_and_is_sent_when_released(bench: Bench) -> None:
    bench.put(draft())
    bench.run()
    assert bench.action("letter").state == "held"
    ((name, held),) = bench.office.holds["drafts"].items()
    assert (held["mailbox"], held["to"]) == (HEAD, "carer@family.example")
    assert bench.run(timedelta(days=3)) == 0
    bench.put(draft(status="sent"))
    bench.run()
    assert bench.office.calls == ["create_draft", "send_draft"], name
    assert [mail["mailbox"] for mail in bench.office.holds["sent"]] == [HEAD]
    assert bench.action("letter").state == "done"


def test_a_released_draft_loses_its_holder_but_not_its_mailbox(bench: Bench) -> None:
    bench.put(draft())
    bench.run()
    bench.put(draft(status="sent", held_by=None))
    bench.run()
    assert [mail["mailbox"] for mail in bench.office.holds["sent"]] == [HEAD]


def test_a_withdrawn_draft_is_deleted(bench: Bench) -> None:
    bench.put(draft())
    bench.run()
    bench.put(draft(status="withdrawn"))
    bench.run()
    assert (bench.office.holds["drafts"], bench.office.sent_to()) == ({}, [])
    assert bench.action("letter").state == "cancelled"


def test_what_is_withdrawn_before_it_was_made_is_never_made(bench: Bench) -> None:
    bench.put(draft())
    bench.put(draft(status="withdrawn"))
    bench.run()
    assert bench.office.calls == []
    assert bench.action("letter").state == "cancelled"


def test_what_was_sent_cannot_be_withdrawn_or_sent_again(bench: Bench) -> None:
    bench.put(notice())
    bench.run()
    bench.put(notice(status="withdrawn"))
    bench.run()
    bench.put(notice(body="Other words."))
    bench.run()
    assert len(bench.office.holds["sent"]) == 1
    assert [reason for _, reason in bench.outcomes("alert")] == ["sent", "too-late", "sent-before"]


# --- failures --------------------------------------------------------------------------------------------------------


def test_a_lost_answer_to_the_drafting_makes_no_second_draft(bench: Bench) -> None:
    bench.office.faults = {"create_draft": [("after", TIMEOUT)]}
    bench.put(notice())
    bench.run()
    bench.run(timedelta(minutes=1))
    assert bench.office.calls == ["create_draft", "find_draft", "send_draft"]
    assert (len(bench.office.holds["sent"]), bench.office.holds["drafts"]) == (1, {})
    assert bench.outcomes("alert") == [("retry", "timeout"), ("done", "sent")]


def test_a_drafting_that_never_happened_is_repeated(bench: Bench) -> None:
    bench.office.faults = {"create_draft": [TIMEOUT]}
    bench.put(notice())
    bench.run()
    bench.run(timedelta(minutes=1))
    assert bench.office.calls == ["create_draft", "find_draft", "create_draft", "send_draft"]
    assert len(bench.office.holds["sent"]) == 1


def test_a_lost_answer_to_the_sending_sends_nothing_twice_and_says_so(bench: Bench) -> None:
    bench.office.faults = {"send_draft": [("after", TIMEOUT)]}
    bench.put(notice())
    bench.run()
    bench.run(timedelta(minutes=1))
    assert len(bench.office.holds["sent"]) == 1
    assert bench.action("alert").state == "done"
    assert bench.outcomes("alert") == [("retry", "timeout"), ("done", "not-confirmed")]


def test_words_changed_after_a_lost_answer_are_not_sent_on_top(bench: Bench) -> None:
    bench.office.faults = {"send_draft": [("after", TIMEOUT)]}
    bench.put(notice())
    bench.run()
    bench.put(notice(body="Other words."))
    bench.run(timedelta(minutes=1))
    assert [mail["body"] for mail in bench.office.holds["sent"]] == [notice().body]
    assert bench.outcomes("alert")[-1] == ("done", "not-confirmed")


def test_waiting_doubles_with_jitter_and_honours_what_was_asked() -> None:
    def wait(tries: int, random: float = 1.0, *, urgent: bool = False, after: float | None = None) -> float:
        return wait_before_next(tries, urgent=urgent, retry_after=after, random=lambda: random)

    assert [wait(tries) for tries in (1, 2, 3, 4)] == [2, 4, 8, 16]
    assert [wait(3, random) for random in (0.0, 0.5)] == [4, 6]
    assert (wait(60), wait(1, after=120.0), wait(10, after=0.5)) == (3600, 120, 1024)
    urgent = [wait(tries, urgent=True) for tries in range(1, 16)]
    assert (urgent[:6], urgent[-3:]) == ([1, 2, 4, 8, 16, 30], [30, 300, 300])
    assert 240 <= sum(urgent[:13]) <= 300


@pytest.mark.parametrize("urgent", [True, False])
def test_what_fails_by_itself_is_tried_for_a_day(cipher: Cipher, school: School, tmp_path: Path, urgent: bool) -> None:
    bench = Bench(Store.memory(cipher, "north"), school, tmp_path)
    bench.office.faults = {"create_draft": [DeliveryError("backend")] * 1000}
    bench.put(notice(urgent=urgent))
    while bench.action("alert").state == "pending":
        assert bench.run() == 1
        again = bench.action("alert").try_at
        assert again is not None
        assert bench.run() == 0
        bench.now = max(again, bench.now)
    assert timedelta(days=1) <= bench.now - NOW <= timedelta(days=1, hours=2)
    assert FEWEST_TRIES <= len(bench.outcomes("alert")) < 400
    given_up = bench.action("alert").id
    with bench.store.write() as tx:
        assert tx.actions.backlog(bench.now).dead == 1
        tx.actions.revive(given_up, bench.now)
    bench.office.faults = {}
    bench.run()
    assert len(bench.office.holds["sent"]) == 1


def test_after_a_long_downtime_nothing_is_given_up_at_its_first_failure(bench: Bench) -> None:
    bench.office.faults = {"create_draft": [DeliveryError("backend")] * 5}
    bench.put(notice())
    bench.now += timedelta(days=3)
    for _ in range(6):
        bench.run(timedelta(minutes=2))
    assert (len(bench.office.holds["sent"]), bench.handed_in) == (1, [])


def test_a_permanent_failure_is_not_repeated(bench: Bench) -> None:
    bench.office.faults = {"create_draft": [DeliveryError("bad-address", permanent=True)]}
    bench.put(notice())
    bench.run()
    assert (bench.action("alert").state, bench.handed_in) == ("dead", [("not delivered", "alert")])
    assert bench.run(timedelta(days=1)) == 0


def test_asked_to_wait_the_whole_vendor_is_left_alone(bench: Bench) -> None:
    bench.office.faults = {"create_draft": [DeliveryError("rate", retry_after=90)]}
    bench.put(notice("a"))
    bench.run()
    bench.put(notice("b"), task())
    assert bench.run(timedelta(seconds=89)) == 1  # the task
    assert bench.run(timedelta(seconds=1)) == 2
    assert len(bench.office.holds["sent"]) == 2


def test_a_bug_is_a_failed_try_and_not_the_end(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_mail: object) -> str:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(bench.office, "create_draft", broken)
        bench.put(notice())
        bench.run()
    assert bench.outcomes("alert") == [("retry", "unexpected")]
    bench.run(timedelta(minutes=1))
    assert len(bench.office.holds["sent"]) == 1


# --- rows and entries ------------------------------------------------------------------------------------------------


def test_rows_go_in_one_call(bench: Bench) -> None:
    bench.put(*(task(f"t{n}") for n in range(20)), flag())
    assert bench.run() == 21
    assert bench.office.calls == ["upsert"]
    rows = bench.office.holds["rows"]
    assert rows[bench.action("t1").id] == {
        "tab": "Tasks (restricted)",
        "cells": {
            "Reference": CASE,
            "What to do": "Speak to party 1",
            "For": "dsl",
            "Who": "r.calder@northbridge.example",
            "Due": "2026-10-06",
            "State": "open",
            "Clauses": "AB-8e",
            "Link": f"https://policydesk.northbridge.example/cases/{CASE}",
        },
    }
    assert rows[bench.action("flag").id]["tab"] == "For a person (restricted)"


def test_a_due_time_is_shown_in_london(bench: Bench) -> None:
    bench.put(task(due=datetime.fromisoformat("2026-10-06T10:35:00+00:00")))
    bench.run()
    assert bench.office.holds["rows"][bench.action("task").id]["cells"]["Due"] == "2026-10-06 11:35"


def test_one_bad_row_harms_no_other(bench: Bench) -> None:
    bench.put(task("good"), task("bad", title="poison"), task("fine"))
    bench.run()
    assert [bench.action(key).state for key in ("good", "bad", "fine")] == ["done", "dead", "done"]
    assert (len(bench.office.holds["rows"]), bench.handed_in) == (2, [("not delivered", "bad")])


def test_a_row_is_updated_in_its_place(bench: Bench) -> None:
    bench.put(task())
    bench.run()
    bench.put(task(state="done"))
    bench.run()
    assert [row["cells"]["State"] for row in bench.office.holds["rows"].values()] == ["done"]


def test_an_entry_stands_with_the_organiser_until_it_is_released(bench: Bench, school: School) -> None:
    outside: dict[str, Any] = {"attendees": ("parent@family.example",), "held_by": HEAD}
    bench.put(entry(status="draft", **outside))
    bench.run()
    (event,) = bench.office.holds["events"].values()
    assert (event["guest"], event["calendar"]) == (None, school.google.organiser)
    assert bench.action("hearing").state == "held"
    bench.put(entry(action="move", start=entry().start + timedelta(hours=1), end=entry().end, **outside))
    bench.run()
    (event,) = bench.office.holds["events"].values()
    assert (event["guest"], event["calendar"]) == ("parent@family.example", school.google.organiser)
    bench.put(entry(action="cancel", **outside))
    bench.run()
    assert (bench.office.holds["events"], bench.action("hearing").state) == ({}, "done")


# --- the loop --------------------------------------------------------------------------------------------------------


def test_the_loop_wakes_delivers_and_stops(file_store: Store, school: School, tmp_path: Path) -> None:
    bench, stop = Bench(file_store, school, tmp_path, senders=4), threading.Event()
    loop = threading.Thread(target=bench.dispatcher.run_until, args=(stop,))
    loop.start()
    bench.put(*(notice(f"n{n}") for n in range(8)), task(), entry())
    bench.dispatcher.wake()
    until = time.monotonic() + 20
    while time.monotonic() < until and file_backlog(file_store):
        time.sleep(0.01)
    stop.set()
    bench.dispatcher.wake()
    loop.join(10)
    assert not loop.is_alive()
    assert len(bench.office.holds["sent"]) == 8
    assert (len(bench.office.holds["rows"]), len(bench.office.holds["events"])) == (1, 1)


def test_a_round_ends_with_the_last_of_its_senders_though_one_has_failed(
    file_store: Store, school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the next round would begin what this one is still at, and somebody would get the same mail twice."""
    failed, ended, note = threading.Event(), list[str](), Outcomes.note

    def noted(self: Outcomes, action: Action, **progress: Unpack[Progress]) -> Action:
        if action.key == "first":
            failed.set()
            raise StoreUnavailableError("the database has gone")
        assert failed.wait(10)
        time.sleep(0.1)
        ended.append(action.key)
        return note(self, action, **progress)

    monkeypatch.setattr(Outcomes, "note", noted)
    bench = Bench(file_store, school, tmp_path, senders=2)
    bench.put(notice("first"), notice("second"))
    with pytest.raises(StoreUnavailableError):
        bench.run()
    assert "second" in ended
    assert len(bench.office.holds["sent"]) == 1


def file_backlog(store: Store) -> int:
    with store.read() as tx:
        return tx.actions.backlog(NOW).undelivered
