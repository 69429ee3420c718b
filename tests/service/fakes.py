"""A Gmail, a sheet and a calendar that are files, so that they outlive the process that calls them.

``faults`` maps a call's name to what happens at its next tries, in order: a DeliveryError to raise before anything
happened, or ("after", error) to do it and then raise. ``on_call`` is told before and after each call.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from integrations.google import Workspace
from integrations.ports import Busy, DeliveryError, DiaryEntry, DraftGoneError, Mail, TaskRow

Fault = DeliveryError | tuple[str, DeliveryError]


class Office:
    """All three ports, and what they hold."""

    def __init__(self, folder: Path, on_call: Callable[[str], None] = lambda moment: None) -> None:
        self._file = folder / "office.json"
        self._on_call = on_call
        self._lock = threading.Lock()
        self.faults: dict[str, list[Fault]] = {}
        self.calls: list[str] = []
        if not self._file.exists():
            self._keep({"drafts": {}, "sent": [], "rows": {}, "events": {}, "count": 0})

    def workspace(self) -> Workspace:
        return Workspace(self, self, self)

    @property
    def holds(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._file.read_text())
        return found

    def sent_to(self) -> list[str]:
        return [mail["to"] for mail in self.holds["sent"]]

    def _keep(self, state: dict[str, Any]) -> None:
        passing = self._file.with_suffix(".new")
        passing.write_text(json.dumps(state))
        passing.replace(self._file)

    def _call(self, name: str, change: Callable[[dict[str, Any]], Any]) -> Any:
        with self._lock:
            self.calls.append(name)
            self._on_call(f"before {name}")
            fault = self.faults[name].pop(0) if self.faults.get(name) else None
            if isinstance(fault, DeliveryError):
                raise fault
            state = self.holds
            answer = change(state)
            self._keep(state)
            self._on_call(f"after {name}")
            if fault is not None:
                raise fault[1]
            return answer

    # --- Mailer ------------------------------------------------------------------------------------------------------

    def create_draft(self, mail: Mail) -> str:
        def change(state: dict[str, Any]) -> str:
            state["count"] += 1
            state["drafts"][f"draft-{state['count']}"] = asdict(mail)
            return f"draft-{state['count']}"

        return str(self._call("create_draft", change))

    def find_draft(self, mail: Mail) -> str | None:
        def change(state: dict[str, Any]) -> str | None:
            drafts = state["drafts"].items()
            return next((name for name, held in drafts if held["key"] == mail.key), None)

        found: str | None = self._call("find_draft", change)
        return found

    def send_draft(self, mailbox: str, draft_id: str) -> str:
        def change(state: dict[str, Any]) -> str:
            if state["drafts"].get(draft_id, {}).get("mailbox") != mailbox:
                raise DraftGoneError
            state["sent"].append(state["drafts"].pop(draft_id))
            return f"message-{len(state['sent'])}"

        return str(self._call("send_draft", change))

    def delete_draft(self, mailbox: str, draft_id: str) -> bool:
        return bool(self._call("delete_draft", lambda state: state["drafts"].pop(draft_id, None)))

    def has_draft(self, mailbox: str, draft_id: str) -> bool:
        return bool(self._call("has_draft", lambda state: draft_id in state["drafts"]))

    def read_draft(self, mailbox: str, draft_id: str) -> str:
        def change(state: dict[str, Any]) -> str:
            if state["drafts"].get(draft_id, {}).get("mailbox") != mailbox:
                raise DraftGoneError
            return str(state["drafts"][draft_id]["body"])

        return str(self._call("read_draft", change))

    def edit_draft(self, draft_id: str, body: str) -> None:
        """What its holder does by hand."""
        state = self.holds
        state["drafts"][draft_id]["body"] = body
        self._keep(state)

    # --- TaskSheet ---------------------------------------------------------------------------------------------------

    def upsert(self, rows: Sequence[TaskRow]) -> None:
        def change(state: dict[str, Any]) -> None:
            if any("poison" in text for row in rows for text in row.cells.values()):
                raise DeliveryError("bad-row", permanent=True)
            for row in rows:
                state["rows"][row.key] = {"tab": row.tab, "cells": dict(row.cells)}

        self._call("upsert", change)

    # --- Diary -------------------------------------------------------------------------------------------------------

    def put(self, entry: DiaryEntry) -> str:
        def change(state: dict[str, Any]) -> str:
            state["events"][entry.key] = asdict(entry) | {"start": str(entry.start), "end": str(entry.end)}
            return f"event-{entry.key}"

        return str(self._call("put", change))

    def cancel(self, calendar: str, key: str, *, own: bool = False, quiet: bool = False) -> None:
        def change(state: dict[str, Any]) -> None:
            gone = state["events"].pop(key, None)
            if gone is not None and gone["guest"] and not quiet:
                state["called_off"] = [*state.get("called_off", []), gone["guest"]]

        self._call("cancel", change)

    def busy(self, calendars: Sequence[str], start: datetime, end: datetime) -> Mapping[str, Sequence[Busy]]:
        return dict.fromkeys(calendars, ())
