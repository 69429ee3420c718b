"""A guarantee that does not hold, in words."""

from __future__ import annotations

from rules import Broken


def broken_in_words(broken: Broken) -> list[str]:
    """A guarantee that does not hold, with the form that shows it, what would come of it, and which rules did it."""
    lines = [f"BROKEN  {broken.guarantee.id}  {broken.guarantee.title} ({', '.join(broken.guarantee.clauses)})"]
    lines.append(f"        {broken.wrong}")
    if broken.form.answers:
        lines.append(f"        For instance, where the form {broken.form.form} says:")
        answers = ((q, a if isinstance(a, str) else ", ".join(a)) for q, a in broken.form.answers)
        lines += [f"          {question}: {answer}" for question, answer in answers]
    if broken.effects:
        lines += ["        then this follows:", *(f"          {effect}" for effect in broken.effects)]
    if broken.rules:
        lines.append(f"        Rules: {', '.join(broken.rules)}.")
    return lines
