"""Forms as the school has them: the connector's own code in Node, posting to the service that is really running."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from apps_script_connector import Connector

from service.demo.samples import Sample
from tests.journeys.running import Running


class Forms:
    """The forms of a school, each with its connector, set up when it is first filled in."""

    def __init__(self, running: Running, stack: ExitStack) -> None:
        self._running = running
        self._stack = stack
        self._connectors: dict[str, Connector] = {}

    def of(self, form: str) -> Connector:
        """The connector of a form: a person has gone through its menu's "Set up"."""
        if form not in self._connectors:
            made = self._stack.enter_context(Connector(form, self._running.place.address))
            self._connectors[form] = made
            shown = made.set_up(self._running.place.webhook_secret)
            assert shown[-1].startswith("The service answered and the secret is right."), shown
        return self._connectors[form]

    def fill_in(self, sample: Sample) -> str:
        """Somebody submits a response; returns its id, once everything that follows from it was delivered."""
        connector = self.of(sample.form)
        submitted = connector.submit(sample.answers, sample.respondent or "")
        assert submitted["thrown"] is None
        assert connector.sent()[-1].status == 202
        self._running.settle()
        return str(submitted["response"])


@contextmanager
def forms_of(running: Running) -> Iterator[Forms]:
    """The forms of a running service. Skips the test where there is no Node, whose language the connector speaks."""
    if shutil.which("node") is None:
        pytest.skip("Node is not installed, and the connector's own language is JavaScript")
    with ExitStack() as stack:
        yield Forms(running, stack)
