"""The console as an application of its own, with a virtual clock, for tests that click through it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask.testing import FlaskClient

from rules.engine.school.directory import Directory
from service.flows.unshown import Unshown
from service.store import Store
from service.web import console, session, sign_in
from service.web.copy_routes import Copies
from service.web.desk import Desk
from service.web.refusals import Web
from tests.service.console_case import MOMENT, UNSHOWN

ADDRESS = "http://127.0.0.1:8000"


@dataclass
class Clock:
    """The time, which only a test moves."""

    at: datetime = MOMENT + timedelta(minutes=5)

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Desktop:
    """An application, what was recorded through it, and for how long it waited."""

    app: Web
    clock: Clock
    recorded: list[Mapping[str, str | None]]
    pauses: list[float] = field(default_factory=list)
    marks: int | None = 0
    """How many marks stand in each draft."""

    def visitor(self, address: str | None = None) -> FlaskClient:
        """A browser; with an address, one whose user has signed in."""
        client = self.app.test_client()
        if address is not None:
            with self.app.test_request_context(base_url=ADDRESS):
                session.begin(address, self.clock())
                from flask import session as made

                kept = dict(made)
            with client.session_transaction(base_url=ADDRESS) as stored:
                stored.update(kept)
        return client


def desktop(
    store: Store,
    directory: Callable[[], Directory],
    *,
    key: str,
    older: Sequence[str] = (),
    address: str = ADDRESS,
    issuer: str = "http://127.0.0.1:1",
    client: tuple[str, str] = ("desk", "not used here"),
    unshown: Callable[[], Unshown] = lambda: UNSHOWN,
    copies: Copies | None = None,
    update_form: str = "",
) -> Desktop:
    """The console over this store. ``issuer`` is asked only when somebody signs in."""
    app, clock = Web("console-test"), Clock()
    made = Desktop(app, clock, [])
    desk = Desk(
        "Northbridge Academy", directory, store, made.recorded.append, lambda ref, draft: made.marks, update_form
    )
    sign_in.register(
        app,
        [desk],
        address=address,
        issuer=issuer,
        client_id=client[0],
        client_secret=client[1],
        keys=[key, *older],
        now=clock,
    )
    console.register(app, [desk], now=clock, unshown=unshown, pause=made.pauses.append, copies=copies)
    return made


def csrf_of(page: str) -> str:
    """The token in the page's forms."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]
