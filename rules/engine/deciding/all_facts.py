"""Every fact that rules may ask for: what the case remembers, what the event says, and what follows from both."""

from __future__ import annotations

from rules.engine.casework import changes, panel
from rules.engine.casework.cases import several_are_targeted, somebody_is_left
from rules.engine.casework.conduct import changes_of_basis, contacts_in_a_week
from rules.engine.casework.hearing import Hearing
from rules.engine.casework.holds import hold_in_force
from rules.engine.casework.meetings import offered
from rules.engine.intake.facts import complete
from rules.engine.model.policy import EVENT, UNKNOWN, FactValue, Policies
from rules.engine.model.situation import CaseFile, Event, Happening, Situation
from rules.engine.school.school_days import LONDON, TermDatesNotLoaded


def facts_of(policies: Policies, situation: Situation) -> dict[str, FactValue]:
    """Every fact, complete: the case's, the event's over them, and what follows from both."""
    case, event = situation.case, situation.event
    derived: dict[str, FactValue] = {EVENT: event.name}
    if case is not None:
        hold = hold_in_force(case, ())
        outcome = next(
            (h for h in reversed(case.happenings) if h.what == "stage 3 outcome received by complainant"), None
        )
        derived |= {
            "track": case.track,
            "stage": case.stage,
            "parents are held": "yes" if hold else "no",
            "recorded before": frozenset(happening.what for happening in case.happenings),
            "contacts in seven days": contacts_in_a_week(case, event),
            "offers of a meeting": offered(case, event),
            "panel members agreed": len(changes.update_case(event, case, situation.directory).panel),
            "school days since the stage 3 outcome": _since(outcome, situation),
            "chair took part before": "yes" if changes.chair_took_part(case, situation.directory) else "no",
        }
        derived |= changes.learnt(event, case, situation.directory)
        derived |= _still_said(case, event)
        derived |= changes_of_basis(case, event)
        if event.facts.get("what happened") == panel.HEARING_SET:
            found = panel.hearing_wanted(policies, situation, case)
            derived["hearing date"] = "fits" if isinstance(found, Hearing) else "refused"
    if event.name == "report received":
        derived["several pupils are targeted"] = "yes" if several_are_targeted(event, case) else "no"
    facts = complete(policies.vocabulary.facts, case.facts if case else {}, event.facts, derived)
    if event.name == "complaint received" or (case is not None and case.track == "complaint"):
        facts["somebody is left to take it"] = "yes" if somebody_is_left(situation, facts) else "no"
    return facts


def _still_said(case: CaseFile, event: Event) -> dict[str, FactValue]:
    """Whoever was said to be in it stays in it when a report or a complaint is edited: an edit never takes a matter
    about an adult to those who deal with pupils (AB-9t), nor a complaint to the one whom it was about (CP-2e). Only a
    person decides that somebody was not meant.
    """
    found: dict[str, FactValue] = {}
    for name in ("people targeted", "people reported", "complained about"):
        before, now = case.facts.get(name), event.facts.get(name)
        # Only reports and complaints give these: nothing else that happens on a case speaks of its people so.
        if isinstance(before, frozenset) and isinstance(now, frozenset):
            found[name] = (before | now) - {UNKNOWN} or frozenset({UNKNOWN})
    if any(happening.what == "written consent received" for happening in case.happenings):
        found["written consent"] = "yes"
    return found


def _since(happening: Happening | None, situation: Situation) -> int | None:
    """School days to the day that the event gives. The cut-off never shortens the complainant's time (Counting 3)."""
    if happening is None:
        return None
    asked = situation.event.happenings[0].at if situation.event.happenings else situation.now
    calendar = situation.calendar
    try:
        first = calendar.received(happening.at) if happening.timed else calendar.on_or_after(happening.at.date())
        day = asked.astimezone(LONDON).date()
        # Days after the last one that ended: asking on a Sunday after day 10 is day 11, not day 10.
        late = 0 if calendar.is_school_day(day) else 1
        return calendar.count(first, day) + late
    except TermDatesNotLoaded:
        return None
