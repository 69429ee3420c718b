"""A form's response as the connector posts it. The shape is strict, the values are not: whatever a person filled in is
accepted whole, and the odd is for a person to look at.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec

DEEPEST = 32
"""Levels of lists and objects. The connector needs five."""

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
_Revision = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class ShapeError(Exception):
    """Not JSON, or not the JSON that the connector posts. The text says what, without repeating the body."""


class Answer(msgspec.Struct, frozen=True):
    """One answer: text, a list of choices or, oddly, anything else."""

    question_id: str
    title: str | None = None
    value: Any = None


class Submission(msgspec.Struct, frozen=True):
    """One response to one form. ``submitted_at`` and ``respondent_email`` are as sent, whatever that is."""

    form_id: _Id
    response_id: _Id
    revision: _Revision
    answers: tuple[Answer, ...]
    form_title: str | None = None
    submitted_at: Any = None
    respondent_email: Any = None


class Envelope(msgspec.Struct, frozen=True):
    """What is posted."""

    type: Literal["form.submitted"]
    data: Submission


class Posted(msgspec.Struct, frozen=True):
    """A submission with everything that came with it: ``content`` is all of its ``data`` as JSON, in one and the same
    writing whatever the order of names and the spaces were; ``content_hash`` is of that.
    """

    submission: Submission
    content: bytes
    submitted_at: datetime | None
    content_hash: str


def read(body: bytes) -> Posted:
    """The submission in a verified body. ShapeError if there is none."""
    posted = _parse(body)
    if _depth(posted) > DEEPEST:
        raise ShapeError("the JSON is nested too deeply")
    try:
        submission = msgspec.convert(posted, Envelope).data
    except msgspec.ValidationError as error:
        raise ShapeError(f"not the expected shape: {error}") from None
    if not (submission.form_id.isprintable() and submission.response_id.isprintable()):
        raise ShapeError("form_id and response_id must be printable text")
    content = json.dumps(posted["data"], sort_keys=True, separators=(",", ":")).encode("ascii")
    return Posted(submission, content, _moment(submission.submitted_at), hashlib.sha256(content).hexdigest())


def _parse(body: bytes) -> Any:
    """The standard library's parser: it takes half surrogate pairs, which a person may well have typed; msgspec's
    does not. Numbers that it would refuse or bend are kept as they were written.
    """
    try:
        return json.loads(
            body.decode("utf-8"),
            parse_int=_int,
            parse_float=_float,
            parse_constant=_refuse,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError:
        raise ShapeError("the body is not UTF-8") from None
    except RecursionError:
        raise ShapeError("the JSON is nested too deeply") from None
    except ValueError:
        raise ShapeError("the body is not JSON") from None


def _int(text: str) -> int | str:
    return int(text) if len(text) <= 18 else text


def _float(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object, and one of the two would be lost")
    return found


def _depth(value: Any) -> int:
    match value:
        case dict():
            return 1 + max(map(_depth, value.values()), default=0)
        case list():
            return 1 + max(map(_depth, value), default=0)
        case _:
            return 0


def _moment(value: object) -> datetime | None:
    """When it was submitted, or None where that cannot be told."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
