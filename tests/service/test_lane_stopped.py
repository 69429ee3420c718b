"""When the sign-in, the settings or the network fail: nothing is given up, and all goes out once when they work."""

from __future__ import annotations

from datetime import timedelta

import pytest

from integrations.ports import DeliveryError
from service.flows.deliver_rows import row_of
from service.store import Store
from tests.service.bench import Bench
from tests.service.fakes import Office
from tests.service.samples import NOW, entry, flag, notice, task

SIGN_IN = DeliveryError("invalid_grant", permanent=True, systemic=True)
NO_NETWORK = DeliveryError("unreachable", systemic=True)
DENIED = DeliveryError("PERMISSION_DENIED", permanent=True, systemic=True)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("failure", [SIGN_IN, NO_NETWORK], ids=lambda failure: str(failure))
def test_hours_without_a_sign_in_and_then_everything_once(bench: Bench, failure: DeliveryError) -> None:
    calls = ("create_draft", "upsert", "put")
    bench.office.faults = {call: [failure] * 10_000 for call in calls}
    bench.put(*(notice(f"n{n}") for n in range(20)), *(task(f"t{n}") for n in range(5)), flag(), entry())
    for _ in range(4 * 60):
        bench.run(MINUTE)
    assert bench.dispatcher.stopped() == dict.fromkeys(("gmail", "sheets", "calendar"), failure.reason)
    with bench.store.read() as tx:
        assert tx.actions.backlog(bench.now).dead == 0
    for call in ("create_draft", "put"):
        assert 4 * 60 / 6 - 1 <= bench.office.calls.count(call) <= 4 * 60 / 5 + 8, "every five minutes, in the end"
    assert "find_draft" not in bench.office.calls, "what was never begun is not searched for"
    bench.office.faults = {}
    for _ in range(5):
        bench.run(5 * MINUTE)
    assert bench.dispatcher.stopped() == {}
    holds = bench.office.holds
    assert (len(holds["sent"]), len(holds["rows"]), len(holds["events"]), holds["drafts"]) == (20, 6, 1, {})
    assert len({mail["key"] for mail in holds["sent"]}) == 20
    assert bench.handed_in == []


def test_one_call_shows_that_a_lane_is_stopped_and_the_others_wait(bench: Bench) -> None:
    bench.office.faults = {"create_draft": [SIGN_IN]}
    bench.put(*(notice(f"n{n}") for n in range(8)), task())
    bench.run()
    assert bench.office.calls.count("create_draft") == 1
    assert (len(bench.office.holds["rows"]), bench.dispatcher.stopped()) == (1, {"gmail": "invalid_grant"})
    bench.run(timedelta(seconds=2))
    bench.run()
    assert (len(bench.office.sent_to()), bench.dispatcher.stopped()) == (8, {})


def test_what_fails_alone_holds_up_no_other_for_long(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The claim that it is everybody's fault is refuted by the others."""
    create = Office.create_draft

    def refuse_one(office: Office, mail: object) -> str:
        if getattr(mail, "to", "") == "strange@northbridge.example":
            raise SIGN_IN
        return create(office, mail)  # type: ignore[arg-type]

    monkeypatch.setattr(Office, "create_draft", refuse_one)
    bench.put(notice("strange", to="strange@northbridge.example", urgent=True))
    bench.put(*(notice(f"n{n}") for n in range(20)))
    for _ in range(6):
        bench.run(timedelta(seconds=2))
    assert (len(bench.office.sent_to()), bench.dispatcher.stopped()) == (20, {})
    assert bench.action("strange").state == "pending"
    assert {outcome for outcome, _ in bench.outcomes("strange")} == {"stopped", "retry"}
    while bench.action("strange").state == "pending":
        bench.run(20 * MINUTE)
    assert bench.handed_in == [("alert undeliverable", "strange")]


def test_a_protected_tab_holds_up_no_other_tab(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    upsert = Office.upsert

    def protected(office: Office, rows: object) -> None:
        if any(row.tab.startswith("For a person") for row in rows):  # type: ignore[attr-defined]
            raise DENIED
        upsert(office, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(Office, "upsert", protected)
    bench.put(task("t1"), flag("f1"), task("t2"), flag("f2"))
    bench.run()
    assert [bench.action(key).state for key in ("t1", "t2", "f1", "f2")] == ["done", "done", "pending", "pending"]
    assert bench.dispatcher.stopped() == {"sheets": "PERMISSION_DENIED"}


@pytest.mark.parametrize("failure", [SIGN_IN, DeliveryError("backend")], ids=lambda failure: str(failure))
def test_somebody_else_hears_of_an_alert_within_five_minutes_and_it_still_goes_out(
    bench: Bench, failure: DeliveryError
) -> None:
    bench.office.faults = {"create_draft": [failure] * 1000}
    bench.put(notice("slow"), notice(urgent=True))
    while not bench.handed_in:
        bench.run(timedelta(seconds=30))  # the longest that the loop sleeps
        assert bench.now - NOW <= 5 * MINUTE
    for _ in range(60):
        bench.run(MINUTE)
    assert bench.handed_in == [("alert undeliverable", "alert")]
    assert bench.action("alert").state == "pending"
    bench.office.faults = {}
    for _ in range(4):
        bench.run(5 * MINUTE)
    assert bench.action("alert").state == "done"


def test_a_bad_row_among_two_hundred_is_found_with_few_calls(bench: Bench) -> None:
    bench.put(*(task(f"t{n}") for n in range(199)), task("bad", title="poison"))
    bench.run()
    assert bench.action("bad").state == "dead"
    assert len(bench.office.holds["rows"]) == 199
    assert len(bench.office.calls) <= 17


def test_rows_that_fail_together_again_and_again_are_tried_apart(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    upsert = Office.upsert

    def too_much(office: Office, rows: object) -> None:
        if any("Strange" in row.cells["What to do"] for row in rows):  # type: ignore[attr-defined]
            raise DeliveryError("internalError", ambiguous=True)
        upsert(office, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(Office, "upsert", too_much)
    bench.put(task("t1"), task("bad", title="Strange"), task("t2"))
    for _ in range(6):
        bench.run(MINUTE)
    assert [bench.action(key).state for key in ("t1", "bad", "t2")] == ["done", "pending", "done"]


def test_a_bug_in_one_row_harms_no_other(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(action: object, console: str) -> object:
        if getattr(action, "key", "") == "bad":
            raise ZeroDivisionError
        return row_of(action, console)  # type: ignore[arg-type]

    monkeypatch.setattr("service.flows.deliver.row_of", broken)
    bench.put(task("t1"), task("bad"), task("t2"))
    bench.run()
    assert [bench.action(key).state for key in ("t1", "bad", "t2")] == ["done", "pending", "done"]


def test_what_is_stopped_is_seen_from_outside(file_store: Store) -> None:
    from service.web.health import Metrics, health
    from service.web.refusals import Web

    stopped: dict[str, str] = {}
    app = Web("test")
    app.register_blueprint(health(file_store, Metrics(), lambda: NOW, lambda: {"decider": True}, lambda: stopped))
    client = app.test_client()
    assert client.get("/readyz").get_json()["stopped"] is None
    assert "policydesk_delivery_stopped{" not in client.get("/metrics").text
    stopped["gmail"] = "invalid_grant"
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["stopped"]) == (200, {"gmail": "invalid_grant"})
    assert 'policydesk_delivery_stopped{reason="invalid_grant",service="gmail"} 1.0' in client.get("/metrics").text
