"""Every guarantee broken on purpose: ``python -m tests.rules.broken [each] [first]``.

For each claim the rules are changed so that it should break (``rules.engine.proving.breaking``). ``prove`` must
notice, its counterexample is written as a scenario, and ``simulate`` must show the harm under the changed rules and not
under the shipped ones. What a guard of the engine holds whatever the rules say is in ``HELD``, by name.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import service
from rules import Broken, Policies, load
from rules.engine.casework.school_year import OF_THE_SCHOOL
from rules.engine.model.effects import DIGEST_DUE, Alarm, AnyEffect, CalendarEntry, Flag, Notice, Task, Withhold
from rules.engine.model.guarantee import Claim, Guarantee
from rules.engine.model.policy import EVENT, Facts
from rules.engine.model.situation import LATER_REPORT
from rules.engine.model.standing import STANDING
from rules.engine.proving.breaking import broken_on_purpose
from rules.engine.proving.claims import Claims
from rules.engine.proving.prove import Search, proved
from rules.engine.proving.replay import as_scenario
from rules.engine.school.school_days import LONDON
from service.flows.decide import Written
from service.flows.scenario import read_scenario
from service.flows.simulate import Play
from service.school import School, load_school

AT = datetime(2026, 10, 6, 11, 20, tzinfo=LONDON)  # a Tuesday
BY_NO_FORM = ("alert not acknowledged", "deadline missed", "reminder due", LATER_REPORT, *OF_THE_SCHOOL)
"""Events that no form brings about."""

OF_NO_FORM = ("G-121", "G-249", "G-250", "G-270")
"""Guarantees of these events."""

LAST = ("last", "last again")
"""The event of the counterexample, in the scenario that is made of it."""


@dataclass(slots=True)
class Watched(Play):
    """A play that keeps what was decided on the last event."""

    last: list[Written] = field(default_factory=list)

    def _told(self, written: Written) -> None:
        if self.event is not None and self.event.id in LAST:
            self.last.append(written)
        Play._told(self, written)


def played(facts: Facts, policies: Policies, shipped: Policies, school: School, file: Path) -> Watched:
    """The scenario of these facts, written to a file, read back and played under these policies."""
    file.write_text(as_scenario(facts, shipped, school.directory, school.calendar, AT), encoding="utf-8")
    scenario = read_scenario(file)
    scenario = replace(scenario, until=scenario.events[-1].at)  # nobody waits for alerts that are not acknowledged
    watched = Watched(scenario, school, policies, scenario.start)
    list(watched.records())
    return watched


def seen(claim: Claim, watched: Watched, claims: Claims) -> frozenset[tuple[str, ...]]:
    """What came of the last event of that of which the claim speaks."""
    return frozenset(token for written in watched.last for token in _of_event(claim, written, claims))


def _of_event(claim: Claim, written: Written, claims: Claims) -> Iterator[tuple[str, ...]]:
    recorded: Mapping[str, frozenset[str]] = {
        "record": frozenset({claim.what} if claim.what else claims.policies.vocabulary.happenings),
        "a stage opens": claims.openings, "the case ends": claims.endings,
    }  # fmt: skip
    for case in written.decision.cases:
        if claim.kind == "open case":
            yield "case", case.track
        yield from (("record", h.what) for h in case.happenings if h.what in recorded.get(claim.kind, ()))
    for effect in written.effects:
        if _is_spoken_of(claim, effect, claims):
            # One message goes to each, whatever leads to it: which text a claim wants is told by the rules it rests on.
            by = effect.rules if claim.kind == "notify" and claim.what else ()
            yield effect.kind, *_who_and_what(effect), *by


def _who_and_what(effect: AnyEffect) -> tuple[str, ...]:
    match effect:
        case Notice():
            return effect.role, effect.template, str(effect.urgent)
        case Task():
            return effect.role, effect.title
        case Flag():
            return effect.role, effect.name
        case CalendarEntry():
            return effect.role, effect.title
        case Withhold():
            return (effect.details,)
        case Alarm():
            return (effect.about,)
        case _:
            return (*effect.rules,)


def _is_spoken_of(claim: Claim, effect: AnyEffect, claims: Claims) -> bool:
    match claim.kind, effect:
        case "notify", Notice():
            return effect.urgent >= claim.urgent
        case "letter", Notice():
            return effect.template == (claim.what or effect.template)
        case "task", Task():
            return effect.title.startswith(claim.what)  # "(party 1)" may follow
        case "flag", Flag():
            return effect.name == (claim.what or effect.name)
        case "calendar", CalendarEntry():
            return True
        case "digest", Alarm():
            return effect.event == DIGEST_DUE
        case "withhold", Withhold():
            return effect.active and effect.details == (claim.what or effect.details)
        case "somebody is told at once", Notice():
            return effect.status == "sent"
        case (
            "reaches"
            | "reaches only"
            | "a rule does something"
            | "says"
            | "something leaves the school without release",
            _,
        ):
            return isinstance(effect, Notice | Task | CalendarEntry | Flag)
        case _:
            return False


# --- one after the other ------------------------------------------------------------------------------------------

HELD: Mapping[tuple[str, str], str] = {
    ("G-04", "open case: bullying"): "cases.tracks_of: a report has a case even if no rule opens one",
    ("G-41", "the person concerned is reached"): "read_rules: no line of a rule file can say it",
    ("G-42", "reaches: headteacher"): "guards.kept_out, audiences: the headteacher holds no role for it",
    ("G-50", "open case: complaint"): "cases.tracks_of: a complaint has a case even if no rule opens one",
    ("G-52", "letter: complaint_receipt"): "make.Making: a complaint without a name has nobody to write to",
    ("G-52", "letter: headteacher_complaint_receipt"): "make.Making: a complaint without a name has nobody to write to",
    ("G-59", "letter: complaint_receipt"): "audiences.reach: no letter before there is consent",
    ("G-59", "letter: headteacher_complaint_receipt"): "audiences.reach: no letter before there is consent",
    ("G-124", "open case: any"): "cases.tracks_of: a contact stays on its case",
    ("G-125", "open case: any"): "cases.tracks_of: an update stays on its case",
    ("G-149", "open case: complaint"): "cases.tracks_of: a complaint has a case even if no rule opens one",
    ("G-206", "open case: complaint"): "cases.tracks_of: a complaint has a case even if no rule opens one",
}
"""Claims that the rules alone cannot break in practice, and which part of the engine holds them."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of a claim that was broken on purpose."""

    guarantee: str
    claim: Claim
    noticed: bool
    """``prove`` found a counterexample for some such change."""
    shown: bool
    """A play of it did the harm, and the shipped rules do not do it."""

    @property
    def by_a_guard(self) -> bool:
        return (self.guarantee, self.claim.words) in HELD

    @property
    def by_no_form(self) -> bool:
        """Nobody hands in what it speaks of: it stands in the files, or comes of a clock or of another case."""
        return self.claim.kind in STANDING or self.guarantee in OF_NO_FORM


