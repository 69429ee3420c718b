"""A meeting in the diaries of those who come to it: each is invited alone, who is from outside by a release only."""

from __future__ import annotations

from datetime import datetime

from rules.engine.model.effects import CalendarEntry
from rules.engine.proposing.make import Grounds, Making


def invite(
    making: Making, kind: str, phrase: str, start: datetime, end: datetime, host: str, grounds: Grounds
) -> None:  # fmt: skip
    """An entry for each whom the phrase reaches, made or moved. ``kind`` is what meets: "hearing", "meeting".

    Who is outside the school is a guest once a person releases it; until then the ``host`` (a phrase) holds the draft.
    A headteacher who is kept out is replaced by nobody.
    """
    case = making.case
    reached = making.audiences.reach(phrase)
    holder = making.audiences.one(host)
    # Whoever is not of the school cannot sign in.
    to_a_letter = f"About {case.ref}. Our letter to you says what it is about, and where."
    for guest in reached.recipients:
        if phrase == "headteacher" and guest.role != phrase:
            continue
        key = f"{kind}:{guest.address}"
        before = case.entries.get(key)
        stands = before is not None and before.action != "cancel"
        if before is not None and stands and before.start == start:
            continue
        released = before is not None and before.status == "sent" and not guest.outside
        making.effects.append(
            CalendarEntry(
                key=key,
                case=case.ref,
                not_told=tuple(reached.not_told),
                action="move" if stands else "create",
                status="draft" if guest.outside and not released else "sent",
                held_by=holder.recipients[0].address if guest.outside and holder.recipients else None,
                title=f"Meeting ({case.ref})",
                description=to_a_letter if guest.outside else making.pointer(),
                start=start,
                end=end,
                attendees=(guest.address,),
                role=guest.role,
                **grounds,
            )
        )
    if not reached.recipients and reached.not_told:
        for told in reached.not_told:
            making.note(f"not invited, {told.who}: {told.why}")
