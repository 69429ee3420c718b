"""What `policydesk doctor` can say about Google: each thing tried, and what to mend where it fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from integrations.google.auth import APIS, Google
from integrations.google.reasons import mend
from integrations.ports import DeliveryError

_WRITERS = ("writer", "owner")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing tried. ``mend`` is empty where it is ``ok``, else what to do, after Google's reason code."""

    name: str
    ok: bool
    mend: str = ""


def diagnose(google: Google, *, sends_as: str, spreadsheet: str, calendars: Sequence[str]) -> list[Check]:
    """Try the sign-in and each scope, then the spreadsheet and the calendars. Changes nothing.

    Where no scope at all is granted it is the sign-in that fails, and that one check is returned alone.
    """
    scopes = [
        _try(f"scope {scope.rpartition('/')[2]}", partial(google.check_scope, api, scope, sends_as))
        for api, kind in APIS.items()
        for scope in kind.scopes
    ]
    if not any(check.ok for check in scopes):
        return [Check("sign-in", False, scopes[0].mend)]
    sheet = _try("task spreadsheet", partial(_read_spreadsheet, google, sends_as, spreadsheet))
    diaries = [_try(f"calendar {one}", partial(_may_write, google, sends_as, one)) for one in calendars]
    return [Check("sign-in", True), *scopes, sheet, *diaries]


def _try(name: str, call: Callable[[], None]) -> Check:
    try:
        call()
    except DeliveryError as failure:
        return Check(name, False, f"{failure.reason}: {mend(failure.reason)}")
    return Check(name, True)


def _read_spreadsheet(google: Google, sends_as: str, spreadsheet: str) -> None:
    """Raises DeliveryError unless it can be read. Whether it can be written shows only in a write."""
    api = google.api("sheets", sends_as)
    api.run(api.resource.spreadsheets().get(spreadsheetId=spreadsheet, fields="spreadsheetId"))


def _may_write(google: Google, sends_as: str, calendar: str) -> None:
    """Raises DeliveryError unless the account may enter events; the list of events says so (`accessRole`)."""
    api = google.api("calendar", sends_as)
    reply = api.run(api.resource.events().list(calendarId=calendar, maxResults=1, fields="accessRole"))
    if reply.get("accessRole") not in _WRITERS:
        raise DeliveryError("requiredAccessLevel", permanent=True)
