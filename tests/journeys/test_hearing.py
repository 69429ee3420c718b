"""A complaint to its findings: the appeal, days to choose from, the panel's diaries, a hearing that moves, the end.

Days are worked by hand. The appeal of Tue 12 Jan 2027 at 22:50 counts as Wed 13; 20 school days later is Wed 10 Feb.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from integrations.google import Google, connect
from integrations.ports import DiaryEntry
from rules.engine.school.school_days import LONDON
from service.demo.samples import CLERK, COMPLAINANT, complaint, update
from service.flows.decide import Decider
from tests.journeys.arrived import Entry, drafts, entries, inbox, references, subjects
from tests.journeys.school_day import SchoolDay, school_day, until

HEAD, CHAIR = "head@northbridge.example", "chair@governors.northbridge.example"
SARA, JON, HALIMA, OLU = (
    f"{name}@governors.northbridge.example" for name in ("s.whelan", "j.beckett", "h.noor", "o.adeyemi")
)
TEACHER = "s.boyle@northbridge.example"
"""Who the complaint is about."""


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


@dataclass
class Journey:
    """The case on its way: who does what, and what then stands in diaries and mailboxes."""

    day: SchoolDay
    case: str = ""

    def records(self, what: str, *, by: str = CLERK, who: str = "", **more: str) -> None:
        """Somebody records this on the case, now."""
        today = self.day.clock().astimezone(LONDON).date()
        sample = update(self.case, what, today, by=by, who=who)
        self.day.send(replace(sample, answers={**sample.answers, **more}))

    def sets(self, day: str, hour: str) -> None:
        self.records("CAP hearing date set", **{"New target date (if there is one)": day, "At what time?": hour})

    def releases(self, to: str, by: str = CLERK) -> None:
        """What the button on the page of the case does."""
        self.day.service.record({"do": "release", "case": self.case, "to": to, "by": by})
        self.day.settle()

    @property
    def state(self) -> dict[str, Any]:
        return self.day.emulator.state()

    def invited(self) -> dict[str, str]:
        """Who has the hearing in the diary, and when."""
        found = entries(self.state, self.case)
        return {guest: f"{entry.start.astimezone(LONDON):%a %d %b %H:%M}" for entry in found for guest in entry.guests}

    def mail(self, to: str, words: str) -> str:
        """The newest message to this address with these words in its subject."""
        return str([mail for mail in inbox(self.state, to) if words in mail["subject"]][-1]["body"])


def keeps_busy(day: SchoolDay, who: str, start: str, end: str) -> None:
    """Something of their own stands in a governor's diary."""
    settings, google = day.service.settings, day.service.school.google
    workspace = connect(
        Google(settings.google_credentials, settings.google_endpoint),
        sends_as=google.sends_as,
        spreadsheet=google.task_spreadsheet,
    )
    entry = DiaryEntry(
        key=f"{who} {start}", calendar=who, title="Elsewhere", description="", start=london(start), end=london(end),
        guest=None, all_day=False,
    )  # fmt: skip
    workspace.diary.put(entry)


@pytest.fixture
def journey(tmp_path: Path) -> Iterator[Journey]:
    with school_day(tmp_path / "place", london("2027-01-07 09:00")) as day:
        yield Journey(day)


def to_the_appeal(journey: Journey) -> None:
    """From the form to a stage three outcome, and an appeal late on its last evening."""
    journey.day.send(complaint(london("2027-01-07 09:00").date()))
    (journey.case,) = references(journey.state, HEAD)
    journey.records("Meeting held", by=HEAD, **{"Was the complaint upheld?": "Not upheld"})
    journey.records("Stage 2 outcome sent", by=HEAD, **{"Was the complaint upheld?": "Not upheld"})
    journey.records("Complainant asks for stage 3")
    assert journey.case in " ".join(subjects(journey.state, CHAIR))
    journey.records("Stage 3 outcome sent", by=CHAIR, **{"Was the complaint upheld?": "Not upheld"})
    journey.records("Stage 3 outcome received by complainant")
    journey.day.at(london("2027-01-12 22:52"))
    journey.records("Complainant asks for stage 4 (CAP)", **{"At what time?": "22:50"})


def find_a_panel(journey: Journey) -> None:
    """Thursday 14 January: three governors agree, two of whom have something else on."""
    keeps_busy(journey.day, SARA, "2027-01-22 08:00", "2027-01-22 18:00")
    keeps_busy(journey.day, JON, "2027-01-25 08:00", "2027-01-25 11:10")
    journey.day.at(london("2027-01-14 10:00"))
    journey.records("CAP panel member agreed", who="Margaret Vane")
    journey.records("CAP panel member agreed", who="Sara Whelan")
    journey.records("CAP panel member agreed", who="Jon Beckett")
    journey.records("CAP panel member agreed", who="Halima Noor")


