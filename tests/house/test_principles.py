"""What is decided where the policies are silent stands in one place, under the numbers by which everything names it."""

from __future__ import annotations

import re

from tests.house.files import ROOT, texts

PRINCIPLES = (ROOT / "rules/principles.md").read_text(encoding="utf-8")
ALWAYS = re.findall(r"^- \*\*(I\d+)\*\* ", PRINCIPLES, re.MULTILINE)
COUNTING = re.findall(r"^(\d+)\. ", PRINCIPLES.split("## Counting")[1], re.MULTILINE)


def test_they_are_numbered_in_order() -> None:
    assert [f"I{number}" for number in range(1, len(ALWAYS) + 1)] == ALWAYS
    assert [str(number) for number in range(1, len(COUNTING) + 1)] == COUNTING


def test_whatever_is_named_by_a_number_is_there() -> None:
    named: dict[str, set[str]] = {}
    for file, text in texts(".py", ".yaml").items():
        numbers = set(re.findall(r"\bI\d{1,2}\b", text))
        for several in re.findall(r"\bCounting ((?:\d+(?:, | and )?)+)", text):
            numbers |= {f"Counting {number}" for number in re.findall(r"\d+", several)}
        for number in numbers:
            named.setdefault(number, set()).add(file)
    known = {*ALWAYS, *(f"Counting {number}" for number in COUNTING)}
    assert {number: sorted(files) for number, files in named.items() if number not in known} == {}
    assert {"I2", "Counting 3"} <= named.keys(), "they are found as they are written"


def test_nothing_refers_to_what_is_not_here() -> None:
    """Whoever has this project has everything that it speaks of."""
    elsewhere = re.compile(r"\b(?:DOMAIN|CONTRACT|DESIGN)(?:\.md\b|, | section )")
    found = [name for name, text in texts(".py", ".yaml", ".md").items() if elsewhere.search(text)]
    assert [name for name in found if not name.startswith("tests/house/")] == []
