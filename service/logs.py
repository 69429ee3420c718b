"""Logs: one JSON object a line on standard output, for machines. Whoever logs gives codes and ids, never people.

The text of an error may quote what somebody wrote, and that of a library an address: neither is ever logged.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from traceback import walk_tb

import structlog

_PLACES = 4
"""How many of the innermost calls say where something failed."""

log = structlog.get_logger("logs")


def configure_logs() -> None:
    """For this process, from now on. What libraries and threads say by themselves goes the same way, without words."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        cache_logger_on_first_use=True,
    )
    logging.getLogger().addHandler(WithoutWords(logging.WARNING))
    threading.excepthook = thread_ended


def failure(error: BaseException) -> dict[str, str]:
    """What of an error may be logged: ``error``, its kind, and ``where``, the innermost calls as file and line."""
    places = [f"{Path(frame.f_code.co_filename).name}:{line}" for frame, line in walk_tb(error.__traceback__)]
    return {"error": type(error).__name__, "where": " > ".join(places[-_PLACES:])}


class WithoutWords(logging.Handler):
    """Takes what libraries log: who said it, how loudly and where."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        said = {"library": record.name, "where": f"{record.filename}:{record.lineno}"}
        say = log.error if record.levelno >= logging.ERROR else log.warning
        say("a library has said something", **said | (failure(error) if error else {}))


def thread_ended(ended: threading.ExceptHookArgs) -> None:
    """A thread ended by an error that nobody caught."""
    name = ended.thread.name if ended.thread is not None else "unknown"
    log.error("a thread ended", thread=name, **(failure(ended.exc_value) if ended.exc_value is not None else {}))
