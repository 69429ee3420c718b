"""Pairs of stories that differ in a protected fact alone, and what parents see of each (AB-9i, AB-8g, I12).

``python -m tests.policies.pairs 10000 7`` compares so many with the seed 7, and says what differed. A parent is every
carer of a pupil, whoever complains, and whoever works here and has a child at the school. To them must look the same:

- ``absent``: a report that is held, with all that is recorded on it, and no such report;
- ``kinds``: sexual orientation or gender among the kinds of a held report, or not;
- ``wish``, ``risk``: any two answers by which parents are held;
- ``decided``: the DSL's "must not", the pupil's wish asked, work and closing recorded on a held report, or not;
- ``several``: any kinds, answers on the wish and on the risk by which parents are held;
- ``words``: other words in every free text, be it held or not;
- ``settings``: sexual orientation or gender identity, be it held or not;
- ``others``: to the parents of everybody but the pupil targeted, a report that could out somebody, and no such report.

Of several stories that must look the same every two are a pair. Letters are compared byte by byte with the moment at
which they come, who holds them and in which mailbox; drafts too, and to those who work here their tasks and the rows of
the sheet. To them a reference shows how many cases there are, so references are compared by the report they are of.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rules import Policies, load
from rules.engine.model.effects import AnyEffect, CalendarEntry, Flag, Notice, Task
from rules.engine.school.school_days import LONDON
from service.school import School
from tests.policies.in_memory import Step, Story
from tests.policies.scenario_tests import ScenarioTest, school_of

DEPUTY, TEACHER = "b.norcross@northbridge.example", "m.ellison@northbridge.example"
"""The deputy DSL who does the work of every case here: whoever is a parent too may be kept out of it."""
PARENTS_AT_WORK = {
    "Ella Mitchell": "a.ferreira@northbridge.example",  # lead year manager of her year
    "Mia O'Neill": "s.lowther@northbridge.example",  # behaviour lead
    "Mohammed Martin": "i.sheikh@northbridge.example",  # deputy DSL
    "Hannah Wilson": "d.okafor@northbridge.example",  # deputy headteacher, who hears of patterns
    "Lily Chen": "head@northbridge.example",
    "Theo Green": "r.calder@northbridge.example",  # the DSL
}
PUPILS = ("Theo Green", "Lily Chen", "Ella Mitchell", "Mohammed Martin", "Hannah Wilson", "José Żak", "Mia O'Neill",
          "Samira Haddad", "Poppy", "Poppy Lewis 7B")  # fmt: skip
"""Theo and Lily are brother and sister; of one carer of Samira's is said that they are not to be contacted."""
SENSITIVE = ("Sexual orientation (homophobic or biphobic)", "Gender (including transphobic)")
PLAIN = ("Physical", "Emotional", "Race", "Physical appearance")
NOT_YES = ("No", "Not asked yet", "Only one of them (say who below)", "")
NOT_NO = ("Yes", "Not sure", "")
KIND, WISH, RISK = (
    "What kind of bullying was it?", "Does the student want their parents or carers to know?",
    "Could telling parents or carers put the student at risk?",
)  # fmt: skip
FREE = ("What happened?", "Anything about telling parents or carers", "Exactly where? (room, bus, app)",
        "What has the student already done about it?")  # fmt: skip
WORDS = ("She is a lesbian, and came out.", "He said that his father would throw him out if he knew.", "")
ON_A_HELD_CASE = ("First action taken", "Interview held", "Pupil's wish about telling parents recorded",
                  "DSL decision: parents must not be told", "Sanction or support agreed", "Alert acknowledged",
                  "Follow-up check: bullying has resumed", "Case closed", "Case reopened", "Not substantiated",
                  "Pupil matched")  # fmt: skip
PARTS = 8
SOON, LASTS = timedelta(hours=2), timedelta(days=9)
"""How long after the last thing that was done the clocks go on: past the alerts' ladder, or past the first reviews."""


@dataclass(frozen=True, slots=True)
class Alike:
    """A story, and others by their kind, none of which ``who`` must be able to tell from it."""

    story: tuple[Step, ...]
    others: tuple[tuple[str, tuple[Step, ...]], ...]
    until: datetime
    who: frozenset[str]


