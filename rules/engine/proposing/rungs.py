"""Who is called when an urgent alert is not acknowledged, one after the other, and whether anybody is left to call."""

from __future__ import annotations

import re
from collections.abc import Set

from rules.engine.model.situation import CaseFile
from rules.engine.proposing.audiences import Audiences

LADDER = ("designated safeguarding lead", "deputy designated safeguarding lead", "headteacher")
"""In this order, without those whom the alert has called already: one that was the case manager's comes to the DSL."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d")


def called_next(audiences: Audiences, told: Set[str]) -> bool:
    """Whether somebody stands on the ladder who may know of the case and is not among those told."""
    rungs = (audiences.reach(phrase).recipients for phrase in LADDER)
    return any(recipient.address not in told for rung in rungs for recipient in rung)


def called(case: CaseFile, alert: str) -> set[str]:
    """Whom this alert has called on the case, and not those whom another one called on another day.

    ``alert``: its moment as text, or a key that has one in it; where there is none, everybody who was ever called.
    """
    moment = _moment(alert)
    urgent = [notice for notice in case.notices.values() if notice.urgent and notice.status == "sent"]
    return {notice.to for notice in urgent if not moment or _moment(notice.key) in ("", moment)}


def _moment(text: str) -> str:
    found = _MOMENT.search(text)
    return found[0] if found is not None else ""
