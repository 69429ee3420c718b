"""Google Workspace behind the ports: Gmail, Sheets and Calendar.

    google = Google(credentials_file, endpoint)
    mailer, tasks, diary = connect(google, sends_as="office@school.example", spreadsheet="1abc…")

Importing this package imports nothing of Google's; its client is loaded by the first call.
"""

from __future__ import annotations

from typing import NamedTuple

from integrations.google.auth import Google, GoogleSettingError
from integrations.google.calendar import Calendar
from integrations.google.diagnosis import Check, diagnose
from integrations.google.gmail import Gmail
from integrations.google.sheets import Sheets
from integrations.ports import Diary, Mailer, TaskSheet

__all__ = ["Check", "Google", "GoogleSettingError", "Workspace", "connect", "diagnose"]


class Workspace(NamedTuple):
    """The three ports of one school."""

    mailer: Mailer
    tasks: TaskSheet
    diary: Diary


def connect(google: Google, *, sends_as: str, spreadsheet: str) -> Workspace:
    """The ports for one school: ``sends_as`` is its role account, ``spreadsheet`` the id of its task sheet.

    Sheets and Calendar are used in the role account's name; Gmail in the name of the mailbox that a mail belongs to,
    as far as the credentials allow (see ``gmail``). One Google may serve many schools. Nothing is sent here.
    """
    return Workspace(Gmail(google, sends_as), Sheets(google, sends_as, spreadsheet), Calendar(google, sends_as))
