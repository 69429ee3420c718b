"""What every repository of one transaction works with."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite

from service.store.cipher import BlindIndex, Cipher

Insert = sqlite.Insert | postgresql.Insert


@dataclass(frozen=True, slots=True)
class Scope:
    """A connection in a transaction, the one school whose rows it may touch, and the keys."""

    connection: Connection
    school: str
    cipher: Cipher
    people: BlindIndex


def insert(dialect: Dialect, table: Table) -> Insert:
    """An INSERT that may say ON CONFLICT, which SQLite and PostgreSQL both understand."""
    return postgresql.insert(table) if dialect.name == "postgresql" else sqlite.insert(table)
