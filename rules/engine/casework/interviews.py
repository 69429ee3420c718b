"""Interviews of a complaint are held back while the police or the local authority may be enquiring (CP-4a)."""

from __future__ import annotations

from dataclasses import replace

from rules.engine.proposing.make import Making

REFERRED = ("referred to police", "referred to lado or mash")
HELD = "interview held"


def hold_back(making: Making) -> None:
    """The interviews that were asked for are not, until somebody records that the procedure is resumed."""
    if making.case.track != "complaint" or making.situation.event.facts.get("what happened") not in REFERRED:
        return
    because = "Nothing may prejudice an enquiry of the police or the local authority: the interviews wait (CP-4a)."
    for task in making.case.tasks.values():
        if task.state == "open" and HELD in task.done_when:
            clauses = tuple(dict.fromkeys((*task.clauses, "CP-4a")))
            making.effects.append(replace(task, state="cancelled", because=because, clauses=clauses))
