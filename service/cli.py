"""The command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from dotenv import load_dotenv

from service.settings import Settings, SettingsError

CANNOT_START = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code. The settings come from the environment and from ``.env``."""
    chosen = _parser().parse_args(arguments)
    load_dotenv(os.path.join(os.getcwd(), ".env"))
    try:
        code: int = chosen.run(chosen)
    except SettingsError as error:
        print(f"policydesk: {error}", file=sys.stderr)
        return CANNOT_START
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("policydesk", description="A school's adopted policies, acted on.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="command")
    serve = commands.add_parser("serve", help="web and dispatcher in one process")
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--host", default="127.0.0.1")
    serve.set_defaults(run=_serve)
    return parser


def _serve(chosen: argparse.Namespace) -> int:
    from service.serve import serve

    return serve(Settings.from_environment(os.environ), chosen.host, chosen.port)
