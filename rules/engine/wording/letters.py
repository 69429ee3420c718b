"""Texts: a template and what is known make a subject and a body. A gap that nobody fills is an error, not a blank."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache

from jinja2 import StrictUndefined, TemplateError
from jinja2 import Template as JinjaTemplate
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from rules.engine.model.policy import Template
from rules.engine.school.school_days import LONDON

_TEXTS = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
)
# Plain text mails: nothing is HTML, so nothing is escaped.

GAPS = frozenset({
    "case", "school", "role", "link", "tasks", "decisions", "urgent", "what", "due", "minutes", "new_date", "sent_to",
    "address_of", "today", "received", "stage", "by", "meets", "next_stage_to", "signed_by", "first_action", "blanks",
    "cases", "called_next",
})  # fmt: skip
"""What a template may speak of. No name, no kind, no account of what happened is among them."""

MARK = "[write here: "
"""How a place begins that a person still has to fill."""


_MARKS = re.compile(r"\[\s*(?:write\s+here|not\s+finished)\b", re.IGNORECASE)


def mark(what: str) -> str:
    """A place that a person still has to fill: "[write here: the date]"."""
    return f"{MARK}{what}]"


def write(template: Template, known: Mapping[str, object]) -> tuple[str, str]:
    """The subject and the body. ``known`` has a value for each of ``GAPS``. ValueError where the template is broken."""
    try:
        subject = _compiled(template.subject).render(known)
        body = _compiled(template.body).render(known)
    except TemplateError as error:
        raise ValueError(f"The text {template.name!r} cannot be written: {error}") from error
    body = _flowing(body)
    return " ".join(subject.split()), _unfinished(body) + body + "\n"


def _flowing(text: str) -> str:
    """Without the line breaks that only the rule file needs: one line a paragraph, and one an item of a list."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(re.sub(r"\n(?!- )", " ", re.sub(r"[ \t]*\n[ \t]*", "\n", one)) for one in paragraphs)


def _unfinished(body: str) -> str:
    """What stands above a letter with places to fill, so that nobody takes it for finished."""
    places = body.count(MARK)
    if not places:
        return ""
    said = "1 place below says" if places == 1 else f"{places} places below say"
    return f'[Not finished: {said} "write here". Fill in each, then delete this line.]\n\n'


def marks_in(text: str) -> int:
    """How many marks of an unfinished letter stand in it: places to fill, and the line above them that says so.

    However a mail program has broken its lines.
    """
    return len(_MARKS.findall(text))


def gaps_of(text: str) -> frozenset[str]:
    """The names that a template speaks of. ValueError where it cannot be read."""
    try:
        return frozenset(find_undeclared_variables(_TEXTS.parse(text)))
    except TemplateError as error:
        raise ValueError(str(error)) from error


@lru_cache(maxsize=256)
def _compiled(text: str) -> JinjaTemplate:
    return _TEXTS.from_string(text)


def in_words(when: date | datetime | None) -> str:
    """A time limit as people say it: "today's" date with its weekday, and the hour where it matters."""
    if when is None:
        return "as soon as possible"
    if isinstance(when, datetime):
        local = when.astimezone(LONDON)
        return f"{local:%H:%M} on {local:%A} {local.day} {local:%B %Y}"
    return f"{when:%A} {when.day} {when:%B %Y}"
