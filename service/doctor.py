"""What is well with an installation and what to mend: settings, school, rules, days, database, sign-in, Google."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from integrations.google import Google, GoogleSettingError, diagnose
from rules import RuleFilesError, check, load
from rules.engine.rulebook.parse import parse
from rules.engine.school.school_days import LONDON, SchoolCalendar, TermDatesNotLoaded
from service.flows.publish import moved_on
from service.opening import open_store
from service.school import School, load_school
from service.settings import Settings, SettingsError
from service.setup_risks import risks, risks_of_places, what_waits
from service.store import PolicyVersion

NEEDED_ROLES = ("headteacher", "dsl", "deputy-dsl", "chair", "clerk", "behaviour-lead", "deputy-headteacher")
AHEAD = timedelta(days=90)
"""How far term dates should reach: the longest clocks of both policies end sooner."""
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``mend`` says what to do where it is not well, or works and is yet unsafe."""

    name: str
    ok: bool
    mend: str = ""


def examine(env: Mapping[str, str], now: datetime | None = None) -> Iterator[Finding]:
    """Look at everything in turn; what rests on something broken is not looked at."""
    at = now or datetime.now(UTC)
    try:
        settings = Settings.from_environment(env)
        school = load_school(settings.schools[0])
    except SettingsError as error:
        yield Finding("settings", False, str(error))
        return
    yield Finding("settings", True)
    yield _found("clock", "this machine's clock is wrong: turn on time sync (NTP)", ok=at > EARLIEST)
    yield from _rules(school)
    yield from _people(school)
    yield from (Finding(name, True, look) for name, look in risks(school))
    yield _days(school.calendar, at)
    yield from _database(settings, school)
    signs_in = settings.sign_in is not None
    mend = "set POLICYDESK_OIDC_CLIENT_ID and POLICYDESK_OIDC_CLIENT_SECRET (deploy/README.md)"
    yield _found("sign-in to the console", mend, ok=signs_in)
    yield from _google(settings, school)


def _found(name: str, mend: str, *, ok: bool) -> Finding:
    return Finding(name, ok, "" if ok else mend)


def _rules(school: School) -> Iterator[Finding]:
    wrong = "run policydesk check: it says what to write"
    try:
        policies = load()
    except RuleFilesError:
        yield Finding("rules", False, wrong)
        return
    problems = check(policies)
    yield _found("rules", wrong, ok=not problems)
    unheld = len(check(policies, school.directory)) - len(problems)
    mend = f"nobody holds {unheld} of them: run policydesk check, which says which and who gets it until then"
    yield _found("every role that the rules name is held", mend, ok=not unheld)


def _people(school: School) -> Iterator[Finding]:
    mend = "name one in staff.csv or governors.csv, available: yes"
    for role in NEEDED_ROLES:
        yield _found(f"somebody is {role}", mend, ok=bool(school.directory.holders(role)))


def _days(calendar: SchoolCalendar, at: datetime) -> Finding:
    try:
        calendar.is_school_day((at + AHEAD).astimezone(LONDON).date())
    except TermDatesNotLoaded as error:
        return Finding("term dates reach three months ahead", False, f"{error}: add them to term-dates.csv")
    return Finding("term dates reach three months ahead", True)


def _database(settings: Settings, school: School) -> Iterator[Finding]:
    try:
        with open_store(settings, school) as store, store.read() as tx:
            published, waiting = tx.policies.in_force(), list(what_waits(tx))
    except SettingsError as error:
        yield Finding("database", False, str(error))
        return
    yield Finding("database", True)
    yield from (Finding(name, True, look) for name, look in waiting)
    if published is not None:
        yield from _published(published)


def _published(published: PolicyVersion) -> Iterator[Finding]:
    """Whether this software, which may be newer than they are, can still use the rules in force, and has others."""
    try:
        problems = check(parse(published.texts))
    except RuleFilesError as error:
        problems = error.problems
    mend = f"version {published.number} needs mending: write it out by policydesk rules DIR, and publish it anew"
    yield _found("published rules", mend, ok=not problems)
    mend = "the rules that come with this software have changed since: policydesk rules says where, and what to do"
    yield _found("published rules know the shipped ones", mend, ok=not moved_on(published))


def _google(settings: Settings, school: School) -> Iterator[Finding]:
    try:
        google = Google(settings.google_credentials, settings.google_endpoint)
    except GoogleSettingError as error:
        yield Finding("Google credentials", False, str(error))
        return
    places = school.google
    yield from (Finding(name, True, look) for name, look in risks_of_places(school, impersonates=google.impersonates))
    try:
        calendars = list(dict.fromkeys((places.organiser, places.calendar)))
        checks = diagnose(google, sends_as=places.sends_as, spreadsheet=places.task_spreadsheet, calendars=calendars)
        yield from (Finding(f"Google: {found.name}", found.ok, found.mend) for found in checks)
    finally:
        google.close()