@cache
def school() -> School:
    """The sample school, with brother and sister, and with parents who work there."""
    changes: list[dict[str, Any]] = []
    for name, to in PARENTS_AT_WORK.items():
        first, last = name.replace("'", "’").split()
        parent = {"carer2_email": to, "carer2_contact": "yes"}
        changes.append({"where": {"first_name": first, "last_name": last}, "set": parent})
    changes.append({"where": {"upn": "Z900000000002"}, "set": {"carer1_email": "carer1.0001@family.example"}})
    with TemporaryDirectory() as folder:
        changed = [{"file": "pupils.csv", **change} for change in changes]
        return school_of(ScenarioTest(Path("pairs"), {}, {"school": changed}), Path(folder))


def stories(seed: int) -> Iterator[Alike]:
    """Stories without end; the same seed gives the same."""
    dice = random.Random(seed)
    while True:
        for alike in (_held_or_not, _kinds, _wish, _risk, _all_of_them, _words, _settings, _others):
            yield alike(dice)


def compare(alike: Alike, policies: Policies) -> Iterator[tuple[str, str]]:
    """For each other story its kind, and in words what is seen in it and not in the first: empty if they look alike."""
    first = list(_seen(_play(alike.story, alike.until, policies), alike.who))
    for kind, steps in alike.others:
        other = list(_seen(_play(steps, alike.until, policies), alike.who))
        found = [] if first == other else [str(sorted(set(first) ^ set(other))[:4]), *map(_told, alike.story)]
        yield kind, "\n".join(found)


def _play(steps: Iterable[Step], until: datetime, policies: Policies) -> Story:
    story = Story(policies, school())
    story.play(steps, until)
    return story


def _seen(story: Story, who: frozenset[str]) -> Iterator[tuple[str, ...]]:
    """Everything that reaches these addresses, or waits to, byte by byte and in its order: when, whom, of which report.

    To a family the very bytes; who works here sees a reference, which counts the school's cases.
    """
    names = {ref: f"<{name}>" for name, ref in story.cases.items()}
    for happened in story.out:
        for address, *words in _letters(happened.effect):
            for reader in sorted({address, *_readers(address)} & who):
                at_work = school().directory.by_email(reader) is not None
                said = [_by_report(text, names) for text in words] if at_work else words
                case = happened.effect.case or ""
                yield (happened.at.isoformat(), reader, names.get(case, "") if at_work else "", address, *said)
        row = [_by_report(text, names) for text in _row(happened.effect)]
        for reader in sorted(who & set(PARENTS_AT_WORK.values())) if row else ():
            yield (happened.at.isoformat(), reader, names.get(happened.effect.case or "", ""), "sheet", *row)


def _letters(effect: AnyEffect) -> Iterator[tuple[str, ...]]:
    match effect:
        case Notice():
            yield (effect.to, "mail", effect.status, effect.held_by or "", effect.subject, effect.body)
        case CalendarEntry():
            words = (effect.start.isoformat(), effect.end.isoformat(), effect.title, effect.description)
            yield from ((to, "diary", effect.status, effect.action, *words) for to in effect.attendees)
        case Task():
            yield (effect.assignee, "task", effect.state, str(effect.due), effect.title)


def _row(effect: AnyEffect) -> tuple[str, ...]:
    """What the task sheet shows of it to everybody who works with it: nothing, where it is sealed."""
    match effect:
        case Task(sealed=False):
            return (effect.title, effect.assignee, str(effect.due), effect.state, *effect.clauses)
        case Flag(sealed=False):
            return (effect.name, effect.role, effect.evidence, *effect.clauses)
    return ()


def _readers(address: str) -> tuple[str, ...]:
    mailbox = school().directory.by_email(address)
    return mailbox.read_by if mailbox is not None else ()


def _by_report(text: str, names: Mapping[str, str]) -> str:
    for ref, name in names.items():
        text = text.replace(ref, name)
    return text


# --- who


@cache
def carers(name: str) -> frozenset[str]:
    """The carers of a pupil, by how their name is typed; of all whom it might mean."""
    pupils = [p for p in school().directory.pupils if p.name.replace("’", "'").startswith(name.removesuffix(" 7B"))]
    return frozenset(carer.email for pupil in pupils for carer in pupil.carers)


def parents(held: Mapping[str, object]) -> frozenset[str]:
    """Every parent outside the school, and those at work there whose child is in this report."""
    every = frozenset(c.email for p in school().directory.pupils for c in p.carers) | {"alma.reyes@family.example"}
    asked = ("Who was targeted?", "Who is said to have done it?", "Who saw it? (staff and students)")
    in_it = {held.get(question) for question in asked}
    return every - {to for name, to in PARENTS_AT_WORK.items() if name not in in_it}


# --- stories


