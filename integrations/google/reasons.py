"""The reason codes that may appear in a DeliveryError, and what an administrator can do about each.

Only codes listed here, or ``http-<status>``, ever leave this package: Google's messages may quote addresses and text.
Codes are Google's own spelling, so that they can be looked up. Sources, under developers.google.com/workspace:
/gmail/api/guides/handle-errors, /calendar/api/guides/errors, /sheets/api/troubleshoot-api-errors; and for tokens
RFC 6749, section 5.2.
"""

from __future__ import annotations

from collections.abc import Mapping

from integrations.ports import DeliveryError


class GoogleError(DeliveryError):
    """A DeliveryError with the HTTP status, where there was a reply (else None)."""

    def __init__(
        self,
        reason: str,
        *,
        status: int | None = None,
        permanent: bool = False,
        ambiguous: bool = False,
        systemic: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason, permanent=permanent, ambiguous=ambiguous, systemic=systemic, retry_after=retry_after)
        self.status = status


_LATER = "Nothing to mend: Google asks for a pause, and the call is repeated by itself."
_SHARE = "Share the spreadsheet or calendar with the account that policydesk signs in as, with the right to edit."
_ENABLE = "Enable the Gmail, Calendar and Sheets APIs in the Google Cloud project of these credentials."
_DELEGATE = (
    "In the Admin console, under Security > API controls > Domain-wide delegation, list this service account's "
    "client id with exactly the scopes named here; or use a role account with a refresh token."
)
_SIGN_IN = (
    "Sign in again to make a new credentials file; check that the mailbox exists and that the clock of this machine "
    "is right."
)
_NETWORK = "Check that this machine reaches googleapis.com (proxy, firewall); the call is repeated by itself."
_REPORT = "The request itself was refused; look at the case, and report it with the version of policydesk."

MEND: Mapping[str, str] = {
    # sign-in
    "invalid_grant": _SIGN_IN,
    "invalid_client": "The client in the credentials file is not known to Google; download the file again.",
    "deleted_client": "The OAuth client was deleted in Google Cloud; make a new one and sign in again.",
    "disabled_client": "The OAuth client is disabled in Google Cloud; enable it.",
    "unauthorized_client": _DELEGATE,
    "access_denied": _DELEGATE,
    "invalid_scope": "The sign-in does not include this scope: sign in again and grant it.",
    "admin_policy_enforced": "The school's Google administrator blocks this app: trust it under API controls.",
    "org_internal": "The OAuth app is internal to another organisation; make it in the school's own.",
    "authError": _SIGN_IN,
    "UNAUTHENTICATED": _SIGN_IN,
    "bad-credentials": "The credentials file cannot be used to sign in; download it again.",
    "token-refused": _SIGN_IN,
    # permission
    "forbidden": _SHARE,
    "requiredAccessLevel": _SHARE,
    "PERMISSION_DENIED": _SHARE,
    "insufficientPermissions": "The sign-in does not include the scope needed: sign in again and grant it.",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": "The sign-in does not include the scope needed: sign in again and grant it.",
    "accessNotConfigured": _ENABLE,
    "SERVICE_DISABLED": _ENABLE,
    "domainPolicy": "The school's Google administrator has switched this app or API off for this account.",
    "failedPrecondition": "Gmail or Calendar is not switched on for this account, or it is suspended.",
    "FAILED_PRECONDITION": "Gmail, Calendar or Sheets is not switched on for this account, or it is suspended.",
    "notACalendarUser": "The account has no Google Calendar; switch the service on for it.",
    "notFound": "There is no such spreadsheet, calendar or draft, or the account may not see it. " + _SHARE,
    "NOT_FOUND": "There is no such spreadsheet, or the account may not see it. " + _SHARE,
    "gone": "It was deleted in Google.",
    "deleted": "It was deleted in Google.",
    # pauses
    "rateLimitExceeded": _LATER,
    "userRateLimitExceeded": _LATER,
    "RATE_LIMIT_EXCEEDED": _LATER,
    "RESOURCE_EXHAUSTED": _LATER,
    "quotaExceeded": _LATER,
    "dailyLimitExceeded": _LATER,
    "backendError": _LATER,
    "internalError": _LATER,
    "INTERNAL": _LATER,
    "UNAVAILABLE": _LATER,
    "DEADLINE_EXCEEDED": _LATER,
    "ABORTED": _LATER,
    "conditionNotMet": _LATER,
    # the network
    "timeout": _NETWORK,
    "unreachable": _NETWORK,
    "connection-lost": _NETWORK,
    "token-unreachable": _NETWORK,
    "token-unavailable": _NETWORK,
    "unreadable-reply": "Something between this machine and Google (a proxy, a sign-in page) answered in its place.",
    # the request
    "invalid": _REPORT,
    "required": _REPORT,
    "invalidArgument": _REPORT,
    "badRequest": _REPORT,
    "INVALID_ARGUMENT": _REPORT,
    "ALREADY_EXISTS": _REPORT,
    "duplicate": _REPORT,
    # ours
    "bad-address": "The recipient is not one plain address, like name@school.example; mend it where it is kept.",
    "bad-mailbox": "The mailbox to write in is not one plain address; mend it in staff.csv or school.yaml.",
    "bad-subject": "The subject is empty or has a line break; mend the template.",
    "bad-key": _REPORT,
    "naive-time": _REPORT,
    "ends-before-it-starts": _REPORT,
    "event-not-readable": "Calendar keeps an entry under this id that cannot be read; enter it by hand.",
    "note-left-in-draft": "In Gmail take out the draft's line that starts with [Policydesk: and release it again.",
    "too-many-drafts": "The mailbox holds too many drafts to search; delete those that are not wanted.",
    "late": "Gmail has not taken it so far; it is tried again and again.",
    "unexpected": "The software failed on it; look at the log, and report it with the version of policydesk.",
    "sheet-keeps-changing": "Others are changing the task sheet at this moment; the call is repeated by itself.",
    "sheet-not-a-grid": "A tab with the name that policydesk writes to is a chart; rename it.",
}

OF_AN_ACCOUNT = frozenset(
    {
        "invalid_grant",
        "token-refused",
        "authError",
        "UNAUTHENTICATED",
        "forbidden",
        "requiredAccessLevel",
        "PERMISSION_DENIED",
        "domainPolicy",
        "failedPrecondition",
        "FAILED_PRECONDITION",
        "notACalendarUser",
        "http-401",
        "http-403",
    }
)
"""What is wrong with the account that a call was made as: of somebody's own mailbox it may be true of that alone."""

SYSTEMIC = OF_AN_ACCOUNT | {
    "invalid_client",
    "deleted_client",
    "disabled_client",
    "unauthorized_client",
    "access_denied",
    "invalid_scope",
    "admin_policy_enforced",
    "org_internal",
    "bad-credentials",
    "insufficientPermissions",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    "accessNotConfigured",
    "SERVICE_DISABLED",
    "unreachable",
    "token-unreachable",
    "token-unavailable",
    "unreadable-reply",
}
"""Whatever was to be delivered, it would have failed alike: the sign-in, the project's settings, the network."""


def mend(reason: str) -> str:
    """What to do about a reason code, in one or two sentences for an administrator."""
    return MEND.get(reason, "Look the code up in Google's documentation; if it stays, report it.")
