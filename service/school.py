"""One school as its folder describes it: its people, its days and where its notices, tasks and dates go."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import TypeVar

import yaml

from rules.engine.school.directory import Directory
from rules.engine.school.roster import read_directory
from rules.engine.school.school_days import SchoolCalendar
from rules.engine.school.term_dates import read_term_dates
from service.records.schedule import DEFAULT, Schedule, of_school
from service.settings import SettingsError

_KEYS = frozenset(
    {"id", "name", "time zone", "receipt cut-off", "google", "console address", "case update form", "keeps"}
)
_GOOGLE_KEYS = frozenset({"sends as", "organiser", "task spreadsheet", "calendar"})
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class GooglePlaces:
    """``sends_as``: the mailbox of notices that go at once. ``organiser``: on whose calendar an entry stands until it
    is released; ``calendar``: where the others stand. ``task_spreadsheet``: its id, empty where there is none.
    """

    sends_as: str
    organiser: str
    task_spreadsheet: str
    calendar: str


@dataclass(frozen=True, slots=True)
class School:
    """``id`` names the school in the database, so it must stay; ``console`` is where people reach policydesk."""

    id: str
    name: str
    directory: Directory
    calendar: SchoolCalendar
    google: GooglePlaces
    console: str
    keeps: Schedule = field(default_factory=lambda: DEFAULT)
    """For how long the records of closed cases are kept."""
    update_form: str = ""
    """The address of the school's case update form, "{case}" in it where the reference goes; empty if not given."""


def load_school(folder: Path) -> School:
    """The school of a folder. SettingsError names the file, and what is wrong in it."""
    chosen = _mapping(folder / "school.yaml", _read(folder / "school.yaml", ""), _KEYS)
    directory = _made(
        folder,
        lambda: read_directory(
            *(_read(folder / f"{name}.csv") for name in ("staff", "governors", "outside-bodies", "pupils"))
        ),
    )
    calendar = _made(
        folder,
        lambda: SchoolCalendar(
            read_term_dates(_read(folder / "term-dates.csv")), cut_off=_time(_text(chosen, "receipt cut-off", "17:00"))
        ),
    )
    if _text(chosen, "time zone", "Europe/London") != "Europe/London":
        raise SettingsError(f"{folder / 'school.yaml'}: the time zone can only be Europe/London.")
    identity = _text(chosen, "id", folder.resolve().name.lower().replace(" ", "-"))
    if not _ID.fullmatch(identity):
        raise SettingsError(f"{folder / 'school.yaml'}: id must be letters a-z, digits, hyphens: northbridge-academy.")
    return School(
        id=identity,
        name=_text(chosen, "name", identity.replace("-", " ").replace("_", " ").title()),
        directory=directory,
        calendar=calendar,
        google=_places(folder / "school.yaml", chosen.get("google", {}), directory),
        console=_text(chosen, "console address", "http://localhost:8000").rstrip("/"),
        keeps=_made(folder, lambda: _keeps(chosen.get("keeps", {}))),
        update_form=_made(folder, lambda: _form(_text(chosen, "case update form", ""))),
    )


def _form(address: str) -> str:
    if address and not address.startswith("https://"):
        raise ValueError("school.yaml: case update form must be an address that begins with https://")
    return address


def _keeps(chosen: object) -> Schedule:
    if not isinstance(chosen, dict):
        raise ValueError("school.yaml: keeps must be lines of the form: complaint: 6")
    return of_school(chosen)


def _places(file: Path, chosen: object, directory: Directory) -> GooglePlaces:
    """Without a setting: the office's mailbox (or the headteacher's), and the clerk's calendar (or the office's)."""
    if not isinstance(chosen, dict) or not set(chosen) <= _GOOGLE_KEYS:
        raise SettingsError(f"{file}: google may say {', '.join(sorted(_GOOGLE_KEYS))}, and nothing else.")
    offices = [person.email for role in ("office", "headteacher") for person in directory.holders(role)]
    sends_as = _text(chosen, "sends as", offices[0] if offices else "")
    if not sends_as:
        raise SettingsError(f"{file}: say under google which mailbox it sends as; nobody holds the role office.")
    clerks = [person.email for person in directory.holders("clerk")]
    organiser = _text(chosen, "organiser", clerks[0] if clerks else sends_as)
    return GooglePlaces(
        sends_as=sends_as,
        organiser=organiser,
        task_spreadsheet=_text(chosen, "task spreadsheet", ""),
        calendar=_text(chosen, "calendar", organiser),
    )


def _mapping(file: Path, text: str, known: frozenset[str]) -> dict[str, object]:
    try:
        # Every word stays a word: to YAML 1.1, 17:00 is the number 1020.
        found = yaml.load(text, Loader=yaml.BaseLoader) or {}  # noqa: S506  makes nothing but text, lists and mappings
    except yaml.YAMLError as error:
        raise SettingsError(f"{file} is not YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(found, dict):
        raise SettingsError(f"{file} must be lines of the form: name: value.")
    unknown = sorted(set(found) - known)
    if unknown:
        raise SettingsError(f"{file}: {unknown[0]!r} is not a setting; there are {', '.join(sorted(known))}.")
    return found


def _text(chosen: Mapping[str, object], key: str, default: str) -> str:
    value = chosen.get(key, "")
    if not isinstance(value, str):
        raise SettingsError(f"school.yaml: {key} must be a single text.")
    return value.strip() or default


def _time(text: str) -> time:
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError("school.yaml: receipt cut-off must be a time like 17:00")
    return time(int(found[1]), int(found[2]))


def _read(file: Path, default: str | None = None) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if default is not None:
            return default
        raise SettingsError(f"{file} is not there.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {error}.") from None


def _made(folder: Path, make: Callable[[], Made]) -> Made:
    try:
        return make()
    except ValueError as error:
        raise SettingsError(f"{folder}: {'; '.join(str(error).splitlines())}") from None
