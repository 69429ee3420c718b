"""What rules/README.md shows is true: its rules parse and prove themselves, and no word of the language is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

import rules
from rules.engine.model.form import Shape
from rules.engine.model.guarantee import Guarantee
from rules.engine.model.policy import Policies, Unit
from rules.engine.proving.prove import Proved, prove
from rules.engine.reading.read_conditions import GROUPS, TESTS
from rules.engine.reading.read_examples import EXAMPLE, NOT_RUNNING, STAGE_EXAMPLE, STATES
from rules.engine.reading.read_forms import FORM, QUESTION
from rules.engine.reading.read_guarantees import CLAIMS, GUARANTEE, GUARDS, MORE, PLAIN
from rules.engine.reading.read_procedures import DEADLINE, PROCEDURE, STAGE
from rules.engine.reading.read_rules import EACH, EFFECTS, RULE, TRACKS
from rules.engine.reading.read_words import AUDIENCE, FACT, HISTORIES, NOTE, OTHERWISE, SETTING, TEMPLATE
from rules.engine.rulebook.diagram import diagram
from rules.engine.rulebook.parse import parse
from tests.rules.northbridge import POLICIES

TEXT = (Path(rules.__file__).parent / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
COMPLAINTS = "policies/complaints/procedure.yaml"
WORDS = {
    "rule": RULE, "effect": (*EFFECTS, *(word for more in EFFECTS.values() for word in more)), "each": EACH,
    "track": TRACKS, "test": (*TESTS, *GROUPS), "unit": get_args(Unit), "example": EXAMPLE,
    "example of a stage": STAGE_EXAMPLE, "state of a clock": (*STATES, NOT_RUNNING), "procedure": PROCEDURE,
    "stage": STAGE, "deadline": DEADLINE, "guarantee": GUARANTEE,
    "claim": (*CLAIMS, *PLAIN), "word of a claim": tuple(word for more in MORE.values() for word in more),
    "guard": tuple(GUARDS), "way of counting": HISTORIES, "reads": (OTHERWISE,),
    "fact": FACT, "person": AUDIENCE, "text": TEMPLATE,
    "setting": SETTING, "note": NOTE, "form": FORM, "question": QUESTION, "shape of answer": get_args(Shape),
}  # fmt: skip


def with_blocks() -> Policies:
    """The shipped rules with everything that the README shows beside them: a stage ends its procedure."""
    texts = dict(rules.shipped_texts())
    for number, block in enumerate(BLOCKS):
        if block.lstrip().startswith("- stage:"):
            texts[COMPLAINTS] += block
        else:
            texts[f"policies/readme_{number}.yaml"] = block
    return parse(texts)


@pytest.fixture(scope="module")
def policies() -> Policies:
    return with_blocks()


def test_everything_that_is_shown_parses_and_checks(policies: Policies) -> None:
    assert len(BLOCKS) >= 9
    assert {"MY-01", "MY-02"} <= {rule.id for rule in policies.rules}
    assert rules.check(policies) == ()


def test_the_guarantees_that_are_shown_are_proved(policies: Policies) -> None:
    def mine(promise: Guarantee) -> bool:
        return promise.id.startswith("MY-")

    found = prove(replace(policies, guarantees=tuple(filter(mine, policies.guarantees))))
    assert [one.guarantee.id for one in found if isinstance(one, Proved)] == ["MY-G1", "MY-G2"]


def shown() -> Iterator[str]:
    """What stands in a block, or between backticks."""
    yield from BLOCKS
    yield from re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL))


@pytest.mark.parametrize("kind", WORDS)
def test_every_word_of_the_language_is_shown(kind: str) -> None:
    code = " ".join(" ".join(shown()).split())
    units = {"day given": "on the day given"}
    missing = [word for word in WORDS[kind] if not re.search(rf"(?<!\w){re.escape(units.get(word, word))}(?!\w)", code)]
    assert missing == []


def test_the_picture_of_the_procedure_is_the_one_that_is_drawn_from_it() -> None:
    [picture] = re.findall(r"```mermaid\n(.*?)\n```", TEXT, re.DOTALL)
    assert picture == diagram(POLICIES, POLICIES.procedures["complaint"])
