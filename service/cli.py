"""The command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from dotenv import load_dotenv

from service import commands as commands_
from service import publish_commands, rule_commands, stuck_commands
from service.records import commands as records_commands
from service.settings import Settings, SettingsError

CANNOT_START = 2

Add = Callable[[str, str], argparse.ArgumentParser]
"""Makes a command: its name, and what it says of itself."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code. The settings come from the environment and from ``.env``."""
    chosen = _parser().parse_args(arguments)
    load_dotenv(os.path.join(os.getcwd(), ".env"))
    try:
        code: int = chosen.run(chosen)
    except BrokenPipeError:
        # Whoever read our output has gone (``| head``): there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SettingsError as error:
        print(f"policydesk: {error}", file=sys.stderr)
        return CANNOT_START
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("policydesk", description="A school's adopted policies, acted on.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="command")

    def add(name: str, says: str) -> argparse.ArgumentParser:
        """A command that says the same of itself in the list and in its own help."""
        return commands.add_parser(name, help=says, description=f"{says[0].upper()}{says[1:]}.")

    for group in (_run_it, _look_at_rules, _publish_rules, _keep_records, _mend, _ask):
        group(add)
    return parser


def _run_it(add: Add) -> None:
    """What runs, and what it runs against."""
    serve = add("serve", "web and dispatcher in one process")
    serve.add_argument("--port", type=_port, default=8000, help="without it, 8000")
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on; without it, this machine only")
    serve.set_defaults(run=_serve)
    emulator = add("emulator", "the local Google Workspace")
    emulator.add_argument("--port", type=_port, default=8701, help="without it, 8701")
    emulator.add_argument("--host", default="127.0.0.1", help="the address to listen on; without it, this machine only")
    emulator.add_argument("--school", help="the school's folder; else POLICYDESK_SCHOOL, else the sample school")
    emulator.add_argument("--credentials", default="var/emulator-credentials.json", help="where to write credentials")
    emulator.set_defaults(run=commands_.emulator)


def _look_at_rules(add: Add) -> None:
    """Rule files: right or wrong, what they promise, what other ones would do."""
    check = add("check", "validate rule files")
    check.add_argument("path", nargs="?", help="a folder of rule files; without it, those that are shipped")
    check.set_defaults(run=commands_.check)
    prove = add("prove", "prove the guarantees for every possible submission")
    prove.add_argument("path", nargs="?", help="a folder of rule files; without it, those that are shipped")
    prove.add_argument("--json", action="store_true")
    prove.set_defaults(run=rule_commands.prove)
    coverage = add("coverage", "the clause register against what carries it out, and its tests")
    coverage.add_argument("--json", action="store_true")
    coverage.set_defaults(run=rule_commands.coverage)
    schema = add("schema", "the JSON Schema of rule files, with which editors complete and check")
    schema.add_argument("path", nargs="?", help="a folder of rule files; without it, those that are shipped")
    schema.add_argument("--out", metavar="FILE", help="write it to this file")
    schema.set_defaults(run=rule_commands.schema)
    diagram = add("diagram", "the stages of a procedure and their clocks, as a Mermaid diagram")
    diagram.add_argument("track", help="a procedure, such as complaint or bullying")
    diagram.add_argument("path", nargs="?", help="a folder of rule files; without it, those that are shipped")
    diagram.set_defaults(run=rule_commands.diagram)
    replay = add("replay", "decide past submissions again under other rules; makes no effect")
    replay.add_argument("--since", metavar="D", help="show only what was made from this day on: 2026-10-06")
    replay.add_argument("--policies", metavar="DIR", help="the other rules; without it, those in force")
    replay.set_defaults(run=rule_commands.replay)


def _publish_rules(add: Add) -> None:
    """Rules of the school's own, by two of its leadership."""
    rules = add("rules", "which rules are in force, and what waits for approval")
    rules.add_argument("folder", nargs="?", help="write the rules in force into this new folder")
    rules.add_argument("--shipped", action="store_true", help="write those that come with this software instead")
    rules.set_defaults(run=publish_commands.rules)
    propose = add("propose", "propose the rules of a folder, to be approved by another person")
    propose.add_argument("folder")
    propose.add_argument("--by", required=True, metavar="EMAIL", help="who proposes: one of the school's leadership")
    propose.set_defaults(run=publish_commands.propose)
    approve = add("approve", "put proposed rules in force")
    approve.add_argument("number", type=int)
    approve.add_argument("--by", required=True, metavar="EMAIL", help="who approves: another of the leadership")
    approve.set_defaults(run=publish_commands.approve)


def _keep_records(add: Add) -> None:
    """Records: how long they are kept, copies of them, who looked."""
    retention = add("retention", "which closed cases have been kept for long enough; delete them")
    what = retention.add_mutually_exclusive_group()
    what.add_argument("--delete", nargs="+", metavar="REF", help="delete these for good")
    what.add_argument("--hold", metavar="REF", help="forbid the deletion of a case, such as for a claim")
    what.add_argument("--lift", metavar="REF", help="allow it again")
    retention.add_argument("--by", default="", metavar="EMAIL", help="who deletes or holds")
    retention.add_argument("--because", default="", metavar="TEXT", help="why it is held, or no longer; no names")
    retention.set_defaults(run=records_commands.retention)
    paper = add("to-paper", "take the account of a complaint about staff out, once it is on paper")
    paper.add_argument("case", help="the reference of the complaint")
    paper.add_argument("--by", required=True, metavar="EMAIL", help="who has seen that the paper is filed")
    paper.set_defaults(run=records_commands.to_paper)
    export = add("export", "a copy of a complainant's records, others taken out: draft, then approve")
    export.add_argument("case", help="the reference of a complaint")
    export.add_argument("--by", required=True, metavar="EMAIL", help="who asks for the copy, or approves it")
    export.add_argument("--approve", action="store_true", help="the draft in the folder was read through by a person")
    export.add_argument("--out", default="copies", metavar="DIR", help="where to write it; without it, ./copies")
    export.set_defaults(run=records_commands.export)
    log = add("log", "who looked at a case and did what; without a case: sign-ins, and what administrators did")
    log.add_argument("case", nargs="?", help="the reference of a case")
    log.add_argument("--by", required=True, metavar="EMAIL", help="who asks")
    log.add_argument("--because", default="", metavar="TEXT", help="why, which is logged; no names")
    log.add_argument("--since", metavar="D", help="show only what is of this day on: 2026-10-06")
    log.set_defaults(run=records_commands.log)


def _mend(add: Add) -> None:
    """What waits for an administrator."""
    stuck = add("stuck", "what was set aside or could not be delivered: list, read, settle, try again")
    one = stuck.add_mutually_exclusive_group()
    one.add_argument("--show", type=int, metavar="N", help="print what was set aside under this number; it is logged")
    one.add_argument("--again", metavar="ID", help="try again what was given up")
    one.add_argument("--dealt-with", type=int, metavar="N", help="a person has dealt with what was set aside as N")
    stuck.add_argument("--by", default="", metavar="EMAIL", help="who has dealt with it")
    stuck.add_argument("--because", default="", metavar="TEXT", help="how it was dealt with; no names")
    stuck.set_defaults(run=stuck_commands.stuck)
    reseal = add("reseal", "after a change of keys: seal everything under the newest one")
    reseal.set_defaults(run=stuck_commands.reseal)


def _ask(add: Add) -> None:
    """Cases played, explained and counted, and whether all is well."""
    simulate = add("simulate", "play a scenario on a virtual clock")
    simulate.add_argument("file")
    simulate.add_argument("--school", help="the school's folder; else POLICYDESK_SCHOOL, else the sample school")
    simulate.add_argument("--json", action="store_true", help="one JSON object a line")
    simulate.set_defaults(run=commands_.simulate)
    explain = add("explain", "why, rule by rule and clause by clause")
    explain.add_argument("what", metavar="case-or-submission")
    explain.add_argument("--json", action="store_true")
    explain.set_defaults(run=commands_.explain)
    report = add("report", "figures for leadership, and for governors: pages, tables, plots")
    report.add_argument("--since", metavar="D", help="first day, such as 2026-09-01; else this school year's first")
    report.add_argument("--until", metavar="D", help="last day; else today")
    report.add_argument("--out", metavar="DIR", help="the folder to write to; else ./report")
    report.set_defaults(run=_report)
    doctor = add("doctor", "check settings, sign-in, scopes, sheet, calendars, term dates, clock")
    doctor.set_defaults(run=commands_.doctor)
    demo = add("demo", "the sample school with the local Workspace")
    demo.add_argument("--once", action="store_true", help="print what was delivered, and end")
    demo.set_defaults(run=commands_.demo)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 2**16:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: write a number from 1 to 65535")
    return int(text)


def _serve(chosen: argparse.Namespace) -> int:
    from service.serve import serve

    return serve(Settings.from_environment(os.environ), chosen.host, chosen.port)


def _report(chosen: argparse.Namespace) -> int:
    from service.report.command import report

    return report(chosen)
