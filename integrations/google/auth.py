"""Signing in to Google: the credentials file, the emulator's endpoint, and one service for each API and account.

Two kinds of file: a service account (acts as any mailbox that the administrator delegated to it) and an OAuth
``authorized_user`` with a refresh token (acts as the one account that signed in).
"""

from __future__ import annotations

import ipaddress
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from integrations.google.text import is_plain_address
from integrations.ports import DeliveryError

if TYPE_CHECKING:
    from integrations.google.transport import Api, Pool, Transport

ApiName = Literal["gmail", "calendar", "sheets"]

# The throw-away credentials of the emulator that ships with the project end in a name that cannot exist.
OF_AN_EMULATOR: Final = (".invalid",)
GOOGLE_TOKENS: Final = "https://oauth2.googleapis.com/token"
_SCOPE: Final = "https://www.googleapis.com/auth/"
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "service_account": ("client_email", "private_key"),
    "authorized_user": ("client_id", "client_secret", "refresh_token"),
}


class GoogleSettingError(ValueError):
    """A setting for Google that cannot be used; the message is one line that names it and says what to do."""


@dataclass(frozen=True, slots=True)
class _ApiKind:
    version: str
    path: str  # under the endpoint of the emulator; Calendar's discovery document leaves its path to the root
    scopes: tuple[str, ...]


APIS: Final[Mapping[ApiName, _ApiKind]] = {
    "gmail": _ApiKind("v1", "/", (_SCOPE + "gmail.compose",)),
    "calendar": _ApiKind("v3", "/calendar/v3/", (_SCOPE + "calendar.events", _SCOPE + "calendar.freebusy")),
    "sheets": _ApiKind("v4", "/", (_SCOPE + "spreadsheets",)),
}


class Google:
    """The way to Google's APIs; safe for many threads. Nothing is imported from Google, or sent, before the first use.

    ``credentials_file``: POLICYDESK_GOOGLE_CREDENTIALS. ``endpoint``: POLICYDESK_GOOGLE_ENDPOINT, the root of a local
    emulator, or None for Google itself. ``timeout``: seconds to connect, and to wait for the next byte.
    Raises GoogleSettingError for settings that cannot work.
    """

    def __init__(
        self, credentials_file: Path | str, endpoint: str | None = None, *, timeout: tuple[float, float] = (5.0, 30.0)
    ) -> None:
        self._endpoint = loopback_root(endpoint) if endpoint else None
        self._info = _read_credentials(Path(credentials_file))
        self.identity: str = self._info["client_email" if self.impersonates else "client_id"]
        _check_world(self.identity, self._endpoint)
        self._timeout = timeout
        self._lock = threading.Lock()
        self._pool: Pool | None = None
        self._resources: dict[ApiName, Any] = {}
        self._apis: dict[tuple[ApiName, str], Api] = {}

    @property
    def impersonates(self) -> bool:
        """Whether it acts in the name of any mailbox (a service account), or only of the account that signed in."""
        return bool(self._info["type"] == "service_account")

    def api(self, name: ApiName, subject: str) -> Api:
        """The API in the name of ``subject``; a refresh token has one account, whatever the subject.

        Raises DeliveryError: bad-credentials where the private key cannot be read, bad-mailbox where there is no
        address to act as (without one google-auth would sign in as the account itself, and look up its region).
        """
        key = (name, subject if self.impersonates else "")
        with self._lock:
            if key not in self._apis:
                self._apis[key] = self._connect(name, APIS[name].scopes, subject)
            return self._apis[key]

    def check_scope(self, name: ApiName, scope: str, subject: str) -> None:
        """Ask for a token for this one scope. Raises DeliveryError if Google refuses it."""
        with self._lock:
            api = self._connect(name, (scope,), subject)
        api.sign_in()

    def close(self) -> None:
        """Let go of all connections; the next call opens new ones."""
        with self._lock:
            self._apis.clear()
            if self._pool is not None:
                self._pool.close()

    def _connect(self, name: ApiName, scopes: tuple[str, ...], subject: str) -> Api:
        if self.impersonates and not is_plain_address(subject):
            raise DeliveryError("bad-mailbox", permanent=True, systemic=True)
        from integrations.google import transport  # late: it imports Google's client

        if self._pool is None:
            self._pool = transport.Pool(direct=self._endpoint is not None)
        if name not in self._resources:
            root = self._endpoint + APIS[name].path if self._endpoint else None
            self._resources[name] = transport.build(name, APIS[name].version, root)
        return transport.Api(self._resources[name], self._transport(scopes, subject, self._pool))

    def _transport(self, scopes: tuple[str, ...], subject: str, pool: Pool) -> Transport:
        from google.oauth2 import credentials, service_account

        from integrations.google.transport import Transport

        # With an endpoint tokens come from there; the assertion's `aud` stays Google's address all the same.
        token_uri = self._endpoint + "/token" if self._endpoint else GOOGLE_TOKENS
        info = {**self._info, "token_uri": token_uri}
        if not self.impersonates:
            chosen = {name: info[name] for name in ("refresh_token", "client_id", "client_secret", "token_uri")}
            return Transport(credentials.Credentials(None, scopes=scopes, **chosen), pool, self._timeout)
        try:
            made = service_account.Credentials.from_service_account_info(info, scopes=scopes, subject=subject)
        except ValueError:  # the key is not one; the cause may quote it
            made = None
        if made is None:
            raise DeliveryError("bad-credentials", permanent=True, systemic=True)
        return Transport(made, pool, self._timeout)


def loopback_root(endpoint: str) -> str:
    """``http://127.0.0.1:8900/`` -> ``http://127.0.0.1:8900``. Raises GoogleSettingError unless it is this machine.

    The address is put together again from its parts, so that what was checked is what is called.
    """
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    plain = not (parts.username or parts.password or parts.query or parts.fragment or parts.path.strip("/"))
    if parts.scheme not in ("http", "https") or "\\" in endpoint or not plain or not _is_loopback(host):
        raise GoogleSettingError(
            "POLICYDESK_GOOGLE_ENDPOINT must be an address of this machine, like http://127.0.0.1:8900; "
            "leave it out to use Google itself."
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read_credentials(path: Path) -> dict[str, Any]:
    """The credentials file as a dictionary with everything that its kind needs."""
    setting = "POLICYDESK_GOOGLE_CREDENTIALS"
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise GoogleSettingError(f"{setting} names a file that cannot be read: {path} ({error.strerror}).") from None
    except ValueError:
        raise GoogleSettingError(f"{setting} names a file that is not JSON: {path}; download it again.") from None
    kind = str(info.get("type")) if isinstance(info, dict) else ""
    if kind not in _NEEDED:
        raise GoogleSettingError(
            f"{setting} must be a service account or authorized_user file; {path} is neither "
            "(an OAuth client secret is not enough: sign in once to get a refresh token)."
        )
    missing = [name for name in _NEEDED[kind] if not isinstance(info.get(name), str) or not info[name]]
    if missing:
        raise GoogleSettingError(f"{setting}: {path} lacks {', '.join(missing)}; download it again.")
    return dict(info)


def _check_world(identity: str, endpoint: str | None) -> None:
    """An emulator's credentials never go to Google. The other way round nothing leaves the machine: an endpoint is
    loopback only, tokens come from it whatever the file says, and an emulator accepts only what it made itself.
    """
    if not endpoint and identity.endswith(OF_AN_EMULATOR):
        raise GoogleSettingError(
            "POLICYDESK_GOOGLE_CREDENTIALS holds an emulator's credentials; "
            "set POLICYDESK_GOOGLE_ENDPOINT to the emulator, or use credentials from Google."
        )
