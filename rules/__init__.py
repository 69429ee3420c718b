"""The only door to the rules: load, check, decide, explain.

What leadership edits is in ``policies`` and ``forms``; what it means is in ``engine``.
"""

from rules.engine.check import check, notes
from rules.engine.decide import Decision, Matching, Reference, decide
from rules.engine.explain import Explanation, as_text, together
from rules.engine.load import load, read_texts, shipped_texts, side_by_side
from rules.engine.policy import Note, Policies
from rules.engine.problem import Problem, RuleFilesError
from rules.engine.prove import Broken, Proved, prove
from rules.engine.replay import as_scenario
from rules.engine.versions import Difference, always_together, differences, never_apply

__all__ = [
    "Broken",
    "Decision",
    "Difference",
    "Explanation",
    "Matching",
    "Note",
    "Policies",
    "Problem",
    "Proved",
    "Reference",
    "RuleFilesError",
    "always_together",
    "as_scenario",
    "as_text",
    "check",
    "decide",
    "differences",
    "load",
    "never_apply",
    "notes",
    "prove",
    "read_texts",
    "shipped_texts",
    "side_by_side",
    "together",
]
