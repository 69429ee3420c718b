"""Plays the first run from end to end, on this machine only."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import requests

from integrations.google import Google, connect
from integrations.ports import DiaryEntry
from integrations.workspace_emulator.server import RunningEmulator, running_emulator
from rules import Policies, load
from rules.engine.school.school_days import LONDON
from service.demo.arrived import HEAD, Cases, panel_is_busy, story, wrong
from service.demo.place import Place, settle
from service.demo.post import post
from service.demo.samples import Sample, blank_question, complaint, in_confidence, to_the_panel

T = TypeVar("T")

FOLDER = Path("var/demo")
PATIENCE = 60
"""Seconds that a step may take before the first run is called failed."""
PORT, EMULATOR_PORT = 8700, 8701


class DemoError(Exception):
    """The first run cannot go on. The text says what happened and where to look."""


def demo(*, once: bool, port: int = PORT, emulator_port: int = EMULATOR_PORT, folder: Path = FOLDER) -> int:
    """Run it; returns 0, or 1 if anything expected did not arrive. Stays up until Ctrl-C unless ``once``."""
    if once:
        port = emulator_port = 0
    # Ended by somebody else, it ends what it started, just as for Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _check_free(port, emulator_port)
        with running_emulator(port=emulator_port) as emulator:
            place = settle(folder, emulator, port or _free_port(), datetime.now(LONDON).date())
            with _service(place):
                return _play(place, emulator, once=once)
    except requests.RequestException as error:
        print(f"policydesk: the service did not answer as it should: {error}", file=sys.stderr)
    except DemoError as error:
        print(f"policydesk: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 0
    return 1


def _play(place: Place, emulator: RunningEmulator, *, once: bool) -> int:
    now = datetime.now(UTC)
    policies = load()
    fill_diaries(place, emulator, now)
    print("Three sample responses go through the signed webhook ...", flush=True)
    cases = _send_samples(place, emulator, policies, now)
    state = _settled(place, emulator)
    print(*story(state, cases), sep="\n")
    missing = wrong(state, cases, place.school, now)
    print("\nEverything that should have arrived did, and nothing else." if not missing else "\nNot as it should be:")
    print(*(f"  - {what}" for what in missing), sep="\n")
    if not once:
        _stay(place, emulator)
    return 1 if missing else 0


def _send_samples(place: Place, emulator: RunningEmulator, policies: Policies, now: datetime) -> Cases:
    today = now.astimezone(LONDON).date()

    def send(sample: Sample) -> None:
        post(place.address, place.webhook_secret, policies.forms[sample.form], sample, now)
        _wait(lambda: _idle(place), "a response was not decided")

    send(blank_question(today))
    send(in_confidence(today))
    send(complaint(today))
    found = _wait(lambda: _reference(emulator.state(), HEAD, "C"), "the complaint reached nobody")
    for step in to_the_panel(found, today):
        send(step)
    year = found.split("-")[1]
    return Cases(f"B-{year}-0001", f"B-{year}-0002", found)


def _reference(state: dict[str, Any], address: str, prefix: str) -> str:
    subjects = [mail["subject"] for mail in state["mail"].get(address, {}).get("inbox", [])]
    found = [match[0] for subject in subjects if (match := re.search(rf"\b{prefix}-\d{{4}}-\d{{4,}}\b", subject))]
    return found[-1] if found else ""


def fill_diaries(place: Place, emulator: RunningEmulator, now: datetime) -> None:
    """Members of the panel are away on the first days that would do, so that the hearing must avoid them."""
    google = Google(place.folder / "credentials.json", emulator.url)
    try:
        workspace = connect(google, sends_as=place.school.google.sends_as, spreadsheet="")
        for number, (member, day) in enumerate(panel_is_busy(place.school, now.astimezone(LONDON).date())):
            start = datetime.combine(day, datetime.min.time(), LONDON)
            entry = DiaryEntry(f"away-{number}", member, "Away", "", start, start + timedelta(days=1))
            workspace.diary.put(entry)
    finally:
        google.close()


@contextmanager
def _service(place: Place) -> Iterator[None]:
    command = [sys.executable, "-m", "service", "serve", "--port", place.address.rsplit(":", 1)[1]]
    with (place.folder / "service.log").open("wb") as log_file:
        process = subprocess.Popen(command, env=place.environment, stdout=log_file, stderr=log_file)  # noqa: S603  our own command
        try:
            _wait(lambda: _ready(place, process), "the service did not start")
            yield
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


def _ready(place: Place, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        log = (place.folder / "service.log").read_text(errors="replace").strip().splitlines()
        raise DemoError(f"the service ended: {log[-1] if log else 'it said nothing'}")
    try:
        return bool(requests.get(f"{place.address}/readyz", timeout=2).ok)
    except requests.ConnectionError:
        return False


def _idle(place: Place) -> bool:
    found = requests.get(f"{place.address}/readyz", timeout=5).json()
    return not found["undelivered"] and not found["undecided"]


def _settled(place: Place, emulator: RunningEmulator) -> dict[str, Any]:
    _wait(lambda: _idle(place), "not everything was delivered")
    return emulator.state()


def _wait(found: Callable[[], T], otherwise: str) -> T:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        answer = found()
        if answer:
            return answer
        time.sleep(0.05)
    raise DemoError(f"{otherwise} within {PATIENCE} seconds; see {FOLDER / 'service.log'}.")


def _check_free(*ports: int) -> None:
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                raise DemoError(f"port {port} is taken: end what uses it, for example another first run.") from None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _stay(place: Place, emulator: RunningEmulator) -> None:
    print(f"""
Console           {place.address}/            sign in as anybody on the list
Inbox and drafts  {emulator.url}/
Calendar          {emulator.url}/calendar
Task sheet        {emulator.url}/sheet

Everything is on this machine. Ctrl-C ends it.""")
    while True:
        time.sleep(3600)
