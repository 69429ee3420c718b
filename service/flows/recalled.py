"""A past that is held in memory: what a replay decides upon, and keeps what it decided in. Nothing of it is written."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from rules.engine.casework.incidents import RecalledIncidents
from rules.engine.intake.guards import merge
from rules.engine.model.effects import AnyEffect, Task
from rules.engine.model.situation import CaseFile, KeptOut, open_tasks
from service.flows.chase_deadlines import digest_of
from service.store import PREFIXES
from service.store.action import CLOCKS, start_of
from service.store.cases import with_effects

References = Mapping[str, str]
"""Track to the reference of the case that a submission opened when it was first decided."""


@dataclass(frozen=True, slots=True)
class Made:
    """An effect as it stands at last, and when it was first made."""

    effect: AnyEffect
    at: datetime


@dataclass(slots=True)
class RecalledResponses:
    """Which cases each response led to."""

    found: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)

    def cases_of(self, form_id: str, response_id: str) -> tuple[str, ...]:
        return tuple(self.found.get((form_id, response_id), ()))


@dataclass(slots=True)
class RecalledCases:
    """The case files, with the effects made on each. A case that was opened before keeps the reference that it has."""

    files: dict[str, CaseFile] = field(default_factory=dict)
    made: dict[str | None, dict[str, Made]] = field(default_factory=dict)
    last: dict[tuple[str, int], int] = field(default_factory=dict)
    """The highest number that was given, by prefix and year: other cases are numbered on from there."""

    def load(self, ref: str) -> CaseFile | None:
        case = self.files.get(ref)
        return None if case is None else with_effects(case, [one.effect for one in self.made.get(ref, {}).values()])

    def kept_out_of(self, ref: str) -> frozenset[str]:
        """The addresses of everybody who is kept out of a case."""
        return frozenset(kept.address for kept in self.files[ref].kept_out) if ref in self.files else frozenset()

    def open_tasks_of(self, ref: str) -> frozenset[tuple[str, str]]:
        """Who has still to do what on a case."""
        made = [one.effect for one in self.made.get(ref, {}).values()]
        return open_tasks(effect for effect in made if isinstance(effect, Task))

    def kept_out_of_recent(self, track: str, since: datetime) -> tuple[KeptOut, ...]:
        """Everybody who is kept out of a case of this track that is not closed, or was opened since then."""
        on_track = [case for case in self.files.values() if case.track == track]
        recent = [case for case in on_track if case.state != "closed" or case.opened_at >= since]
        return merge((), [kept for case in recent for kept in case.kept_out])

    def next_refs(self, opened: References, year: int) -> dict[str, str]:
        """The reference that a new case of each track gets."""
        return {track: opened.get(track) or self._new(prefix, year) for track, prefix in PREFIXES.items()}

    def known(self, ref: str) -> None:
        """Note a reference that is in use."""
        prefix, year, number = ref.split("-")
        key = (prefix, int(year))
        self.last[key] = max(self.last.get(key, 0), int(number))

    def _new(self, prefix: str, year: int) -> str:
        return f"{prefix}-{year}-{self.last.get((prefix, year), 0) + 1:04d}"


@dataclass(slots=True)
class Clocks:
    """The clocks that run, by when they fall due."""

    _due: list[tuple[datetime, int, AnyEffect]] = field(default_factory=list)
    _running: dict[tuple[str | None, str], int] = field(default_factory=dict)
    _number: count[int] = field(default_factory=count)

    def put(self, effect: AnyEffect, at: datetime) -> None:
        """Start a clock, change it, or stop it, as the ledger would."""
        if effect.kind not in CLOCKS:
            return
        state, due = start_of(effect, at, None)
        number = next(self._number)
        self._running[effect.case, effect.key] = number
        if state == "pending" and due is not None:
            heapq.heappush(self._due, (due, number, effect))

    def next_due(self, until: datetime) -> tuple[datetime, AnyEffect] | None:
        """The next clock that falls due, taken away; None where none does until then."""
        while self._due and self._due[0][0] <= until:
            due, number, effect = heapq.heappop(self._due)
            if self._running.get((effect.case, effect.key)) == number:
                return due, effect
        return None

    def of_same_digest(self, effect: AnyEffect, due: datetime) -> list[AnyEffect]:
        """The other clocks of the digest that this one belongs to, taken away; none where it belongs to none."""
        about = digest_of(effect)
        if not about:
            return []
        same = {number: one for at, number, one in self._due if at == due and digest_of(one) == about}
        self._due = [entry for entry in self._due if entry[1] not in same]
        heapq.heapify(self._due)
        return [one for number, one in sorted(same.items()) if self._running.get((one.case, one.key)) == number]


@dataclass(slots=True)
class Recalled:
    """Everything that ``understand`` asks of the past, and what a decision adds to it."""

    submissions: RecalledResponses = field(default_factory=RecalledResponses)
    cases: RecalledCases = field(default_factory=RecalledCases)
    history: RecalledIncidents = field(default_factory=RecalledIncidents)
    clocks: Clocks = field(default_factory=Clocks)

    def keep(self, effect: AnyEffect, at: datetime) -> None:
        """Keep an effect; the same again changes nothing."""
        ledger = self.cases.made.setdefault(effect.case, {})
        before = ledger.get(effect.key)
        if before is None or before.effect != effect:
            ledger[effect.key] = Made(effect, before.at if before else at)
            self.clocks.put(effect, at)
