"""What understanding a submission asks of the past: its cases, its history. The store has it, and so has a replay."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from rules.engine.situation import CaseFile, KeptOut


class Responses(Protocol):
    """Which cases earlier versions of a response led to."""

    def cases_of(self, form_id: str, response_id: str) -> tuple[str, ...]: ...


class CaseFiles(Protocol):
    """The cases as they stand."""

    def load(self, ref: str) -> CaseFile | None: ...
    def kept_out_of_open(self, track: str) -> tuple[KeptOut, ...]: ...


class Incidents(Protocol):
    """What patterns are counted from, as ``service.store.history`` says."""

    def add(self, ref: str, person_key: str, role: str, day: date, source_submission: str | None) -> None: ...
    def count_person(self, person_key: str, role: str, since: date, until: date) -> int: ...
    def count_pair(self, first: str, second: str, since: date, until: date) -> int: ...
    def mark(self, ref: str, *, counts: bool) -> None: ...


class Past(Protocol):
    """All three."""

    @property
    def submissions(self) -> Responses: ...
    @property
    def cases(self) -> CaseFiles: ...
    @property
    def history(self) -> Incidents: ...
