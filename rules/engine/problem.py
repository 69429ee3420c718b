"""What is wrong with a rule file, said so that its author can mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


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
            text = self.source[:160].replace("\t", " ")
            shown += [
                f"   {number}{text}",
                f"   {' ' * (len(number) - 2)}| {' ' * (self.column - 1)}{self._caret(text)}",
            ]
        return "\n".join(shown)

    def _caret(self, text: str) -> str:
        return "^" * max(1, min(self.length, len(text) - self.column + 1))


class RuleFilesError(Exception):
    """The rule files cannot be used. ``problems`` are all of them, in order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n\n".join(str(problem) for problem in self.problems))


def nearest(word: str, known: Iterable[str]) -> str:
    """``Did you mean "risk of harm"?``, or nothing where no known word is near."""
    close = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return f'Did you mean "{close[0]}"?' if close else ""
