"""The ladder of an urgent alert: who is called next when nobody acknowledges it.

Safeguarding alerts know no school days (I9): the ladder counts minutes, at any hour.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from rules.engine.model.effects import Alarm, Notice
from rules.engine.model.situation import CaseFile, Happening
from rules.engine.proposing.make import Grounds, Making
from rules.engine.proposing.rungs import LADDER, called
from rules.engine.school.directory import Directory, Person
from rules.engine.school.school_days import LONDON

ACKNOWLEDGED = "alert acknowledged"
LADDER_CLAUSES = ("AB-8e",)
ON_THE_LADDER = frozenset({"dsl", "deputy-dsl", "headteacher"})


def start_ladder(making: Making, notices: Iterable[Notice]) -> None:
    """After an urgent alert: if nobody acknowledges it in time, the next one is told."""
    urgent = [n for n in notices if n.urgent and n.status == "sent" and n.key not in making.case.made]
    if not urgent:
        return
    first = urgent[0]
    at = making.situation.now + timedelta(minutes=int(making.policies.settings["acknowledge within"]))
    making.effects.append(
        Alarm(
            key=f"alarm:ladder:{making.situation.event.occurrence}:{making.situation.now.isoformat()}:1",
            case=making.case.ref,
            rules=first.rules,
            clauses=first.clauses or LADDER_CLAUSES,
            at=at,
            because="An urgent alert must be acknowledged in time.",
            event="alert not acknowledged",
            about=making.situation.now.isoformat(),
            step=1,
        )
    )


def climb_ladder(making: Making, since: datetime, step: int) -> None:
    """Nobody has acknowledged: tell the next who has not been told urgently, and set the clock again (AB-8e).

    ``step``: how often the clock has struck for this alert, this time included.
    """
    case = making.case
    if answered(case, since, making.situation.directory) or case.state == "closed":
        return
    minutes = int(making.policies.settings["acknowledge within"])
    told = called(case, since.isoformat())
    grounds = Grounds(
        rules=("ladder",),
        clauses=LADDER_CLAUSES,
        because=f"The urgent alert was not acknowledged within {minutes} minutes.",
    )
    for phrase in LADDER:
        reached = making.audiences.reach(phrase)
        if any(recipient.address not in told for recipient in reached.recipients):
            making.tell((phrase,), "alert_again", grounds, once=f"ladder:{since.isoformat()}:{step}", urgent=True)
            _next_rung(making, since, step + 1, minutes, grounds)
            return
    if f"flag:nobody has acknowledged the alert:{since.isoformat()}" not in case.made:
        making.flag(
            "nobody has acknowledged the alert", "headteacher", grounds["because"], grounds, once=since.isoformat()
        )


def undelivered(making: Making, key: str) -> None:
    """An urgent alert could not be delivered: the next one is told now, and a person looks at the address (I6)."""
    grounds = Grounds(
        rules=("undelivered",), clauses=("AB-8e", "AB-8l"), because="An urgent alert could not be delivered."
    )
    failed = making.case.notices.get(key)
    told = called(making.case, key)
    for phrase in LADDER:
        reached = making.audiences.reach(phrase)
        if any(recipient.address not in told for recipient in reached.recipients):
            making.tell((phrase,), "alert_not_delivered", grounds, once=f"undelivered:{key}", urgent=True)
            break
    role = failed.role if failed is not None else "unknown"
    making.flag("an alert could not be delivered", "headteacher", f"to the {role}", grounds, once=key)


def _next_rung(making: Making, since: datetime, step: int, minutes: int, grounds: Grounds) -> None:
    now, pause = making.situation.now, timedelta(minutes=minutes)
    # Counted from the alert: after an outage nobody is told later than they would have been, but as soon as may be.
    at = min(now + pause, max(now, since + pause * step))
    making.effects.append(
        Alarm(
            key=f"alarm:ladder:{since.isoformat()}:{step}",
            case=making.case.ref,
            at=at,
            event="alert not acknowledged",
            about=since.isoformat(),
            step=step,
            **grounds,
        )
    )


def may_acknowledge(person: Person, case: CaseFile, directory: Directory) -> bool:
    """Whether they may say "I have it": whoever was called urgently, in their own mailbox or one that they read, and
    those who stand on the ladder. Nobody else's word keeps the next one from being called (AB-8e).
    """
    mailboxes = {box.email for box in directory.everyone() if person.email in box.read_by}
    return bool(called(case, "") & {person.email, *mailboxes}) or bool(ON_THE_LADDER & set(person.roles))


def answered(case: CaseFile, since: datetime, directory: Directory) -> bool:
    """Whether the alert of that moment was acknowledged, or somebody whom it called has recorded anything since."""
    who = called(case, "") | {person.email for role in ("dsl", "deputy-dsl") for person in directory.holders(role)}
    return any(_acknowledges(h, since) or _shows_that_they_have_it(h, since, who) for h in case.happenings)


def _acknowledges(happening: Happening, since: datetime) -> bool:
    if happening.what != ACKNOWLEDGED:
        return False
    if happening.timed:
        return happening.at >= since.replace(second=0, microsecond=0)
    # It may be recorded by its day alone.
    return happening.at.astimezone(LONDON).date() >= since.astimezone(LONDON).date()


def _shows_that_they_have_it(happening: Happening, since: datetime, who: Collection[str]) -> bool:
    return happening.by in who and happening.recorded is not None and happening.recorded > since
