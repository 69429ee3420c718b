"""Which facts can stand together, and which are plainest: what a proof ranges over, and what it shows first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rules.engine.casework.counting import BY_TOPIC
from rules.engine.model.policy import EVENT, UNKNOWN, Any, Compare, Condition, FactWord, Includes, Is, Not, atoms

CLEAN = "a clean holder of "
"""How the facts begin that say whether somebody who may know holds a role."""

_PLAIN: Mapping[str, tuple[str, ...]] = {
    "people targeted": ("pupil",),
    "people reported": ("pupil",),
    "complained about": ("staff",),
    "complainant gave a name": ("yes",),
    "complainant is": ("parent of a current pupil",),
    "discussed before": ("no",),
    "reported by": ("staff",),
    "track": ("complaint", "bullying"),
    "a pupil has special needs": ("no",),
    "somebody could not be matched": ("no",),
    "several pupils are targeted": ("no",),
}
"""What an ordinary submission says; everything else is left blank where it can be."""

_NUMBERS = (0, 1, 2, 3, 5, 10, 11, 20, 60, 365)


@dataclass(frozen=True, slots=True)
class Relation:
    """Something that ``events`` makes true of every submission; a proof may use it."""

    condition: Condition

    @property
    def facts(self) -> frozenset[str]:
        """The facts that it speaks of."""
        return frozenset(atom.fact for atom in atoms(self.condition))


def _implies(one: Condition, other: Condition) -> Relation:
    return Relation(Any((Not(one), other)))


def _relations() -> Iterator[Relation]:
    for side in ("targeted", "reported"):
        for word in ("staff", "parent", "adult"):
            yield _implies(Is(f"stated {side}", (word,)), Includes(f"people {side}", (word,)))
        yield _implies(Is(f"stated {side}", ("pupil",)), Not(Includes(f"people {side}", (UNKNOWN,))))
    yield _implies(Is("several pupils are targeted", ("yes",)), Includes("people targeted", ("pupil", UNKNOWN)))
    for word in ("staff", "headteacher", "chair", "governor", "whole board", "school", "other organisation"):
        yield _implies(Is("stated complained about", (word,)), Includes("complained about", (word,)))
    both = Is("stated complained about", ("chair and vice-chair",))
    yield _implies(both, Includes("complained about", ("chair",)))
    yield _implies(both, Includes("complained about", ("vice-chair",)))
    # Known only by a name, and whoever bears it is also staff or a governor.
    named = Includes("complained about", ("clerk", "business manager", "dsl"))
    yield _implies(named, Includes("complained about", ("staff", "governor")))
    yield _implies(Is("a result was given", ("yes",)), Not(Is("upheld", (UNKNOWN,))))
    for number in ("days late", "days past three months", "school days since the stage 3 outcome", "times before"):
        yield Relation(Any((Is(number, (UNKNOWN,)), Compare(number, "at least", 0))))


_RELATIONS = tuple(_relations())


def relations(words: Mapping[str, FactWord]) -> Iterator[Relation]:
    """What a proof may suppose of submissions that have these facts."""
    yield from (relation for relation in _RELATIONS if relation.facts <= words.keys())
    for name, word in words.items():
        if word.counts == BY_TOPIC and "topic" in words:
            given = Not(Is("topic", (UNKNOWN,)))
            yield Relation(Any((given, Is(name, (UNKNOWN,)), Compare(name, "at most", 0))))


def preferred(words: Mapping[str, FactWord]) -> Iterator[Condition]:
    """Wishes, the most important first: clean holders, an ordinary submission, blanks, small numbers."""
    for name in words:
        if name.startswith(CLEAN):
            yield Is(name, ("yes",))
    if {EVENT, "track"} <= words.keys():
        yield Any((Not(Is(EVENT, ("update recorded",))), Not(Is("track", (UNKNOWN,)))))
    for name, word in sorted(words.items(), key=lambda pair: pair[0] not in _PLAIN):
        if not name.startswith(CLEAN) and name != EVENT:
            yield from _wishes(name, word)


def _wishes(name: str, word: FactWord) -> Iterator[Condition]:
    plain = tuple(answer for answer in _PLAIN.get(name, ()) if answer in word.words)
    match word.kind:
        case "number":
            yield Is(name, (UNKNOWN,))
            yield from (Compare(name, "at most", number) for number in _NUMBERS)
        case "choice":
            yield from (Is(name, (answer,)) for answer in (*plain, UNKNOWN))
        case _:
            yield from (Includes(name, (answer,)) for answer in (*plain, UNKNOWN))
            yield from (Not(Includes(name, (answer,))) for answer in word.words if answer not in plain)
