"""Failures in the shape of the API that reports them.

Gmail and Calendar carry ``errors[].reason`` (developers.google.com/workspace/gmail/api/guides/handle-errors and
/workspace/calendar/api/guides/errors); Sheets and Forms carry only ``{code, message, status, details}``
(google.rpc.Status as cloud.google.com/apis/design/errors describes it).
"""

from __future__ import annotations

from typing import Any

from integrations.workspace_emulator.calls import Json

RPC_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    412: "FAILED_PRECONDITION",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}


class ApiError(Exception):
    """A call that Google would refuse: HTTP status, a reason in Google's words, and a message.

    ``rpc_status`` and ``info`` (an ``ErrorInfo`` reason) serve the APIs that report google.rpc.Status.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        domain: str = "global",
        location: tuple[str, str] | None = None,
        rpc_status: str | None = None,
        info: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.domain = domain
        self.location = location
        self.rpc_status = rpc_status or RPC_STATUS.get(status, "UNKNOWN")
        self.info = info
        self.retry_after = retry_after

    def body(self, api: str) -> Json:
        """The JSON that ``api`` (gmail, calendar, sheets or forms) answers with."""
        error: Json = {"code": self.status, "message": self.message}
        if api in ("gmail", "calendar"):
            detail: Json = {"message": self.message, "domain": self.domain, "reason": self.reason}
            if self.location is not None:
                detail["locationType"], detail["location"] = self.location
            error["errors"] = [detail]
        if api != "calendar":
            error["status"] = self.rpc_status
            details = self._details()
            if details:
                error["details"] = details
        return {"error": error}

    def headers(self) -> dict[str, str]:
        """Headers that go with this failure."""
        headers = {}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        if self.status == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="https://accounts.google.com/", error="invalid_token"'
        return headers

    def _details(self) -> list[dict[str, Any]]:
        if self.info is None:
            return []
        kind = "type.googleapis.com/google.rpc.ErrorInfo"
        return [{"@type": kind, "reason": self.info, "domain": "googleapis.com"}]


def invalid(message: str, *, reason: str = "invalidArgument") -> ApiError:
    """400: something in the request is wrong."""
    return ApiError(400, reason, message)


def not_found(message: str = "Requested entity was not found.") -> ApiError:
    """404: there is no such thing, or this caller may not know that there is."""
    return ApiError(404, "notFound", message)


def unauthenticated() -> ApiError:
    """401: no token, or one that has expired or was never given out here."""
    return ApiError(
        401,
        "authError",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid"
        " authentication credential.",
        location=("header", "Authorization"),
        info="ACCESS_TOKEN_INVALID",
    )


def insufficient_scopes() -> ApiError:
    """403: the token is good, but not for this method."""
    return ApiError(
        403,
        "insufficientPermissions",
        "Request had insufficient authentication scopes.",
        info="ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    )
