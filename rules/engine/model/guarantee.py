"""What a guarantee is once it is read: plain values. ``read_guarantees`` reads it, ``claims`` knows what it means."""

from __future__ import annotations

from dataclasses import dataclass

from rules.engine.model.policy import Condition, Due


@dataclass(frozen=True, slots=True)
class Claim:
    """One line of a guarantee, as ``read_guarantees`` documents its words. ``what`` is "" where any will do."""

    always: bool
    """True: it comes of every such event. False: it comes of none."""
    kind: str
    words: str
    """The line as it is written."""
    elsewhere: bool = False
    """It is about the same events where ``when`` does not hold."""
    what: str = ""
    to: tuple[str, ...] = ()
    urgent: bool = False
    due: Due | None = None
    lifted_by: str | None = None
    more: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """What is said of something that stands in the files (``standing``), by its name."""
    line: int = 0

    def said(self, name: str) -> tuple[str, ...]:
        """The words of ``more`` under this name; none where nothing is said of it."""
        return dict(self.more).get(name, ())

    @property
    def promises(self) -> bool:
        """Whether something must be done for it to be kept; otherwise something must be left undone."""
        return self.always and self.kind != "reaches only"


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What holds for every possible submission, whatever the rules are changed to; ``prove`` shows it or breaks it."""

    id: str
    title: str
    clauses: tuple[str, ...]
    says: str
    on: tuple[str, ...]
    when: Condition
    without: tuple[str, ...]
    """Audience phrases: it supposes that nobody who may know holds these roles."""
    rests_on: tuple[str, ...]
    """The guards of the engine without which the rules alone would not do."""
    claims: tuple[Claim, ...]
    file: str
    line: int
