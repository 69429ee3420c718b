"""Who looked and who did what, for those who may ask (CP-5e). Asking is itself written down, with why.

The log of a case is for whoever may see the case and leads the school or its board. What belongs to no case (sign-ins,
an administrator's acts) everybody may read of their own account; those who lead may read what was done at the command
line; only the clerk, who is neither staff nor a governor, reads the sign-ins of others: to the headteacher or a
governor the hour at which the clerk or the chair signed in would tell of a complaint about themselves (I2).
"""

from __future__ import annotations

from datetime import datetime

from rules.engine.school.directory import Directory
from service import access
from service.commands import AT_THE_COMMAND_LINE
from service.records.copies import DRAFTED
from service.records.retention import MAY_DELETE, NotDeletedError, allowed
from service.store import AuditLine, Store

READS_ALL = frozenset({"clerk"})


class NotShownError(Exception):
    """The log is not shown; why, for people."""


def log_of_case(store: Store, directory: Directory, ref: str, by: str, because: str, now: datetime) -> list[AuditLine]:
    """The lines of a case in order of time. NotShownError for who may not see it, as if there were no such case."""
    with store.write() as tx:
        try:
            person, _ = allowed(tx, directory, ref, by)
        except NotDeletedError as error:
            raise NotShownError(str(error)) from None
        tx.audit.add(person.email, _asked(because), ref, now)
        return [AuditLine(line.who, _without_others(line.what), ref, line.at) for line in tx.audit.of_case(ref)]


def log_of_no_case(store: Store, directory: Directory, by: str, because: str, now: datetime) -> list[AuditLine]:
    """Those lines that belong to no case and that this person may read, in order of time. NotShownError."""
    person = directory.by_email(by)
    if person is None or not access.is_identity(person):
        raise NotShownError(f"{by or 'Nobody'} is no person on the school's lists: say who asks, --by EMAIL.")
    roles = set(person.roles)
    with store.write() as tx:
        tx.audit.add(person.email, _asked(because), None, now)
        return [
            line
            for line in tx.audit.of_case(None)
            if roles & READS_ALL
            or line.who == person.email
            or (roles & MAY_DELETE and line.who.endswith(AT_THE_COMMAND_LINE))
        ]


def _asked(because: str) -> str:
    if not because.strip():
        raise NotShownError("Say why, in a few words without names: --because 'a check of each term'.")
    return f"read the log: {because.strip()}"


def _without_others(what: str) -> str:
    """A copy may take in other complaints, which this reader need not know of."""
    return DRAFTED if what.startswith(DRAFTED) else what
