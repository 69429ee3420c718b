"""Names for rows that sort in the order in which they were given."""

from __future__ import annotations

import secrets
import time
import uuid


def next_id() -> str:
    """A UUID of version 7 (RFC 9562): the time of this machine, finer than a microsecond, then chance.

    Of two rows that came at one moment, as clocks do that fall due together, the earlier one sorts first.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = rest * 4096 // 1_000_000
    return str(uuid.UUID(int=milliseconds << 80 | 7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62)))
