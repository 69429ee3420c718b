"""What every repository of one transaction works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, CursorResult, Dialect, Executable, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite

from service.store.cipher import BlindIndex, Cipher

OF_SCHOOL = "of_school"
"""What the parameter of a statement is called that says whose rows it is about."""

Insert = sqlite.Insert | postgresql.Insert


@dataclass(frozen=True, slots=True)
class Scope:
    """A connection in a transaction, the one school whose rows it may touch, and the keys."""

    connection: Connection
    school: str
    cipher: Cipher
    people: BlindIndex

    def run(self, statement: Executable, **given: object) -> CursorResult[Any]:
        """Execute a statement that was built once, whose condition on the school is ``ours``."""
        return self.connection.execute(statement, {OF_SCHOOL: self.school, **given})


def ours(table: Table) -> ColumnElement[bool]:
    """That a row is of the school in whose scope the statement is run.

    Building a statement takes longer than executing it: those that every decision needs are built once, like this.
    """
    return table.c.school == bindparam(OF_SCHOOL)


def insert(dialect: Dialect, table: Table) -> Insert:
    """An INSERT that may say ON CONFLICT, which SQLite and PostgreSQL both understand."""
    return postgresql.insert(table) if dialect.name == "postgresql" else sqlite.insert(table)
