"""The Apps Script connector of one form, run in Node against a service that is really listening (see harness.js)."""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

ADDRESS = "https://policydesk.school.example"
"""What the school types as the service's address; calls to it go to the service under test."""

HERE = Path(__file__).parent
FORMS = HERE.parents[1] / "samples" / "forms"
Answers = Mapping[str, str | list[str] | list[str | None] | list[list[str]]]


def load_form(name: str) -> dict[str, Any]:
    """A sample form as the Forms API describes it; `name` is the file's name without `.form.json`."""
    form: dict[str, Any] = json.loads((FORMS / f"{name}.form.json").read_text(encoding="utf-8"))
    return form


@dataclass(frozen=True)
class Sent:
    """One posted message: its id, itself, and the service's answer (status None: no answer)."""

    id: str
    message: dict[str, Any]
    status: int | None
    reply: dict[str, Any] | None

    @property
    def revision(self) -> int:
        number: int = self.message["data"]["revision"]
        return number


class Connector:
    """A Node process that holds the script of one form. Use it in a `with` statement.

    Args:
        form: a sample form's name, or a form as the Forms API describes it.
        service: root of the service's address, such as `http://127.0.0.1:8000`; None while there is none.
        properties: script properties to begin with.
        scopes: OAuth scopes granted; those of the manifest when None.
        reversed_files: load the script's files in the other order.
    """

    def __init__(
        self,
        form: str | dict[str, Any],
        service: str | None,
        properties: Mapping[str, str] | None = None,
        scopes: list[str] | None = None,
        reversed_files: bool = False,
    ) -> None:
        self.definition = load_form(form) if isinstance(form, str) else form
        self._process = subprocess.Popen(
            ["node", str(HERE / "harness.js")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        given = {} if scopes is None else {"scopes": scopes}
        self.do(
            "start",
            form=self.definition,
            routes=_routes(service),
            properties=dict(properties or {}),
            reversed=reversed_files,
            **given,
        )

    def __enter__(self) -> Connector:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._process.stdout.close()

    def do(self, command: str, **given: Any) -> dict[str, Any]:
        """One command of the harness's protocol; raises RuntimeError when the harness refuses it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": command, **given}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        reply: dict[str, Any] = json.loads(line) if line else {"ok": False, "error": "the harness ended"}
        if not reply.pop("ok"):
            raise RuntimeError(reply["error"])
        return reply

    def set_up(self, secret: str) -> list[str]:
        """Goes through the menu's "Set up" as a person would; gives back every text that was shown."""
        return self.menu("Set up", [ADDRESS, secret])

    def menu(self, item: str, replies: list[str | None] | None = None) -> list[str]:
        """Chooses an entry of the menu; gives back every text that was shown."""
        reply = self.do("menu", item=item, replies=replies or [])
        assert reply["thrown"] is None, reply["thrown"]
        shown: list[str] = reply["shown"]
        return shown

    def submit(
        self, answers: Answers, respondent: str = "", response: str | None = None, trigger: bool = True
    ) -> dict[str, Any]:
        """Somebody submits the form, or edits `response`; `trigger=False`: Google fails to fire the trigger.

        Gives back `response` (the id) and `thrown` (the error that Google would mail to the owner, or None).
        """
        which = {} if response is None else {"response": response}
        return self.do("submit", answers=dict(answers), respondent=respondent, trigger=trigger, **which)

    def tick(self, seconds: float = 0) -> str | None:
        """Moves the connector's clock on, then runs the five-minute trigger; gives back the error it threw, or None."""
        thrown: str | None = self.do("tick", seconds=seconds)["thrown"]
        return thrown

    def route(self, service: str | None) -> None:
        """The service moves to another address, or goes away (None)."""
        self.do("route", routes=_routes(service))

    def report(self) -> dict[str, Any]:
        """Script properties, log lines, requests made and triggers installed."""
        return self.do("report")

    def sent(self) -> list[Sent]:
        """Every form submission that was posted so far, in order, with what came back; connection tests left out."""
        requests = [_sent(request) for request in self.report()["requests"]]
        return [each for each in requests if each.message["type"] == "form.submitted"]

    def queue(self) -> dict[str, tuple[int, float | None, float, str]]:
        """What is waiting, by response id: attempts, next attempt and time of joining (ms since 1970), last outcome."""
        properties: dict[str, str] = self.report()["properties"]
        waiting = {name: text for name, text in properties.items() if name.startswith("waiting:")}
        return {name.removeprefix("waiting:"): tuple(json.loads(text)) for name, text in waiting.items()}


MakeConnector = Callable[..., Connector]
"""Takes what `Connector` takes; what it makes ends with the test."""


def new_secret() -> str:
    """A webhook secret nobody has seen."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _sent(request: dict[str, Any]) -> Sent:
    reply = json.loads(request["reply"]) if request["status"] is not None else None
    return Sent(request["headers"]["webhook-id"], json.loads(request["body"]), request["status"], reply)


def _routes(service: str | None) -> dict[str, str]:
    return {} if service is None else {ADDRESS: service}
