"""What the task sheet may say. Whoever works with the sheet reads all of it, so where one of them is kept out of a
case, the rows of that case say nothing of it (I2): no reference, no title, no clause. Those whose turn it is sign in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rules.engine.model.effects import AnyEffect, Flag, Task
from rules.engine.model.policy import Vocabulary
from rules.engine.model.situation import CaseFile
from rules.engine.school.directory import Directory


def is_sealed(kept_out: Iterable[str], words: Vocabulary, directory: Directory) -> bool:
    """Whether one of those who are kept out is given work, and so has the sheet before them."""
    return any(is_given_work(address, words, directory) for address in kept_out)


def is_given_work(address: str, words: Vocabulary, directory: Directory) -> bool:
    """Whether somebody holds a role for which rules have work."""
    working = {role for audience in words.audiences.values() for role in (audience.role, *audience.then) if role}
    person = directory.by_email(address)
    held = person.roles if person is not None else ()
    return any(role in working or role.startswith("lead-year-manager") for role in held)


def sealed(effects: Iterable[AnyEffect], case: CaseFile, *, seal: bool) -> list[AnyEffect]:
    """The effects, their rows sealed where they must be; rows that were written before are written again."""
    found = [replace(e, sealed=seal or e.sealed) if isinstance(e, Task | Flag) else e for e in effects]
    if not seal:
        return found
    keys = {effect.key for effect in found}
    before: list[AnyEffect] = [*case.tasks.values(), *case.flags.values()]
    again = [
        replace(e, sealed=True) for e in before if isinstance(e, Task | Flag) and not e.sealed and e.key not in keys
    ]
    return [*found, *again]
