"""A procedure as a picture: its stages, what leads from one to the next, and their clocks. Text for Mermaid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rules.engine.model.policy import Due, Policies, Procedure, Stage

_ARRIVALS = ("report received", "complaint received")


def diagram(policies: Policies, procedure: Procedure) -> str:
    """A state diagram of the stages of a track. What runs alongside them is no stage, and is left out."""
    stages = [stage for stage in procedure.stages if not stage.alongside]
    ids = {stage.name: f"s{number}" for number, stage in enumerate(stages, 1)}
    lines = ["stateDiagram-v2", f'  state "{_plain(procedure.track)} open" as running {{']
    lines += [f'    state "{_plain(_named(stage))}" as {ids[stage.name]}' for stage in stages]
    lines += [f"    {line}" for line in _between(policies, stages, ids)]
    for stage in stages:
        lines += _clocks(stage, ids[stage.name])
    lines += ["  }", f"  running --> closed: {_any(procedure.ends_when)}"]
    if procedure.reopens_when:
        lines.append(f"  closed --> running: {_any(procedure.reopens_when)}")
    if procedure.pauses_when:
        lines.append(f"  running --> paused: {_any(procedure.pauses_when)}")
        lines.append(f"  paused --> running: {_any(procedure.resumes_when)}")
    return "\n".join(lines)


def _between(policies: Policies, stages: list[Stage], ids: Mapping[str, str]) -> Iterator[str]:
    """What opens each stage: from the stages that it closes, from the one before, or from the arrival."""
    arriving = {spec.what for rule in policies.rules if {*rule.on} & {*_ARRIVALS} for spec in rule.then}
    for number, stage in enumerate(stages):
        first = [what for what in stage.opens_when if what in arriving or what in _ARRIVALS]
        if first:
            yield f"[*] --> {ids[stage.name]}: {_any(first)}"
        closing = {what for other in stages for what in other.closes_when}
        for before in stages[:number]:
            led = [
                what
                for what in stage.opens_when
                if what in before.closes_when or (what not in closing and before is stages[number - 1])
            ]
            if led:
                yield f"{ids[before.name]} --> {ids[stage.name]}: {_any(led)}"


def _named(stage: Stage) -> str:
    return f"Stage {stage.name}: {stage.title}" if stage.name.isdecimal() else stage.title


def _clocks(stage: Stage, name: str) -> list[str]:
    if not stage.deadlines:
        return []
    said = [f"      {clock.title}, {clock.due.text}{_or_by(clock.also)}" for clock in stage.deadlines]
    return [f"    note right of {name}", *map(_plain, said), "    end note"]


def _or_by(also: Due | None) -> str:
    return f", or {also.text}" if also is not None else ""


def _any(happenings: Iterable[str]) -> str:
    return " or ".join(map(_plain, happenings))


def _plain(text: str) -> str:
    """Colons, semicolons and quotation marks mean something in Mermaid."""
    return text.replace(": ", " - ").replace(";", ",").replace('"', "'")
