"""The last word on one case: holds, somebody always told, one message an address, nothing made twice."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import replace

from rules.engine.casework import ladder
from rules.engine.casework.ending import withdraw_drafts
from rules.engine.casework.holds import hold_in_force
from rules.engine.intake.guards import OWN, RECEIPT, after_hold, somebody_is_told
from rules.engine.model.effects import (
    AnyEffect,
    CalendarEntry,
    CaseChange,
    Flag,
    Notice,
    NotTold,
    Refused,
    Task,
    Withhold,
)
from rules.engine.model.situation import CaseFile, KeptOut
from rules.engine.proposing.make import Grounds, Making
from rules.engine.proposing.sealing import is_sealed, sealed

NOT_SECRET = Grounds(rules=("nobody-told",), clauses=("AB-8l",), because="No report may end with nobody told (AB-8l).")

NOBODY_TOLD = "refused:nobody told"
"""The key of what says that a case reached nobody in the school."""

TOLD_BY = {
    "report received": ("case manager", "designated safeguarding lead"),
    "contact logged": ("case manager", "designated safeguarding lead"),
    "complaint received": ("complaint handler",),
}
"""What may never end with nobody told, and who hears of it where no rule tells anybody."""


def have_the_last_word(making: Making, before: CaseFile | None, *, moved: bool = False) -> None:
    """The guards: holds, nobody told, one message an address, nothing made twice.

    ``moved``: the case is on another track, or others have no part in it, though its state and stage are as they were.
    """
    case = making.case
    hold = hold_in_force(case, making.effects)
    notices, held = after_hold(making.write(), hold)
    _replace_drafts(making, notices)
    if hold is not None:
        withdraw_drafts(
            making, f"Nothing reaches parents or carers now: {hold.details} is kept from them.", family_only=True
        )
    if making.situation.event.name in TOLD_BY and not somebody_is_told(notices, case):
        making.letters.clear()
        phrases = TOLD_BY[making.situation.event.name]
        if case.track == "bullying":
            phrases = ("safeguarding team", "behaviour team")
        making.tell(phrases, "case_notice", NOT_SECRET, once=making.situation.event.occurrence)
        notices += making.write()
        if not somebody_is_told(notices, case):
            notices = _say_that_nobody_is_told(making, notices)
    if making.situation.event.name != "alert not acknowledged":
        ladder.start_ladder(making, notices)
    clauses = ("AB-8a",) if case.track == "bullying" else ()
    for note in dict.fromkeys(making.notes):
        if "term dates" in note:
            grounds = Grounds(rules=("calendar",), clauses=clauses, because=f"A date could not be counted: {note}.")
            making.effects.append(
                Refused(
                    key=f"refused:{note}",
                    case=case.ref,
                    what="a date",
                    why=note,
                    instead="Load the next year's term dates.",
                    **grounds,
                )
            )
    ordered: list[AnyEffect] = [_change(making, before)] if moved or _change_needed(case, before) else []
    ordered += [
        _with(effect, held) if isinstance(effect, Withhold) else effect
        for effect in making.effects
        if isinstance(effect, Withhold)
    ]
    ordered += notices
    ordered += [effect for effect in making.effects if not isinstance(effect, Withhold)]
    seal = is_sealed((kept.address for kept in case.kept_out), making.policies.vocabulary, making.situation.directory)
    making.effects = [effect for effect in sealed(_once(ordered), case, seal=seal) if _is_new(effect, case)]


def _say_that_nobody_is_told(making: Making, notices: list[Notice]) -> list[Notice]:
    """Nobody in the school may be told: it is recorded, and whoever reported it is not thanked as if somebody knew."""
    refused = Refused(
        key=NOBODY_TOLD,
        case=making.case.ref,
        what="a notice to somebody in the school",
        why="nobody who may know of this case holds a role now",
        instead="Give a role to somebody in the school's lists, or turn to the local authority.",
        **NOT_SECRET,
    )
    making.effects.append(refused)
    return [notice for notice in notices if notice.template != RECEIPT]


def _replace_drafts(making: Making, notices: Iterable[Notice]) -> None:
    """A draft that nobody released is taken back when the same letter to the same person is drafted anew."""
    made = making.case.made
    new = {(n.template, n.to) for n in notices if n.status == "draft" and not n.family and n.key not in made}
    for before in making.case.notices.values():
        if before.status == "draft" and (before.template, before.to) in new:
            because = "It was drafted anew: only the later one is released."
            making.effects.append(replace(before, status="withdrawn", because=because))
    if making.situation.event.facts.get("edited") == "yes":
        _withdraw_superseded(making, {notice.key for notice in notices})


def _withdraw_superseded(making: Making, drafted: Set[str]) -> None:
    """Of a form that was changed, the drafts of its earlier version to which it leads no longer."""
    once = f":{making.situation.event.occurrence}:"
    for before in making.case.notices.values():
        if before.status == "draft" and once in f"{before.key}:" and before.key not in drafted:
            because = "The form was changed, and no longer leads to this letter."
            making.effects.append(replace(before, status="withdrawn", because=because))


def _with(effect: Withhold, held: tuple[NotTold, ...]) -> Withhold:
    return replace(effect, not_told=tuple(dict.fromkeys((*effect.not_told, *held)))) if effect.active else effect


def _change_needed(case: CaseFile, before: CaseFile | None) -> bool:
    return before is None or (case.state, case.stage) != (before.state, before.stage)


def _change(making: Making, before: CaseFile | None) -> CaseChange:
    case = making.case
    at = f", at stage {case.stage}" if case.stage and case.stage.isdecimal() else ""
    did = "The case is opened." if before is None else f"The case is now {case.state}{at}."
    if before is not None and not _change_needed(case, before) and case.track == before.track:
        did = "Who has no part in the case has changed."
    effects = [e for e in making.effects if not isinstance(e, Flag | Refused)] or making.effects
    led_to_it = [(e.rules, e.clauses) for e in effects[:20]]
    if before is None and making.of_the_case:
        led_to_it = [(grounds["rules"], grounds["clauses"]) for grounds in making.of_the_case]
    if before is not None and not led_to_it:
        # Nothing but what was recorded led to it.
        ended = ("CP-2g",) if case.track == "complaint" else ("AB-8k",)
        led_to_it = [(("update",), ended)] if _change_needed(case, before) else [(("kept-out",), ("CP-2e",))]
    rules = tuple(dict.fromkeys(rule for of_one, _ in led_to_it for rule in of_one))
    clauses = tuple(dict.fromkeys(clause for _, of_one in led_to_it for clause in of_one))
    return CaseChange(
        key=f"case:{case.track}:{case.state}:{case.stage}:{making.situation.now.isoformat()}",
        case=case.ref, rules=rules,
        clauses=clauses, because=did, track=case.track, state=case.state, stage=case.stage,
        not_told=tuple(map(_kept_out, case.kept_out)),
    )  # fmt: skip


def _kept_out(kept: KeptOut) -> NotTold:
    """Whoever complains is written to, so no address stands there: they only have no part in the work."""
    return NotTold("complainant", OWN) if kept.why == OWN else NotTold("person concerned", kept.why, kept.address)


def _once(effects: Iterable[AnyEffect]) -> list[AnyEffect]:
    """Each key once; the last word on it counts, and a task stands on the grounds of all that led to it."""
    found: dict[str, AnyEffect] = {}
    for effect in effects:
        before, after = found.get(effect.key), effect
        if isinstance(before, Task) and isinstance(effect, Task) and before.state == effect.state:
            rules = tuple(dict.fromkeys((*before.rules, *effect.rules)))
            clauses = tuple(dict.fromkeys((*before.clauses, *effect.clauses)))
            after = replace(effect, rules=rules, clauses=clauses)
        found[effect.key] = after
    return list(found.values())


def _is_new(effect: AnyEffect, case: CaseFile) -> bool:
    """Whether the effect changes anything: a written notice is not written again because a report was edited."""
    if effect.key not in case.made:
        # What ended before anybody was given it was never there.
        return not (isinstance(effect, Task) and effect.state == "cancelled")
    match effect:
        case Notice():
            before = case.notices[effect.key]
            # A draft that was sent or withdrawn since is not drafted again.
            moved = (before.status, before.held_by) != (effect.status, effect.held_by)
            taken_back = effect.status == "withdrawn" and effect.key in case.unsent
            return moved and (before.status == "draft" or taken_back)
        case Withhold():
            return case.withholds[effect.key].active != effect.active
        case Task():
            was = case.tasks[effect.key]
            moved = was.state == "open" and (was.state, was.due) != (effect.state, effect.due)
            return moved or was.sealed != effect.sealed
        case CalendarEntry():
            old = case.entries[effect.key]
            now = (effect.start, effect.status, effect.action, effect.held_by)
            return (old.start, old.status, old.action, old.held_by) != now
        case Flag():
            return case.flags[effect.key].sealed != effect.sealed
        case _:
            return effect.kind == "deadline"
