"""For whom of a case a task stands, where there is one for each of them."""

from __future__ import annotations

from collections.abc import Iterable

from rules.engine.model.situation import Party

TO_HEAR = ("targeted", "reported", "witness")


def stand_for(each: str | None, parties: Iterable[Party]) -> list[Party | None]:
    """Those for each of whom there is a task; None stands for one task that is nobody's in particular."""
    match each:
        case None:
            return [None]
        case "person to hear":
            # Somebody only spoken of in a form that nobody has mapped is not heard before a person has read it.
            return _each_once(p for p in parties if p.typed and p.role in TO_HEAR)
        case "member of staff who saw it":
            return [p for p in parties if p.role == "witness" and p.kind == "staff"] or [None]
        case which:
            # Where nobody is named yet it is one task all the same, for whoever it will be.
            role = "reported" if which == "pupil reported" else "targeted"
            return [p for p in parties if p.role == role and p.kind in ("pupil", "unknown")] or [None]


def _each_once(parties: Iterable[Party]) -> list[Party | None]:
    """Who is in it on both sides has one account of it: each person once, in the part first named."""
    found: dict[str, Party | None] = {}
    for party in parties:
        found.setdefault(party.key or f"party {party.number}", party)
    return list(found.values())
