"""The only door to the rules: load, check, decide, explain.

What leadership edits is in ``policies`` and ``forms``; what it means is in ``engine``.
"""

from rules.engine.deciding.decide import Decision, Matching, Reference, decide
from rules.engine.model.policy import Note, Policies
from rules.engine.proving.prove import Broken, Proved, prove
from rules.engine.proving.replay import as_scenario
from rules.engine.proving.versions import Difference, always_together, differences, never_apply
from rules.engine.reading.problem import Problem, RuleFilesError
from rules.engine.rulebook.check import check, notes
from rules.engine.rulebook.load import load, read_texts, shipped_texts, side_by_side
from rules.engine.wording.explain import Explanation, as_text, together

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
