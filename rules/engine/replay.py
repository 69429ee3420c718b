"""A counterexample as a scenario: a file that ``simulate`` plays, so that anybody can watch the harm happen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import yaml

from rules.engine.changes import DSL_ONLY
from rules.engine.counterexample import WORRY_BOX, Cast, filled_form
from rules.engine.directory import Directory, Person, Pupil
from rules.engine.people import match_pupil
from rules.engine.policy import EVENT, Facts, Policies
from rules.engine.school_days import SchoolCalendar, add_months

COMPLAINANT = "complainant@home.example"

_BASE: Mapping[str, str] = {"complaint": "complaint received", "safeguarding": "complaint received"}
"""What opens a case of a track; a report opens the others."""

_TO_STAGE: Mapping[str, tuple[str, ...]] = {
    "2": ("complainant asks for stage 2",),
    "3": ("complainant asks for stage 3",),
    "4": (
        "complainant asks for stage 3",
        "stage 3 outcome received by complainant",
        "complainant asks for stage 4 (cap)",
    ),
}
_NOT_HELD = {"pupil wants parents told": "yes", "telling parents is a risk": "no"}
_OUTCOME = "stage 3 outcome received by complainant"
_LONGEST_AGO = 3000


def as_scenario(facts: Facts, policies: Policies, directory: Directory, calendar: SchoolCalendar, at: datetime) -> str:
    """The scenario (YAML) in which these facts come about, in this school, from ``at`` (Europe/London) on.

    ``facts`` are those of a ``Broken`` or a ``Difference``. What no form can bring about is said in a comment: a role
    without a holder, a clock. ValueError where the event is no form's.
    """
    play = _Play(facts, policies, _cast(facts, policies, directory), directory, calendar, at)
    if not filled_form(policies, facts).form:
        raise ValueError(f"nobody fills in a form for this event: {facts.get(EVENT)}")
    play.bring_about()
    empty = [
        f"# Nobody who may know: {name}." for name, value in facts.items() if value == "no" and " holder of " in name
    ]
    until = play.now + timedelta(days=1)
    scenario = {"start": _moment(at - timedelta(days=1)), "until": _moment(until), "events": play.events}
    return "".join(f"{line}\n" for line in empty) + yaml.safe_dump(scenario, sort_keys=False, allow_unicode=True)


@dataclass(slots=True)
class _Play:
    facts: Facts
    policies: Policies
    cast: Cast
    directory: Directory
    calendar: SchoolCalendar
    now: datetime
    events: list[dict[str, object]] = field(default_factory=list)

    def bring_about(self) -> None:
        """Every event, the one of the facts last."""
        match self.facts[EVENT]:
            case "report received":
                self._report()
            case "update recorded":
                self._update()
            case _:
                self._fill_in(self.facts, "last")

    def _report(self) -> None:
        counts = [
            value for name, value in self.facts.items() if name.startswith("incidents ") and isinstance(value, int)
        ]
        for number in range(1, max(counts, default=1)):
            self._fill_in(self.facts, f"earlier {number}")
            self.now += timedelta(minutes=10)
        self._fill_in(self.facts, "last")
        if self.facts.get("edited") == "yes":
            self.now += timedelta(minutes=10)
            self._fill_in(
                self.facts, "last again", response="response-last", more={"What happened?": "More than that."}
            )

    def _update(self) -> None:
        track = str(self.facts.get("track"))
        agreed = {} if self.facts.get("parents are held") == "yes" else _NOT_HELD
        self._fill_in({**self.facts, **agreed, EVENT: _BASE.get(track, "report received")}, "case")
        stage, days = str(self.facts.get("stage")), self.facts.get("school days since the stage 3 outcome")
        steps = _TO_STAGE.get(stage, ())
        if isinstance(days, int) and _OUTCOME not in steps:
            steps = (*steps, _OUTCOME)
        for step in steps:
            self.now += timedelta(minutes=10)
            self._record({EVENT: "update recorded", "what happened": step}, step)
        if isinstance(days, int):
            day = self.calendar.add(self.calendar.received(self.now), days)
            self.now = datetime.combine(day, self.now.timetz()) + timedelta(minutes=10)
        self.now += timedelta(minutes=10)
        self._record(self.facts, "last")

    def _record(self, facts: Facts, name: str) -> None:
        case = "${case.case2}" if self.facts.get("track") == "safeguarding" else "${case.case}"
        self._fill_in(facts, name, more={"Case reference": case, "On what date?": self.now.date().isoformat()})

    def _fill_in(
        self, facts: Facts, name: str, *, response: str | None = None, more: Mapping[str, str] | None = None
    ) -> None:
        filled = filled_form(self.policies, facts, self.cast)
        answers = {title: list(value) if isinstance(value, tuple) else value for title, value in filled.answers}
        answers |= dict(self._dates(facts)) | dict(more or {})
        event: dict[str, object] = {"id": name, "at": _moment(self.now), "form": filled.form, "answers": answers}
        sender = self._sender(facts, filled.form)
        if sender:
            event["respondent"] = sender
        if response:
            event["response"] = response
        self.events.append(event)

    def _dates(self, facts: Facts) -> Iterator[tuple[str, str]]:
        today = self.now.date()
        late, past = facts.get("days late"), facts.get("days past three months")
        if facts[EVENT] == "report received" and isinstance(late, int):
            yield "When did it happen?", (today - timedelta(days=late)).isoformat()
        if facts[EVENT] == "complaint received" and isinstance(past, int):
            yield "When did it happen?", _so_long_ago(today, past).isoformat()

    def _sender(self, facts: Facts, form: str) -> str | None:
        if form in ("complaint", WORRY_BOX) or facts.get("reported by") == "somebody else":
            return None
        role = "dsl" if facts.get("what happened") in DSL_ONLY or facts.get("track") != "complaint" else "clerk"
        holders = self.directory.holders(role)
        if facts[EVENT] == "report received":
            holders = tuple(p for p in self.directory.staff if p.name == self.cast.other_staff) or holders
        return holders[0].email if holders else None


def _so_long_ago(today: date, past: int) -> date:
    """The latest day of a matter whose three months ended so many days ago."""
    days = (today - timedelta(days=n) for n in range(_LONGEST_AGO))
    return next(day for day in days if (today - add_months(day, 3)).days >= past)


def _cast(facts: Facts, policies: Policies, directory: Directory) -> Cast:
    wants_support = facts.get("a pupil has special needs") == "yes"
    pupils = [
        pupil for pupil in directory.pupils if any(c.contact for c in pupil.carers) and _is_alone(directory, pupil)
    ]
    targeted = next((pupil for pupil in pupils if (pupil.send != "N") == wants_support), None)
    reported = next((pupil for pupil in pupils if pupil is not targeted and pupil.send == "N"), None)
    spoken_of = {role for a in policies.vocabulary.audiences.values() for role in (a.role, *a.then)}

    def is_plain(person: Person) -> bool:
        roles = (role for role in person.roles if role in spoken_of or role.startswith("lead-year"))
        return person.available and not person.read_by and not any(roles)

    plain = [person for person in directory.staff if is_plain(person)]
    blank = Cast()
    return Cast(
        targeted=targeted.name if targeted else blank.targeted,
        reported=reported.name if reported else blank.reported,
        staff=plain[0].name if plain else blank.staff,
        other_staff=plain[1].name if len(plain) > 1 else blank.other_staff,
        complainant="Robin Complainant",
        address=COMPLAINANT,
        roles={role: person.name for person in reversed(tuple(directory.everyone())) for role in person.roles},
    )


def _is_alone(directory: Directory, pupil: Pupil) -> bool:
    return match_pupil(directory, pupil.name, year=None).found == pupil


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M")
