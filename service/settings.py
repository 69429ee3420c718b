"""What the environment says. Nothing secret has a default; a setting that is missing or wrong is one line naming it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.fernet import Fernet

from integrations.google import GoogleSettingError
from integrations.google.auth import loopback_root
from integrations.intake import signing_key

PREFIX = "POLICYDESK_"
DEFAULT_DATABASE = "sqlite:///var/policydesk.db"


class SettingsError(Exception):
    """The service cannot start like this. The text is one line that names the setting and says what to do."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """The console as a client of Google's sign-in (OpenID Connect)."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that an administrator sets (the README lists them). Secrets are not shown by ``repr``."""

    database_url: str = field(repr=False)
    schools: tuple[Path, ...]
    webhook_secrets: tuple[str, ...] = field(repr=False)
    google_credentials: Path
    google_endpoint: str | None
    sign_in: SignIn | None
    encryption_keys: tuple[str, ...] = field(repr=False)

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> Settings:
        """Read and check the settings. SettingsError for the first that is missing or wrong."""
        return cls(
            database_url=_database(env),
            schools=_schools(env),
            webhook_secrets=_secrets(env),
            google_credentials=_file(env, "GOOGLE_CREDENTIALS", "the credentials file from Google"),
            google_endpoint=_endpoint(env),
            sign_in=_sign_in(env),
            encryption_keys=_keys(env),
        )


def _required(env: Mapping[str, str], name: str, what: str) -> str:
    value = env.get(PREFIX + name, "").strip()
    if not value:
        raise SettingsError(f"{PREFIX}{name} is not set: it must be {what}.")
    return value


def _listed(env: Mapping[str, str], name: str, what: str) -> tuple[str, ...]:
    values = tuple(part.strip() for part in _required(env, name, what).split(",") if part.strip())
    if not values:
        raise SettingsError(f"{PREFIX}{name} is not set: it must be {what}.")
    return values


def _database(env: Mapping[str, str]) -> str:
    from sqlalchemy.engine import make_url  # not every command has a database, and it is long to import
    from sqlalchemy.exc import ArgumentError

    url = env.get(PREFIX + "DATABASE_URL", "").strip() or DEFAULT_DATABASE
    try:
        backend = make_url(url).get_backend_name()
    except ArgumentError:
        backend = ""
    if backend not in ("sqlite", "postgresql"):
        raise SettingsError(
            f"{PREFIX}DATABASE_URL must be an address like {DEFAULT_DATABASE} or postgresql+psycopg://host/name."
        )
    return url


def _secrets(env: Mapping[str, str]) -> tuple[str, ...]:
    secrets = _listed(env, "WEBHOOK_SECRETS", "one or more whsec_… secrets, separated by commas")
    for number, secret in enumerate(secrets, 1):
        try:
            signing_key(secret)
        except ValueError as error:
            raise SettingsError(f"{PREFIX}WEBHOOK_SECRETS: secret {number} {error}.") from None
    return secrets


def _keys(env: Mapping[str, str]) -> tuple[str, ...]:
    keys = _listed(env, "ENCRYPTION_KEYS", "one or more Fernet keys, newest first, separated by commas")
    for number, key in enumerate(keys, 1):
        try:
            Fernet(key)
        except ValueError:
            raise SettingsError(
                f"{PREFIX}ENCRYPTION_KEYS: key {number} is not a Fernet key (32 bytes in URL-safe base64)."
            ) from None
    return keys


def _endpoint(env: Mapping[str, str]) -> str | None:
    endpoint = env.get(PREFIX + "GOOGLE_ENDPOINT", "").strip()
    try:
        return loopback_root(endpoint) if endpoint else None
    except GoogleSettingError as error:
        raise SettingsError(str(error)) from None


def _sign_in(env: Mapping[str, str]) -> SignIn | None:
    """Without it the service runs, but nobody can open a case: alerts still go, and ``doctor`` says so."""
    given = [env.get(PREFIX + name, "").strip() for name in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")]
    if not any(given):
        return None
    if not all(given):
        raise SettingsError(f"{PREFIX}OIDC_CLIENT_ID and {PREFIX}OIDC_CLIENT_SECRET belong together: set both.")
    return SignIn(*given)


def _file(env: Mapping[str, str], name: str, what: str) -> Path:
    path = Path(_required(env, name, what))
    if not path.is_file():
        raise SettingsError(f"{PREFIX}{name} names a file that is not there: {path}.")
    return path


def _schools(env: Mapping[str, str]) -> tuple[Path, ...]:
    one, many = (env.get(PREFIX + name, "").strip() for name in ("SCHOOL", "SCHOOLS"))
    if one and many:
        raise SettingsError(f"{PREFIX}SCHOOL and {PREFIX}SCHOOLS are both set: leave one of them out.")
    if many:
        folder = _folder("SCHOOLS", many)
        schools = tuple(sorted(path for path in folder.iterdir() if (path / "staff.csv").is_file()))
        if not schools:
            raise SettingsError(f"{PREFIX}SCHOOLS names a folder without schools: {folder}.")
        return schools
    what = "the folder with the school's staff.csv, governors.csv, outside-bodies.csv, pupils.csv and term-dates.csv"
    return (_folder("SCHOOL", _required(env, "SCHOOL", what)),)


def _folder(name: str, value: str) -> Path:
    folder = Path(value)
    if not folder.is_dir():
        raise SettingsError(f"{PREFIX}{name} names a folder that is not there: {folder}.")
    return folder