class Breaking:
    """The shipped rules, to be broken claim by claim."""

    def __init__(self, folder: Path) -> None:
        self.shipped = load()
        self.school = load_school(Path(service.__file__).parent / "sample_school")
        self._claims = Claims(self.shipped)
        self._search = Search(self._claims.facts)
        self._file = folder / "counterexample.yaml"

    def attempt(self, guarantee: Guarantee, claim: Claim) -> Attempt:
        """Break this claim, the likeliest way first, until the harm is seen."""
        noticed, alone = False, replace(guarantee, claims=(claim,))
        for worse in broken_on_purpose(self._claims, guarantee, claim):
            broken = proved(Claims(worse), self._search, alone)
            if not isinstance(broken, Broken):
                continue
            noticed = True
            if broken.facts.get(EVENT) not in BY_NO_FORM and self._does_harm(broken, worse):
                return Attempt(guarantee.id, claim, noticed, shown=True)
        return Attempt(guarantee.id, claim, noticed, shown=False)

    def _does_harm(self, broken: Broken, worse: Policies) -> bool:
        claim = broken.claim
        if claim is None or claim.kind in STANDING:
            return False
        plays = (played(broken.facts, rules, self.shipped, self.school, self._file) for rules in (worse, self.shipped))
        under_worse, under_shipped = (seen(claim, play, self._claims) for play in plays)
        return bool(under_shipped - under_worse if claim.promises else under_worse - under_shipped)


def attempts(each: int, first: int, folder: Path) -> Iterator[Attempt]:
    """Every so-manieth claim of all guarantees, from the first one chosen."""
    breaking = Breaking(folder)
    every = [(guarantee, claim) for guarantee in breaking.shipped.guarantees for claim in guarantee.claims]
    for guarantee, claim in every[first::each]:
        yield breaking.attempt(guarantee, claim)


def main(each: int = 1, first: int = 0) -> int:
    """Print what became of each; 1 where one was not noticed or not shown, and no guard holds it."""
    began, found = time.monotonic(), []
    with tempfile.TemporaryDirectory() as folder:
        for one in attempts(each, first, Path(folder)):
            found.append(one)
            if one.by_a_guard:
                print(
                    f"  held     {one.guarantee}  {one.claim.words}: {HELD[one.guarantee, one.claim.words]}", flush=True
                )
            elif not one.noticed or not (one.shown or one.by_no_form):
                print(
                    f"  {'not shown' if one.noticed else 'NOT NOTICED'}  {one.guarantee}  {one.claim.words}", flush=True
                )
    wrong = [one for one in found if not one.by_a_guard and not (one.noticed and (one.shown or one.by_no_form))]
    noticed, shown = sum(one.noticed for one in found), sum(one.shown for one in found)
    files, guards = sum(one.by_no_form for one in found), sum(one.by_a_guard for one in found)
    print(f"{len(found)} claims broken on purpose: prove noticed {noticed}, simulate showed the harm of {shown};")
    print(f"{files} are of clocks or of what stands in the files, {guards} are held by the engine.")
    print(f"It took {time.monotonic() - began:.0f} seconds.")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
