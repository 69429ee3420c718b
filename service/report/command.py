"""``policydesk report``: from the database of the settings to files."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from rules.engine.school.school_days import LONDON
from service.commands import UNREADABLE, at_the_command_line
from service.opening import open_store
from service.settings import Settings

DEFAULT_OUT = "report"
SCHOOL_YEAR_BEGINS = 9
"""The month."""


def report(chosen: argparse.Namespace) -> int:
    """Write the report for leadership and the one for governors; 2 with one line where that cannot be."""
    from rules import load
    from service.report.read import read_records
    from service.report.write import write_reports
    from service.school import load_school

    today = datetime.now(LONDON).date()
    try:
        since, until = period(chosen.since, chosen.until, today)
    except ValueError as error:
        print(f"policydesk: {error}", file=sys.stderr)
        return UNREADABLE
    settings = Settings.from_environment(os.environ)
    out = Path(chosen.out or DEFAULT_OUT)
    for folder in settings.schools:
        school = load_school(folder)
        with open_store(settings, school) as store:
            with store.write() as tx:
                tx.audit.add(at_the_command_line(), f"made the report for {since} to {until}", None, datetime.now(UTC))
            with store.read() as tx:
                records = read_records(tx, load(), school, since, until)
        place = out if len(settings.schools) == 1 else out / school.id
        try:
            pages = write_reports(records, school.name, today, place)
        except OSError as error:
            print(
                f"policydesk: {place} cannot be written: {error.strerror}. Name a folder with --out.", file=sys.stderr
            )
            return UNREADABLE
        for page in pages:
            print(page)
    return 0


def period(since: str | None, until: str | None, today: date) -> tuple[date, date]:
    """The days asked for; without them, from 1 September of this school year to today. ValueError, for people."""
    last = _day(until, "--until") if until else today
    begins = last.year if last.month >= SCHOOL_YEAR_BEGINS else last.year - 1
    first = _day(since, "--since") if since else date(begins, SCHOOL_YEAR_BEGINS, 1)
    if last < first:
        raise ValueError(f"--until {last} is before --since {first}: swap them.")
    return first, last


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{option} must be a date such as 2026-09-01, not {text!r}.") from None
