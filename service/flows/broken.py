"""A guarantee that does not hold, in words."""

from __future__ import annotations

from collections.abc import Iterator

from rules import Broken
from rules.engine.proving.counterexample import Filled


def broken_in_words(broken: Broken) -> list[str]:
    """A guarantee that does not hold, with the form that shows it, what would come of it, and which rules did it."""
    lines = [f"BROKEN  {broken.guarantee.id}  {broken.guarantee.title} ({', '.join(broken.guarantee.clauses)})"]
    lines.append(f"        {broken.wrong}")
    if broken.form.answers:
        lines.append(f"        For instance, where the form {broken.form.form} says:")
        lines += [f"          {line}" for line in answers_in_words(broken.form)]
    if broken.beside:
        lines.append(f"        and it is so that: {'; '.join(broken.beside)}")
    if broken.effects:
        lines += ["        then this follows:", *(f"          {effect}" for effect in broken.effects)]
    if broken.rules:
        lines.append(f"        Rules: {', '.join(broken.rules)}.")
    return lines


def answers_in_words(form: Filled) -> Iterator[str]:
    """Each question with its answer; several names or choices on one line."""
    for question, answer in form.answers:
        yield f"{question}: {', '.join(answer.splitlines() if isinstance(answer, str) else answer)}"
