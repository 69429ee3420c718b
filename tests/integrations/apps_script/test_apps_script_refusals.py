"""What the connector does when the service says no, or is troubled."""

from __future__ import annotations

import pytest
from apps_script_connector import Connector, MakeConnector, new_secret
from receiving_service import ReceivingService

MINUTE = 60
HOUR = 60 * MINUTE
REPORT = {"What happened?": "Name-calling at break."}


def minutes_to_next(connector: Connector) -> int:
    ((_, next_attempt, _, _),) = connector.queue().values()
    assert next_attempt is not None
    now: float = connector.report()["now"]
    return round((next_attempt - now) / 1000 / MINUTE)


def test_a_wrong_secret_keeps_the_response_and_is_loud(connector: Connector, service: ReceivingService) -> None:
    service.secret = new_secret()
    thrown = connector.submit(REPORT)["thrown"]

    assert thrown == (
        "policydesk refused 1 response(s) (401). They are kept. Open the form, menu policydesk > Show what is waiting."
    )
    assert {"level": "error", "text": "policydesk: " + thrown} in connector.report()["log"]
    (shown,) = connector.menu("Show what is waiting")
    assert "1 of them were refused" in shown
    assert "401" in shown
    assert service.accepted == {}


def test_a_new_secret_sends_what_was_refused(connector: Connector, service: ReceivingService) -> None:
    service.secret = new_secret()
    response = connector.submit(REPORT)["response"]
    shown = connector.set_up(service.secret)
    assert "1 waiting response(s) will be sent within five minutes" in shown[-1]
    assert connector.tick() is None

    assert list(service.accepted) == [(response, 1)]
    assert connector.queue() == {}
    assert "alarm raised at" not in connector.report()["properties"]


def test_a_refusal_for_the_set_up_is_tried_again_within_the_hour(
    connector: Connector, service: ReceivingService
) -> None:
    right, service.secret = service.secret, new_secret()
    connector.do("clock", at=connector.report()["now"] - 62 * MINUTE * 1000)
    connector.submit(REPORT)
    assert minutes_to_next(connector) == 60
    service.secret = right
    connector.tick(seconds=61 * MINUTE)
    assert len(service.accepted) == 1


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_message_that_is_itself_refused_waits_for_a_person(
    connector: Connector, service: ReceivingService, status: int
) -> None:
    service.answers_with = [(status, {})]
    thrown = connector.submit(REPORT)["thrown"]
    assert f"refused 1 response(s) ({status})" in thrown
    connector.tick(seconds=3 * HOUR)
    assert len(connector.sent()) == 1
    connector.do("clock")
    connector.menu("Send what is waiting now")
    assert [each.status for each in connector.sent()] == [status, 202]


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_passing_trouble_is_tried_again_after_a_pause(
    connector: Connector, service: ReceivingService, status: int
) -> None:
    service.answers_with = [(status, {})]
    assert connector.submit(REPORT)["thrown"] is None
    assert minutes_to_next(connector) == 5


@pytest.mark.parametrize(("asked", "minutes"), [("1800", 30), ("30", 5), ("86400", 60), ("soon", 5)])
def test_retry_after_is_honoured_up_to_an_hour(
    connector: Connector, service: ReceivingService, asked: str, minutes: int
) -> None:
    service.answers_with = [(503, {"Retry-After": asked})]
    connector.submit(REPORT)
    assert minutes_to_next(connector) == minutes


@pytest.mark.parametrize("status", [200, 302, 403, 404])
def test_an_answer_that_is_not_policydesks_is_never_taken_for_delivery(
    connector: Connector, service: ReceivingService, status: int
) -> None:
    service.answers_with = [(status, {"Location": "/elsewhere"})]
    assert str(status) in connector.submit(REPORT)["thrown"]
    assert len(connector.queue()) == 1


def test_the_alarm_rings_once_a_day_and_the_log_every_time(connector: Connector) -> None:
    connector.route(None)
    connector.submit(REPORT)
    assert connector.tick(seconds=30 * MINUTE) is None
    rings = [connector.tick(seconds=HOUR) is not None for _ in range(26)]
    assert [hour for hour, rang in enumerate(rings) if rang] == [0, 24]
    errors = [each for each in connector.report()["log"] if each["level"] == "error"]
    assert len(errors) == 26


def test_three_failures_in_a_row_end_a_run(connector: Connector) -> None:
    connector.route(None)
    for _ in range(10):
        connector.submit(REPORT, trigger=False)
    connector.tick()
    assert len(connector.sent()) == 3
    assert len(connector.queue()) == 10


def test_a_damaged_secret_is_said_to_be_that_and_keeps_the_response(
    connect: MakeConnector, service: ReceivingService, secret: str
) -> None:
    connector = connect("bullying-report", service.address)
    connector.set_up(secret)
    damaged = {**connector.report()["properties"], "webhook secret": secret[:-5]}
    again = connect("bullying-report", service.address, damaged)
    again.submit(REPORT, trigger=False)
    assert again.do("menu", item="Send a test")["thrown"] == (
        'The secret in the script properties is damaged: use "Set up" again.'
    )
    again.set_up(secret)
    again.tick()
    assert len(service.accepted) == 1


def test_a_deleted_response_is_shown_and_forgotten_only_by_a_person(connector: Connector) -> None:
    connector.route(None)
    response = connector.submit(REPORT)["response"]
    connector.do("delete", response=response)
    connector.tick(seconds=6 * MINUTE)
    assert connector.queue()[response][3] == "unreadable"

    assert "can no longer be read" in connector.menu("Show what is waiting", ["NO"])[-1]
    assert response in connector.queue()
    connector.menu("Show what is waiting", ["YES"])
    assert connector.queue() == {}
    assert connector.menu("Show what is waiting") == ["Nothing is waiting: every response has been delivered."]
