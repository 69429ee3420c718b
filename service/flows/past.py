"""What understanding a submission asks of the past: its cases, its history. The store has it, and so has a replay."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from rules.engine.casework.incidents import Incidents
from rules.engine.model.situation import CaseFile, KeptOut

Part = tuple[str, str]
"""The key of a person, and the role that they have in a case."""


class Responses(Protocol):
    """Which cases earlier versions of a response led to."""

    def cases_of(self, form_id: str, response_id: str) -> tuple[str, ...]: ...


class CaseFiles(Protocol):
    """The cases as they stand."""

    def load(self, ref: str) -> CaseFile | None: ...
    def kept_out_of(self, ref: str) -> frozenset[str]: ...
    def open_tasks_of(self, ref: str) -> frozenset[tuple[str, str]]: ...
    def kept_out_of_recent(self, track: str, since: datetime) -> tuple[KeptOut, ...]: ...


class Past(Protocol):
    """All three."""

    @property
    def submissions(self) -> Responses: ...
    @property
    def cases(self) -> CaseFiles: ...
    @property
    def history(self) -> Incidents: ...