def test_a_complaint_goes_to_its_findings(journey: Journey) -> None:
    to_the_appeal(journey)
    assert (CLERK, COMPLAINANT) in {(owner, draft["to"]) for owner, draft in drafts(journey.state)}
    journey.day.at(london("2027-01-13 10:00"))
    journey.releases(COMPLAINANT)
    assert "Wednesday 10 February 2027" in journey.mail(COMPLAINANT, "Your message to the governors")

    find_a_panel(journey)
    # Clear days of notice after Thu 14: 15, 18-21. Fri 22 is full, Mon 25 free from 11:10, the days after it wholly.
    days = journey.mail(CLERK, "days for the panel")
    assert "the first day is Fri 22 Jan 2027; the last on which it may sit is Wed 10 Feb 2027" in days
    assert "Mon 2027-01-25 at 11:30, Tue 2027-01-26 at 09:00" in days
    assert inbox(journey.state, SARA) == [], "a governor on the panel was told something"

    journey.sets("2027-01-22", "10:00")
    journey.sets("2027-02-11", "10:00")
    assert journey.invited() == {}
    journey.sets("2027-01-26", "10:00")
    assert journey.invited() == dict.fromkeys((SARA, JON, HALIMA, HEAD), "Tue 26 Jan 10:00")

    journey.releases(COMPLAINANT)
    assert journey.invited()[COMPLAINANT] == "Tue 26 Jan 10:00"
    assert "10:00 on Tuesday 26 January 2027" in journey.mail(COMPLAINANT, "The meeting of the panel")

    journey.sets("2027-01-27", "13:00")
    moved = dict.fromkeys((SARA, JON, HALIMA, HEAD), "Wed 27 Jan 13:00")
    assert journey.invited() == {**moved, COMPLAINANT: "Tue 26 Jan 10:00"}, "hers moves when somebody releases it"
    journey.releases(COMPLAINANT)
    assert journey.invited() == {**moved, COMPLAINANT: "Wed 27 Jan 13:00"}

    a_snow_day(journey, "2027-01-21")
    journey.records("CAP panel member stood down", who="Jon Beckett")
    assert set(journey.invited()) == {SARA, HALIMA, HEAD, COMPLAINANT}
    journey.records("CAP panel member agreed", who="Olu Adeyemi")
    assert set(journey.invited()) == {SARA, HALIMA, OLU, HEAD, COMPLAINANT}
    look_at_privacy(journey)

    journey.day.at(london("2027-01-27 16:00"))
    journey.records("CAP hearing held")
    journey.releases(COMPLAINANT)
    findings = journey.mail(COMPLAINANT, "findings")
    assert "Secretary of State for Education" in findings
    with journey.day.service.store.read() as tx:
        found = tx.cases.load(journey.case)
    assert found is not None
    assert (found.stage, {d.state for d in found.deadlines.values()}) == ("after", {"met"})


def a_snow_day(journey: Journey, day: str) -> None:
    """It is proposed to the clerk, and stands once the clerk has confirmed it: day 20 is Thu 11 Feb, not Wed 10."""

    def last_day() -> str:
        with journey.day.service.store.read() as tx:
            case = tx.cases.load(journey.case)
        assert case is not None
        return str(case.deadlines["deadline:CP-3l"].due)

    decider = journey.day.service.decider
    assert isinstance(decider, Decider)
    closed = decider.school.calendar.with_closures([london(day).date()])
    decider.school = replace(decider.school, calendar=closed)
    journey.day.service.received.set()
    until(lambda: "re-date deadlines" in repr(inbox(journey.state, CLERK)), "nobody proposed the new date")
    assert last_day() == "2027-02-10"
    journey.day.service.record({"do": "re-date", "case": journey.case, "to": None, "by": CLERK})
    journey.day.settle()
    assert last_day() == "2027-02-11"
    assert "Thursday 11 February 2027" in repr([draft for _, draft in drafts(journey.state)])


def look_at_privacy(journey: Journey) -> None:
    """One neutral invitation each; nobody sees anybody else; whom it is about has nothing at all."""
    found: list[Entry] = entries(journey.state, journey.case)
    assert {entry.title for entry in found} == {f"Meeting ({journey.case})"}
    assert all(len(entry.guests) == 1 and entry.hidden for entry in found)
    assert not inbox(journey.state, TEACHER)
    assert TEACHER not in repr(journey.state["calendar"])
