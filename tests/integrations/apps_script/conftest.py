"""What the tests of the Apps Script connector share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from apps_script_connector import Connector, MakeConnector, new_secret
from receiving_service import ReceivingService, listening


@pytest.fixture(scope="session", autouse=True)
def node() -> None:
    if shutil.which("node") is None:
        pytest.skip("Node is not installed, and the connector's own language is JavaScript")


@pytest.fixture
def secret() -> str:
    return new_secret()


@pytest.fixture
def service(secret: str) -> Iterator[ReceivingService]:
    with listening(ReceivingService(secret)) as receiving:
        yield receiving


@pytest.fixture
def webhook_url(service: ReceivingService) -> str:
    """Root of the service that the round-trip tests deliver to; it must accept messages signed with `secret`."""
    return service.address


@pytest.fixture
def connect() -> Iterator[MakeConnector]:
    """Makes connectors that end with the test; takes what `Connector` takes."""
    with ExitStack() as stack:

        def make(*given: Any, **named: Any) -> Connector:
            return stack.enter_context(Connector(*given, **named))

        yield make


@pytest.fixture
def connector(connect: MakeConnector, webhook_url: str, secret: str) -> Connector:
    """The bullying form's connector, set up by the menu."""
    made = connect("bullying-report", webhook_url)
    assert made.set_up(secret)[-1].startswith("The service answered and the secret is right.")
    return made
