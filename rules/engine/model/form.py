"""Forms, as plain values: which question feeds which fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Shape = Literal["choice", "choices", "given", "number", "date", "time", "text", "people"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a form. ``name`` is the fact that it feeds, or the text it keeps; ``answers`` option to word."""

    title: str
    id: str
    item: str
    name: str
    shape: Shape
    answers: Mapping[str, str]
    other: str | None = None

    @property
    def is_fact(self) -> bool:
        """Whether rules may ask about it."""
        return self.shape in ("choice", "choices", "given", "number")


@dataclass(frozen=True, slots=True)
class Form:
    """A form: its Google id and the event that a response is."""

    name: str
    title: str
    id: str
    event: str
    questions: tuple[Question, ...]
    anonymous: bool = False
    """For pupils who tell: whatever account it was sent from, nobody looks for who wrote it."""
    file: str = ""
    line: int = 0
