"""Text as Google takes it: without characters that make a request invalid, and no longer than there is room for."""

from __future__ import annotations

import re
from typing import Final

# Plain addresses only: no display name, list, comment, quoted part, route or character outside ASCII.
_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9._'+&~=/-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)


def fit(text: str, limit: int, note: str) -> str:
    """``text`` within ``limit`` characters; what is too long ends in ``note``. The record keeps the whole.

    NUL is dropped and a lone surrogate becomes U+FFFD: neither can be sent as UTF-8 text, and one odd character in a
    form's answer must not hold up an alert.
    """
    clean = text.replace("\x00", "").encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    if len(clean) <= limit:
        return clean
    return clean[: limit - len(note)].rstrip() + note


def is_plain_address(text: str) -> bool:
    """Whether this is one address and nothing else, such as name@school.example."""
    return _ADDRESS.fullmatch(text) is not None and ".." not in text
