"""What is wrong with a rule file, said so that its author can mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

WIDEST = 100
"""Characters of a line that are shown."""
LONGEST_WORD = 120
LONGEST_MESSAGE = 400


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake: where it is (lines and columns count from 1), what is wrong, and what to write instead."""

    file: str
    line: int
    column: int
    what: str
    instead: str = ""
    length: int = 1
    source: str = ""
    """The line itself, to be shown with a caret."""

    def __str__(self) -> str:
        shown = [f"{self.file}, line {self.line}", f"  {self.what}"]
        if self.instead:
            shown.append(f"  {self.instead}")
        if self.source.strip():
            number = f"{self.line} | "
            # Of a long line, the part in which the mistake is.
            first = max(0, self.column - WIDEST // 2) if len(self.source) > WIDEST else 0
            text = self.source[first : first + WIDEST].replace("\t", " ")
            before = self.column - 1 - first
            caret = "^" * max(1, min(self.length, len(text) - before))
            shown += [f"   {number}{text}".rstrip(), f"   {' ' * (len(number) - 2)}| {' ' * before}{caret}"]
        return "\n".join(shown)


def sentence(text: str) -> str:
    """A message on one line, and not the whole of a page that was pasted into the wrong place."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]}..."


class RuleFilesError(Exception):
    """The rule files cannot be used. ``problems`` are all of them, in order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n\n".join(str(problem) for problem in self.problems))


def nearest(word: str, known: Iterable[str]) -> str:
    """``Did you mean "risk of harm"?``, or nothing where no known word is near."""
    if len(word) > LONGEST_WORD:
        return ""  # comparing takes the square of the length, and nobody mistypes so long a word
    close = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return f'Did you mean "{close[0]}"?' if close else ""
