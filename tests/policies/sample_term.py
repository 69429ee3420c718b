"""A term of a school, made up from a seed: 300 reports with what was done about them, and a dozen complaints.

``python -m tests.policies.sample_term FILE`` writes it as a scenario for ``policydesk simulate``.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml

from service.school import School, load_school
from tests.policies.sample_complaints import complaints
from tests.policies.scenario_tests import SAMPLE

Event = dict[str, Any]
SEED = 2026
REPORTS = 300
FIRST, LAST, END = date(2026, 9, 3), date(2026, 12, 11), datetime.fromisoformat("2026-12-18T18:00")
BEHAVIOUR_LEAD, DSL, DEPUTY = (f"{name}@northbridge.example" for name in ("s.lowther", "r.calder", "d.okafor"))
TEACHERS = (
    "m.ellison", "p.nair", "s.boyle", "c.huxley", "d.rees", "k.ohara", "y.demir", "l.sykes", "b.marsh",
)  # fmt: skip
PLACES = {
    "Playground or field": 60, "Corridor or stairs": 48, "Classroom": 44, "Online": 40, "Dining hall": 28,
    "Bus or school transport": 20, "Toilets": 16, "Changing rooms": 14, "Outside the school gates": 14,
    "Elsewhere off site": 6, "Library": 4,
}  # fmt: skip
HOURS = {
    "Playground or field": (10, 10, 12, 12, 12, 13), "Corridor or stairs": (8, 9, 10, 11, 13, 14),
    "Classroom": (9, 10, 11, 13, 14), "Online": (16, 17, 18, 19, 20, 21, 22), "Dining hall": (12, 12, 13),
    "Bus or school transport": (8, 8, 15, 15, 16), "Toilets": (10, 11, 12, 13), "Changing rooms": (9, 11, 14),
    "Outside the school gates": (8, 15, 15), "Elsewhere off site": (16, 17), "Library": (12, 13),
}  # fmt: skip
KINDS = {
    "Emotional": 90, "Physical": 70, "Physical appearance": 46, "Online (cyberbullying)": 44, "Race": 22,
    "Sexual orientation (homophobic or biphobic)": 16, "Special educational needs or disability (SEND)": 16,
    "Gender (including transphobic)": 9, "Religion, faith, belief or no faith": 9,
    "Ethnicity, nationality or culture": 8, "Sexual (including 'sexting')": 8,
    "Physical or mental health condition": 7, "Young carer, looked-after child or home circumstances": 6,
    "Teenage parent (pregnancy or maternity)": 1,
}  # fmt: skip
BEHAVIOURS = {
    "Name calling": 90, "Taunting or mocking": 60, "Offensive comments": 50, "Excluding from a group": 38,
    "Gossip": 26, "Spreading hurtful or untrue rumours": 24, "Hitting": 28, "Kicking": 20, "Threats": 18,
    "Taking belongings": 14, "Offensive or degrading photos or videos": 8, "Producing offensive material": 6,
}  # fmt: skip
MEDIA = {"Social media": 30, "Instant messenger": 22, "Gaming website": 8, "Photos or videos": 8, "Text message": 5}
SANCTIONS = {
    "Detention after school, and a restorative meeting.": 30, "A warning and a talk with the Year Manager.": 44,
    "Loss of privileges for a week.": 16, "Restorative meeting between the two.": 24, "Suspension for one day.": 5,
    "Mentoring for both over four weeks.": 16, "Counselling was offered and taken up.": 8, "Moved to another set.": 6,
}  # fmt: skip
WISHES = ("Yes", "Yes", "No", "Not asked yet")
HOW_KNOWN = (
    "I saw it", "The student told me", "The student told me", "Another student told me", "A parent or carer told me",
)  # fmt: skip
PART_OF_PUPILS = 70
"""So many pupils are in most of the reports, so that some things come again."""


@dataclass
class _Term:
    dice: random.Random
    school: School
    names: list[str] = field(default_factory=list)
    pairs: list[list[str]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def one(self, weighed: dict[str, int]) -> str:
        return self.dice.choices(list(weighed), list(weighed.values()))[0]

    def some(self, weighed: dict[str, int]) -> list[str]:
        return list(dict.fromkeys(self.one(weighed) for _ in range(self.dice.choice((1, 1, 1, 2, 2, 3)))))

    def often(self, share: float) -> bool:
        return self.dice.random() < share

    def add(self, at: datetime, form: str, respondent: str, answers: dict[str, Any], name: str = "") -> None:
        if at <= END:
            event: Event = {"id": name} if name else {}
            self.events.append(event | {"at": at, "form": form, "respondent": respondent, "answers": answers})

    def update(self, case: str, at: datetime, by: str, what: str, outcome: str = "") -> None:
        answers = {"Case reference": f"${{{case}.case}}", "What happened?": what, "On what date?": f"{at:%Y-%m-%d}"}
        answers["At what time?"] = f"{at:%H:%M}"
        self.add(at, "case-update", by, answers | ({"Reason or outcome": outcome} if outcome else {}))

    def days_on(self, at: datetime, count: int, hour: int) -> datetime:
        """So many school days later, at some minute of that hour."""
        day = self.school.calendar.add(at.date(), count)
        return datetime.combine(day, time(hour, self.dice.randrange(60)))


def sample_term(seed: int = SEED, reports: int = REPORTS) -> dict[str, Any]:
    """The scenario, as ``yaml`` would write it. The same seed gives the same term."""
    term = _Term(random.Random(seed), load_school(SAMPLE))
    pupils = sorted({f"{p.first_name} {p.last_name}, {p.form}" for p in term.school.directory.pupils})
    term.names = term.dice.sample(pupils, PART_OF_PUPILS) * 4 + pupils
    term.pairs = [term.dice.sample(pupils, 2) for _ in range(6)]
    days = [FIRST + timedelta(n) for n in range((LAST - FIRST).days + 1)]
    days = [day for day in days if term.school.calendar.is_school_day(day)]
    for number, day in enumerate(sorted(term.dice.choices(days, [_pressure(day) for day in days], k=reports)), 1):
        _report(term, f"r{number}", day)
    for event in complaints(term.dice):
        if event["at"] <= END:
            term.events.append(event)
    events = [event | {"at": event["at"].isoformat(timespec="minutes")} for event in _in_order(term.events)]
    return {"start": f"{FIRST}T07:00", "until": END.isoformat(timespec="minutes"), "events": events}


def _pressure(day: date) -> float:
    """More in the weeks before half-term, and in Anti-Bullying Week, when pupils are asked to speak up."""
    return 2.4 if date(2026, 11, 16) <= day <= date(2026, 11, 20) else 1.5 if day.month == 10 else 1.0


def _in_order(events: list[Event]) -> Iterator[Event]:
    return iter(sorted(events, key=lambda event: event["at"]))


def _report(term: _Term, name: str, day: date) -> None:
    dice, place = term.dice, term.one(PLACES)
    hour = dice.choice(HOURS[place])
    late = dice.choices((0, 1, 2, 4, 9), (72, 14, 7, 5, 2))[0]
    happened = datetime.combine(day - timedelta(late), time(hour, dice.randrange(60)))
    sent = max(happened + timedelta(minutes=dice.randrange(20, 150)), datetime.combine(day, time(8)))
    sent = min(sent, datetime.combine(day, time(22, 45)))
    targeted, reported = dice.choice(term.pairs) if term.often(0.08) else dice.sample(term.names, 2)
    while targeted == reported:
        targeted, reported = dice.sample(term.names, 2)
    kinds = term.some(KINDS) + (["Online (cyberbullying)"] if place == "Online" else [])
    answers: dict[str, Any] = {
        "When did it happen?": f"{happened:%Y-%m-%d}", "About what time?": f"{happened:%H:%M}",
        "Where did it happen?": place, "Who was targeted?": targeted, "The person targeted is": "A student",
        "Who is said to have done it?": reported, "The person said to have done it is": "A student",
        "What did they do?": term.some(BEHAVIOURS), "What kind of bullying was it?": list(dict.fromkeys(kinds)),
        "Is this the first time?": dice.choice(("Yes", "Yes", "No", "Not known")),
        "Is anyone at risk of immediate harm?": dice.choices(("No", "Not sure", "Yes"), (93, 5, 2))[0],
        "Do you have a safeguarding concern?": dice.choices(("No", "Not sure", "Yes"), (88, 7, 5))[0],
    }  # fmt: skip
    if place == "Online":
        answers["If online, through what?"] = term.some(MEDIA)
    if term.often(0.03):  # an adult: this leaves the pupils' figures
        answers["Who is said to have done it?"] = "A parent at the gate"
        answers["The person said to have done it is"] = "A parent or carer"
    if term.often(0.16):
        if term.often(0.3):
            answers.pop("Where did it happen?")
        term.add(sent, "student-report", "", answers, name)
    else:
        answers |= {
            "Could a crime have been committed?": dice.choices(("No", "Not sure", "Yes"), (92, 5, 3))[0],
            "Could the student be at risk of significant harm?": dice.choices(("No", "Not sure"), (95, 5))[0],
            "Does the student want their parents or carers to know?": dice.choice(WISHES),
            "Could telling parents or carers put the student at risk?": dice.choice(("No", "No", "No", "Not sure")),
            "How do you know about it?": dice.choice(HOW_KNOWN),
        }  # fmt: skip
        term.add(sent, "bullying-report", f"{dice.choice(TEACHERS)}@northbridge.example", answers, name)
    _work(term, name, sent)


def _work(term: _Term, case: str, sent: datetime) -> None:
    """What is done about it: most of it in time, some late, some never."""
    dice = term.dice
    if term.often(0.95):
        term.update(case, sent + timedelta(minutes=dice.randrange(3, 14)), DSL, "Alert acknowledged")
    if term.often(0.015):
        term.update(case, term.days_on(sent, 1, 9), BEHAVIOUR_LEAD, "Entered in error", "Sent twice.")
        return
    soon = sent + timedelta(minutes=dice.randrange(20, 90))
    acted = soon if soon.hour < 17 and term.often(0.86) else term.days_on(sent, dice.choice((1, 1, 1, 2)), 9)
    if term.often(0.97):
        term.update(case, acted, BEHAVIOUR_LEAD, "First action taken")
    for _ in range(dice.choice((1, 1, 2))):
        term.update(case, term.days_on(sent, dice.choice((1, 1, 2, 3)), 11), BEHAVIOUR_LEAD, "Interview held")
    if term.often(0.45):
        may = dice.choice(("DSL decision: parents may be told", "DSL decision: parents must not be told"))
        decided = term.days_on(sent, dice.choice((1, 2, 3)), 14)
        term.update(case, decided, DSL, may, "Talked with the pupil.")
        if may.endswith("may be told"):
            term.update(case, decided + timedelta(minutes=55), DSL, "Parents or carers informed")
    if term.often(0.05):
        term.update(case, term.days_on(sent, 4, 12), DEPUTY, "Not substantiated", "Nobody else saw it.")
        term.update(case, term.days_on(sent, 5, 12), DEPUTY, "Case closed", "Everybody was heard.")
        return
    if term.often(0.8):
        agreed = term.days_on(sent, dice.choice((2, 3, 4)), 15)
        term.update(case, agreed, DEPUTY, "Sanction or support agreed", term.one(SANCTIONS))
    if term.often(0.03):
        term.update(case, term.days_on(sent, 1, 13), DSL, "Referred to police", "Recorded as a possible crime.")
    if term.often(0.03):
        term.update(
            case, term.days_on(sent, 1, 14), DSL, "Referred to children's social care or early help", "Early help."
        )
    for count in (5, 15):
        if term.often(0.85):
            went = "resumed" if term.often(0.05) else "stopped"
            check = term.days_on(sent, count - dice.choice((0, 0, 1, -2)), 10)
            term.update(case, check, BEHAVIOUR_LEAD, f"Follow-up check: bullying has {went}")
    if term.often(0.75):
        closed = term.days_on(sent, dice.choice((16, 18, 22)), 13)
        term.update(case, closed, DEPUTY, "Case closed", "Everybody was heard.")


def write(path: Path, seed: int = SEED, reports: int = REPORTS) -> Path:
    """Write the term as a scenario file."""
    text = yaml.safe_dump(sample_term(seed, reports), sort_keys=False, allow_unicode=True, width=120)
    path.write_text(text, encoding="utf-8")
    return path


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
