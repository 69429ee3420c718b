"""Where the first run lives: a school whose terms are around today, and settings that nobody else has."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from base64 import b64encode
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import as_file, files
from pathlib import Path

from cryptography.fernet import Fernet

from integrations.workspace_emulator.server import RunningEmulator
from service.school import School, load_school

WEEKS_A_YEAR = 52
"""Sample terms are moved by whole weeks, so that Mondays stay Mondays."""


@dataclass(frozen=True, slots=True)
class Place:
    """A running service's settings: its folder, its environment and the school as it was read."""

    folder: Path
    environment: dict[str, str]
    school: School
    webhook_secret: str
    address: str


def sample_school(folder: Path, today: date, console: str) -> Path:
    """Copy the sample school into ``folder``, its term dates moved to the years around ``today``."""
    with as_file(files("service").joinpath("sample_school")) as source:
        shutil.copytree(source, folder, dirs_exist_ok=True)
    settings = folder / "school.yaml"
    lines = [line for line in settings.read_text().splitlines() if not line.startswith("console address:")]
    settings.write_text("\n".join([*lines, f"console address: {console}", ""]))
    terms = folder / "term-dates.csv"
    terms.write_text(around(terms.read_text(), today))
    return folder


def around(term_dates: str, today: date) -> str:
    """Term dates of one school year, repeated for the years before, around and after ``today``."""
    header, *rows = [line for line in term_dates.splitlines() if line.strip()]
    cells = [row.split(",") for row in rows]
    first = min(date.fromisoformat(row[2]) for row in cells)
    years = (today - first).days // (7 * WEEKS_A_YEAR)
    moved = []
    for year in range(years - 1, years + 3):
        shift = timedelta(weeks=WEEKS_A_YEAR * year)
        for kind, name, start, end in cells:
            days = (date.fromisoformat(start) + shift, date.fromisoformat(end) + shift)
            moved.append(",".join((kind, name, *(day.isoformat() for day in days))))
    return "\n".join([header, *moved, ""])


def settle(folder: Path, emulator: RunningEmulator, port: int, today: date) -> Place:
    """A fresh place in ``folder`` (emptied first) for a service on ``port`` that uses this emulator."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    address = f"http://127.0.0.1:{port}"
    school = load_school(sample_school(folder / "school", today, address))
    credentials = folder / "credentials.json"
    credentials.write_text(json.dumps(emulator.new_credentials("service-account")))
    secret = "whsec_" + b64encode(secrets.token_bytes(24)).decode()
    client = {"client_id": "console.policydesk.emulator.invalid", "client_secret": secrets.token_urlsafe(24)}
    furnish(emulator, school, client)
    own = {
        "POLICYDESK_DATABASE_URL": f"sqlite:///{(folder / 'policydesk.db').resolve()}",
        "POLICYDESK_SCHOOL": str(folder / "school"),
        "POLICYDESK_WEBHOOK_SECRETS": secret,
        "POLICYDESK_GOOGLE_CREDENTIALS": str(credentials),
        "POLICYDESK_GOOGLE_ENDPOINT": emulator.url,
        "POLICYDESK_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "POLICYDESK_OIDC_CLIENT_ID": client["client_id"],
        "POLICYDESK_OIDC_CLIENT_SECRET": client["client_secret"],
    }
    environment = {k: v for k, v in os.environ.items() if not k.startswith("POLICYDESK_")} | own
    return Place(folder, environment, school, secret, address)


def furnish(emulator: RunningEmulator, school: School, client: dict[str, str] | None = None) -> None:
    """Give the emulator the school's people, its task spreadsheet and the console as a client of its sign-in."""
    workspace = emulator.workspace
    people = [person for person in school.directory.everyone() if person.kind != "outside"]
    for person in people:
        workspace.register("people", {"name": person.name, "email": person.email, "role": ", ".join(person.roles)})
    if school.google.task_spreadsheet:
        workspace.register("spreadsheets", {"id": school.google.task_spreadsheet, "title": f"{school.name}: tasks"})
    if client is not None:
        workspace.register("openid-clients", client)