def _story(dice: random.Random, held: dict[str, Any], *, told: bool) -> tuple[list[Step], datetime]:
    """A report, what is done about it, and other things that happen to the same families. ``told``: by the DSL too."""
    at = datetime(2026, 9, 7, 7, 40, tzinfo=LONDON) + timedelta(days=dice.randrange(95))
    target, reported = held["Who was targeted?"], held["Who is said to have done it?"]
    steps: list[Step] = []

    def add(name: str, form: str, by: str, answers: dict[str, Any], case: str = "", response: str = "") -> None:
        nonlocal at
        at += timedelta(minutes=dice.choice((0, 3, 17, 90, 400, 1500)))
        steps.append(Step(name, at, form, by, answers, case, response))

    if dice.random() < 0.5:
        add("before", "bullying-report", TEACHER, _plain(dice, reported, target))
    add("held", "bullying-report", TEACHER, held, response="r-held")
    for number in range(dice.randrange(4)):
        add(f"work {number}", "case-update", DEPUTY, _work(dice, told=told), "held")
    if dice.random() < 0.3:
        add("again", "bullying-report", TEACHER, held | {"Is this the first time?": "No"}, response="r-held")
    if dice.random() < 0.4:
        person = PARENTS_AT_WORK.get(target) or PARENTS_AT_WORK.get(reported) or "carer1.0001@family.example"
        add("guess", "case-update", person, _update("First action taken"), "held")
    for number in range(dice.randrange(1, 3)):
        pupils = dice.choice(((target, reported), (reported, target), (dice.choice(PUPILS), reported)))
        add(f"plain {number}", "bullying-report", TEACHER, _plain(dice, *pupils))
    if dice.random() < 0.3:
        add("complaint", "complaint", "", _complaint(dice, target))
        add("receipt", "", DEPUTY, {"to": "alma.reyes@family.example"}, "complaint")
    for number in range(dice.randrange(4)):
        to = dice.choice(sorted(carers(dice.choice((target, reported)))))
        by = dice.choice((DEPUTY, DEPUTY, TEACHER, to))
        case = dice.choice(["plain 0", "plain 0", "held"])
        add(f"release {number}", "", by, {"to": to}, case)
    return steps, at + dice.choices((SOON, LASTS), (4, 1))[0]


def _held(dice: random.Random) -> dict[str, Any]:
    target, reported = dice.sample(PUPILS, 2)
    return {
        **_plain(dice, target, reported), KIND: [dice.choice(SENSITIVE)], WISH: dice.choice(NOT_YES),
        RISK: dice.choice(("No", *NOT_NO)), "Who saw it? (staff and students)": dice.choice(("", dice.choice(PUPILS))),
    }  # fmt: skip


def _plain(dice: random.Random, target: str, reported: str) -> dict[str, Any]:
    return {
        "When did it happen?": "2026-09-07", "Where did it happen?": "Toilets", "Who was targeted?": target,
        "The person targeted is": "A student", "Who is said to have done it?": reported,
        "The person said to have done it is": "A student", KIND: [dice.choice(PLAIN)],
        "Is anyone at risk of immediate harm?": dice.choice(("No", "No", "Yes")),
        "Do you have a safeguarding concern?": dice.choice(("No", "No", "")),
        "Could a crime have been committed?": "No", "Could the student be at risk of significant harm?": "No",
        WISH: "Yes", RISK: "No", "What happened?": "Pushed.",
    }  # fmt: skip


def _update(what: str, reason: str = "We have spoken.") -> dict[str, Any]:
    return {"What happened?": what, "On what date?": "2026-09-07", "Reason or outcome": reason}


def _work(dice: random.Random, *, told: bool) -> dict[str, Any]:
    may = ("DSL decision: parents may be told",) if told else ()
    return _update(dice.choice((*ON_A_HELD_CASE, *may, *may))) | {"Who was involved?": "Poppy Lewis 7B"}


def _complaint(dice: random.Random, pupil: str) -> dict[str, Any]:
    return {
        "Name": "Alma Reyes", "Email": "alma.reyes@family.example", "I am": "A parent or carer of a current pupil",
        "Pupil's name and year (if it concerns one)": pupil, "Who or what is your complaint about?": "The school",
        "What is your complaint concerning?": "How bullying was dealt with.", "When did it happen?": "2026-09-07",
        "Is a child at risk of harm?": dice.choice(("No", "Yes")), "Is legal action under way?": "No",
    }  # fmt: skip


# --- which must look the same


