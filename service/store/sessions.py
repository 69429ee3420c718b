"""Sessions that were ended by signing out. The cookie alone would open the pages until it is too old."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, select

from service.store.scope import Scope, insert, ours
from service.store.tables import ended_session

_ENDED = select(ended_session.c.id).where(ours(ended_session), ended_session.c.session == bindparam("session"))


class EndedSessions:
    """Those of one school, in one transaction. A session is known by a digest that opens nothing."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def end(self, session: str, now: datetime, until: datetime) -> None:
        """End it. ``until``: when its cookie is too old anyhow; what is older than ``now`` is forgotten."""
        school, connection = self._scope.school, self._scope.connection
        old = (ended_session.c.school == school) & (ended_session.c.until < now)
        connection.execute(delete(ended_session).where(old))
        new = insert(connection.dialect, ended_session).on_conflict_do_nothing(index_elements=["school", "session"])
        connection.execute(new, {"school": school, "session": session, "until": until})

    def is_ended(self, session: str) -> bool:
        """Whether its user has signed out of it."""
        return self._scope.run(_ENDED, session=session).first() is not None
