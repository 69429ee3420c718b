"""A counterexample as a scenario: a file that ``simulate`` plays, so that anybody can watch the harm happen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import yaml

from rules.engine.casework.changes import NAMED_LATER
from rules.engine.casework.conduct import EXTENDED
from rules.engine.casework.meetings import OFFERED
from rules.engine.casework.who_records import DSL_ONLY
from rules.engine.model.form import Form
from rules.engine.model.policy import EVENT, UNKNOWN, Facts, FactValue, Policies
from rules.engine.proving.beforehand import steps_before
from rules.engine.proving.casting import cast_for, recorder
from rules.engine.proving.counterexample import WORRY_BOX, Cast, filled_form
from rules.engine.school.directory import Directory
from rules.engine.school.school_days import SchoolCalendar, add_months

_BASE: Mapping[str, str] = {"complaint": "complaint received", "safeguarding": "complaint received"}
"""What opens a case of a track; a report opens the others."""

_ABOUT: Mapping[str, Mapping[str, FactValue]] = {
    "staff-conduct": {"people reported": frozenset({"staff"})},
    "adult": {"people reported": frozenset({"adult"})},
}
"""What the report says that opens a case of one of these tracks."""

_BETWEEN_PUPILS = dict.fromkeys(("people targeted", "people reported"), frozenset({"pupil"}))
_STAFF = frozenset({"staff"})
_BY_OFFICE = frozenset({"headteacher", "chair", "vice-chair", "clerk", "business manager", "dsl"})
_NOT_HELD = {"pupil wants parents told": "yes", "telling parents is a risk": "no"}
_LONGEST_AGO = 3000
_PAUSE = timedelta(minutes=10)


def as_scenario(facts: Facts, policies: Policies, directory: Directory, calendar: SchoolCalendar, at: datetime) -> str:
    """The scenario (YAML) in which these facts come about, in this school, from ``at`` (Europe/London) on.

    ``facts`` are those of a ``Broken`` or a ``Difference``. What no form can bring about is said in a comment: a role
    without a holder, a clock. ValueError where the event is no form's.
    """
    play = _Play(facts, policies, cast_for(facts, policies, directory), directory, calendar, at)
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
            case "complaint received":
                self._reports(self._number("reports of the pupil concerned"))
                self._repeated(self._number("complaints on this topic") - 1)
                self._complaint()
            case "contact logged" if self.facts.get("track") not in ("complaint", "safeguarding"):
                self._fill_in(self.facts, "last")
            case _:
                self._on_a_case()

    def _number(self, name: str) -> int:
        """The number of this name, or the greatest that rules ask of it "in 60 school days" and the like."""
        known = (value for fact, value in self.facts.items() if fact == name or fact.startswith(f"{name} in "))
        return max((value for value in known if isinstance(value, int)), default=0)

    def _reports(self, times: int) -> None:
        for number in range(1, times + 1):
            self._fill_in({EVENT: "report received", **_BETWEEN_PUPILS}, f"report {number}")
            self.now += _PAUSE

    def _repeated(self, times: int) -> None:
        for number in range(1, times + 1):
            self._fill_in(self.facts, f"earlier {number}")
            self.now += _PAUSE

    def _complaint(self) -> None:
        if self.facts.get("the basis has changed") != "yes":
            self._fill_in(self.facts, "last")
            return
        words = [word for word in self.policies.vocabulary.facts["topic"].words if word != UNKNOWN]
        given = self.facts.get("topic")
        now = given - {UNKNOWN} if isinstance(given, frozenset) else frozenset[str]()
        before = next(word for word in words if word not in now)
        for name, topics in (("before", frozenset({before})), ("last", now or frozenset(words[:1]))):
            self._fill_in({**self.facts, "topic": topics}, name, response="response-last")
            self.now += _PAUSE

    def _report(self) -> None:
        mine, cast = self.facts, self.cast
        for number in range(1, self._number("reports the other way round") + 1):
            self.cast = replace(cast, targeted=cast.reported, reported=cast.targeted)
            self._fill_in({**mine, **_BETWEEN_PUPILS}, f"the other way round {number}")
            self.now += _PAUSE
        self.cast = cast
        self._repeated(max((self._number(name) for name in mine if name.startswith("incidents ")), default=0) - 1)
        self._fill_in(mine, "last")
        if mine.get("edited") == "yes":
            self.now += _PAUSE
            self._fill_in(mine, "last again", response="response-last", more={"account": "More than that."})

    # --- on a case that there is

    def _on_a_case(self) -> None:
        track = str(self.facts.get("track"))
        # That parents may be told is decided where something is kept from them.
        held = self.facts.get("parents are held") == "yes" or self.facts.get("what happened") in DSL_ONLY
        agreed = {} if held else _NOT_HELD
        opening = {EVENT: _BASE.get(track, "report received"), **_ABOUT.get(track, {})}
        named = "\n".join(self._named_later())
        if named:
            opening["complained about"] = _STAFF
        self._fill_in({**self.facts, **agreed, **opening}, "case")
        for step in steps_before(self.facts, self.cast, self.directory):
            self._wait(step.wait)
            more = {"involved": step.involved} if step.involved else {}
            facts = {**self.facts, EVENT: "update recorded", "what happened": step.what}
            self._record(facts, f"{step.what} {step.involved}", more)
        days = self.facts.get("school days since the stage 3 outcome")
        if isinstance(days, int):
            self._wait(days)
        for number in range(1, self._number("offers of a meeting")):
            self.now += _PAUSE
            offer = {**self.facts, EVENT: "update recorded", "what happened": OFFERED}
            self._record(offer, f"offer {number}", {})
        for number in range(1, self._number("contacts in seven days")):
            self.now += _PAUSE
            self._record({EVENT: "contact logged", "danger now": "no"}, f"earlier {number}", {})
        self.now += _PAUSE
        self._record(self.facts, "last", {"involved": named} if named else {})

    def _wait(self, days: int) -> None:
        """A while, on the same day or so many school days later."""
        if days:
            self.now = datetime.combine(self.calendar.add(self.calendar.received(self.now), days), self.now.timetz())
        self.now += _PAUSE

    def _named_later(self) -> Iterator[str]:
        """Whom the event itself names as the one complained about; the complaint did not."""
        about = self.facts.get("complained about")
        if self.facts.get("what happened") == NAMED_LATER and isinstance(about, frozenset):
            yield from (self.cast.holding(word.replace(" ", "-")) for word in sorted(about & _BY_OFFICE))

    def _record(self, facts: Facts, name: str, more: Mapping[str, str]) -> None:
        case = "${case.case2}" if self.facts.get("track") == "safeguarding" else "${case.case}"
        today = self.now.date().isoformat()
        known = {"case reference": case, "date of the update": today, "date of the contact": today}
        if facts.get("a new date was given") == "yes" or facts.get("what happened") == EXTENDED:
            known["new date"] = (self.now.date() + timedelta(days=60)).isoformat()
        self._fill_in(facts, name, more={**known, **more})

    # --- forms

    def _fill_in(
        self, facts: Facts, name: str, *, response: str | None = None, more: Mapping[str, str] | None = None
    ) -> None:
        """``more``: further answers, by what their questions are called in the rules."""
        filled = filled_form(self.policies, facts, self.cast)
        answers = {title: list(value) if isinstance(value, tuple) else value for title, value in filled.answers}
        answers |= _by_title(self.policies.forms[filled.form], {**dict(self._dates(facts)), **(more or {})})
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
            yield "date of the incident", (today - timedelta(days=late)).isoformat()
        if facts[EVENT] == "complaint received" and isinstance(past, int):
            yield "date of the matter", _so_long_ago(today, past).isoformat()

    def _sender(self, facts: Facts, form: str) -> str | None:
        if form in ("complaint", WORRY_BOX) or facts.get("reported by") == "somebody else":
            return None
        if facts[EVENT] == "report received":
            reporter = next((p for p in self.directory.staff if p.name == self.cast.other_staff), None)
            if reporter is not None:
                return reporter.email
        return recorder({**self.facts, **facts}, self.directory)


def _by_title(form: Form, answers: Mapping[str, str]) -> dict[str, str]:
    return {question.title: answers[question.name] for question in form.questions if question.name in answers}


def _so_long_ago(today: date, past: int) -> date:
    """The latest day of a matter whose three months ended so many days ago."""
    days = (today - timedelta(days=n) for n in range(_LONGEST_AGO))
    return next(day for day in days if (today - add_months(day, 3)).days >= past)


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M")
