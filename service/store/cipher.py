"""What is personal is sealed before it reaches the database, and opened only in the process that holds the keys."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any, NewType

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

Sealed = NewType("Sealed", bytes)
"""Bytes that ``Cipher.seal`` made."""


class CannotOpenError(Exception):
    """A sealed value was made with a key that is no longer among the settings."""

    def __init__(self) -> None:
        super().__init__(
            "A stored value cannot be opened: add the key it was sealed with to POLICYDESK_ENCRYPTION_KEYS."
        )


class Cipher:
    """Fernet with rotation: the first key seals, every key opens."""

    def __init__(self, keys: Sequence[str]) -> None:
        """``keys``: newest first. ValueError if there is none, or one is not a Fernet key."""
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, content: bytes) -> Sealed:
        """Sealed under the newest key; never twice the same."""
        return Sealed(self._fernet.encrypt(content))

    def open(self, sealed: bytes) -> bytes:
        """What was sealed. CannotOpenError if no key fits."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise CannotOpenError from error

    def reseal(self, sealed: bytes) -> Sealed:
        """The same under the newest key."""
        try:
            return Sealed(self._fernet.rotate(sealed))
        except InvalidToken as error:
            raise CannotOpenError from error

    def seal_json(self, value: object) -> Sealed:
        """Plain JSON values, sealed. TypeError for anything else."""
        return self.seal(json.dumps(value, separators=(",", ":")).encode("ascii"))

    def open_json(self, sealed: bytes) -> Any:
        """What ``seal_json`` sealed. CannotOpenError if no key fits."""
        return json.loads(self.open(sealed))

    def seal_text(self, text: str) -> Sealed:
        """Any text, half a surrogate pair too, sealed."""
        return self.seal(text.encode("utf-8", "surrogatepass"))

    def open_text(self, sealed: bytes) -> str:
        """What ``seal_text`` sealed. CannotOpenError if no key fits."""
        return self.open(sealed).decode("utf-8", "surrogatepass")


class BlindIndex:
    """Finds a person's rows without the file saying whose they are: a keyed hash in place of a UPN or an address."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, person_key: str) -> str:
        """What stands for this person in the index: 32 hexadecimal digits, the same each time."""
        return hmac.digest(self._key, person_key.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()[:32]
