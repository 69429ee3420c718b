"""What must be on record of a case before the event of some facts can come: step by step, as people would record it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rules.engine.casework.conduct import needed_before
from rules.engine.casework.hearing import PANEL
from rules.engine.model.policy import UNKNOWN, Facts
from rules.engine.proving.casting import panel
from rules.engine.proving.counterexample import Cast
from rules.engine.school.directory import Directory

_OUTCOME = "stage 3 outcome received by complainant"
_ASKED = "complainant asks for stage 4 (cap)"
_APPEAL = ("complainant asks for stage 3", _OUTCOME, _ASKED)
_TO_STAGE: Mapping[str, tuple[str, ...]] = {
    "2": ("complainant asks for stage 2",),
    "3": ("complainant asks for stage 3",),
    "4": _APPEAL,
    "after": (*_APPEAL, "cap findings sent"),
}
_TOO_LATE = 15
"""School days after which an appeal is late, and the stage does not change."""
_TOOK_PART = "stage 1 discussion held"
_AGREED = "cap panel member agreed"


@dataclass(frozen=True, slots=True)
class Step:
    """Something to record, who was involved (a name), and how many school days to wait before."""

    what: str
    involved: str = ""
    wait: int = 0


def steps_before(facts: Facts, cast: Cast, directory: Directory) -> Iterator[Step]:
    """What is recorded on the case before, in the order in which it can be; the event itself is left out."""
    if facts.get("chair took part before") == "yes":
        yield Step(_TOOK_PART, cast.holding("chair"))
    before = facts.get("recorded before")
    recorded = sorted(before - {UNKNOWN}) if isinstance(before, frozenset) else []
    stages = _stages(facts, late=facts.get("stage") == "3" and _ASKED in recorded)
    yield from stages
    on_record = [step.what for step in stages]
    wanted = in_order([*recorded, str(facts.get("what happened"))])[:-1]
    yield from (Step(what) for what in wanted if what not in on_record)
    if isinstance(facts.get("school days since the stage 3 outcome"), int) and _OUTCOME not in (*on_record, *wanted):
        yield Step(_OUTCOME)
    agreed = facts.get("panel members agreed")
    members = max(PANEL if _is_heard(facts) else 0, agreed if isinstance(agreed, int) else 0)
    yield from (Step(_AGREED, name) for name, _ in zip(panel(directory), range(members), strict=False))


def in_order(steps: Iterable[str]) -> list[str]:
    """These, and before each whatever must be on record first; each once."""
    found: list[str] = []
    for step in steps:
        found += [one for one in (*in_order(needed_before(step)), step) if one not in found]
    return found


def _stages(facts: Facts, *, late: bool) -> list[Step]:
    if late:
        *steps, asked = _APPEAL
        return [*map(Step, steps), Step(asked, wait=_TOO_LATE)]
    return [Step(what) for what in _TO_STAGE.get("4" if _is_heard(facts) else str(facts.get("stage")), ())]


def _is_heard(facts: Facts) -> bool:
    return facts.get("hearing date") == "fits"
