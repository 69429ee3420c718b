"""The store: transactions, and the repositories that work within one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from service.store.actions import Actions
from service.store.cases import Cases
from service.store.cipher import BlindIndex, Cipher
from service.store.decisions import Audit, Chronology, Decisions
from service.store.engine import BUSY_SECONDS, WRITING, connect, migrate
from service.store.erasure import Erasure
from service.store.history import History
from service.store.kept import Kept
from service.store.policy_versions import PolicyVersions
from service.store.reseal import Resealing
from service.store.scope import Scope, insert
from service.store.sessions import EndedSessions
from service.store.submissions import Submissions
from service.store.tables import index_key, metadata
from service.store.turns import Turns


class StoreUnavailableError(Exception):
    """The database cannot be reached or written just now. Nothing was kept; the same again later may succeed."""


class Transaction:
    """The repositories of one school, all in one transaction."""

    def __init__(self, scope: Scope) -> None:
        self.submissions = Submissions(scope)
        self.actions = Actions(scope)
        self.cases = Cases(scope, self.actions)
        self.decisions = Decisions(scope)
        self.chronology = Chronology(scope)
        self.history = History(scope)
        self.audit = Audit(scope)
        self.kept = Kept(scope)
        self.policies = PolicyVersions(scope)
        self.erasure = Erasure(scope)
        self.sealed = Resealing(scope)
        self.sessions = EndedSessions(scope)


class Store:
    """One school's rows in one database. Threads may share it; transactions do not nest."""

    def __init__(self, engine: Engine, cipher: Cipher, school: str, *, one_connection: bool = False) -> None:
        """``open`` and ``memory`` make one; the tables must be there."""
        self.cipher = cipher
        self.school = school
        self._engine = engine
        self._only = engine.connect() if one_connection else None
        self._turn = Turns()
        self._people = self._blind_index()

    @classmethod
    def open(cls, url: str, cipher: Cipher, school: str) -> Self:
        """Connect, and bring the tables up to date. StoreUnavailableError if the database cannot be reached."""
        try:
            engine = connect(url)
        except (OSError, ImportError) as error:
            raise StoreUnavailableError("the database cannot be reached") from error
        with _told():
            migrate(engine)
            return cls(engine, cipher, school)

    @classmethod
    def memory(cls, cipher: Cipher, school: str) -> Self:
        """A store that lasts as long as the process."""
        engine = connect("sqlite://")
        metadata.create_all(engine)
        return cls(engine, cipher, school, one_connection=True)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A transaction that is durable once the block has ended, and undone if the block raises.

        Only one thread of the process writes at a time, in turn: SQLite has one writer, and its own queue is not fair.
        """
        with _told(), self._alone():
            if self._only is not None:
                with self._only.begin():
                    yield self._transaction(self._only)
                return
            with self._engine.connect() as connection:
                writing = connection.execution_options(**{WRITING: True})
                with writing.begin():
                    yield self._transaction(writing)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A consistent view of the database."""
        with _told():
            if self._only is not None:
                with self._alone(), self._only.begin():
                    yield self._transaction(self._only)
            else:
                with self._engine.connect() as connection, connection.begin():
                    yield self._transaction(connection)

    def scrub(self) -> bool:
        """Take what was deleted or replaced out of the files too. False where somebody is reading: then ask again.

        SQLite: the write-ahead log is written back and emptied. PostgreSQL: the dead rows are cleared away; its own
        archive of the log is for its administrator.
        """
        if self._only is not None:
            return True
        with _told(), self._alone(), self._engine.connect() as connection:
            free = connection.execution_options(isolation_level="AUTOCOMMIT")
            if free.dialect.name != "sqlite":
                free.exec_driver_sql("VACUUM")
                return True
            busy = free.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        return not busy

    def close(self) -> None:
        """Let go of every connection; no transaction may be open."""
        if self._only is not None:
            self._only.close()
        self._engine.dispose()

    def _transaction(self, connection: Connection) -> Transaction:
        return Transaction(Scope(connection, self.school, self.cipher, self._people))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=2 * BUSY_SECONDS):
            raise StoreUnavailableError("another thread has not let go of the database")
        try:
            yield
        finally:
            self._turn.release()

    def _blind_index(self) -> BlindIndex:
        """Made at random when the school is new, and kept sealed, so that it outlives a change of keys."""
        with self._engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
            new = insert(connection.dialect, index_key).on_conflict_do_nothing(index_elements=["school"])
            connection.execute(new, {"school": self.school, "sealed": self.cipher.seal(os.urandom(32))})
            sealed = connection.execute(
                select(index_key.c.sealed).where(index_key.c.school == self.school)
            ).scalar_one()
        return BlindIndex(self.cipher.open(sealed))


@contextmanager
def _told() -> Iterator[None]:
    """What the driver calls it, as what it means for the caller."""
    try:
        yield
    except (OperationalError, PoolTimeoutError) as error:
        raise StoreUnavailableError("the database is not available") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreUnavailableError("the connection to the database was lost") from error
        if type(error) is DatabaseError:  # SQLite says so of a file that is damaged, or is something else
            raise StoreUnavailableError("the file is not a database that can be read") from error
        raise
