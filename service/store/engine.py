"""How the database is reached: SQLite as one durable file, or PostgreSQL; and brought up to date before it is used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import StaticPool

BUSY_SECONDS = 5.0
"""How long a writer waits for another process that holds the SQLite file."""

MIGRATION_LOCK = 7_034_221
"""Any number: the same in every process that migrates one PostgreSQL database."""

WRITING = "policydesk_writing"
"""Execution option of a connection that will write: its transaction takes the write lock at once."""


def connect(url: str) -> Engine:
    """An engine for this address. ``sqlite://`` alone is a database in memory, of one connection.

    No error of it quotes the values of a row: an error may be shown where people are not.
    """
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        return create_engine(address, pool_pre_ping=True, hide_parameters=True)
    in_memory = address.database in (None, "", ":memory:")
    if not in_memory:
        Path(str(address.database)).parent.mkdir(parents=True, exist_ok=True)
    connect_args = {"check_same_thread": False, "timeout": BUSY_SECONDS}
    engine = (
        create_engine(address, connect_args=connect_args, poolclass=StaticPool, hide_parameters=True)
        if in_memory
        else create_engine(address, connect_args=connect_args, pool_size=8, max_overflow=24, hide_parameters=True)
    )
    _prepare_sqlite(engine, in_memory=in_memory)
    return engine


def _prepare_sqlite(engine: Engine, *, in_memory: bool) -> None:
    @event.listens_for(engine, "connect")
    def pragmas(raw: Any, _record: Any) -> None:
        # The driver's own BEGIN comes too late (before the first write) and lets two readers both turn writer.
        raw.isolation_level = None
        if in_memory:
            return
        # secure_delete: what is deleted or replaced is overwritten in the file, and not only forgotten.
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "secure_delete = ON",
            f"busy_timeout = {int(BUSY_SECONDS * 1000)}",
        ):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get(WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def migrate(engine: Engine) -> None:
    """Bring the tables up to date. The first process to start does it; the others wait for it."""
    from alembic import command  # a fifth of a second to import, which a simulation need not pay
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    with engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
