"""Complaints at random: nothing of a case reaches whom it is about, who made it, or who may not sit on its panel.

Each is decided on a case file in memory, in a school of its own; who must hear nothing was known before it was typed.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

from rules import load
from rules.engine.deciding.decide import Decision, Reference, decide
from rules.engine.deciding.release import release
from rules.engine.intake.events import Sent, event_of
from rules.engine.intake.facts import Answer, read_response
from rules.engine.model.effects import AnyEffect, CalendarEntry, Deadline, Flag, Notice, Refused, Task
from rules.engine.model.policy import Policies
from rules.engine.model.situation import CaseFile, Event, Situation
from rules.engine.school.directory import Directory
from rules.engine.school.people import read_directory
from rules.engine.school.school_days import LONDON, SchoolCalendar
from rules.engine.school.term_dates import read_term_dates
from service.access import may_release, may_see
from service.flows.simulate import simulate
from service.school import load_school
from service.store.cases import with_effects
from tests.policies.always import broken
from tests.policies.complaint_worlds import Complaint, Update, World, a_complaint, a_day, a_world, an_update
from tests.policies.scenario_tests import SAMPLE, written

SECONDS = 5.0
ROUNDS = int(os.environ.get("POLICYDESK_RANDOM_COMPLAINTS", "250"))
REFS = {"complaint": "C-2026-0001", "safeguarding": "S-2026-0001", "contact": "K-2026-0001", "bullying": "B-2026-0001"}
WITH_THE_SHEET = frozenset({
    "headteacher", "deputy-headteacher", "dsl", "deputy-dsl", "business-manager", "chair", "vice-chair", "clerk",
    "senco", "behaviour-lead",
})  # fmt: skip
"""Posts that are given work, and so have the task sheet before them."""
WHOLE_ROAD = 10
ASKED_TO_SIT = ("A governor acted alone on the complaint", "Meeting held", "Interview held")


def test_nothing_reaches_whom_a_complaint_is_about_nor_who_made_it() -> None:
    policies, began = load(), time.monotonic()
    days = SchoolCalendar(read_term_dates((SAMPLE / "term-dates.csv").read_text(encoding="utf-8")), cut_off=clock(17))
    played = 0
    while played < ROUNDS and time.monotonic() - began < SECONDS + ROUNDS / 20:
        dice = random.Random(played)
        Played(policies, days, a_world(dice), a_day(dice).replace(tzinfo=LONDON), dice, played).through()
        played += 1
    assert played >= 50


def test_nor_does_it_by_the_whole_road(tmp_path: Path) -> None:
    policies, played = load(), 0
    for number in range(WHOLE_ROAD):
        dice = random.Random(-1 - number)
        world, home = a_world(dice), tmp_path / str(number)
        shutil.copytree(SAMPLE, home)
        for name, text in world.files.items():
            (home / name).write_text(text, encoding="utf-8")
        complaint, at = a_complaint(dice, world), a_day(dice)
        scenario, out = _scenario(dice, world, complaint, at), world.with_mailboxes(complaint.out)
        file = tmp_path / f"{number}.yaml"
        file.write_text(written(scenario), encoding="utf-8")
        school = load_school(home)
        records = list(simulate(file, school, policies))
        breaches = broken(records, school, scenario) + [str(one) for one in records if _reached(one, complaint) & out]
        assert not breaches, "\n".join([*breaches[:3], world.staff_csv, world.governors_csv, written(scenario)])
        played += 1
    assert played == WHOLE_ROAD


def _scenario(dice: random.Random, world: World, complaint: Complaint, at: datetime) -> dict[str, object]:
    """The complaint with a few updates of which none names anybody, and all that the clocks do for three weeks."""
    answers = {title: value for title, value in complaint.answers.items() if value}
    first = {"id": "first", "at": at.isoformat(), "form": "complaint", "respondent": complaint.respondent}
    events: list[dict[str, object]] = [first | {"answers": answers}]
    for number in range(3):
        at += timedelta(hours=dice.randrange(1, 100))
        update = an_update(dice, world, "${first.case}", at.date())
        said = {title: value for title, value in update.answers.items() if title != "Who was involved?"}
        events.append({"id": f"u{number}", "at": at.isoformat(), "form": "case-update",
                       "respondent": update.respondent, "answers": said})  # fmt: skip
    return {"start": events[0]["at"], "until": (at + timedelta(days=21)).isoformat(), "events": events}


def _reached(record: Mapping[str, Any], complaint: Complaint) -> frozenset[str]:
    over = {"withdrawn", "cancelled", "cancel"} & {record.get("status"), record.get("state"), record.get("action")}
    if over or record["case"] is None:
        return frozenset()
    people = {record.get("held_by"), record.get("assignee")}
    if record.get("role") != "complainant" or not record.get("held_by"):
        people |= {record.get("to"), *record.get("attendees", ())}
    if record["kind"] == "notice" and record["role"] == "sender":
        people -= complaint.made_by
    return frozenset(str(one) for one in people if one)


@dataclass
class Played:
    """One complaint, from its form to its panel, in one school."""

    policies: Policies
    days: SchoolCalendar
    world: World
    now: datetime
    dice: random.Random
    number: int
    directory: Directory = field(init=False)
    cases: dict[str, CaseFile] = field(default_factory=dict)
    ledger: dict[str, dict[str, AnyEffect]] = field(default_factory=dict)
    about: frozenset[str] = frozenset()
    made_by: frozenset[str] = frozenset()
    parents: frozenset[str] = frozenset()
    acted: frozenset[str] = frozenset()
    story: list[str] = field(default_factory=list)

    def through(self) -> None:
        world = self.world
        self.directory = read_directory(*world.files.values())
        first = a_complaint(self.dice, world)
        self.comes(first)
        for _ in range(self.dice.randrange(2, 9)):
            self.now += timedelta(minutes=self.dice.randrange(1, 6000))
            match self.dice.choice(("update", "update", "update", "update", "edit", "release", "alert")):
                case "edit":
                    first = a_complaint(self.dice, world, first)
                    self.comes(first, edited=True)
                case "release":
                    self.somebody_releases()
                case "alert":
                    self.nobody_acknowledges()
                case _:
                    self.is_updated(an_update(self.dice, world, REFS["complaint"], self.now.date()))

    # --- what happens

    def comes(self, complaint: Complaint, *, edited: bool = False) -> None:
        self.about |= complaint.about
        self.made_by |= complaint.made_by
        self.parents |= complaint.parents
        self.told_of(complaint.answers, complaint.respondent)
        event = self.event("complaint", complaint.answers, complaint.respondent, "r-1", edited=edited)
        decision = self.decide(event, REFS["complaint"])
        if not edited:
            clean = [one for one in self.world.people if one.available and one.email not in self.out]
            clean = [one for one in clean if one.roles & {"headteacher", "chair", "clerk", "dsl", "business-manager"}]
            told = [e for e in decision.effects if isinstance(e, Notice) and e.status == "sent"]
            self.holds(bool(told) or not clean, "nobody was told")
            asked = [e for e in decision.effects if isinstance(e, Flag) and "policy has no route" in e.name]
            route = self.world.holding("headteacher", "chair", "vice-chair", "clerk") - self.out
            left = [one for one in self.world.people if one.available and one.email in route]
            self.holds(bool(asked) or bool(left) or not clean, "nobody is left on the route, and nobody was asked")

    def is_updated(self, update: Update) -> None:
        self.told_of(update.answers, update.respondent)
        before = self.cases[REFS["complaint"]]
        event = self.event("case-update", update.answers, update.respondent, f"u-{self.now}")
        decision = self.decide(event, before.ref)
        what = update.answers["What happened?"]
        refused = any(isinstance(e, Refused) and e.rules == ("who-may-record",) for e in decision.effects)
        actor = next((one for one in self.world.people if one.email == update.respondent), None)
        if actor is None or self.world.with_mailboxes(self.out) & {actor.email}:
            self.holds(refused, f"{update.respondent} recorded {what!r}")
            after = self.cases[before.ref]
            self.holds((after.happenings, after.panel, after.state) == (before.happenings, before.panel, before.state),
                       "what was refused changed the case")  # fmt: skip
        elif not refused and what == "Person complained about named":
            self.about |= update.named
        elif not refused and what in ASKED_TO_SIT and len(update.named) == 1:
            self.acted |= update.named
        self.check(decision, self.out)

    def somebody_releases(self) -> None:
        case = self.cases[REFS["complaint"]]
        drafts = [n for n in case.notices.values() if n.status == "draft"]
        actor = self.dice.choice(self.world.people)
        if not drafts:
            return
        to = self.dice.choice(drafts).to
        self.story.append(f"{actor.email} releases to {to}")
        situation = self.situation(Event("draft released", actor=actor.email, occurrence=f"l-{self.now}"), case)
        decision = release(self.policies, situation, to)
        self.keep(decision)
        if self.world.with_mailboxes(self.out) & {actor.email}:
            sent = [effect for effect in decision.effects if effect.because.startswith("Released by")]
            self.holds(not sent, f"{actor.email} released {sent}")
        self.check(decision, self.out)

    def nobody_acknowledges(self) -> None:
        case = self.cases.get(REFS["safeguarding"])
        if case is None:
            return
        about = (self.now - timedelta(minutes=15)).isoformat()
        step = self.dice.choice((1, 2))
        self.decide(Event("alert not acknowledged", about=about, step=step, occurrence=f"{about}:{step}"), case.ref)

    # --- the road

    def event(self, form: str, answers: Mapping[str, str], by: str, occurrence: str, *, edited: bool = False) -> Event:
        asked = [Answer("", title, value) for title, value in answers.items()]
        reading = read_response(self.policies.forms[form], asked)
        return event_of(reading, Sent(self.now, by, occurrence, edited), self.directory)

    def situation(self, event: Event, case: CaseFile | None) -> Situation:
        beside = tuple(self.cases[ref] for ref in (case.linked if case else ()))
        return Situation(
            self.now, event, self.directory, self.days, case, beside, REFS, "A school", "https://x.example"
        )

    def decide(self, event: Event, ref: str) -> Decision:
        situation = self.situation(event, self.cases.get(ref))
        decision = decide(self.policies, Reference({rule.id: rule for rule in self.policies.rules}), situation)
        self.keep(decision)
        self.check(decision, self.out)
        return decision

    def keep(self, decision: Decision) -> None:
        for effect in decision.effects:
            if effect.case is not None:
                self.ledger.setdefault(effect.case, {})[effect.key] = effect
        for case in decision.cases:
            self.cases[case.ref] = with_effects(case, list(self.ledger.get(case.ref, {}).values()))

    # --- what must hold

    @property
    def out(self) -> frozenset[str]:
        return self.world.with_mailboxes(self.about | self.made_by | self.parents)

    def check(self, decision: Decision, out: frozenset[str]) -> None:
        sheet = frozenset(one.email for one in self.world.people if one.roles & WITH_THE_SHEET)
        for effect in decision.effects:
            if effect.case is None:
                self.holds(not any(ref in str(effect) for ref in REFS.values()), f"a reference leaks: {effect}")
            else:
                self.holds(not self.reached(effect) & out, f"{sorted(self.reached(effect) & out)} reached by {effect}")
            if isinstance(effect, Task | Flag) and effect.case is not None and sheet & self.humans_out:
                self.holds(effect.sealed, f"the sheet shows {effect}")
        for case in self.cases.values():
            self.check_case(case, out)

    @property
    def humans_out(self) -> frozenset[str]:
        return self.about | self.made_by | self.parents

    def reached(self, effect: AnyEffect) -> frozenset[str]:
        """Whom an effect puts something before; a letter to who made the complaint is a person's to release."""
        match effect:
            case Notice() if effect.template == "not_placed":
                # Whoever made it may hear why something that they sent was not accepted; the others may not.
                return frozenset({effect.to}) & self.world.with_mailboxes(self.about | (self.parents - self.made_by))
            case Notice() if effect.status != "withdrawn":
                own = effect.role == "complainant" and effect.held_by is not None and effect.to not in self.about
                return frozenset({effect.held_by or ""} | (set() if own else {effect.to}))
            case Task() if effect.state == "open":
                return frozenset({effect.assignee})
            case CalendarEntry() if effect.action != "cancel":
                own = effect.role == "complainant" and effect.held_by is not None
                return frozenset({effect.held_by or ""} | (set() if own else set(effect.attendees)))
            case Deadline() if effect.state in ("open", "missed"):
                return frozenset({effect.duty_of})
            case _:
                return frozenset()

    def check_case(self, case: CaseFile, out: frozenset[str]) -> None:
        drafts = [notice for notice in case.notices.values() if notice.status == "draft"]
        held: list[AnyEffect] = [*drafts, *case.tasks.values(), *case.entries.values()]
        for effect in held:
            self.holds(not self.reached(effect) & out, f"{sorted(self.reached(effect) & out)} still has {effect}")
        for address in out:
            person = self.directory.by_email(address)
            assert person is not None
            self.holds(not may_see(person, case, self.directory), f"{address} sees {case.ref}")
            theirs = [draft for draft in drafts if may_release(person, case, draft, self.directory)]
            self.holds(not theirs, f"{address} may release {theirs}")
        tainted = (out | self.acted) & set(case.panel)
        self.holds(not tainted, f"{tainted} sit on the panel")
        self.holds(set(case.panel) <= self.world.governors, f"{case.panel} are not all governors")

    def told_of(self, answers: Mapping[str, str], by: str) -> None:
        self.story.append(f"{self.now:%d %b %H:%M} {by}: { {k: v for k, v in answers.items() if v} }")

    def holds(self, so: bool, otherwise: str) -> None:
        told = "\n".join(self.story)
        assert so, f"{otherwise}\nworld {self.number}\n{self.world.staff_csv}{self.world.governors_csv}{told}"
