"""What a policy is once it is read: plain, immutable values. The reader is ``parse``, the meaning ``conditions``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from rules.engine.model.form import Form

if TYPE_CHECKING:
    from rules.engine.model.example import Example, StageExample
    from rules.engine.model.guarantee import Guarantee

UNKNOWN = "unknown"
"""The word for a blank. Every fact can be unknown; none is ever missing."""

EVENT = "event"
"""The fact that says what has just happened: each rule answers some events only."""

FactValue = str | frozenset[str] | int | None
"""A choice is a word, several choices a set of words, a number an int, or None where it is not known."""

Facts = Mapping[str, FactValue]


@dataclass(frozen=True, slots=True)
class Is:
    """``fact: is a or b``. For a choice: its word is one of these. For a number only ``is unknown`` is possible."""

    fact: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Includes:
    """``fact: includes a or b``. At least one of these was chosen; a blank question includes ``unknown``."""

    fact: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """``fact: at least 3`` or ``at most 3``. A number that is not known satisfies neither."""

    fact: str
    op: Literal["at least", "at most"]
    number: int


@dataclass(frozen=True, slots=True)
class Not:
    """``is not`` and ``does not include``."""

    part: Condition


@dataclass(frozen=True, slots=True)
class All:
    """``all of``: every part holds. An empty one always does."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """``any of``: at least one part holds. An empty one never does."""

    parts: tuple[Condition, ...]


Condition = Is | Includes | Compare | Not | All | Any
Atom = Is | Includes | Compare

ALWAYS = All(())


def atoms(condition: Condition) -> Iterator[Atom]:
    """Every test in a condition, in the order in which it is read."""
    match condition:
        case Not(part):
            yield from atoms(part)
        case All(parts) | Any(parts):
            for part in parts:
                yield from atoms(part)
        case _:
            yield condition


# --- words -------------------------------------------------------------------------------------------------------

FactKind = Literal["choice", "choices", "number"]


@dataclass(frozen=True, slots=True)
class FactWord:
    """A fact that rules may speak of. ``words`` are its answers, ``unknown`` always among them; numbers have none."""

    name: str
    kind: FactKind
    words: tuple[str, ...]
    meaning: str
    sensitivity: Literal["open", "internal", "restricted"] = "internal"
    window: int | None = None
    """School days, for a count that a rule asked for "in 60 school days"."""
    counts: str | None = None
    """Which history a number counts; None where it comes from the form or the case."""
    safety: bool = False
    """A question on which a blank counts as a yes until a person decides: rules must say what a blank does."""
    reads: Mapping[str, str] = field(default_factory=dict, compare=False)
    """How an answer is read aloud, by answer; under ``{answer}`` for every other."""
    labels: Mapping[str, str] = field(default_factory=dict, compare=False)
    """The answers as a form's options have them."""


@dataclass(frozen=True, slots=True)
class Audience:
    """A phrase that an effect may use for people, and who that is.

    ``role`` is a role of the directory, ``relation`` a tie to the case (``reporter``, ``complainant``,
    ``carers of the targeted`` ...). ``then`` is who is next when nobody clean holds the role.
    """

    phrase: str
    role: str | None = None
    relation: str | None = None
    then: tuple[str, ...] = ()
    outside: bool = False
    """Outside the school: nothing reaches them but by a person's release."""
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Template:
    """A text with gaps. Subjects are neutral: a reference, a role, never a name or a kind."""

    name: str
    subject: str
    body: str
    held_by: str | None = None
    """The audience phrase of who releases it, for letters."""
    records: str | None = None
    """What has happened on the case once it is released."""
    before_consent: bool = False
    """It may go to whoever complains for somebody else before that person's written consent is here."""
    overtaken_by: tuple[str, ...] = ()
    """What leaves it behind: while it waits for its release, it is taken back."""
    file: str = ""
    line: int = 0


# --- rules -------------------------------------------------------------------------------------------------------


EffectKind = Literal["notify", "digest", "task", "calendar", "letter", "withhold", "flag", "open case", "record"]
Unit = Literal["school days", "days", "minutes", "months", "day given"]


@dataclass(frozen=True, slots=True)
class Due:
    """When something is owed, as written: ``count`` in ``unit`` after ``event`` (None: after this event).

    In ``day given`` it is owed on the day that somebody named when they recorded what it is after, or ``count`` school
    days before it.
    """

    count: int
    unit: Unit
    after: str | None = None
    every: int | None = None
    """Then again every so many school days."""
    text: str = ""


