"""What a mistyped address, a wrong method, too much and a failure of our own get: words, and no word of any case."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from cryptography.fernet import Fernet
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.school import School
from service.store import Cipher, Store
from service.web import console
from service.web.refusals import LARGEST_FORM, Web
from tests.service import console_case as sample
from tests.service.console_app import ADDRESS, Desktop, desktop
from tests.service.console_case import ABOUT_THE_HEAD, BULLYING, DSL, HEAD

NO_SUCH_CASE = "C-2026-0999"


@pytest.fixture
def desk(cipher: Cipher, school: School) -> Iterator[Desktop]:
    store = Store.memory(cipher, "north")
    sample.fill(store)
    yield desktop(store, lambda: school.directory, key=Fernet.generate_key().decode())
    store.close()


def asked(client: FlaskClient, path: str, method: str = "GET", **more: object) -> TestResponse:
    return client.open(path, method=method, base_url=ADDRESS, **more)  # type: ignore[arg-type]


def in_the_house_style(answer: TestResponse) -> bool:
    styled = 'href="/assets/console.css"' in answer.text and "<h1>" in answer.text
    return styled and answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("reader", [None, HEAD, DSL])
@pytest.mark.parametrize("path", ["/case/B-2026-0001", "/cases", "/cases/", "/sign-in/x", "/favicon.ico", "/static/x"])
def test_a_mistyped_address_says_what_to_do(desk: Desktop, reader: str | None, path: str) -> None:
    answer = asked(desk.visitor(reader), path)
    assert answer.status_code == 404
    assert in_the_house_style(answer)
    assert "Look whether it was typed or copied in full." in answer.text
    assert '<a href="/">My cases</a>' in answer.text


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
@pytest.mark.parametrize("path", ["/cases/{}", "/cases/{}/release", "/cases/{}/anything"])
@pytest.mark.parametrize("reader", [None, HEAD])
def test_a_method_that_no_page_takes_tells_nothing_of_a_case(
    desk: Desktop, reader: str | None, path: str, method: str
) -> None:
    client = desk.visitor(reader)
    found, missing = (asked(client, path.format(ref), method) for ref in (ABOUT_THE_HEAD, NO_SUCH_CASE))
    assert found.status_code == missing.status_code == 405
    assert "GET" in found.headers["Allow"]
    assert found.data == missing.data
    assert list(found.headers) == list(missing.headers)
    assert in_the_house_style(found)


@pytest.mark.parametrize("encoding", ["multipart/form-data", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("ref", [ABOUT_THE_HEAD, NO_SUCH_CASE, BULLYING])
def test_more_than_a_form_holds_is_not_read(desk: Desktop, ref: str, encoding: str) -> None:
    much = {"csrf": "x" * LARGEST_FORM}
    answer = asked(desk.visitor(HEAD), f"/cases/{ref}/release", "POST", data=much, content_type=encoding)
    assert (answer.status_code, desk.recorded) == (413, [])
    assert in_the_house_style(answer)
    assert ref not in answer.text


def test_whoever_has_not_signed_in_cannot_make_us_read_much(desk: Desktop) -> None:
    much = {"csrf": "x" * LARGEST_FORM}
    assert asked(desk.visitor(), "/sign-in/out", "POST", data=much).status_code == 413


def test_a_failure_of_ours_is_logged_without_people_and_told_in_words(
    desk: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ValueError("Amelia Hart")

    monkeypatch.setattr(console, "gather", fails)
    with structlog.testing.capture_logs() as logs:
        answer = asked(desk.visitor(DSL), f"/cases/{BULLYING}")
    assert answer.status_code == 500
    assert in_the_house_style(answer)
    assert "look at the case before you do it again" in answer.text
    assert BULLYING not in answer.text
    (line,) = logs
    assert (line["event"], line["error"]) == ("a request failed", "ValueError")
    assert "console.py:" in line["where"]
    assert "Amelia" not in str(logs)


@pytest.mark.parametrize("path", ["/webhooks/", "/webhooks/other", "/healthz/x"])
def test_programs_are_refused_as_programs_are(desk: Desktop, path: str) -> None:
    answer = asked(desk.visitor(), path)
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


def test_without_a_console_everybody_is_a_program() -> None:
    answer = Web("no-console").test_client().get("/cases/B-2026-0001")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
