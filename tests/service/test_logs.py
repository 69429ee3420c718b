"""What is logged when something fails: its kind and its place, never its words."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from service.logs import WithoutWords, failure, thread_ended
from service.store.engine import connect

NAME = "Isla Jones"


def fails() -> None:
    raise KeyError(NAME)


@pytest.fixture
def library() -> Iterator[logging.Logger]:
    logger, taken = logging.getLogger("somebody.elses"), WithoutWords(logging.WARNING)
    logger.addHandler(taken)
    yield logger
    logger.removeHandler(taken)


def test_a_failure_is_its_kind_and_its_place() -> None:
    with pytest.raises(KeyError) as caught:
        fails()
    found = failure(caught.value)
    assert found["error"] == "KeyError"
    assert found["where"].startswith("test_logs.py:")
    assert found["where"].count(" > ") == 1
    assert NAME not in str(found)


def test_what_a_library_logs_loses_its_words(library: logging.Logger) -> None:
    with capture_logs() as lines:
        library.info("of no interest")
        library.warning("could not reach %s", "head@school.example")
        try:
            fails()
        except KeyError:
            library.exception("%s is not there", NAME)
    warned, failed = lines
    assert (warned["library"], warned["log_level"]) == ("somebody.elses", "warning")
    assert warned["where"].startswith("test_logs.py:")
    assert (failed["error"], failed["log_level"]) == ("KeyError", "error")
    assert "school.example" not in str(lines)
    assert NAME not in str(lines)


def test_a_thread_that_ends_is_named_without_the_words_of_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", thread_ended)
    thread = threading.Thread(target=fails, name="decider")
    with capture_logs() as lines:
        thread.start()
        thread.join()
    (line,) = lines
    assert (line["event"], line["thread"], line["error"]) == ("a thread ended", "decider", "KeyError")
    assert NAME not in str(lines)


def test_an_error_of_the_database_does_not_quote_the_row(database: str) -> None:
    engine = connect(database)
    with engine.connect() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text("INSERT INTO nowhere VALUES (:name)"), {"name": NAME})
    engine.dispose()
    assert NAME not in str(caught.value)
