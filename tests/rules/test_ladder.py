"""The ladder counts from the alert: an outage makes nobody wait longer than they must (AB-8e, I9)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from rules.engine.audiences import Audiences
from rules.engine.clockwork import climb_ladder
from rules.engine.effects import Alarm
from rules.engine.make import Making
from rules.engine.school_days import LONDON
from rules.engine.situation import CaseFile, Event, Situation
from tests.rules.northbridge import DAYS, PEOPLE, POLICIES

ALERT = datetime(2026, 10, 6, 11, 0, tzinfo=LONDON)  # a Tuesday


@pytest.mark.parametrize(
    ("asked_after", "next_after"),
    [(15, 30), (20, 30), (90, 90)],  # in time; a little late; after an outage over both rungs
)
def test_the_second_rung_is_half_an_hour_after_the_alert(asked_after: int, next_after: int) -> None:
    now = ALERT + timedelta(minutes=asked_after)
    case = CaseFile("B-2026-0001", "bullying", "open", "open", ALERT)
    situation = Situation(now, Event("alert not acknowledged", step=1), PEOPLE, DAYS, case, console="https://x")
    making = Making(POLICIES, situation, case, Audiences(POLICIES.vocabulary, PEOPLE, case))
    climb_ladder(making, ALERT, 1)
    alarms = [effect for effect in making.effects if isinstance(effect, Alarm)]
    assert [alarm.at for alarm in alarms] == [ALERT + timedelta(minutes=next_after)]
