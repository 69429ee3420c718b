"""What two pasts have made differently: grouped, counted, in words that name nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from rules.engine.model.effects import (
    AnyEffect,
    CalendarEntry,
    CaseChange,
    Deadline,
    Flag,
    Notice,
    Refused,
    Task,
    Withhold,
)
from service.flows.recalled import Made

How = Literal["new", "gone", "otherwise"]

HEADINGS: Mapping[How, str] = {
    "new": "Would be, and was not:",
    "gone": "Was, and would no longer be:",
    "otherwise": "Was, and would be otherwise:",
}
_REFERENCE = re.compile(r"[A-Z]{1,3}-[0-9]{4}-[0-9]{4,}")
_ADDRESS = re.compile(r"\S+@\S+")


@dataclass(frozen=True, slots=True)
class Group:
    """Differences of one kind: how many, and one reference by which it can be looked up. ``rules`` led to that one."""

    how: How
    what: str
    count: int
    example: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _One:
    how: How
    what: str
    ref: str
    rules: tuple[str, ...]


def differences(
    before: Iterable[Made], after: Iterable[Made], instead_of: Mapping[str, str] | None = None
) -> tuple[Group, ...]:
    """What ``after`` has that ``before`` has not, the other way round, and otherwise; the most frequent first.

    ``instead_of``: for references that exist in ``after`` only, what can be looked up in their place.
    """
    was, now = _by_place(before), _by_place(after)
    found: dict[tuple[How, str], list[_One]] = {}
    for ref in dict.fromkeys((*was, *now)):
        for one in _of_place(ref, was.get(ref, []), now.get(ref, [])):
            found.setdefault((one.how, one.what), []).append(one)
    elsewhere = instead_of or {}
    groups = [
        Group(how, what, len(ones), elsewhere.get(ones[0].ref, ones[0].ref), ones[0].rules)
        for (how, what), ones in found.items()
    ]
    return tuple(sorted(groups, key=lambda group: (list(HEADINGS).index(group.how), -group.count, group.what)))


def as_lines(groups: Iterable[Group]) -> Iterator[str]:
    """For people: each heading, then each group with its count, an example and the rules that led to it."""
    groups = tuple(groups)
    for how, heading in HEADINGS.items():
        of_kind = [group for group in groups if group.how == how]
        if of_kind:
            yield heading
        for group in of_kind:
            rules = f"; {', '.join(group.rules)}" if group.rules else ""
            yield f"{group.count:6}  {group.what} (for instance {group.example}{rules})"


def _by_place(made: Iterable[Made]) -> dict[str, list[AnyEffect]]:
    """Effects by the case on which they were made; a case changes often, and only how it stands at last is compared."""
    found: dict[str, list[AnyEffect]] = {}
    last: dict[str, CaseChange] = {}
    for one in made:
        effect = one.effect
        if isinstance(effect, CaseChange) and effect.case is not None:
            last[effect.case] = effect
        elif effect.kind != "alarm":
            found.setdefault(effect.case or "no case", []).append(effect)
    for ref, change in last.items():
        found.setdefault(ref, []).append(change)
    return found


def _of_place(ref: str, was: list[AnyEffect], now: list[AnyEffect]) -> Iterator[_One]:
    before, after = _by_name(was), _by_name(now)
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name, []), after.get(name, [])
        for effect in new[len(old) :]:
            yield _One("new", name, ref, effect.rules)
        for effect in old[len(new) :]:
            yield _One("gone", name, ref, effect.rules)
        if len(old) == len(new):
            yield from _otherwise(name, ref, old, new)


def _otherwise(name: str, ref: str, old: list[AnyEffect], new: list[AnyEffect]) -> Iterator[_One]:
    """Those of one name that stand otherwise, each beside one that it might have been."""
    left = list(map(_state, old))
    changed: list[AnyEffect] = []
    for effect in new:
        if _state(effect) in left:
            left.remove(_state(effect))
        else:
            changed.append(effect)
    for before, effect in zip(left, changed, strict=True):
        pairs = zip(before, _state(effect), strict=True)
        how = ", ".join(_changed(a, b) for a, b in pairs if a != b)
        yield _One("otherwise", f"{name}: {how}", ref, effect.rules)


def _changed(before: object, after: object) -> str:
    # Each date is another one: that it is another day is enough to group them.
    return "another day" if isinstance(before, date) or isinstance(after, date) else f"{after} instead of {before}"


def _by_name(effects: Iterable[AnyEffect]) -> dict[str, list[AnyEffect]]:
    found: dict[str, list[AnyEffect]] = {}
    for effect in effects:
        found.setdefault(_name(effect), []).append(effect)
    return found


def _name(effect: AnyEffect) -> str:
    """What it is and for which role, without anybody's address."""
    match effect:
        case Notice(held_by=str()):
            said = f"a draft to the {effect.role}"
        case Notice():
            said = f"{'an urgent alert' if effect.urgent else 'a notice'} to the {effect.role}"
        case Task():
            said = f'a task for the {effect.role}: "{effect.title}"'
        case CalendarEntry():
            said = f"an entry in the diary of the {effect.role}"
        case Deadline():
            said = f'the deadline "{effect.name}"'
        case Withhold():
            said = f"{effect.details} kept from {', '.join(effect.from_)}"
        case Flag():
            said = f'a matter for the {effect.role} to decide: "{effect.name}"'
        case CaseChange():
            said = f"a case of the kind {effect.track}"
        case Refused():
            said = f"something refused ({', '.join(effect.rules)})"
        case _:
            said = effect.kind
    return _ADDRESS.sub("[address]", _REFERENCE.sub("[case]", said))


def _state(effect: AnyEffect) -> tuple[object, ...]:
    """What of it can be otherwise, in an order that its kind has."""
    match effect:
        case Notice():
            return (f'text "{effect.template}"', "taken back" if effect.status == "withdrawn" else "standing")
        case Task():
            return (effect.due, effect.state)
        case Deadline():
            return (effect.due, effect.state)
        case Withhold():
            return ("in force" if effect.active else "lifted",)
        case CaseChange():
            return (effect.state, f"stage {effect.stage}")
        case _:
            return ()