@dataclass(frozen=True, slots=True)
class EffectSpec:
    """One line of a rule's ``then``: ``kind`` and what it was given, not yet tied to people or dates."""

    kind: EffectKind
    what: str
    to: tuple[str, ...] = ()
    using: str | None = None
    urgent: bool = False
    due: Due | None = None
    each: str | None = None
    lifted_by: str | None = None
    done_when: tuple[str, ...] = ()
    """What ticks a task off."""
    steps: tuple[str, ...] = ()
    """How a task is done, in sentences: what the policy asks of whoever does it."""
    each_time: bool = False
    """Made anew at each event, a later version of a report too; otherwise once a case."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, with the clauses of the register that it carries out."""

    id: str
    title: str
    clauses: tuple[str, ...]
    says: str
    on: tuple[str, ...]
    """The events that it answers: report received, complaint received, update recorded ..."""
    when: Condition
    then: tuple[EffectSpec, ...]
    examples: tuple[Example, ...]
    file: str
    line: int
    condition: Condition = field(init=False, repr=False, compare=False)
    """When it applies: its event, and its ``when``."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "condition", All((Is(EVENT, self.on), self.when)))


@dataclass(frozen=True, slots=True)
class DeadlineSpec:
    """A clock of a procedure. ``when`` narrows it to some cases; ``also`` is a second reading of the same duty."""

    id: str
    title: str
    clauses: tuple[str, ...]
    duty_of: str
    due: Due
    done_when: tuple[str, ...]
    when: Condition = ALWAYS
    also: Due | None = None
    remind: int | None = None
    """School days before it is due."""
    if_missed: tuple[str, ...] = ()
    cancelled_by: tuple[str, ...] = ()
    counts_from: Literal["effective receipt", "the day itself"] = "effective receipt"
    extended_by: str | None = None
    """What happens when its new date has been given in writing."""
    each_time: bool = False
    """A clock of its own each time that what it starts from happens, met by what is done after that."""
    only_afterwards: bool = False
    """Met only by what is done once it has started; else what was done before counts too."""
    anew_when: tuple[str, ...] = ()
    """What starts it once more, from the day on which it happens, and ends what still ran of it."""
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a procedure: opened and closed by what happens on the case.

    ``alongside``: no stage of the case, but clocks that run beside all of them and go on when the case is closed;
    what closes it ends them, until the case is opened again.
    """

    name: str
    title: str
    clauses: tuple[str, ...]
    says: str
    opens_when: tuple[str, ...]
    closes_when: tuple[str, ...]
    deadlines: tuple[DeadlineSpec, ...]
    alongside: bool = False
    examples: tuple[StageExample, ...] = ()
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Procedure:
    """The stages and clocks of one track of cases."""

    track: str
    stages: tuple[Stage, ...]
    ends_when: tuple[str, ...] = ()
    reopens_when: tuple[str, ...] = ()
    pauses_when: tuple[str, ...] = ()
    resumes_when: tuple[str, ...] = ()
    beside: str | None = None
    """The track whose clocks alongside run on cases of this one too."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Which words exist, and what they mean."""

    facts: Mapping[str, FactWord]
    audiences: Mapping[str, Audience]
    templates: Mapping[str, Template]
    events: frozenset[str]
    happenings: frozenset[str]
    """What can happen on a case: the words of ``done when``, ``opens when`` and ``record``."""


@dataclass(frozen=True, slots=True)
class Note:
    """Where the adopted policies contradict themselves or are out of date, and what holds here until they are changed.

    ``setting`` names the setting that leadership may change instead, where there is one.
    """

    title: str
    clauses: tuple[str, ...]
    says: str
    default: str
    setting: str | None = None


@dataclass(frozen=True, slots=True)
class Policies:
    """Everything that leadership has written, read and checked, with its version."""

    version: str
    vocabulary: Vocabulary
    rules: tuple[Rule, ...]
    procedures: Mapping[str, Procedure]
    settings: Mapping[str, int | str]
    forms: Mapping[str, Form] = field(default_factory=dict)
    clauses: frozenset[str] = frozenset()
    """Every clause of the register."""
    guarantees: tuple[Guarantee, ...] = ()
    notes: tuple[Note, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """The files as they were read, to show where a mistake is."""

    def procedure_of(self, track: str) -> Procedure | None:
        """The procedure of cases of this track, with the clocks of another that run beside its own."""
        own = self.procedures.get(track)
        other = self.procedures.get(own.beside) if own is not None and own.beside is not None else None
        if own is None or other is None:
            return own
        return replace(own, stages=(*own.stages, *(stage for stage in other.stages if stage.alongside)))

    def rule(self, rule_id: str) -> Rule:
        """The rule of that id; KeyError if there is none."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)
