"""A scenario played on a virtual clock: the same decisions, the same ledger, no network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from rules import Policies
from rules.engine.casework.school_year import dates
from rules.engine.model.effects import AnyEffect, Flag, Task, record
from rules.engine.school.school_days import LONDON
from service.flows.decide import Decider, Written
from service.flows.scenario import Played, Scenario, read_scenario
from service.school import School
from service.store import CLOCKS, DELIVERED, Cipher, NewSubmission, Sealed, Store

Record = dict[str, Any]
_REFERENCE = re.compile(r"\$\{([^.}]+)\.(case2?)\}")
WAITING_AT_MOST = 100
_FIRST = ("at", "kind", "event", "case")


def simulate(path: Path, school: School, policies: Policies) -> Iterator[Record]:
    """Play a scenario file; yields the records in order of time. ScenarioError where it cannot be read."""
    scenario = read_scenario(path)
    return Play(scenario, school, policies, scenario.start).records()


class _InMemory(Cipher):
    """Seals nothing: what is played never leaves the memory of the process."""

    def __init__(self) -> None:
        super().__init__([Fernet.generate_key().decode()])

    def seal(self, content: bytes) -> Sealed:
        return Sealed(content)

    def open(self, sealed: bytes) -> bytes:
        return sealed


@dataclass(slots=True)
class Play:
    """A scenario being played: its store can be looked into afterwards."""

    scenario: Scenario
    school: School
    policies: Policies
    now: datetime
    out: list[Record] = field(default_factory=list)
    cases: dict[str, list[str]] = field(default_factory=dict)
    store: Store = field(init=False)
    decider: Decider = field(init=False)
    event: Played | None = None
    due: datetime | None = None
    """When the next clock strikes."""
    said: dict[tuple[str | None, str], Record] = field(default_factory=dict)
    """The tasks and flags as they were last told."""
    waiting: int = 0
    """How many effects wait to be delivered."""

    def __post_init__(self) -> None:
        self.school = replace(self.school, calendar=self.school.calendar.with_closures(self.scenario.closures))
        self.store = Store.memory(_InMemory(), self.school.id)
        self.decider = Decider(
            self.store, self.school, self.policies, lambda: self.now, told=self._told, since=self.now
        )
        self._look_ahead()

    def records(self) -> Iterator[Record]:
        """Every record, in order of time. Nothing is played after ``until``, be it an event or a clock."""
        waiting = [event for event in self.scenario.events if event.at <= self.scenario.until]
        while True:
            clock = self.due
            ahead = waiting[0].at if waiting else None
            if ahead is not None and (clock is None or ahead <= clock):
                self._play(waiting.pop(0))
            elif clock is not None and clock <= self.scenario.until:
                self.now, self.event = max(clock.astimezone(LONDON), self.now), None
                self._decide()
            else:
                break
            yield from self.out
            self.out.clear()
        self._deliver()

    def _look_ahead(self) -> bool:
        """Note the next clock of a case, or date of the school's year. Whether something waits to be decided."""
        with self.store.read() as tx:
            clock, waits = tx.actions.next_due(CLOCKS), bool(tx.submissions.undecided(1))
        of_the_school = dates(self.decider.school.calendar, self.now, self.scenario.until)[:1]
        self.due = min((at for at in (clock, *(at for at, _ in of_the_school)) if at is not None), default=None)
        return waits

    def _decide(self) -> None:
        more = True
        while more:
            decided = self.decider.run_once()
            # What could not be decided waits on, as it would in the service: nothing is gained by asking again at once.
            more = (self._look_ahead() and decided > 0) or (self.due is not None and self.due <= self.now)

    def _play(self, event: Played) -> None:
        self.now, self.event = event.at, event
        match event.kind:
            case "form":
                self._respond(event)
            case "release":
                body = {"do": "release", "case": self._filled(event.case), "to": event.to, "by": event.by}
                self._hand_in(body, f"release {event.id}")
            case "re-date":
                self._hand_in(
                    {"do": "re-date", "case": self._filled(event.case), "by": event.by}, f"re-date {event.id}"
                )
            case "closure":
                self._close(event.closed)
        self._decide()
        if event.kind == "release":
            self._deliver()

    def _respond(self, event: Played) -> None:
        form = self.policies.forms.get(event.form)
        form_id = form.id if form else event.form
        answers = [{"question_id": "", "title": title, "value": self._value(value)} for title, value in event.answers]
        body = {"answers": answers, "respondent_email": event.respondent}
        with self.store.write() as tx:
            last = tx.submissions.latest_revision(form_id, event.response) or 0
            for revision in (max(last, 1), last + 1):
                new = NewSubmission(
                    source="form", form_id=form_id, form_title=event.form, response_id=event.response,
                    revision=revision, received_at=event.at, submitted_at=event.at, body=body,
                )  # fmt: skip
                added = tx.submissions.add(new)
                if not (added.duplicate and added.differs):
                    break
            refs = list(tx.submissions.cases_of(form_id, event.response)) if added.duplicate else []
        if added.duplicate:
            self.cases.setdefault(str(event.id), refs)
            self.out.append(self._submission(event, "duplicate", refs, "The same response again changes nothing."))

    def _hand_in(self, body: Record, key: str) -> None:
        with self.store.write() as tx:
            tx.submissions.add(NewSubmission(source="person", received_at=self.now, body=body, dedupe_key=key))

    def _close(self, day: date | None) -> None:
        """A closed day declared late: the calendar changes, and the decider asks each open case what that means."""
        calendar = self.decider.school.calendar.with_closures([day] if day else [])
        self.decider.school = replace(self.decider.school, calendar=calendar)

    def _filled(self, text: str) -> str:
        def case_of(match: re.Match[str]) -> str:
            refs = self.cases.get(match[1], [])
            index = 1 if match[2] == "case2" else 0
            return refs[index] if index < len(refs) else match[0]

        return _REFERENCE.sub(case_of, text)

    def _value(self, value: object) -> object:
        if isinstance(value, str):
            return self._filled(value)
        if isinstance(value, list):
            return [self._value(item) for item in value]
        return value

    def _told(self, written: Written) -> None:
        self.waiting += sum(effect.kind in DELIVERED for effect in written.effects)
        if self.waiting > WAITING_AT_MOST:
            self._deliver()
        refs = [case.ref for case in written.decision.cases]
        if self.event is not None and written.submission.source == "form":
            self.cases.setdefault(str(self.event.id), refs)
            outcome = "unknown" if written.belongs.unknown else "revision" if written.submission.revision > 1 else "new"
            because = written.decision.explanation.sentence
            self.out.append(self._submission(self.event, outcome, refs, because, written))
        self.out += [self._common(found) for effect in written.effects for found in self._news(effect)]

    def _news(self, effect: AnyEffect) -> Iterator[Record]:
        """The effect as a record. A row of the sheet that is only sealed says nothing new, and no alarm is one."""
        found, key = record(effect), (effect.case, effect.key)
        said = self.said.get(key) == found
        if isinstance(effect, Task | Flag):
            self.said[key] = found
        if effect.kind != "alarm" and not said:
            yield found

    def _deliver(self) -> None:
        """Nothing is delivered here; but what was released has left, and can be taken back no more.

        Left to wait in great numbers, it would be looked through at every step.
        """
        with self.store.write() as tx:
            tx.actions.taken_as_delivered(self.now)
        self.waiting = 0

    def _submission(
        self, event: Played, outcome: str, refs: list[str], because: str, written: Written | None = None
    ) -> Record:
        reasons = written.decision.explanation if written else None
        return self._common(
            {
                "kind": "submission", "case": refs[0] if refs else None,
                "rules": [reason.rule for reason in reasons.applied] if reasons else [],
                "clauses": list(dict.fromkeys(c for r in reasons.applied for c in r.clauses)) if reasons else [],
                "because": because, "not_told": [], "form": event.form, "response": event.response,
                "outcome": outcome, "cases": refs,
            }
        )  # fmt: skip

    def _common(self, fields: Record) -> Record:
        found = {
            "at": self.now.astimezone(LONDON).isoformat(timespec="seconds"),
            "event": self.event.id if self.event is not None else None,
            **fields,
            "policy_version": self.policies.version,
            "calendar_version": self.decider.school.calendar.version,
        }
        return {name: found[name] for name in (*_FIRST, *(key for key in found if key not in _FIRST))}


def told(record: Record) -> str:
    """A record as one line for a person."""
    at = datetime.fromisoformat(record["at"])
    shown = {
        "submission": "{form}, {outcome}",
        "case": "{track}, {state}, stage {stage}",
        "notice": "{status} to {to} ({role}): {subject}",
        "task": "{state}, {assignee}, due {due}: {title}",
        "calendar": "{action}, {status}: {title} {start}, {attendees}",
        "deadline": "{state}, due {due}: {name} ({counted})",
        "withhold": "{details} from {from}, until {lifted_by}",
        "flag": "for {for}: {name}. {evidence}",
        "refused": "{what}: {why}. {instead}",
    }
    said = {name: ", ".join(map(str, value)) if isinstance(value, list) else value for name, value in record.items()}
    what = shown[record["kind"]].format(**said)
    return f"{at:%a %d %b %Y %H:%M}  {record['kind']:<10} {record['case'] or '-':<12} {what}"
