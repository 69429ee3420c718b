"""A clock of a case has struck, or a delivery has news: who answers it."""

from __future__ import annotations

from datetime import datetime

from rules.engine.casework import clockwork, ladder, panel
from rules.engine.casework.deliveries import DELIVERIES, hear_of_delivery
from rules.engine.model.policy import Facts
from rules.engine.proposing.make import Making


def answer_clock(making: Making, facts: Facts) -> None:
    """What follows from a clock of the case that struck, or from news of a delivery; nothing for any other event."""
    event = making.situation.event
    procedure = making.policies.procedure_of(making.case.track)
    if event.name == "alert not acknowledged":
        ladder.climb_ladder(making, datetime.fromisoformat(event.about), event.step)
    elif event.name == "alert undeliverable":
        ladder.undelivered(making, event.about)
    elif event.name in DELIVERIES:
        hear_of_delivery(making)
    elif event.name == "reminder due" and procedure is not None:
        clockwork.remind(making, procedure, event.about)
    elif event.name == "calendar changed" and procedure is not None:
        clockwork.proposals(making, procedure, facts)
        panel.calendar_changed(making)
