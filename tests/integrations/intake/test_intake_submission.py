"""Strict about the shape, open to whatever a person may have filled in."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.intake import Posted, ShapeError, read

DATA: dict[str, Any] = {
    "form_id": "form-1",
    "form_title": "Bullying incident report",
    "response_id": "r-1",
    "revision": 1,
    "submitted_at": "2026-10-06T11:20:00+01:00",
    "respondent_email": "someone@school.example",
    "answers": [{"question_id": "q1", "title": "What happened?", "value": "Name-calling"}],
}


def posted(**changes: Any) -> bytes:
    return json.dumps({"type": "form.submitted", "data": DATA | changes}).encode()


def data_of(found: Posted) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(found.content)
    return kept


def test_a_response_is_read() -> None:
    found = read(posted())
    assert (found.submission.form_id, found.submission.response_id, found.submission.revision) == ("form-1", "r-1", 1)
    assert found.submitted_at == datetime(2026, 10, 6, 10, 20, tzinfo=UTC)
    assert data_of(found) == DATA


@pytest.mark.parametrize(
    "value", [5, 1.5, None, True, "", [], {}, [1, None], {"a": [1]}, "x" * 900_000, "\ud83d", "\0", 10**300, ["a", "b"]]
)
def test_an_odd_answer_is_accepted_whole(value: Any) -> None:
    answers = [{"question_id": "nobody knows it", "title": None, "value": value}]
    found = read(posted(answers=answers))
    kept = data_of(found)["answers"][0]["value"]
    assert kept == (str(value) if value == 10**300 else value)


@pytest.mark.parametrize(
    "submitted_at", ["yesterday", "", None, 5, "2026-10-06", "2026-10-06T11:20:00", "9999-12-31T23:59:59-23:00", {}]
)
def test_an_odd_time_is_accepted_as_no_time(submitted_at: Any) -> None:
    found = read(posted(submitted_at=submitted_at))
    assert found.submitted_at is None
    assert data_of(found)["submitted_at"] == submitted_at


def test_what_we_do_not_know_is_kept_too() -> None:
    assert data_of(read(posted(new_in_2027={"a": 1})))["new_in_2027"] == {"a": 1}


def test_numbers_that_a_parser_would_bend_are_kept_as_written() -> None:
    body = posted().replace(b'"Name-calling"', b"[1e999, 123456789012345678901234567890]")
    assert data_of(read(body))["answers"][0]["value"] == ["1e999", "123456789012345678901234567890"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"{}",
        b'{"type": "form.submitted"}',
        b'{"type": "form.submitted", "data": null}',
        b'{"type": "form.submitted", "data": NaN}',
        b"[" * 100_000,
        posted().replace(b"form.submitted", b"form.deleted"),
        posted().replace(b'"revision": 1', b'"revision": 1, "revision": 2'),
        posted(form_id=""),
        posted(form_id=5),
        posted(form_id="a\0b"),
        posted(response_id="\ud83d"),
        posted(response_id="x" * 513),
        posted(revision=0),
        posted(revision="1"),
        posted(revision=True),
        posted(revision=2**31),
        posted(answers=None),
        posted(answers={}),
        posted(answers=["a"]),
        posted(answers=[{"value": 1}]),
        posted(answers=[{"question_id": "q", "value": json.loads("[" * 40 + "]" * 40)}]),
    ],
)
def test_another_shape_is_refused_without_being_repeated(body: bytes) -> None:
    with pytest.raises(ShapeError) as refused:
        read(body)
    assert len(str(refused.value)) < 200


def test_the_content_hash_is_of_the_content() -> None:
    shuffled = json.dumps({"data": dict(reversed(DATA.items())), "type": "form.submitted"}, indent=2).encode()
    assert read(shuffled).content_hash == read(posted()).content_hash
    assert read(posted(respondent_email="other@school.example")).content_hash != read(posted()).content_hash
