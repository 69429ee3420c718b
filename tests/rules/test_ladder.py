"""The ladder counts from the alert: an outage makes nobody wait longer than they must (AB-8e, I9)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from rules.engine.casework.ladder import answered, climb_ladder
from rules.engine.model.effects import Alarm
from rules.engine.model.situation import CaseFile, Event, Happening, Situation
from rules.engine.proposing.audiences import Audiences
from rules.engine.proposing.make import Making
from rules.engine.school.school_days import LONDON
from tests.rules.northbridge import DAYS, DEPUTY_DSLS, DSL, PEOPLE, POLICIES, TEACHER

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


@pytest.mark.parametrize(
    ("what", "by", "minutes", "stops"),
    [
        ("first action taken", DSL, 5, True),
        ("first action taken", DSL, 0, False),  # what raised the alert does not answer it
        ("first action taken", TEACHER, 5, False),
        ("first action taken", DEPUTY_DSLS[0], 5, True),
        ("alert acknowledged", TEACHER, 5, True),
    ],
)
def test_an_alert_is_answered_by_whoever_shows_that_they_have_it(
    what: str, by: str, minutes: int, *, stops: bool
) -> None:
    recorded = ALERT + timedelta(minutes=minutes)
    happening = Happening(what, recorded, by=by, recorded=recorded)
    case = CaseFile("B-2026-0001", "bullying", "open", "open", ALERT, happenings=(happening,))
    assert answered(case, ALERT, PEOPLE) is stops
