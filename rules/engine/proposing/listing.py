"""What puts a case on a digest: a clock of the case, which falls due with those of the week's other cases (AB-13b)."""

from __future__ import annotations

from rules.engine.model.effects import DIGEST_DUE, Alarm
from rules.engine.model.policy import EffectSpec
from rules.engine.model.situation import CaseFile, Situation
from rules.engine.proposing.notices import Grounds


def put_on_digest(spec: EffectSpec, grounds: Grounds, situation: Situation, case: CaseFile, every: int) -> list[Alarm]:
    """The clocks that list the case, one for each whose digest it is; ``every``: weeks from one digest to the next."""
    at = situation.calendar.end_of_week(situation.now, every)
    about = [f"{phrase}:{spec.using}" for phrase in spec.to]
    return [
        Alarm(key=f"alarm:digest:{one}", case=case.ref, at=at, event=DIGEST_DUE, about=one, **grounds) for one in about
    ]