def _alike(dice: random.Random, held: dict[str, Any], others: Iterable[tuple[str, dict[str, Any]]]) -> Alike:
    """The same story of a report in which other things are said."""
    steps, until = _story(dice, held, told=True)
    changed = [
        (kind, tuple(replace(s, answers={**s.answers, **said}) if s.response == "r-held" else s for s in steps))
        for kind, said in others
    ]
    return Alike(tuple(steps), tuple(changed), until, parents(held))


def _without_it(steps: Iterable[Step]) -> tuple[Step, ...]:
    of_it = ("work", "release")
    return tuple(s for s in steps if s.response != "r-held" and not (s.case == "held" and s.name.startswith(of_it)))


def _held_or_not(dice: random.Random) -> Alike:
    held = _held(dice)
    steps, until = _story(dice, held, told=False)
    untouched = tuple(step for step in steps if not step.name.startswith("work"))
    return Alike(tuple(steps), (("absent", _without_it(steps)), ("decided", untouched)), until, parents(held))


def _kinds(dice: random.Random) -> Alike:
    plain = dice.choice(PLAIN)
    others = [("kinds", {KIND: [plain, *sensitive]}) for sensitive in (*((one,) for one in SENSITIVE), SENSITIVE)]
    return _alike(dice, _held(dice) | {KIND: [plain]}, others)


def _wish(dice: random.Random) -> Alike:
    return _alike(dice, _held(dice) | {WISH: NOT_YES[0]}, [("wish", {WISH: wish}) for wish in NOT_YES[1:]])


def _risk(dice: random.Random) -> Alike:
    return _alike(dice, _held(dice) | {RISK: "No"}, [("risk", {RISK: risk}) for risk in NOT_NO])


def _all_of_them(dice: random.Random) -> Alike:
    def drawn() -> dict[str, Any]:
        kinds = [dice.choice(SENSITIVE), *dice.sample(PLAIN, dice.randrange(3))]
        return {KIND: kinds, WISH: dice.choice(NOT_YES), RISK: dice.choice(("No", *NOT_NO))}

    return _alike(dice, _held(dice) | drawn(), [("several", drawn()) for _ in range(9)])


def _words(dice: random.Random) -> Alike:
    said = dice.choice((_held(dice), _plain(dice, *dice.sample(PUPILS, 2))))
    return _alike(dice, said, [("words", dict.fromkeys(FREE, words)) for words in WORDS])


def _settings(dice: random.Random) -> Alike:
    held = _held(dice) | {WISH: dice.choice(("Yes", *NOT_YES)), KIND: [SENSITIVE[0]]}
    return _alike(dice, held, [("settings", {KIND: [SENSITIVE[1]]}), ("settings", {KIND: [*SENSITIVE]})])


def _others(dice: random.Random) -> Alike:
    held = _held(dice) | {WISH: "Yes", RISK: "No"}
    steps, until = _story(dice, held, told=True)
    who = parents(held) - carers(held["Who was targeted?"])
    return Alike(tuple(steps), (("others", _without_it(steps)),), until, who)


def _told(step: Step) -> str:
    did = f"{step.form or 'release'} by {step.by}"
    return f"  {step.at:%a %d %b %H:%M} {step.name} ({step.case}) {did}: {dict(step.answers)}"


def compared(count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """At least so many pairs: how many of each kind, and in words those that could be told apart."""
    policies, kinds, apart = load(), Counter[str](), list[str]()
    for alike in stories(seed):
        # Whatever looks like the first of them looks like every other that does.
        for before, (kind, found) in enumerate(compare(alike, policies), 1):
            kinds[kind] += before
            if found:
                apart.append(f"{kind}, after {kinds.total()} pairs of seed {seed}\n{found}")
        if kinds.total() >= count:
            return kinds, apart
    raise AssertionError("stories do not end")


def compared_together(count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """As ``compared``, on every processor of the machine: each part has a seed of its own, whatever the machine."""
    kinds, apart = Counter[str](), list[str]()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as processes:
        seeds = range(seed * PARTS, (seed + 1) * PARTS)
        for some, found in processes.map(compared, [-(-count // PARTS)] * PARTS, seeds):
            kinds += some
            apart += found
    return kinds, apart


def main(count: int, seed: int) -> int:
    """Compare so many pairs; returns in how many there was a difference."""
    kinds, apart = compared_together(count, seed)
    print(*apart, sep="\n")
    print(f"{kinds.total()} pairs of stories, seed {seed} ({dict(kinds)}): {len(apart)} could be told apart")
    return len(apart)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 2026) > 0)
