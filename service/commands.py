"""What each command does, but for ``serve``. What is slow to import is imported by the command that needs it."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path

from service.settings import SettingsError

WRONG = 1
UNREADABLE = 2
AT_THE_COMMAND_LINE = "at the command line"


def check(chosen: argparse.Namespace) -> int:
    """Validate rule files, for the school of the settings if there is one; 1 with messages for people where wrong."""
    from rules import RuleFilesError, load, notes
    from rules import check as check_policies
    from service.school import load_school

    named = os.environ.get("POLICYDESK_SCHOOL", "").strip()
    directory = load_school(Path(named)).directory if named else None
    try:
        policies = load(Path(chosen.path) if chosen.path else None)
        problems = check_policies(policies, directory)
    except RuleFilesError as error:
        problems = error.problems
    for problem in problems:
        print(problem, end="\n\n")
    if problems:
        print(f"{len(problems)} thing{'s' if len(problems) > 1 else ''} to mend.")
        return WRONG
    stages = [stage for procedure in policies.procedures.values() for stage in procedure.stages]
    examples = sum(len(rule.examples) for rule in policies.rules) + sum(len(stage.examples) for stage in stages)
    for note in notes(policies):
        print(f"Note: {note.says} ({', '.join(note.clauses)})\n      {note.default}\n")
    found = f"{len(policies.rules)} rules, {len(stages)} stages, {examples} examples"
    print(f"{found}: all is well. Version {policies.version}.")
    return 0


def simulate(chosen: argparse.Namespace) -> int:
    """Play a scenario; 2 with one line where the file cannot be read."""
    from rules import load
    from service.flows.scenario import ScenarioError
    from service.flows.simulate import simulate as play
    from service.flows.simulate import told

    try:
        with school_folder(chosen.school) as folder:
            from service.school import load_school

            for record in play(Path(chosen.file), load_school(folder), load()):
                print(json.dumps(record, ensure_ascii=False) if chosen.json else told(record))
    except ScenarioError as error:
        print(f"policydesk: {error}", file=sys.stderr)
        return UNREADABLE
    return 0


def explain(chosen: argparse.Namespace) -> int:
    """Why a case, or a submission, was decided as it was."""
    from rules import as_text
    from service.opening import desk

    with desk() as (store, _), store.write() as tx:
        found = tx.decisions.of_case(chosen.what.upper()) or tx.decisions.of_submission(chosen.what)
        for ref in dict.fromkeys(ref for decision in found for ref in decision.cases):
            tx.audit.add(at_the_command_line(), "asked why", ref, datetime.now(UTC))
    if not found:
        print(f"policydesk: there is no case and no submission {chosen.what!r}.", file=sys.stderr)
        return WRONG
    if chosen.json:
        print(json.dumps([decision.explanation | {"at": decision.at.isoformat()} for decision in found]))
        return 0
    for decision in found:
        print(f"{decision.at:%d %b %Y %H:%M} UTC, policy {decision.policy_version}, days {decision.calendar_version}")
        print(as_text(decision.explanation))
    return 0


def at_the_command_line() -> str:
    """Who reads records without the console, for the log: the account on the machine, as only administrators have."""
    return f"{getpass.getuser()} {AT_THE_COMMAND_LINE}"


def emulator(chosen: argparse.Namespace) -> int:
    """The local Google Workspace, for the school of the settings or the sample school, until Ctrl-C."""
    from integrations.workspace_emulator.server import running_emulator
    from service.demo.place import furnish
    from service.school import load_school

    try:
        with school_folder(chosen.school) as folder, running_emulator(host=chosen.host, port=chosen.port) as running:
            furnish(running, load_school(folder), _console_client())
            credentials = Path(chosen.credentials)
            credentials.parent.mkdir(parents=True, exist_ok=True)
            credentials.write_text(json.dumps(running.new_credentials("service-account")))
            print(f"The local Workspace is at {running.url}/\nCredentials for it are in {credentials}", flush=True)
            _until_interrupted()
    except (ValueError, OSError) as error:
        print(f"policydesk: the emulator cannot start: {getattr(error, 'strerror', None) or error}.", file=sys.stderr)
        return UNREADABLE
    return 0


def doctor(chosen: argparse.Namespace) -> int:
    """Say what is well, what works and is yet unsafe, and what to mend; 1 where something is to be mended."""
    del chosen
    from service.doctor import examine

    wrong = 0
    for finding in examine(os.environ):
        wrong += not finding.ok
        how = "MEND" if not finding.ok else "LOOK" if finding.mend else "ok  "
        print(f"{how}  {finding.name}" + (f": {finding.mend}" if finding.mend else ""))
    return WRONG if wrong else 0


def demo(chosen: argparse.Namespace) -> int:
    """The first run."""
    from service.demo import demo as play

    return play(once=chosen.once)


def school_folder(given: str | None) -> AbstractContextManager[Path]:
    """The folder of the school that was named, or of the settings, or the sample school. SettingsError if not there."""
    named = given or os.environ.get("POLICYDESK_SCHOOL", "").strip()
    if not named:
        return as_file(files("service").joinpath("sample_school"))
    if not Path(named).is_dir():
        raise SettingsError(f"there is no school folder {named}.")
    return nullcontext(Path(named))


def _console_client() -> dict[str, str] | None:
    given = [os.environ.get(f"POLICYDESK_OIDC_CLIENT_{name}", "").strip() for name in ("ID", "SECRET")]
    return dict(zip(("client_id", "client_secret"), given, strict=True)) if all(given) else None


def _until_interrupted() -> None:
    import signal
    import threading

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
