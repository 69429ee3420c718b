"""Reading rules: law, words, conditions, effects, proof, in that order."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import cast

from rules.engine.model.form import Form
from rules.engine.model.policy import ALWAYS, Due, EffectKind, EffectSpec, Rule, Unit, Vocabulary
from rules.engine.reading.document import Entries, Node, Word
from rules.engine.reading.read_conditions import Conditions
from rules.engine.reading.read_examples import Examples, ExampleWords
from rules.engine.reading.shapes import Desk

EACH = ("person to hear", "pupil reported", "pupil targeted", "member of staff who saw it")
TRACKS = ("bullying", "complaint", "safeguarding", "staff-conduct", "adult", "contact")

RULE = ("rule", "title", "clauses", "says", "on", "when", "then", "examples")
EFFECTS: Mapping[str, tuple[str, ...]] = {
    "notify": ("using", "urgent", "each time"),
    "digest": ("using",),
    "task": ("for", "due", "each", "done when", "steps", "each time"),
    "calendar": ("for", "on"),
    "letter": ("to", "each time"),
    "withhold": ("from", "lifted only by"),
    "flag": ("for", "each time"),
    "open case": (),
    "record": (),
}
_DUE = re.compile(
    r"^(?:within|after) (?P<count>[0-9]{1,4}) (?P<unit>school days?|days?|minutes?|months?)(?: after (?P<after>.+?))?"
    r"(?:, then every (?P<every>[0-9]{1,4}) school days)?$"
)
ON_THE_DAY, BEFORE_THE_DAY = "on the day given with ", "school days before the day given with "
"""How a clock is written whose day a person gives, or that is due so many school days before it."""
_BEFORE = re.compile(rf"^(?P<count>[0-9]{{1,4}}) {BEFORE_THE_DAY}(?P<after>.+)$")


class Rules:
    """Reads the rules of all files against one vocabulary."""

    def __init__(
        self, desk: Desk, words: Vocabulary, conditions: Conditions, clauses: Collection[str], forms: Iterable[Form]
    ) -> None:
        self.desk = desk
        self.words = words
        self.conditions = conditions
        self.clauses = clauses
        happenings = words.happenings | words.events
        self.examples = Examples(desk, ExampleWords(conditions.facts, tuple(forms), happenings))

    def read(self, node: Node) -> Rule | None:
        """One rule of a list; None (and a problem) where there is no rule at all."""
        if not isinstance(node, Entries) or node.get("rule") is None:
            self.desk.wrong(node, "A rule begins with its name.", "Write `- rule: AB-01` or so.")
            return None
        self.desk.only(node, RULE, "a rule")
        when = node.get("when")
        then = tuple(
            effect for item in self.desk.items(node.get("then")) if (effect := self._effect(item, node)) is not None
        )
        if not any(isinstance(item, Entries) for item in self.desk.items(node.get("then"))):
            self.desk.wrong(
                node.key("rule") or node, "This rule leads to nothing.", "Add `then:` with what is to be done."
            )
        place, on = node.place, self._events(node)
        return Rule(
            id=self.desk.word(node.get("rule"), node, "rule"),
            title=self.desk.word(node.get("title"), node, "title"),
            clauses=self.cited(node),
            says=self.desk.word(node.get("says"), node, "says"),
            on=on,
            when=self.conditions.read(when) if when is not None else ALWAYS,
            then=then,
            examples=tuple(self.examples.of_rule(item, on) for item in self.desk.items(node.get("examples"))),
            file=place.file,
            line=place.line,
        )

    def cited(self, entries: Entries) -> tuple[str, ...]:
        """The clauses that a rule, stage or deadline carries out: each in the register."""
        node = entries.get("clauses")
        clauses = self.desk.words(node)
        if node is None or not clauses:
            self.desk.wrong(entries, "No clause is named.", "Add `clauses: [AB-8e]` or so, from the clause register.")
        for clause in clauses:
            self.desk.known(node or entries, clause, self.clauses, f'The clause register has no "{clause}".')
        return clauses

    def due(self, node: Node | None, name: str) -> Due | None:
        """``same school day``, ``within 3 school days after appeal received``, ``..., then every 15 school days``.

        ``on the day given with bar reviewed``: the date that was recorded with it; ``10 school days before the day
        given with bar reviewed``.
        """
        if node is None:
            return None
        text = self.desk.word(node, node, name)
        if text.startswith("same school day"):
            after = text.removeprefix("same school day").strip().removeprefix("as ").strip() or None
            return Due(0, "school days", self._after(node, after), text=text)
        if text.startswith(ON_THE_DAY):
            return Due(0, "day given", self._after(node, text.removeprefix(ON_THE_DAY)), text=text)
        before = _BEFORE.match(text)
        if before is not None:
            return Due(int(before["count"]), "day given", self._after(node, before["after"]), text=text)
        parts = _DUE.match(text)
        if parts is None:
            self.desk.wrong(node, *_uncounted(text))
            return None
        unit = parts["unit"] if parts["unit"].endswith("s") else parts["unit"] + "s"
        every = int(parts["every"]) if parts["every"] else None
        return Due(int(parts["count"]), cast(Unit, unit), self._after(node, parts["after"]), every, text)

    def _after(self, node: Node, event: str | None) -> str | None:
        if event is None:
            return None
        event = event.lower()
        self.desk.known(node, event, self.words.happenings, f'Nothing on a case is called "{event}".')
        return event

    def audience(self, node: Node | None, of: Node, name: str) -> tuple[str, ...]:
        """One or several phrases for people, each of the vocabulary."""
        phrases = self.desk.words(node)
        if not phrases:
            self.desk.wrong(of, f'"{name}" is missing: nobody is named.', f'Write "{name}: headteacher" or so.')
        for phrase in phrases:
            self.desk.known(node or of, phrase, self.words.audiences, f'Nobody here is called "{phrase}".')
        return tuple(phrase for phrase in phrases if phrase in self.words.audiences)

    def happenings(self, node: Node | None) -> tuple[str, ...]:
        """One or several things that happen on a case, joined by "or"."""
        found = []
        for text in self.desk.words(node):
            for piece in text.split(" or ") if text.lower() not in self.words.happenings else [text]:
                name = piece.strip().lower()
                if node is not None:
                    self.desk.known(node, name, self.words.happenings, f'Nothing on a case is called "{name}".')
                found.append(name)
        return tuple(found)

    def _events(self, node: Entries) -> tuple[str, ...]:
        on = node.get("on")
        text = self.desk.word(on, node.key("rule") or node, "on")
        events = tuple(piece.strip() for piece in text.split(" or ") if piece.strip())
        for event in events:
            self.desk.known(on or node, event, self.words.events, f'No event is called "{event}".')
        return events

    def _effect(self, node: Node, rule: Entries) -> EffectSpec | None:
        if not isinstance(node, Entries) or not node.pairs:
            self.desk.wrong(
                node, "An effect is a line such as `notify: headteacher`.", "Write one line for each effect."
            )
            return None
        key, value = next(((key, value) for key, value in node if key.text in EFFECTS), node.pairs[0])
        if not self.desk.known(key, key.text, EFFECTS, f'"{key.text}" is not something that a rule can do.'):
            return None
        self.desk.only(node, (key.text, *EFFECTS[key.text]), f'"{key.text}"')
        what = "notice" if key.text in ("notify", "digest") else self.desk.word(value, key, key.text)
        to = self._to(key, value, node)
        self._check(key, value, what, node)
        lifted = node.get("lifted only by")
        each = node.get("each")
        if each is not None:
            self.desk.known(each, self.desk.word(each, key, "each"), EACH, "A task can be had for each of these only.")
        return EffectSpec(
            kind=cast(EffectKind, key.text),
            what=what.lower() if key.text == "record" else what,
            to=to,
            using=self._using(key, value, node),
            urgent=self.desk.yes(node.get("urgent"), "urgent"),
            due=self.due(node.get("due") or node.get("on"), "due"),
            each=self.desk.word(each, key, "each") if each is not None else None,
            lifted_by=self.audience(lifted, key, "lifted only by")[0] if lifted is not None else None,
            done_when=self.happenings(node.get("done when")),
            steps=self.desk.words(node.get("steps")),
            each_time=self.desk.yes(node.get("each time"), "each time"),
            line=key.place.line,
        )

    def _to(self, key: Word, value: Node, node: Entries) -> tuple[str, ...]:
        match key.text:
            case "notify" | "digest":
                return self.audience(value, key, key.text)
            case "task" | "calendar" | "flag":
                return self.audience(node.get("for"), key, "for")
            case "letter":
                return self.audience(node.get("to"), key, "to")
            case "withhold":
                return self.audience(node.get("from"), key, "from")
            case _:
                return ()

    def _check(self, key: Word, value: Node, what: str, node: Entries) -> None:
        if key.text == "open case":
            self.desk.known(value, what, TRACKS, f'No track of cases is called "{what}".')
        elif key.text == "record":
            self.desk.known(value, what.lower(), self.words.happenings, f'Nothing on a case is called "{what}".')
        elif key.text == "withhold" and node.get("lifted only by") is None:
            self.desk.wrong(key, "Nobody can lift this.", "Add `lifted only by: designated safeguarding lead` or so.")
        elif key.text == "calendar" and node.get("on") is None:
            self.desk.wrong(key, "This diary entry has no day.", "Add `on: after 5 school days` or so.")
        if key.text in ("task", "flag") and len(self.desk.words(node.get("for"))) > 1:
            self.desk.wrong(node.get("for") or key, f"A {key.text} is for one person.", "Write one line for each.")

    def _using(self, key: Word, value: Node, node: Entries) -> str | None:
        source = value if key.text == "letter" else node.get("using")
        if key.text not in ("letter", "notify", "digest"):
            return None
        name = self.desk.word(source, key, "using")
        if name:
            self.desk.known(source or key, name, self.words.templates, f'No text is called "{name}".')
        return name


def _uncounted(text: str) -> tuple[str, str]:
    """What is wrong with a time that cannot be counted, and what to write."""
    if re.search(r"(?<!school )(?<!working )(?<!calendar )\bdays?\b(?! after)", text) and " before" in text:
        return (
            f'"{text}" does not say which kind of day.',
            'Write "school days" or "days", as in "within 5 school days".',
        )
    for unit in ("working days", "calendar days", "weeks", "hours", "years"):
        if unit in text or unit.removesuffix("s") in text:
            return f'"{unit}" are not counted here.', "Count school days, days, months or minutes."
    return f'"{text}" is not a time that can be counted.', 'Write "within 3 school days", or "same school day".'
