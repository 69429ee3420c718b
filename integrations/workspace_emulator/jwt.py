"""Signed tokens, RS256 only (RFC 7515, RFC 7519), with the clock as an argument."""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

KEY_BITS = 2048


class BadToken(Exception):  # noqa: N818 - it is the token that is bad, nothing here failed
    """Not a token, not RS256, or not signed by this key."""


def new_key() -> rsa.RSAPrivateKey:
    """A fresh RSA key, never written anywhere by the emulator."""
    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)


def private_pem(key: rsa.RSAPrivateKey) -> str:
    """The key as Google writes it in a service-account file (PKCS 8, PEM)."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def public_pem(key: rsa.RSAPrivateKey) -> str:
    """The public half, PEM."""
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def read_public_key(pem: str) -> rsa.RSAPublicKey:
    """A public key from PEM. Raises ValueError where it is not an RSA key."""
    key = serialization.load_pem_public_key(pem.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("not an RSA public key")
    return key


def public_jwk(key: rsa.RSAPrivateKey, key_id: str) -> dict[str, str]:
    """The public half for a JSON Web Key Set (RFC 7517)."""
    numbers = key.public_key().public_numbers()
    return {
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": key_id,
        "n": encode(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
        "e": encode(numbers.e.to_bytes(3, "big")),
    }


def sign(claims: dict[str, Any], key: rsa.RSAPrivateKey, key_id: str) -> str:
    """``claims`` as a signed token."""
    header = {"alg": "RS256", "typ": "JWT", "kid": key_id}
    text = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
    return text + "." + encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))


def read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, nothing verified yet. Raises BadToken."""
    try:
        header, claims, _ = (decode(part) for part in token.split("."))
        parsed = json.loads(header), json.loads(claims)
    except ValueError as error:
        raise BadToken("not a signed token of three parts") from error
    if not all(isinstance(part, dict) for part in parsed):
        raise BadToken("header and claims must be objects")
    return parsed


def verify(token: str, key: rsa.RSAPublicKey) -> dict[str, Any]:
    """The claims of a token signed by this key. Times are not looked at. Raises BadToken."""
    header, claims = read(token)
    if header.get("alg") != "RS256":
        raise BadToken("signed by something other than RS256")
    signed, _, signature = token.rpartition(".")
    try:
        key.verify(decode(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature as error:
        raise BadToken("signature does not fit the key") from error
    return claims


def encode(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The bytes behind base64url without padding. Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
