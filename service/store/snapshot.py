"""A case file as it is kept. Its notices, tasks, entries, deadlines and holds are not in it: the ledger has those."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from rules.engine.model.situation import CaseFile, Happening, KeptOut, Party

_Fact = str | frozenset[str] | int | None


class _Snapshot(msgspec.Struct, frozen=True):
    ref: str
    track: str
    state: Literal["open", "paused", "closed"]
    stage: str | None
    opened_at: datetime
    facts: dict[str, _Fact]
    parties: tuple[Party, ...]
    happenings: tuple[Happening, ...]
    kept_out: tuple[KeptOut, ...]
    complainant: str | None
    reporter: str | None
    linked: tuple[str, ...]
    panel: tuple[str, ...]


def to_snapshot(case: CaseFile) -> dict[str, Any]:
    """The case as plain JSON values, without its effects."""
    kept = {name: getattr(case, name) for name in _Snapshot.__struct_fields__}
    snapshot: dict[str, Any] = msgspec.to_builtins(kept, order="deterministic")
    return snapshot


def from_snapshot(data: dict[str, Any]) -> CaseFile:
    """The case that ``to_snapshot`` wrote, with no effects yet. ValueError if it is not one."""
    kept = msgspec.convert(data, _Snapshot)
    return CaseFile(**{name: getattr(kept, name) for name in _Snapshot.__struct_fields__})
