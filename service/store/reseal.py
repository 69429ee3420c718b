"""Sealing everything anew, after a change of keys."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import LargeBinary, Table, bindparam, select, update

from service.store.scope import Scope
from service.store.tables import metadata

AT_ONCE: Final = 200
"""Rows in one transaction: whatever else is to be written does not wait for longer than they take."""

SEALED: Final = tuple(
    table for table in metadata.sorted_tables if any(isinstance(column.type, LargeBinary) for column in table.c)
)
"""The tables that hold sealed values."""


class Resealing:
    """What is sealed of one school, in one transaction."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def some(self, table: Table, after: str | int | None) -> tuple[int, str | int | None]:
        """Seal the next rows of a table under the newest key, in the order of their ids.

        Returns how many rows that were, and the id after which to go on; None where there are no more. CannotOpenError
        where one was sealed with a key that is not among those given; then nothing of this transaction is kept.
        """
        columns = [column for column in table.c if isinstance(column.type, LargeBinary)]
        query = select(table.c.id, *columns).where(table.c.school == self._scope.school)
        if after is not None:
            query = query.where(table.c.id > after)
        rows = self._scope.connection.execute(query.order_by(table.c.id).limit(AT_ONCE)).mappings().all()
        if not rows:
            return 0, None
        reseal = self._scope.cipher.reseal
        renewed: list[dict[str, Any]] = [
            {"of_id": row["id"]}
            | {one.name: None if (sealed := row[one.name]) is None else reseal(sealed) for one in columns}
            for row in rows
        ]
        mine = (table.c.school == self._scope.school) & (table.c.id == bindparam("of_id"))
        self._scope.connection.execute(update(table).where(mine), renewed)
        return len(rows), rows[-1]["id"]
