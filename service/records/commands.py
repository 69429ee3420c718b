"""The commands about records: what has been kept for long enough, copies for a complainant, and who looked."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, date, datetime, time
from pathlib import Path

from rules.engine.school.day_words import named_day
from rules.engine.school.school_days import LONDON
from service.commands import UNREADABLE, WRONG, at_the_command_line
from service.opening import desk

BUSY = "Something else was using the database: run policydesk retention, which clears its write-ahead log."


def retention(chosen: argparse.Namespace) -> int:
    """Show what is due to be deleted; with ``--delete`` and a person's name, delete it; 1 where that is refused."""
    from service.records import retention as records

    now = datetime.now(UTC)
    try:
        with desk() as (store, school):
            if chosen.hold or chosen.lift:
                ref = (chosen.hold or chosen.lift).upper()
                records.hold(store, school.directory, ref, chosen.by, chosen.because, now, lift=chosen.hold is None)
                print(f"{ref}: its deletion is {'held' if chosen.hold else 'no longer held'}.")
                return 0
            if chosen.delete:
                refs = [ref.upper() for ref in chosen.delete]
                rows = records.delete(store, school.directory, school.keeps, refs, chosen.by, now)
                gone = store.scrub()
                print(f"Deleted: {', '.join(refs)} ({rows} rows). It is logged.")
                if not gone:
                    print(BUSY)
                print("Backups from before hold them still: see the section on deletion in deploy/README.md.")
                return 0
            store.scrub()
            with store.write() as tx:
                found = records.closed_cases(tx, school.keeps)
                tx.audit.add(at_the_command_line(), "listed the closed cases", None, now)
            today = now.astimezone(LONDON).date()
    except records.NotDeletedError as error:
        print(f"Nothing was done. {error}", file=sys.stderr)
        return WRONG
    ready = records.due(found, today)
    for one in ready:
        print(f"{one.ref:<14} {one.track:<14} closed {one.closed}, kept until {one.until} ({one.years} years)")
    for one in found:
        if one.kept_by and one.until < today:
            print(f"{one.ref:<14} {one.track:<14} would be due, but stays: {one.kept_by}")
    print(f"{len(ready)} of {len(found)} closed cases have been kept for long enough. Nothing was deleted.")
    if ready:
        print("To delete: policydesk retention --delete REFERENCE ... --by YOUR-ADDRESS")
    return 0


def to_paper(chosen: argparse.Namespace) -> int:
    """Take the account of a complaint about staff out of what is kept; 1 where that is refused."""
    from rules import load
    from service.records.minimise import minimise
    from service.records.retention import NotDeletedError

    ref = chosen.case.upper()
    try:
        with desk() as (store, school):
            taken = minimise(store, school, load(), ref, chosen.by, datetime.now(UTC))
            gone = store.scrub()
    except NotDeletedError as error:
        print(f"Nothing was done. {error}", file=sys.stderr)
        return WRONG
    print(f"{ref}: the account of {taken} versions is on paper only. That cannot be undone. It is logged.")
    if not gone:
        print(BUSY)
    return 0


def log(chosen: argparse.Namespace) -> int:
    """Show who looked at a case and who did what, or what belongs to no case; 1 where that is refused."""
    from service.records.log import NotShownError, log_of_case, log_of_no_case

    now = datetime.now(UTC)
    try:
        since = datetime.combine(date.fromisoformat(chosen.since), time(), LONDON) if chosen.since else None
    except ValueError:
        print(f"policydesk: {chosen.since!r} is not a date: write it as 2026-10-06.", file=sys.stderr)
        return UNREADABLE
    try:
        with desk() as (store, school):
            if chosen.case:
                ref = chosen.case.upper()
                lines = log_of_case(store, school.directory, ref, chosen.by, chosen.because, now)
            else:
                lines = log_of_no_case(store, school.directory, chosen.by, chosen.because, now)
    except NotShownError as error:
        print(f"Nothing is shown. {error}", file=sys.stderr)
        return WRONG
    for line in lines:
        if since is None or line.at >= since:
            local = line.at.astimezone(LONDON)
            print(f"{named_day(local.date())}, {local:%H:%M}  {line.who}: {line.what}")
    return 0


def export(chosen: argparse.Namespace) -> int:
    """Draft a copy of a complainant's records, or approve a draft that was read through; 1 where that is refused."""
    from rules import load
    from service.records.copies import NotCopiedError, approve, draft

    now, folder = datetime.now(UTC), Path(chosen.out)
    try:
        with desk() as (store, school):
            make = approve if chosen.approve else draft
            page = make(store, school, load(), chosen.case.upper(), chosen.by, folder, now)
    except (NotCopiedError, OSError) as error:
        print(f"Nothing was written. {error}", file=sys.stderr)
        return WRONG
    print(page)
    if not chosen.approve:
        print(
            "This is a draft. Read all of it; what must go, take out of the JSON beside it. Then another person runs:"
        )
        print(f"  policydesk export {chosen.case.upper()} --approve --out {folder} --by THEIR-ADDRESS")
    return 0
