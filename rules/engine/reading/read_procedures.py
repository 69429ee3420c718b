"""Reading procedures: the stages of a track and their clocks."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, cast

from rules.engine.model.policy import ALWAYS, DeadlineSpec, Due, Procedure, Stage
from rules.engine.reading.document import Entries, Node
from rules.engine.reading.read_rules import TRACKS, Rules
from rules.engine.reading.shapes import Desk

PROCEDURE = (
    "procedure", "with the clocks of", "ends when", "reopens when", "pauses when", "resumes when", "stages",
)  # fmt: skip
STAGE = ("stage", "title", "clauses", "says", "opens when", "closes when", "deadlines", "alongside", "examples")
DEADLINE = (
    "deadline", "title", "clauses", "duty of", "due", "or by", "done when", "when", "remind", "if missed",
    "counts from", "cancelled by", "extended by", "each time", "met only afterwards", "anew when",
)  # fmt: skip


def read_procedure(desk: Desk, root: Entries, rules: Rules) -> Procedure | None:
    """One file with ``procedure: complaint`` at its head."""
    desk.only(root, PROCEDURE, "a procedure")
    before = len(desk.problems)
    track = desk.word(root.get("procedure"), root, "procedure")
    if not desk.known(root.get("procedure") or root, track, TRACKS, f'No track of cases is called "{track}".'):
        return None
    beside = root.get("with the clocks of")
    if beside is not None:
        other = desk.word(beside, root, "with the clocks of")
        desk.known(beside, other, set(TRACKS) - {track}, f'No other track of cases is called "{other}".')
    procedure = Procedure(
        track=track,
        beside=desk.word(beside, root, "with the clocks of") if beside is not None else None,
        stages=tuple(_stage(desk, node, rules) for node in desk.items(root.get("stages"))),
        ends_when=rules.happenings(root.get("ends when")),
        reopens_when=rules.happenings(root.get("reopens when")),
        pauses_when=rules.happenings(root.get("pauses when")),
        resumes_when=rules.happenings(root.get("resumes when")),
    )
    # Examples of what could not be read would only fail besides.
    return procedure if len(desk.problems) == before else _without_examples(procedure)


def _without_examples(procedure: Procedure) -> Procedure:
    return replace(procedure, stages=tuple(replace(stage, examples=()) for stage in procedure.stages))


def _stage(desk: Desk, node: Node, rules: Rules) -> Stage:
    entries = desk.entries(node, node, "stage")
    desk.only(entries, STAGE, "a stage")
    deadlines = tuple(_deadline(desk, item, rules) for item in desk.items(entries.get("deadlines")))
    names = tuple(one.id for one in deadlines)
    return Stage(
        name=desk.word(entries.get("stage"), entries, "stage"),
        title=desk.word(entries.get("title"), entries, "title"),
        clauses=rules.cited(entries),
        says=desk.word(entries.get("says"), entries, "says"),
        opens_when=rules.happenings(entries.get("opens when")),
        closes_when=rules.happenings(entries.get("closes when")),
        deadlines=deadlines,
        alongside=desk.yes(entries.get("alongside"), "alongside"),
        examples=tuple(rules.examples.of_stage(item, names) for item in desk.items(entries.get("examples"))),
        file=entries.place.file,
        line=entries.place.line,
    )


def _deadline(desk: Desk, node: Node, rules: Rules) -> DeadlineSpec:
    entries = desk.entries(node, node, "deadline")
    desk.only(entries, DEADLINE, "a deadline")
    due = rules.due(entries.get("due"), "due")
    if due is None or due.after is None:
        desk.wrong(
            entries.get("due") or entries,
            "A clock needs what it starts from.",
            'Write "within 3 school days after ...".',
        )
        due = due or Due(0, "school days")
    when = entries.get("when")
    remind = rules.due(entries.get("remind"), "remind")
    counts = (
        desk.word(entries.get("counts from"), entries, "counts from")
        if entries.get("counts from")
        else "effective receipt"
    )
    desk.known(entries, counts, ("effective receipt", "the day itself"), f'"{counts}" is not a way of counting.')
    cancelled, extended = entries.get("cancelled by"), rules.happenings(entries.get("extended by"))
    missed = entries.get("if missed")
    silent = desk.words(missed) == ("nobody",)  # where the time is not the school's, but the complainant's
    return DeadlineSpec(
        id=desk.word(entries.get("deadline"), entries, "deadline"),
        title=desk.word(entries.get("title"), entries, "title"),
        clauses=rules.cited(entries),
        duty_of=(rules.audience(entries.get("duty of"), entries, "duty of") or ("",))[0],
        due=due,
        done_when=rules.happenings(entries.get("done when")),
        when=rules.conditions.read(when) if when is not None else ALWAYS,
        also=rules.due(entries.get("or by"), "or by"),
        remind=remind.count if remind else None,
        if_missed=() if silent else rules.audience(missed, entries, "if missed"),
        cancelled_by=rules.happenings(cancelled),
        counts_from=cast(Literal["effective receipt"], counts),
        extended_by=extended[0] if extended else None,
        each_time=desk.yes(entries.get("each time"), "each time"),
        only_afterwards=desk.yes(entries.get("met only afterwards"), "met only afterwards"),
        anew_when=rules.happenings(entries.get("anew when")),
        file=entries.place.file,
        line=entries.place.line,
    )
