"""A response to a form as it was kept, read again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rules import Policies
from rules.engine.intake.facts import Answer, Reading, read_response
from rules.engine.model.form import Form


def answers_of(body: Mapping[str, Any]) -> list[Answer]:
    """The answers in the body of a submission, as they came; none in one that is no response."""
    given = body.get("answers") or ()
    return [Answer(str(a.get("question_id") or ""), str(a.get("title") or ""), a.get("value")) for a in given]


def reading_of(form: Form, body: Mapping[str, Any]) -> Reading:
    """What a response to this form says."""
    return read_response(form, answers_of(body))


def forms_of(policies: Policies, event: str | None = None) -> dict[str, Form]:
    """The forms by the id that Google knows them by; only those of one event if it is named."""
    return {form.id: form for form in policies.forms.values() if event in (None, form.event)}
