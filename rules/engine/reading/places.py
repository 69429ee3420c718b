"""From a line of a rule file that has been read to a message that shows it."""

from __future__ import annotations

from rules.engine.model.policy import Policies
from rules.engine.reading.document import Place, lines_of
from rules.engine.reading.problem import Problem


def mistake(policies: Policies, file: str, line: int, what: str, instead: str = "", *, word: str = "") -> Problem:
    """A mistake on this line (from 1): the caret is under ``word``, or under the whole line where that is not in it."""
    lines = lines_of(policies.texts.get(file, ""))
    source = lines[line - 1] if 0 < line <= len(lines) else ""
    shown = word if word and word in source else source.strip()
    column = source.find(shown) + 1
    return Place(file, line, column, source).problem(what, instead, length=max(1, len(shown)))
