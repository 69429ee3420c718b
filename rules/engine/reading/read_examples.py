"""Reading the examples of rules and stages: days, what is given, what was before, and what must follow."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import get_args

from rules.engine.model.effects import DeadlineState
from rules.engine.model.example import Earlier, Example, Expected, ExpectedClock, Moment, StageExample
from rules.engine.model.form import Form, Shape
from rules.engine.model.policy import EffectKind, FactValue, FactWord
from rules.engine.model.situation import Happening
from rules.engine.reading.document import Entries, Node, Word
from rules.engine.reading.shapes import Desk
from rules.engine.school.school_days import LONDON
from rules.engine.school.term_dates import Span

EXAMPLE = ("example", "today", "closed", "given", "earlier", "expect")
STAGE_EXAMPLE = ("example", "today", "closed", "given", "expect")
DATED: Mapping[str, str] = {"task": "due", "calendar": "on"}
"""Effects that may be expected for a day, and the word before it."""
NOT_RUNNING = "not running"
STATES: tuple[DeadlineState, ...] = get_args(DeadlineState)
_DAY = re.compile(r"(20[0-9]{2}-[0-9]{2}-[0-9]{2})(?: ([0-9]{2}:[0-9]{2}))?")
_MOST_BEFORE = 100
"""Days before, in one example."""
_LONGEST = timedelta(days=120)
"""Without school: longer than any summer."""
_AS_A_DAY = "Write it as 2026-10-06, or with the time as 2026-10-06 17:30."


@dataclass(frozen=True, slots=True)
class ExampleWords:
    """What examples may speak of: facts, the answers that the forms of an event keep, and what happens on cases."""

    facts: Mapping[str, FactWord]
    forms: tuple[Form, ...]
    happenings: Collection[str]

    def kept(self, events: Collection[str]) -> dict[str, Shape]:
        """What the forms of these events keep without feeding a fact, each with its shape."""
        asked = (question for form in self.forms if form.event in events for question in form.questions)
        return {question.name: question.shape for question in asked if not question.is_fact}


class Examples:
    """Reads the examples of rules and of stages."""

    def __init__(self, desk: Desk, words: ExampleWords) -> None:
        self.desk = desk
        self.words = words

    def of_rule(self, node: Node, events: Collection[str]) -> Example:
        """One example of a rule that answers these events."""
        entries = self.desk.entries(node, node, "examples")
        self.desk.only(entries, EXAMPLE, "an example")
        kept = self.words.kept(events)
        given, answers = self._answers(entries.get("given"), kept)
        today = self._moment(entries.get("today"))
        if entries.get("today") is None:
            self._needs_today(entries, answers)
        return Example(
            title=self.desk.word(entries.get("example"), entries, "example"),
            given=given,
            expect=self._effects(entries),
            line=entries.place.line,
            today=today,
            closed=self._closed(entries.get("closed")),
            kept=answers,
            earlier=tuple(
                one for item in self.desk.items(entries.get("earlier")) for one in self._earlier(item, kept, today)
            ),
        )

    def of_stage(self, node: Node, clocks: Collection[str]) -> StageExample:
        """One example of a stage with these deadlines."""
        entries = self.desk.entries(node, node, "examples")
        self.desk.only(entries, STAGE_EXAMPLE, "an example of a stage")
        given = self.desk.entries(entries.get("given"), entries, "given")
        happened = [(key, value) for key, value in given if key.text.lower() in self.words.happenings]
        others = [pair for pair in given if pair not in happened]
        for key, _ in others:
            if key.text not in self.words.facts:
                what = f'Nothing on a case is called "{key.text}".'
                self.desk.known(key, key.text, [*self.words.happenings, *self.words.facts], what)
        known = tuple((key, value) for key, value in others if key.text in self.words.facts)
        facts, _ = self._answers(Entries(known, given.place), {})
        happenings = [one for key, value in happened for one in self._happenings(key, value)]
        expect = self.desk.entries(entries.get("expect") or Word("", entries.place), entries, "expect")
        if not expect.pairs:
            self.desk.wrong(
                entries, "The example does not say what is due.", "Add `expect: {CP-3k: 2026-10-13}` or so."
            )
        return StageExample(
            title=self.desk.word(entries.get("example"), entries, "example"),
            happenings=tuple(sorted(happenings, key=lambda one: one.at)),
            facts=facts,
            expect=tuple(self._clock(key, value, clocks) for key, value in expect),
            closed=self._closed(entries.get("closed")),
            today=self._moment(entries.get("today")),
            line=entries.place.line,
        )

    # --- days

    def _moment(self, node: Node | None) -> Moment | None:
        if node is None:
            return None
        found = _DAY.fullmatch(node.text.strip()) if isinstance(node, Word) else None
        try:
            if found is None:
                raise ValueError
            day, clock = date.fromisoformat(found[1]), time.fromisoformat(found[2] or "12:00")
        except ValueError:
            said = f'"{node.text}" is not a day.' if isinstance(node, Word) else "A day is wanted here."
            self.desk.wrong(node, said, _AS_A_DAY)
            return None
        return Moment(datetime.combine(day, clock, LONDON), timed=found[2] is not None)

    def _day(self, node: Node | None) -> date | None:
        moment = self._moment(node)
        return moment.at.date() if moment is not None else None

    def _closed(self, node: Node | None) -> tuple[Span, ...]:
        """``2026-10-26 to 2026-10-30``, one day, or a list of either."""
        found = []
        for item in self.desk.items(node):
            first, to, last = item.text.partition(" to ") if isinstance(item, Word) else ("", "", "")
            days = [self._day(Word(text, item.place)) for text in ([first, last] if to else [first])]
            start, end = days[0], days[-1]
            if start is None or end is None:
                continue
            if end < start:
                what = f"{end} is before {start}."
                self.desk.wrong(item, what, "Write the first day, then the last: 2026-10-26 to 2026-10-30.")
                continue
            if end - start > _LONGEST:
                what = f"From {start} to {end} is longer than any holiday."
                self.desk.wrong(item, what, f"Write {_LONGEST.days} days at most.")
                continue
            found.append(Span("closure", "", start, end))
        return tuple(found)

    # --- what is given

    def _answers(
        self, node: Node | None, kept: Mapping[str, Shape]
    ) -> tuple[dict[str, FactValue], dict[str, str | date | time]]:
        """Facts, in the words of the vocabulary, and what the forms keep besides."""
        facts: dict[str, FactValue] = {}
        answers: dict[str, str | date | time] = {}
        if node is None or (isinstance(node, Word) and not node.text):
            return facts, answers
        if not isinstance(node, Entries):
            self.desk.wrong(node, "An example gives facts.", "Write `given: {fact: answer}`, or `given: {}`.")
            return facts, answers
        for key, value in node:
            if key.text in kept and key.text not in self.words.facts:
                answer = self._kept(value, kept[key.text])
                if answer is not None:
                    answers[key.text] = answer
                continue
            what = f'"{key.text}" is not something our forms ask.'
            if self.desk.known(key, key.text, [*self.words.facts, *kept], what):
                fact = self._fact(key, value, self.words.facts[key.text])
                if fact is not None:
                    facts[key.text] = fact
        return facts, answers

    def _kept(self, value: Node, shape: Shape) -> str | date | time | None:
        match shape:
            case "date":
                return self._day(value)
            case "time":
                try:
                    return time.fromisoformat(value.text.strip() if isinstance(value, Word) else "")
                except ValueError:
                    self.desk.wrong(value, "A time of the day is wanted here.", "Write it as 12:40.")
                    return None
            case "people":
                return "\n".join(name for text in self.desk.words(value) for name in text.split(", "))
            case _:
                return "\n".join(self.desk.words(value))

    def _fact(self, key: Word, value: Node, fact: FactWord) -> FactValue:
        """An answer: a word, a list of words, or a number; None (and a problem) where it is none."""
        if fact.kind == "number":
            return self.desk.number(value, key.text)
        words = [word.lower() for word in self.desk.words(value)]
        if fact.kind == "choices":
            words = [piece for word in words for piece in ([word] if word in fact.words else word.split(", "))]
        bad = [word for word in words if word not in fact.words]
        for word in bad:
            self.desk.known(value, word, fact.words, f'"{word}" is not an answer to "{key.text}".')
        if not words or bad:
            return None
        return frozenset(words) if fact.kind == "choices" else words[0]

    def _earlier(self, node: Node, kept: Mapping[str, Shape], today: Moment | None) -> Iterable[Earlier]:
        """What was before, once for each of its days."""
        entries = self.desk.entries(node, node, "earlier")
        what = entries.get("what happened")
        if what is not None and isinstance(what, Word):
            said = f'Nothing on a case is called "{what.text}".'
            self.desk.known(what, what.text.lower(), self.words.happenings, said)
        others = tuple((key, value) for key, value in entries if key.text not in ("on", "what happened"))
        given, answers = self._answers(Entries(others, entries.place), kept)
        if entries.get("on") is None:
            self.desk.wrong(entries, "Nothing says when this was.", "Add `on: 2026-10-06` or so.")
        days = self.desk.items(entries.get("on"))
        if len(days) > _MOST_BEFORE:
            self.desk.wrong(entries, f"An example can have {_MOST_BEFORE} days before.", "Write fewer.")
        for item in days[:_MOST_BEFORE]:
            when = self._moment(item)
            if when is None:
                continue
            if today is not None and when.at > today.at:
                self.desk.wrong(item, "This is later than `today:`.", "Change one of the two days.")
            happened = what.text.lower() if isinstance(what, Word) else None
            yield Earlier(when, given, answers, happened)

    def _needs_today(self, entries: Entries, answers: Collection[str]) -> None:
        counted = [name for name in ("closed", "earlier") if entries.get(name) is not None]
        dated = [item.key(word) for item in self.desk.items(entries.get("expect")) if isinstance(item, Entries)
                 for word in DATED.values()]  # fmt: skip
        said = next((key for name in counted if (key := entries.key(name))), None)
        given = entries.get("given")
        if isinstance(given, Entries):
            said = said or next((key for key, _ in given if key.text in answers), None)
        said = said or next((key for key in dated if key is not None), None)
        if said is not None:
            what = f'"{said.text}" needs a day from which to count.'
            self.desk.wrong(said, what, "Add `today: 2026-10-15` or so to the example.")

    def _happenings(self, key: Word, value: Node) -> Iterable[Happening]:
        """``appeal received: 2026-10-08``, several days, or ``{on: 2026-10-08, new date: 2026-11-20}``."""
        for item in self.desk.items(value):
            when, day = item, None
            if isinstance(item, Entries):
                self.desk.only(item, ("on", "new date"), "what happened")
                when, day = item.get("on") or item, self._day(item.get("new date"))
            moment = self._moment(when)
            if moment is not None:
                yield Happening(key.text.lower(), moment.at, moment.timed, day)

    # --- what must follow

    def _effects(self, entries: Entries) -> tuple[Expected, ...]:
        expect = entries.get("expect")
        if expect is None:
            self.desk.wrong(entries, "The example does not say what follows.", "Add `expect: nothing`, or the effects.")
        found: list[Expected] = []
        for item in self.desk.items(expect):
            if isinstance(item, Word):
                if item.text != "nothing":
                    self.desk.wrong(item, f'"{item.text}" is not an expectation.', 'Write "nothing", or the effects.')
                continue
            found += self._expected(self.desk.entries(item, entries, "expect"))
        return tuple(found)

    def _expected(self, item: Entries) -> Iterable[Expected]:
        kinds = get_args(EffectKind)
        dated = next((word for kind, word in DATED.items() if item.get(kind) is not None), None)
        due = self._moment(item.get(dated)) if dated else None
        for key, value in item:
            if key.text == dated:
                continue
            self.desk.known(key, key.text, kinds, f'"{key.text}" is not something that a rule can do.')
            for text in self.desk.words(value):
                yield Expected(key.text, text, due if key.text in DATED else None)

    def _clock(self, key: Word, value: Node, clocks: Collection[str]) -> ExpectedClock:
        self.desk.known(key, key.text, clocks, f'This stage has no deadline "{key.text}".')
        if isinstance(value, Word) and value.text == NOT_RUNNING:
            return ExpectedClock(key.text, (), key.place.line)
        turns = tuple(self._turn(item) for item in self.desk.items(value))
        return ExpectedClock(key.text, turns, key.place.line)

    def _turn(self, node: Node) -> tuple[date | None, DeadlineState | None]:
        """``2026-10-13``, ``cancelled``, or ``2026-10-13, missed``."""
        text = node.text.strip() if isinstance(node, Word) else ""
        first, _, second = (piece.strip() for piece in text.partition(","))
        state = next((known for known in STATES if known == (second or first)), None)
        if state is not None and not second:
            return None, state
        if second and state is None:
            self.desk.wrong(node, f'"{second}" is not a state of a deadline.', f"Write one of: {', '.join(STATES)}.")
        return self._day(Word(first, node.place) if isinstance(node, Word) else node), state
