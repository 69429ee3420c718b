"""The whole pretend organisation in one place: what it holds, what it was told, and what it was asked."""

from __future__ import annotations

import copy
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from integrations.workspace_emulator.calendar import Calendar
from integrations.workspace_emulator.calls import Clock, Counter, Handler, Json
from integrations.workspace_emulator.diaries import Diaries
from integrations.workspace_emulator.faults import Faults
from integrations.workspace_emulator.forms import Forms
from integrations.workspace_emulator.gmail import Gmail
from integrations.workspace_emulator.mailboxes import Mailboxes
from integrations.workspace_emulator.openid import OpenIdProvider
from integrations.workspace_emulator.people import People
from integrations.workspace_emulator.sheets import Sheets
from integrations.workspace_emulator.spreadsheets import Spreadsheets
from integrations.workspace_emulator.tokens import TokenServer

SeedState = Mapping[str, Sequence[Mapping[str, Any]]]
CONTENT = ("spreadsheets", "calendars", "forms")
CALLS_KEPT = 10_000


class Workspace:
    """All state, behind one lock; a call of an API holds it for as long as it changes anything.

    ``register(kind, item)`` tells the workspace of one more thing. The kinds, which are also the keys of
    ``seed_state`` and the addresses under ``/_emulator/``, are those of ``self.kinds``.
    """

    def __init__(self, clock: Clock, public_url: str, seed_state: SeedState | None = None) -> None:
        self.clock = clock
        self.public_url = public_url
        self.lock = threading.RLock()
        self._seed_state = copy.deepcopy(dict(seed_state or {}))
        self.kinds: dict[str, Callable[[Json], Any]] = {
            "people": lambda item: self.people.add(**item),
            "service-accounts": lambda item: self.tokens.register_service_account(**item),
            "refresh-tokens": lambda item: {"refresh_token": self.tokens.register_refresh_token(**item)},
            "openid-clients": lambda item: self.openid.register_client(**item),
            "spreadsheets": lambda item: self.spreadsheets.create(**item),
            "calendars": lambda item: self.diaries.describe(**item),
            "forms": lambda item: self.forms.add(**item),
        }
        self.reset(everything=True)

    def reset(self, *, everything: bool = False) -> None:
        """Empty mailboxes, calendars and sheets, and forget faults and calls.

        People and credentials stay, and sheets, calendars and forms are again as they were registered;
        with ``everything`` only the state given at the start is left.
        """
        with self.lock:
            if everything:
                self.people = People()
                self.tokens = TokenServer(self.clock, self.public_url)
                self.openid = OpenIdProvider(self.clock, self.public_url, self.people, self.tokens)
                self._content: list[tuple[str, Json]] = []
            self.mailboxes = Mailboxes(self.clock)
            self.diaries = Diaries(self.clock, self.people, self.mailboxes)
            self.spreadsheets = Spreadsheets()
            self.forms = Forms()
            self.faults = Faults()
            self.calls: deque[Json] = deque(maxlen=CALLS_KEPT)
            self.violations: list[str] = []
            self._call_numbers = Counter()
            apis = (Gmail(self.mailboxes), Calendar(self.diaries, self.clock), Sheets(self.spreadsheets), self.forms)
            self.handlers: dict[str, Handler] = {name: do for api in apis for name, do in api.handlers.items()}
            self._replay(everything)

    def register(self, kind: str, item: Json) -> Any:
        """One more person, credential, spreadsheet, calendar or form.

        Raises KeyError for an unknown kind; TypeError, ValueError or ApiError where the item is not right.
        """
        with self.lock:
            made = self.kinds[kind](item)
            if kind in CONTENT:
                self._content.append((kind, copy.deepcopy(item)))
            return made

    def log(self, method: str, status: int | None, subject: str | None, outcome: str) -> None:
        """Note a call. ``status`` None: no answer was given. ``outcome``: answered, refused, dropped or broken."""
        with self.lock:
            entry = {"n": self._call_numbers.next(), "at": self.clock().isoformat(), "method": method}
            self.calls.append(entry | {"status": status, "subject": subject, "outcome": outcome})

    def state(self) -> Json:
        """Everything, as JSON, for tests: people, mail, calendar, sheets, forms, faults and contract violations."""
        with self.lock:
            return {
                "people": self.people.state(),
                "mail": self.mailboxes.state(),
                "calendar": self.diaries.state(),
                "sheets": self.spreadsheets.state(),
                "forms": copy.deepcopy(self.forms.state()),
                "faults": self.faults.state(),
                "violations": list(self.violations),
            }

    def _replay(self, everything: bool) -> None:
        if everything:
            for kind, items in self._seed_state.items():
                for item in items:
                    self.register(kind, copy.deepcopy(dict(item)))
            return
        for kind, item in self._content:
            self.kinds[kind](copy.deepcopy(item))
