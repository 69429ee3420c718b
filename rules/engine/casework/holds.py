"""What is kept from the families of a case: when it begins, ends and begins again, and that a person decides on it.

Only the DSL, or a deputy, lets anything reach a parent (AB-9j). What is written about a pupil's wish is for them to
read: free text never decides, and a wish that is not known counts as a no.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rules.engine.casework.ending import opened_again
from rules.engine.casework.who_records import DSL_ONLY
from rules.engine.intake.guards import held_from_families
from rules.engine.model.effects import Withhold
from rules.engine.model.policy import Due
from rules.engine.model.situation import CaseFile, Happening
from rules.engine.proposing.make import Grounds, Making

MAY_TELL, MUST_NOT = DSL_ONLY
WISH_RECORDED = "pupil's wish about telling parents recorded"
FAMILIES = "parents and carers of everyone in the case"
HELD = "parents held"
OF_A_REPORT = ("bullying", "adult", "staff-conduct")
DECIDE = "Decide whether parents may be told, and record why"
DECIDES = "designated safeguarding lead"
HOW = (
    "Read what the pupil wishes, on the case page, and talk with them where you can.",
    "With the case update form record 'DSL decision: parents may be told', with the reason, who is told, and what;"
    " or 'DSL decision: parents must not be told', with the reason.",
    "Where only one of them may be told, give that one's address under 'Who was involved?': no draft is made for the"
    " other.",
    "Until then nothing about this case reaches any parent or carer.",
)


def hold_in_force(before: CaseFile, effects: Iterable[object]) -> Withhold | None:
    """The hold on families after these effects."""
    withholds = dict(before.withholds) | {e.key: e for e in effects if isinstance(e, Withhold)}
    return held_from_families(withholds)


def lift(making: Making, grounds: Grounds) -> None:
    """End every hold: the DSL has decided that parents may be told."""
    for withhold in making.case.withholds.values():
        if withhold.active:
            because = f"The {withhold.lifted_by} decided that parents may be told, and gave the reason."
            making.effects.append(
                replace(withhold, active=False, because=because, details=f"{withhold.details}: lifted", not_told=())
            )


def hold(making: Making, clauses: tuple[str, ...], because: str) -> None:
    """Nothing reaches parents from now on, whatever was decided, or drafted, before it; one that stands, stands."""
    if held_from_families(making.case.withholds) is not None:
        return
    what = str(making.situation.event.facts.get("what happened", "")).partition(":")[0]
    making.effects.append(
        Withhold(
            key=f"withhold:{FAMILIES}:{what}:{making.situation.now.isoformat()}",
            case=making.case.ref,
            rules=("update",),
            clauses=clauses,
            because=because,
            details="everything about this case",
            from_=(FAMILIES,),
            lifted_by=DECIDES,
        )
    )


def ask_to_decide(making: Making, before: CaseFile | None) -> None:
    """Where a hold begins again, or a wish was recorded that only a person reads: the DSL decides (AB-9j, I10)."""
    what = making.situation.event.facts.get("what happened")
    if before is None or what in DSL_ONLY or hold_in_force(making.case, making.effects) is None:
        return
    again = bool(before.withholds) and held_from_families(before.withholds) is None
    if what == WISH_RECORDED and before.track in OF_A_REPORT:
        because = "The pupil's wish was recorded. Until the DSL decides, parents are told nothing."
    elif again:
        because = "Parents might be told, and by a later report they must not be: the DSL decides anew."
    else:
        return
    grounds = Grounds(rules=("held",), clauses=("AB-9j", "AB-9i", "AB-8g"), because=because)
    once = f"decide:{making.situation.now.isoformat()}"
    due = making.day(Due(1, "school days"))
    making.give_task(DECIDE, DECIDES, grounds, once=once, due=due, done_when=DSL_ONLY, steps=HOW)
    making.tell((DECIDES,), "case_notice", grounds, once=once)


def with_hold(making: Making, before: CaseFile | None) -> CaseFile:
    """The case, with the moment at which it began to be kept from parents: its reviews count from there.

    They end when the case is closed; a case that is opened again with its hold is reviewed from then on.
    """
    case = making.case
    held_before = before is not None and held_from_families(before.withholds) is not None
    if (held_before and not opened_again(making, before)) or hold_in_force(case, making.effects) is None:
        return case
    decided = next((h for h in making.situation.event.happenings if h.what == MUST_NOT), None)
    begun = replace(decided, what=HELD) if decided is not None else Happening(HELD, making.situation.now)
    return replace(case, happenings=(*case.happenings, begun))
