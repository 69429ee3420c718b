"""From the webhook to the mailbox, under load: the service as it is run, with the local Workspace for Google.

The Workspace is Python, too, and checks every call against Google's description: what it takes is in these numbers.
"""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rules.engine.school.school_days import LONDON
from service.demo.post import post
from service.demo.samples import blank_question
from tests.benchmarks.row import Row
from tests.journeys.running import Running, policies

PER_SECOND = 20
SECONDS = 10
PATIENCE = 60.0
DSL = "r.calder@northbridge.example"


@dataclass(frozen=True)
class Sent:
    """A submission that was acknowledged; ``at`` in seconds since 1970, when its posting began."""

    id: str
    at: float


def measure(running: Running) -> list[Row]:
    """The rows of the table; the service is running. It takes up to a minute and a half."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as elsewhere:
        sent = elsewhere.submit(post_steadily, running.place.address, running.place.webhook_secret).result()
    arrived = _arrivals(running, len(sent))
    with running.store() as store, store.read() as tx:
        cases = {one.id: case for one in sent for d in tx.decisions.of_submission(one.id) for case in d.cases}
    waits = sorted(arrived[cases[one.id]] - one.at for one in sent if cases.get(one.id) in arrived)
    sheets = sum(call["method"].startswith("sheets.") for call in running.emulator.calls()) / len(sent)
    p50, p99 = waits[len(waits) // 2], waits[len(waits) * 99 // 100]
    lost = len(sent) - len(waits)
    return [
        Row(f"alerts that arrived, of {len(sent)} at {PER_SECOND} a second", len(waits), "", "all", not lost),
        Row("alert, from the webhook to the mailbox, p50", p50, "s", "<= 0.5", p50 <= 0.5),
        Row("alert, from the webhook to the mailbox, p99", p99, "s", "<= 2", p99 <= 2),
        Row("Sheets calls for each submission, under load", sheets, "", "<= 0.3", sheets <= 0.3),
        Row("memory of the service, after that load", resident(running), "MB"),
    ]


def post_steadily(address: str, secret: str) -> list[Sent]:
    """Post so many a second, each at its own moment whether or not the others were answered."""
    sample, form = blank_question(datetime.now(LONDON).date()), policies().forms["bullying-report"]
    began = time.time() + 0.5

    def one(number: int) -> Sent:
        time.sleep(max(began + number / PER_SECOND - time.time(), 0))
        at = time.time()
        return Sent(post(address, secret, form, sample, datetime.now(UTC)), at)

    with ThreadPoolExecutor(PER_SECOND) as pool:
        return list(pool.map(one, range(PER_SECOND * SECONDS)))


def _arrivals(running: Running, expected: int) -> dict[str, float]:
    """When the alert of each case arrived, in seconds since 1970, once all have or patience is at an end."""
    until = time.monotonic() + PATIENCE
    while True:
        with running.emulator.workspace.lock:
            box = list(running.emulator.workspace.mailboxes.box(DSL).messages.values())
        alerts = [mail for mail in box if mail.header("Subject").startswith("URGENT")]
        if len(alerts) >= expected or time.monotonic() > until:
            return {mail.header("Subject").split()[1].rstrip(":"): mail.arrived_ms / 1000 for mail in alerts}
        time.sleep(2)


def resident(running: Running) -> float:
    """Megabytes that the server and its worker keep in memory."""
    assert running.process is not None
    parent = running.process.pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return sum(_resident(pid) for pid in (str(parent), *children))


def _resident(pid: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
