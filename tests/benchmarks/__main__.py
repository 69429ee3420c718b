"""``make bench``: how fast it is, beside what the same machine could do at the same time. It never fails on time.

What is named on the command line is measured, or everything: acknowledge deciding records rule_files starting alerts.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks import acknowledge, alerts, deciding, records, rule_files, starting
from tests.benchmarks.row import Row
from tests.journeys.running import settled

NAME, WIDTHS = 52, (12, 12, 8, 14)


def measured(chosen: Sequence[str]) -> Iterator[Row]:
    """Every row, one after the other, so that no measurement disturbs another."""
    with tempfile.TemporaryDirectory() as folder, settled(Path(folder) / "place") as running:
        if "deciding" in chosen:
            yield from deciding.measure(running.place)
        if "records" in chosen:
            yield from records.measure(Path(folder))
        if "rule_files" in chosen:
            yield from rule_files.measure()
        if "acknowledge" in chosen:
            yield from acknowledge.measure()
        if "starting" in chosen or "alerts" in chosen:
            yield from starting.measure(running)
        if "alerts" in chosen:
            yield from alerts.measure(running)


def line(*cells: str) -> str:
    """The first cell to the left, numbers to the right."""
    first, *others = cells
    return "  ".join([first.ljust(NAME), *(cell.rjust(width) for cell, width in zip(others, WIDTHS, strict=True))])


def shown(row: Row) -> str:
    """A row as it is printed; a target that was missed is marked."""
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    baseline = "" if row.baseline is None else f"{row.baseline:.3g}"
    missed = "" if row.met else "  <- not met"
    return line(row.what, f"{row.value:.3g} {row.unit}".strip(), baseline, ratio, row.target) + missed


def main(arguments: Sequence[str]) -> int:
    began = time.monotonic()
    print(line("what", "ours", "baseline", "ratio", "target"), flush=True)
    for row in measured(arguments or ("deciding", "records", "rule_files", "acknowledge", "starting", "alerts")):
        print(shown(row), flush=True)
    print(f"\nIt took {time.monotonic() - began:.0f} seconds. A busy machine is slower: look at the ratios.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
