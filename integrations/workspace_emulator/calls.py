"""One call of a Google API, as a handler sees it: already matched, checked and signed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = dict[str, Any]
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Call:
    """``params`` holds path and query parameters together, in the types that the discovery document gives them.

    ``is_robot``: the subject is a service account that acts for nobody but itself.
    """

    method: str
    params: Mapping[str, Any]
    body: Json
    subject: str
    if_match: str | None = None
    is_robot: bool = False


@dataclass(slots=True)
class Counter:
    """Hands out 1, 2, 3 …, so that ids are the same in every run."""

    last: int = field(default=0)

    def next(self) -> int:
        self.last += 1
        return self.last


Handler = Callable[[Call], Json | None]
