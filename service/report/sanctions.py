"""The steps of the school's ladder (AB-9r) that a recorded outcome names, in the writer's own words."""

from __future__ import annotations

import re

UNNAMED = "none of these named"
NEGATED = re.compile(r"\b(no|not|without|never|instead of|rather than)\b", re.I)
STEPS = {
    "warning": re.compile(r"\bwarn(ed|ing|ings)\b", re.I),
    "detention": re.compile(r"\bdetentions?\b", re.I),
    "loss of privileges": re.compile(r"\b(loss of|lost|losing) (\w+ )?privileges?\b", re.I),
    "suspension": re.compile(r"\bsuspen(ded|sion|sions)\b", re.I),
    "exclusion": re.compile(r"\b(permanent(ly)? exclu(ded|sion)|exclusion)\b", re.I),
    "restorative work": re.compile(r"\brestorative\b", re.I),
    "mentoring or counselling": re.compile(r"\b(mentor(s|ing)?|counsell(ing|or))\b", re.I),
}
CATEGORIES = (*((step, step[0].upper() + step[1:]) for step in STEPS), (UNNAMED, "In other words"))


def named_in(text: str) -> frozenset[str]:
    """The steps named. A sentence that denies something names none: a person reads it, and it is counted as such."""
    clear = [sentence for sentence in re.split(r"[.;!?\n]", text) if not NEGATED.search(sentence)]
    found = frozenset(step for step, words in STEPS.items() if any(words.search(sentence) for sentence in clear))
    return found or frozenset({UNNAMED})
