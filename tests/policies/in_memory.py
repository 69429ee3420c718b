"""A story played in memory, without store or network: what the rules decide, event by event and clock by clock.

Some hundred times faster than a scenario, so that thousands can be compared. The reference evaluator matches alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rules import Policies
from rules.engine.casework.incidents import remember
from rules.engine.deciding.decide import Alone
from rules.engine.model.conditions import holds
from rules.engine.model.effects import AnyEffect
from rules.engine.model.policy import EVENT, Condition, Facts, FactValue
from rules.engine.model.situation import Situation
from service.flows.chase_deadlines import asked_by
from service.flows.decide import judge
from service.flows.events import understand, year_of
from service.flows.recalled import Recalled
from service.school import School
from service.store import StoredSubmission
from service.store.submissions import Source

REF = "Case reference"


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens in a story. ``case``: of which report an update or a release is, by its name.

    ``form`` is empty for a release, which ``answers`` then says ``to`` whom. ``response``: the same again is a
    revision.
    """

    name: str
    at: datetime
    form: str
    by: str
    answers: Mapping[str, object]
    case: str = ""
    response: str = ""


@dataclass(frozen=True, slots=True)
class Happened:
    """An effect, new or changed, and when."""

    at: datetime
    effect: AnyEffect


@dataclass(slots=True)
class Story:
    """A story as it is played. ``cases``: the reference of the case that each report opened, by the report's name."""

    policies: Policies
    school: School
    past: Recalled = field(default_factory=Recalled)
    out: list[Happened] = field(default_factory=list)
    cases: dict[str, str] = field(default_factory=dict)
    decisions: int = 0
    matcher: _ByEvent = field(init=False)

    def __post_init__(self) -> None:
        self.matcher = _ByEvent(self.policies)

    def play(self, steps: Iterable[Step], until: datetime) -> list[Happened]:
        """Everything that comes of it, in order of time, the clocks' work included. Times are aware."""
        for step in steps:
            self._clocks(step.at)
            refs = self._decide(self._submission(step), step.at)
            if refs:
                self.cases.setdefault(step.name, refs[0])
        self._clocks(until)
        return self.out

    def _clocks(self, until: datetime) -> None:
        while (found := self.past.clocks.next_due(until)) is not None:
            due, effect = found
            self._decide(self._stored("clock", due, asked_by(effect)), due)

    def _submission(self, step: Step) -> StoredSubmission:
        ref = self.cases.get(step.case, "B-2026-9999")
        if not step.form:
            body = {"do": "release", "case": ref, "by": step.by, "to": step.answers["to"]}
            return self._stored("person", step.at, body)
        answers = {**step.answers, **({REF: ref} if step.case else {})}
        said = [{"question_id": "", "title": title, "value": value} for title, value in answers.items()]
        form = self.policies.forms[step.form]
        body = {"answers": said, "respondent_email": step.by}
        return self._stored("form", step.at, body, form.id, step.response or step.name)

    def _stored(
        self, source: Source, at: datetime, body: Mapping[str, object], form: str = "", response: str = ""
    ) -> StoredSubmission:
        self.decisions += 1
        name = f"{source} {response or at.isoformat()} {self.decisions}"
        return StoredSubmission(
            id=name, source=source, form_id=form, form_title=form, response_id=response, revision=1, dedupe_key=name,
            submitted_at=at, received_at=at, body=dict(body), state="received", tries=0,
        )  # fmt: skip

    def _decide(self, submission: StoredSubmission, now: datetime) -> list[str]:
        past, school = self.past, self.school
        belongs = understand(past, submission, self.policies, school)
        situation = Situation(
            now=now, event=belongs.event, directory=school.directory, calendar=school.calendar, case=belongs.case,
            next_refs=past.cases.next_refs({}, year_of(now)), school=school.name, console=school.console,
        )  # fmt: skip
        decision = judge(self.policies, self.matcher, situation, belongs)
        for case in decision.cases:
            past.cases.known(case.ref)
            past.cases.files[case.ref] = case
        for effect in decision.effects:
            made = past.cases.made.get(effect.case, {}).get(effect.key)
            if made is None or made.effect != effect:
                self.out.append(Happened(now, effect))
            past.keep(effect, now)
        refs = [case.ref for case in decision.cases]
        key = (submission.form_id, submission.response_id)
        past.submissions.found.setdefault(key, {}).update(dict.fromkeys(refs))
        remember(past.history, submission.id, belongs.event, decision.cases)
        return refs


class _ByEvent:
    """The reference evaluator, asked about the rules of the event alone: no other can hold."""

    def __init__(self, policies: Policies) -> None:
        self._rules: dict[FactValue, list[tuple[str, Condition]]] = {}
        for rule in policies.rules:
            for event in rule.on:
                self._rules.setdefault(event, []).append((rule.id, rule.when))

    def matching(self, facts: Facts) -> Alone:
        """Every rule whose condition holds."""
        rules = self._rules.get(facts[EVENT], ())
        return Alone(frozenset(rule for rule, when in rules if holds(when, facts)))
