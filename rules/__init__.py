"""The only door to the rules: load, check, decide, explain.

What leadership edits is in ``policies`` and ``forms``; what it means is in ``engine``.
"""

from rules.engine.check import check, notes
from rules.engine.decide import Decision, Matching, Reference, decide
from rules.engine.explain import Explanation, as_text
from rules.engine.load import load, read_texts, shipped_texts, side_by_side
from rules.engine.policy import Note, Policies
from rules.engine.problem import Problem, RuleFilesError

__all__ = [
    "Decision",
    "Explanation",
    "Matching",
    "Note",
    "Policies",
    "Problem",
    "Reference",
    "RuleFilesError",
    "as_text",
    "check",
    "decide",
    "load",
    "notes",
    "read_texts",
    "shipped_texts",
    "side_by_side",
]
