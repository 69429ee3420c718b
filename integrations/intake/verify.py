"""Whether a webhook is signed by one of our secrets, and lately (Standard Webhooks, standardwebhooks.com, "Verifying").

The package of that name makes the keys and the HMAC. It also reads the clock and parses the body by itself, so its
``verify`` is not used: here the time is an argument, and the signature is over the very bytes that arrived.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from standardwebhooks.webhooks import hmac_data

TOLERANCE_SECONDS = 300
SHORTEST_KEY = 24
"""Bytes. The specification asks for 24 to 64."""
_PREFIX = "whsec_"
_TIMESTAMP = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)
_MOST_SIGNATURES = 20


class SignatureError(Exception):
    """No, a wrong, a stale or a malformed signature. The text is a short code, fit for logs."""


def signing_key(secret: str) -> bytes:
    """The key in a ``whsec_`` secret. ValueError says what is wrong with it, without repeating it."""
    if not secret.startswith(_PREFIX):
        raise ValueError("does not start with whsec_")
    encoded = secret.removeprefix(_PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error:
        raise ValueError("is not base64 after whsec_") from None
    if len(key) < SHORTEST_KEY:
        raise ValueError(f"is too short: {SHORTEST_KEY} random bytes are the least")
    return key


class Verifier:
    """Checks signatures against several secrets at once, so that they can be changed without a pause."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """``secrets``: one or more ``whsec_…``. ValueError if one is not."""
        self._keys = [signing_key(secret) for secret in secrets]

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        """The webhook's id. SignatureError unless one of the secrets signed this id, time and body.

        ``headers`` are looked up in lower case, ``now`` is aware.
        """
        message, sent, given = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
        if not message or not sent or not given:
            raise SignatureError("missing-header")
        if not _TIMESTAMP.fullmatch(sent):
            raise SignatureError("malformed-timestamp")
        if abs(now.timestamp() - int(sent)) > TOLERANCE_SECONDS:
            raise SignatureError("stale")
        # Headers reach a WSGI program as Latin-1; this gives back the bytes that were sent.
        signed = f"{message}.{sent}.".encode("latin-1", "replace") + body
        candidates = list(_signatures(given))
        if not candidates:
            raise SignatureError("malformed-signature")
        expected = [hmac_data(key, signed) for key in self._keys]
        if not any(hmac.compare_digest(one, other) for one in expected for other in candidates):
            raise SignatureError("wrong-signature")
        return message


def _signatures(header: str) -> list[bytes]:
    """The ``v1`` signatures of a header; whatever else stands there is passed over."""
    found = []
    for part in header.split(" ")[:_MOST_SIGNATURES]:
        version, _, encoded = part.partition(",")
        if version == "v1":
            try:
                found.append(base64.b64decode(encoded, validate=True))
            except ValueError:  # not base64, or not ASCII
                continue
    return found
