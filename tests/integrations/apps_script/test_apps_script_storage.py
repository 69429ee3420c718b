"""What the connector keeps, under the lock, within the room that Google gives a script."""

from __future__ import annotations

import hashlib

import pytest
from apps_script_connector import Connector, MakeConnector
from receiving_service import ReceivingService

MINUTE = 60
REPORT = {"What happened?": "Name-calling at break."}
VALUE_LIMIT = 9 * 1024
TOTAL_LIMIT = 500 * 1000


def submit_many(connector: Connector, count: int, length: int = 100) -> list[str]:
    """Responses with ids of `length` characters, whose triggers never fired."""
    ids = [(hashlib.sha512(str(number).encode()).hexdigest() * 16)[:length] for number in range(count)]
    for response in ids:
        connector.submit({"What happened?": f"Report {response[:8]}"}, response=response, trigger=False)
    return ids


def test_two_thousand_waiting_responses_fit_and_all_arrive_once(
    connector: Connector, service: ReceivingService, webhook_url: str
) -> None:
    connector.route(None)
    ids = submit_many(connector, 2000)
    connector.tick()
    assert set(connector.queue()) == set(ids)

    connector.route(webhook_url)
    connector.menu("Send what is waiting now")
    assert set(service.accepted) == {(each, 1) for each in ids}
    assert service.duplicates == 0
    assert connector.queue() == {}
    peak = connector.report()["peak"]
    assert peak["value"] <= VALUE_LIMIT
    assert peak["total"] <= TOTAL_LIMIT


def test_more_than_fit_are_left_in_the_form_and_found_later(
    connect: MakeConnector, service: ReceivingService, secret: str
) -> None:
    full = {f"seen:{digit:x}": "*;" + ";".join(["aaaaaaaaaa=1.bbbbbbbb"] * 318) for digit in range(16)}
    connector = connect("bullying-report", None, full)
    connector.set_up(secret)
    ids = submit_many(connector, 500, length=1000)  # far longer than Google's, so that few of them fill the room
    connector.tick()

    waiting = len(connector.queue())
    assert 300 < waiting < 400
    assert "policydesk: not every missed response could be queued; the next run goes on" in [
        line["text"] for line in connector.report()["log"]
    ]
    connector.route(service.address)
    connector.menu("Send what is waiting now")
    assert len(service.accepted) == waiting
    connector.tick()
    assert {response for response, _ in service.accepted} == set(ids)
    assert len(service.accepted) == len(ids)
    assert connector.queue() == {}
    assert connector.report()["peak"]["total"] <= TOTAL_LIMIT


def test_without_the_lock_nothing_is_sent_and_nothing_is_lost(connector: Connector, service: ReceivingService) -> None:
    connector.do("lock", held=True)
    response = connector.submit(REPORT)["response"]
    connector.tick()
    assert connector.sent() == []

    connector.do("lock", held=False)
    connector.tick()
    assert list(service.accepted) == [(response, 1)]


def test_a_delivery_that_could_not_be_written_down_goes_again_as_a_duplicate(
    connector: Connector, service: ReceivingService
) -> None:
    connector.do("clock", at=connector.report()["now"] - 4 * MINUTE * 1000)
    connector.do("lock", grants=[True, True, False])
    connector.submit(REPORT)
    connector.tick(seconds=5 * MINUTE)
    assert len(connector.sent()) == 1, "the claim still stands"
    connector.menu("Send what is waiting now")

    first, second = connector.sent()
    assert first.id == second.id
    assert service.duplicates == 1
    assert connector.queue() == {}


def test_two_runs_at_once_send_a_response_once(connector: Connector, service: ReceivingService) -> None:
    connector.do("during", commands=[{"do": "tick"}])
    connector.submit(REPORT)
    assert len(connector.sent()) == 1
    assert service.duplicates == 0
    assert connector.queue() == {}


def test_a_response_that_another_run_has_just_tried_is_left_alone(
    connector: Connector, service: ReceivingService
) -> None:
    for _ in range(2):
        connector.submit(REPORT, trigger=False)
    service.answers_with = [None, (503, {})]
    connector.do("during", commands=[{"do": "tick"}])
    connector.tick()
    assert [each.status for each in connector.sent()] == [202, 503]


@pytest.mark.parametrize("second_attempt", [None, (503, {})])
def test_an_edit_during_a_delivery_is_not_lost(
    connector: Connector, service: ReceivingService, second_attempt: tuple[int, dict[str, str]] | None
) -> None:
    service.answers_with = [None, second_attempt]
    connector.do(
        "during",
        commands=[{"do": "submit", "response": "r-1", "answers": {"What happened?": "Edited."}, "trigger": True}],
    )
    connector.submit(REPORT, response="r-1")
    connector.menu("Send what is waiting now")
    assert list(service.accepted) == [("r-1", 1), ("r-1", 2)]
    assert connector.queue() == {}


def test_a_full_ledger_forgets_the_oldest_and_numbers_the_unknown_by_the_clock(
    connect: MakeConnector, service: ReceivingService, secret: str
) -> None:
    oldest = "aaaaaaaaaa=1.bbbbbbbb"
    full = {f"seen:{digit:x}": ";".join([oldest] * 318) for digit in range(16)}
    connector = connect("bullying-report", service.address, full)
    connector.set_up(secret)
    responses = [f"response-{number}" for number in range(60)]
    for response in responses:
        connector.submit(REPORT, response=response)
    properties = connector.report()["properties"]
    changed = [properties[name] for name, text in full.items() if properties[name] != text]
    assert len(changed) > 10
    assert all(text.startswith("*;") for text in changed)
    for response in responses[-2:]:
        connector.submit({"What happened?": "Edited."}, response=response)
        connector.do("fire", response=response)

    revisions = [revision for response, revision in service.accepted if response == responses[-1]]
    assert len(revisions) == 2
    assert revisions[1] == revisions[0] + 1
    assert 200_000_000 < revisions[0] < 2**31
    assert service.duplicates == 2
    assert connector.report()["peak"]["value"] <= 7002


def test_what_was_there_before_the_set_up_is_not_sent(
    connect: MakeConnector, service: ReceivingService, secret: str
) -> None:
    connector = connect("complaint", service.address)
    long_ago = connector.report()["now"] - 40 * 24 * 60 * MINUTE * 1000
    connector.do("submit", answers={"Name": "A. Parent"}, at=long_ago, trigger=True)
    connector.set_up(secret)
    connector.tick()
    assert service.accepted == {}


@pytest.mark.parametrize("reversed_files", [False, True])
def test_the_files_load_in_any_order(
    connect: MakeConnector, service: ReceivingService, secret: str, reversed_files: bool
) -> None:
    connector = connect("case-update", service.address, reversed_files=reversed_files)
    connector.set_up(secret)
    connector.submit({"Case reference": "B-2026-0001"})
    assert len(service.accepted) == 1
