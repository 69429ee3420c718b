"""Set-up and test from the form's menu, as a person sees them."""

from __future__ import annotations

import pytest
from apps_script_connector import ADDRESS, Connector, MakeConnector, new_secret
from receiving_service import ReceivingService

RIGHT = "The service answered and the secret is right. No case was made."


def test_set_up_installs_each_trigger_once_however_often_it_is_used(connector: Connector, secret: str) -> None:
    connector.set_up(secret)
    assert connector.report()["triggers"] == [
        {"event": "submit", "handler": "policydeskOnSubmit"},
        {"event": "clock", "handler": "policydeskEveryFiveMinutes"},
    ]


def test_an_empty_secret_keeps_the_one_in_use(connector: Connector, secret: str) -> None:
    assert connector.menu("Set up", [ADDRESS + "/", ""])[-1] == RIGHT
    assert connector.report()["properties"]["webhook secret"] == secret


@pytest.mark.parametrize(
    "address",
    [
        "http://policydesk.school.example",
        "policydesk.school.example",
        "https://desk.example/path",
        "https://u@desk.example",
    ],
)
def test_an_address_that_is_not_plain_https_changes_nothing(connect: MakeConnector, secret: str, address: str) -> None:
    connector = connect("complaint", None)
    assert "Nothing was changed" in connector.menu("Set up", [address, secret])[-1]
    assert connector.report()["properties"] == {}
    assert connector.report()["triggers"] == []


@pytest.mark.parametrize("secret", ["", "hunter2", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64!"])
def test_a_secret_that_is_none_changes_nothing_and_is_not_repeated(connect: MakeConnector, secret: str) -> None:
    connector = connect("complaint", None)
    shown = connector.set_up(secret)[-1]
    assert "That is not a whole webhook secret" in shown
    assert connector.report()["properties"] == {}
    assert "hunter2" not in shown + str(connector.report()["log"])


@pytest.mark.parametrize("replies", [[None], [ADDRESS, None]])
def test_cancelling_changes_nothing(connect: MakeConnector, replies: list[str | None]) -> None:
    connector = connect("complaint", None)
    connector.menu("Set up", replies)
    assert connector.report()["properties"] == {}


def test_before_the_set_up_the_menu_says_so(connect: MakeConnector) -> None:
    connector = connect("complaint", None)
    assert connector.menu("Send a test") == ['The connector is not set up yet. Choose "Set up" first.']


def test_the_test_tells_a_wrong_secret_from_a_wrong_address(
    connector: Connector, service: ReceivingService, webhook_url: str
) -> None:
    service.secret = new_secret()
    assert "does not know this secret" in connector.menu("Send a test")[0]
    connector.route(webhook_url + "/elsewhere")
    assert "not policydesk (404)" in connector.menu("Send a test")[0]
    connector.route(None)
    assert "did not answer (no answer)" in connector.menu("Send a test")[0]


def test_a_service_that_takes_any_signature_is_not_called_right(
    connector: Connector, service: ReceivingService
) -> None:
    service.answers_with = [(400, {})]
    assert "does not check signatures" in connector.menu("Send a test")[0]


def test_a_service_in_trouble_is_not_taken_for_a_wrong_secret(connector: Connector, service: ReceivingService) -> None:
    service.answers_with = [(401, {}), (503, {})]
    assert "did not answer (503)" in connector.menu("Send a test")[0]
