"""Every way in which a call to Google fails, as one DeliveryError.

Google's rules: 429 and some 403 ask for a pause; 5xx and timeouts leave it open whether the call happened; the rest is
for a person. Gmail and Calendar explain themselves in ``errors[].reason``, Sheets in ``status`` and
``details[].reason``, the token endpoint in a plain ``error`` (RFC 6749, section 5.2).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from google.auth import exceptions as auth_errors
from googleapiclient.errors import HttpError
from urllib3.exceptions import NewConnectionError

from integrations.google.reasons import MEND, SYSTEMIC, GoogleError

BACK_OFF = frozenset(
    {
        "rateLimitExceeded",
        "userRateLimitExceeded",
        "quotaExceeded",
        "dailyLimitExceeded",
        "RATE_LIMIT_EXCEEDED",
        "RESOURCE_EXHAUSTED",
    }
)
# Not done, and worth another try as it stands: 409 ABORTED, 412 (read again first), 425.
_REPEATABLE = frozenset({409, 412, 425})
LONGEST_PAUSE = 86_400.0
_RETRY_AFTER_IN_TEXT = re.compile(r"[Rr]etry after (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)")


def from_exception(error: Exception, *, reading: bool) -> GoogleError | None:
    """What this exception means to a caller, or None if it is none of the network's (a programming error).

    ``reading``: the call changes nothing, so it is never ambiguous.
    """
    failure = _from_exception(error, reading=reading)
    if failure is not None and failure.reason in SYSTEMIC:
        failure.systemic = True
    return failure


def _from_exception(error: Exception, *, reading: bool) -> GoogleError | None:
    if isinstance(error, HttpError):
        return from_reply(error.resp.status, error.resp, error.content, reading=reading)
    if isinstance(error, auth_errors.RefreshError):
        return _from_token_refusal(error)
    if isinstance(error, auth_errors.TransportError):
        return GoogleError("token-unreachable")  # no token, so the call itself was never made
    if isinstance(error, auth_errors.GoogleAuthError):
        return GoogleError("bad-credentials", permanent=True)
    if isinstance(error, requests.Timeout) and not isinstance(error, requests.ConnectTimeout):
        return GoogleError("timeout", ambiguous=not reading)
    if isinstance(error, requests.RequestException):
        if _never_connected(error):
            return GoogleError("unreachable")
        return GoogleError("connection-lost", ambiguous=not reading)
    if isinstance(error, ValueError):  # a 200 whose body is not JSON, or not UTF-8
        return GoogleError("unreadable-reply", ambiguous=not reading)
    return None


def from_reply(status: int, headers: Mapping[str, str], content: bytes, *, reading: bool) -> GoogleError:
    """What a reply other than 2xx means. ``headers`` have lower-case names."""
    error = _error_of(content)
    reasons = list(_reasons(error))
    reason = next((known for known in reasons if known in MEND), f"http-{status}")
    pause = _pause(headers, error)
    if status == 429 or (status == 403 and BACK_OFF.intersection(reasons)):
        return GoogleError(reason, status=status, retry_after=pause)
    if status >= 500 or status == 408:
        return GoogleError(reason, status=status, ambiguous=not reading, retry_after=pause)
    # These APIs do not redirect: it is a proxy or a sign-in page that answers in Google's place.
    elsewhere = 300 <= status < 400 or status == 407
    systemic = elsewhere or reason in SYSTEMIC
    return GoogleError(reason, status=status, permanent=status not in _REPEATABLE, systemic=systemic)


def _never_connected(error: requests.RequestException) -> bool:
    """Whether no byte of the request can have left: name not found, refused, no route, no connection in time."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), NewConnectionError)


def _from_token_refusal(error: Any) -> GoogleError:
    """The token endpoint answered, but gave no token; the call itself was never made."""
    reply = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], dict) else {}
    code = reply.get("error")
    reason = code if isinstance(code, str) and code in MEND else None
    if error.retryable:
        return GoogleError(reason or "token-unavailable")
    return GoogleError(reason or "token-refused", permanent=True)


def _error_of(content: bytes) -> Mapping[str, Any]:
    """The ``error`` object of a reply; empty where the reply is of another shape (HTML of a proxy, say)."""
    try:
        reply = json.loads(content)
    except ValueError:
        return {}
    if isinstance(reply, list) and reply:  # some Google front ends wrap the error in a list
        reply = reply[0]
    error = reply.get("error") if isinstance(reply, dict) else None
    if isinstance(error, str):
        return {"status": error}
    return error if isinstance(error, dict) else {}


def _reasons(error: Mapping[str, Any]) -> Iterator[str]:
    """Google's codes, the most telling first."""
    for field in ("errors", "details"):
        items = error.get(field)
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict) and isinstance(item.get("reason"), str):
                yield item["reason"]
    if isinstance(error.get("status"), str):
        yield error["status"]


def _pause(headers: Mapping[str, str], error: Mapping[str, Any]) -> float | None:
    """Seconds that Google asks us to wait: Retry-After as seconds or date, or Gmail's "Retry after <time>" in its text.

    A date is measured from the reply's own Date, so that this machine's clock does not matter.
    """
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return min(float(value), LONGEST_PAUSE)
    sent = _http_date(headers.get("date", ""))
    until = _http_date(value)
    if until is None:
        found = _RETRY_AFTER_IN_TEXT.search(str(error.get("message", "")))
        until = datetime.fromisoformat(found[1]) if found else None
    if sent is None or until is None:
        return None
    return min(max((until - sent).total_seconds(), 0.0), LONGEST_PAUSE)


def _http_date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
