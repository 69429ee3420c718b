"""How soon things are there: the service, its imports, a scenario played; and how much memory it rests in."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.alerts import resident
from tests.benchmarks.row import Row
from tests.journeys.running import Running

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "tests" / "journeys" / "example.yaml"
TIMES = 3


def measure(running: Running) -> list[Row]:
    """The rows of the table; the service is started, and left running. It takes about ten seconds."""
    began = time.perf_counter()
    running.start()
    started = time.perf_counter() - began
    nothing, imported = [], []
    for _ in range(TIMES):
        nothing.append(_seconds("-c", "pass"))
        imported.append(_seconds("-c", "import service.app"))
    before = _cpu()
    played = _seconds("-m", "service", "simulate", str(EXAMPLE), "--json")
    return [
        Row("start of the service, until it is ready", started, "s"),
        Row("import of the service, beside Python alone", statistics.median(imported), "s", "", True, min(nothing)),
        Row("simulate of the example, until it has ended", played, "s"),
        Row("simulate of the example, of a processor", _cpu() - before, "s", "<= 2", _cpu() - before <= 2),
        Row("memory of the service, at rest", resident(running), "MB"),
    ]


def _seconds(*arguments: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True, timeout=60)
    return time.perf_counter() - began


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
