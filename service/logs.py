"""Logs: one JSON object a line on standard output, for machines. Whoever logs gives codes and ids, never people."""

from __future__ import annotations

import structlog


def configure_logs() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        cache_logger_on_first_use=True,
    )
