"""What was reported, as a page shows it: the answers in the form's order, the latest version first.

Evidence is never shown, linked or fetched: it may be a sexual image of a child (I14). Nor is the account that a form
for pupils was sent from: they need not give their name (AB-11a).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from service.flows.unshown import Unshown
from service.store import StoredSubmission
from service.web.words import in_words

NOT_FETCHED = "Evidence was attached. It is not fetched or linked here; it stays where it was uploaded."
_FILE = re.compile(r"[A-Za-z0-9_-]{25,}", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_STORED = re.compile(r"(?:https?://)?(?:drive|docs)\.google\.com/\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answered:
    """One question and its answer. ``evidence``: files, of which only that is told that there are some."""

    question: str
    lines: tuple[str, ...]
    evidence: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """One revision of a response."""

    number: int
    sent_at: datetime
    by: str
    answers: tuple[Answered, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One response to one form, with every version of it, the latest first."""

    title: str
    what: str
    """What it was, in the words of the case's account."""
    versions: tuple[Version, ...]


def reports(
    submissions: Iterable[StoredSubmission],
    unshown: Unshown,
    naming: Callable[[str], str],
    said: Mapping[str, str],
) -> tuple[Report, ...]:
    """The responses among these submissions, oldest first.

    ``unshown``: what is kept back, files and senders; ``naming``: the name that belongs to an address; ``said``: what
    each was, by its id.
    """
    found: dict[tuple[str, str], list[StoredSubmission]] = {}
    for submission in submissions:
        if submission.source == "form":
            found.setdefault((submission.form_id, submission.response_id), []).append(submission)
    return tuple(
        Report(
            title=versions[0].form_title or "A form",
            what=said.get(versions[0].id, ""),
            versions=tuple(
                _version(one, unshown, naming) for one in sorted(versions, key=lambda v: v.revision, reverse=True)
            ),
        )
        for versions in found.values()
    )


def _version(submission: StoredSubmission, unshown: Unshown, naming: Callable[[str], str]) -> Version:
    body = submission.body
    answers = body.get("answers")
    respondent = None if submission.form_id in unshown.anonymous else body.get("respondent_email")
    return Version(
        number=submission.revision,
        sent_at=submission.submitted_at or submission.received_at,
        by=naming(respondent) if isinstance(respondent, str) and respondent else "",
        answers=tuple(_answered(one, unshown.uploads) for one in answers) if isinstance(answers, list) else (),
    )


def _answered(answer: Any, evidence: Collection[str]) -> Answered:
    if not isinstance(answer, dict):
        return Answered("An answer that could not be read", _lines(answer))
    question = str(answer.get("title") or answer.get("question_id") or "A question without a title")
    value = answer.get("value")
    if _is_evidence(question, answer.get("question_id"), value, evidence):
        return Answered(question, (NOT_FETCHED,) if value else (), evidence=bool(value))
    return Answered(question, _lines(value))


def _is_evidence(question: str, question_id: object, value: object, evidence: Collection[str]) -> bool:
    if question_id in evidence or question.casefold().startswith("evidence"):
        return True
    # A form of the school's own may take files under any title: ids of files come as a list of long words.
    return isinstance(value, list) and bool(value) and all(isinstance(v, str) and _FILE.fullmatch(v) for v in value)


def _lines(value: object) -> tuple[str, ...]:
    match value:
        case None:
            return ()
        case list():
            return tuple(line for item in value for line in _lines(item))
        case _:
            text = _STORED.sub("[the address of a stored file is not shown]", str(value)).strip()
            return (_day_in_words(text),) if text else ()


def _day_in_words(text: str) -> str:
    """``Tue 6 Oct 2026`` for the date that a form sends as 2026-10-06; any other text as it is."""
    if not _DATE.fullmatch(text):
        return text
    try:
        return in_words(date.fromisoformat(text))
    except ValueError:
        return text
