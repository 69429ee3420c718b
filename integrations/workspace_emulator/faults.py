"""Failures on demand: what a network and a busy provider do now and then, made to happen at a chosen call."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from integrations.workspace_emulator.calls import Json
from integrations.workspace_emulator.errors import ApiError

KINDS = ("latency", "429", "403", "401", "500", "503", "drop-before", "drop-after-commit", "invalid_grant")


@dataclass(slots=True)
class Fault:
    """``method``: an API method id, or a pattern such as ``gmail.*``; the token server is ``oauth2.token``.

    It strikes at the ``nth`` matching call counted from its making (1 is the next), or at each where ``every``.
    ``latency_ms`` belongs to kind ``latency``, ``retry_after`` (seconds) to 429 and 503.
    """

    method: str
    kind: str
    nth: int = 1
    every: bool = False
    latency_ms: int = 0
    retry_after: int | None = None
    seen: int = 0

    def strikes(self, method: str) -> bool:
        """Count this call if it is one of ours; True where the fault must happen now."""
        if not fnmatchcase(method, self.method):
            return False
        self.seen += 1
        return self.every or self.seen == self.nth


class Faults:
    """The faults that are waiting for their call."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, method: str, kind: str, **options: Any) -> Fault:
        """Make a fault. Raises ValueError for an unknown kind or a count below 1, TypeError for unknown options."""
        fault = Fault(method, str(kind), **options)
        if fault.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        if fault.nth < 1:
            raise ValueError("nth counts from 1")
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """No more faults."""
        self._faults.clear()

    def for_call(self, method: str) -> list[Fault]:
        """The faults that strike at this call. Each matching fault counts the call."""
        return [fault for fault in self._faults if fault.strikes(method)]

    def state(self) -> list[Json]:
        """For tests: what is still set."""
        return [
            {"method": f.method, "kind": f.kind, "nth": f.nth, "every": f.every, "seen": f.seen} for f in self._faults
        ]


def refusal(fault: Fault, api: str) -> ApiError | None:
    """The error that a fault of this kind answers with in ``api``; None for kinds that are not answers."""
    if fault.kind == "429":
        retry = 1 if fault.retry_after is None else fault.retry_after
        domain = "usageLimits" if api == "calendar" else "global"
        message = "Rate Limit Exceeded" if api == "calendar" else "Resource has been exhausted (e.g. check quota)."
        return ApiError(429, "rateLimitExceeded", message, domain=domain, info="RATE_LIMIT_EXCEEDED", retry_after=retry)
    if fault.kind == "403":
        return ApiError(
            403, "rateLimitExceeded", "Rate Limit Exceeded", domain="usageLimits", info="RATE_LIMIT_EXCEEDED"
        )
    if fault.kind == "401":
        return ApiError(401, "authError", "Invalid Credentials", location=("header", "Authorization"))
    if fault.kind == "500":
        return ApiError(500, "backendError", "Internal error encountered.")
    if fault.kind == "503":
        return ApiError(503, "backendError", "The service is currently unavailable.", retry_after=fault.retry_after)
    return None
