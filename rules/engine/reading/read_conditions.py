"""Reading ``when``: from words to a condition, with the caret under the word that is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rules.engine.model.policy import UNKNOWN, All, Any, Atom, Compare, Condition, FactWord, Includes, Is, Not
from rules.engine.reading.document import Items, Node, Word
from rules.engine.reading.read_words import windowed
from rules.engine.reading.shapes import Desk

TESTS = ("is not", "is", "does not include", "includes", "at least", "at most")
GROUPS = ("all of", "any of", "none of")
_MOST_WORDS = 64
_JOINT = re.compile(r",| or ")
_WINDOW = re.compile(r"^(?P<count>.+?)(?: in (?P<window>.+?) (?P<unit>school days|working days|calendar days|days))?$")


class Conditions:
    """Reads conditions. Counts that a rule wants over a window become facts of their own, in ``facts``."""

    def __init__(self, desk: Desk, facts: Mapping[str, FactWord], settings: Mapping[str, int | str]) -> None:
        self.desk = desk
        self.facts = dict(facts)
        self._settings = settings

    def read(self, node: Node) -> Condition:
        """The condition at this node; each mistake is collected and reads as "never"."""
        if isinstance(node, Items):
            return All(tuple(self.read(item) for item in node.nodes))
        if isinstance(node, Word):
            self.desk.wrong(
                node, "A condition is a fact, a colon and a test.", "Write, for example, `place: is toilets`."
            )
            return Any(())
        parts = tuple(self._pair(key, value) for key, value in node)
        return parts[0] if len(parts) == 1 else All(parts)

    def _pair(self, key: Word, value: Node) -> Condition:
        if key.text in GROUPS:
            if isinstance(value, Word) or not self.desk.items(value):
                self.desk.wrong(
                    key, f'"{key.text}" is followed by nothing.', "Write its tests below it, each with a dash."
                )
                return Any(())
            parts = tuple(self.read(item) for item in self.desk.items(value))
            match key.text:
                case "all of":
                    return All(parts)
                case "any of":
                    return Any(parts)
                case _:
                    return Not(Any(parts))
        what = f'"{key.text}" is not something our forms ask.'
        if not self.desk.known(key, key.text, [*self.facts, *GROUPS], what):
            return Any(())
        fact = self.facts[key.text]
        conditions = []
        for text, node in self._texts(value):
            conditions.append(self._test(fact, text, node))
        return conditions[0] if len(conditions) == 1 else All(tuple(conditions))

    def _texts(self, value: Node) -> list[tuple[str, Word]]:
        if isinstance(value, Word):
            return [(" ".join(value.text.split()), value)]
        if isinstance(value, Items):
            return [pair for item in value.nodes for pair in self._texts(item)]
        self.desk.wrong(value, "A test is wanted here.", "Write, for example, `is yes or unknown`.")
        return []

    def _test(self, fact: FactWord, text: str, node: Word) -> Condition:
        test = next((t for t in TESTS if text == t or text.startswith(t + " ")), None)
        if test is None:
            self.desk.wrong(node, f'"{text}" is not a test.', _likely(fact, text))
            return Any(())
        rest = text[len(test) :].strip()
        if test in ("at least", "at most"):
            return self._compare(fact, test, rest, node)
        if (fact.kind == "choices") is not ("include" in test) and not (fact.kind == "choices" and rest == UNKNOWN):
            wanted = {"choices": "includes", "choice": "is", "number": "at least"}[fact.kind]
            if "not" in test:
                wanted = {"includes": "does not include", "is": "is not"}.get(wanted, wanted)
            self.desk.wrong(node, f'"{fact.name}" is asked with "{wanted}".', f'Write "{wanted} {rest}".')
            return Any(())
        if fact.kind == "number" and re.search("[0-9]", rest):
            what = f'"{fact.name}" is a number: it is asked with "at least" or "at most".'
            self.desk.wrong(node, what, f'Write "at least {rest}", "at most {rest}", or both below one another.')
            return Any(())
        words = self._words(fact, rest, node)
        atom: Atom = Includes(fact.name, words) if fact.kind == "choices" else Is(fact.name, words)
        return Not(atom) if "not" in test else atom

    def _words(self, fact: FactWord, rest: str, node: Word) -> tuple[str, ...]:
        known = fact.words if fact.kind != "number" else (UNKNOWN,)
        rest = rest.lower()
        pieces = _pieces(rest)
        found: list[str] = []
        at = 0
        if len(pieces) > _MOST_WORDS:
            self.desk.wrong(node, f"This test names more than {_MOST_WORDS} answers.", "Write several tests.")
            return ()
        while at < len(pieces):
            # An answer may itself have "or" or a comma in it: the longest that is known wins.
            for end in range(len(pieces), at, -1):
                whole = rest[pieces[at][0] : pieces[end - 1][1]]
                if whole in known:
                    found.append(whole)
                    at = end
                    break
            else:
                word = rest[slice(*pieces[at])]
                self.desk.known(node, word, known, f'"{word}" is not an answer to "{fact.name}".')
                at += 1
        if not pieces:
            self.desk.wrong(node, "The test does not say which answers.", f"Write one or more of: {', '.join(known)}.")
        return tuple(found)

    def _compare(self, fact: FactWord, test: str, rest: str, node: Word) -> Condition:
        parts = _WINDOW.match(rest)
        if fact.kind != "number" or parts is None:
            self.desk.wrong(node, f'"{fact.name}" is not a number.', "Ask with `is` or `includes`.")
            return Any(())
        count = self._number(parts["count"], node)
        if parts["window"] is not None:
            if parts["unit"] != "school days":
                what = (
                    f'"{rest}" does not say which kind of day.'
                    if parts["unit"] == "days"
                    else "Patterns count school days."
                )
                self.desk.wrong(node, what, 'Write "school days".')
            days = self._number(parts["window"], node)
            if fact.counts is None:
                self.desk.wrong(node, f'"{fact.name}" is not counted over days.', "Leave out the window.")
            elif days is not None:
                fact = windowed(fact, days)
                self.facts.setdefault(fact.name, fact)
        elif fact.counts is not None and count is not None:
            self.desk.wrong(
                node, f'"{fact.name}" needs the days over which it counts.', f'Write "{test} {rest} in 60 school days".'
            )
        if count is None:
            return Any(())
        return Compare(fact.name, "at least" if test == "at least" else "at most", count)

    def _number(self, text: str, node: Word) -> int | None:
        if re.fullmatch(r".+ in \d+", text):
            self.desk.wrong(node, f'"{text}" does not say which kind of day.', f'Write "{text} school days".')
            return None
        text = re.sub(r" (days|school days|people)$", "", text)
        if re.fullmatch("[0-9]{1,9}", text):
            return int(text)
        value = self._settings.get(text)
        if isinstance(value, int):
            return value
        self.desk.known(node, text, self._settings, f'"{text}" is neither a number in digits nor a setting.')
        return None


def _likely(fact: FactWord, text: str) -> str:
    """What somebody may have meant who did not begin with a test."""
    number = re.search("[0-9]{1,9}", text)
    if fact.kind == "number" and number:
        above = text.startswith(("more", "over")) or text.startswith(">") is not (">=" in text)
        return f'Write "at least {int(number[0]) + above}" or "at most {number[0]}".'
    if text.lower() in fact.words:
        return f'Write "{"includes" if fact.kind == "choices" else "is"} {text}".'
    return f"Begin with one of: {', '.join(TESTS)}."


def _pieces(text: str) -> list[tuple[int, int]]:
    """Where each piece between commas and "or" begins and ends."""
    found, at = [], 0
    for end, after in (*(joint.span() for joint in _JOINT.finditer(text)), (len(text), len(text))):
        piece = text[at:end].strip()
        if piece:
            start = text.index(piece, at)
            found.append((start, start + len(piece)))
        at = after
    return found
