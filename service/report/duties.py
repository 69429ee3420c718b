"""How often a duty with a deadline was done in time."""

from __future__ import annotations

from collections.abc import Iterable

from service.report.figures import Grid
from service.report.records import Clock

STATES = (("met", "Met"), ("late", "Done late"), ("missed", "Missed"), ("not due", "Not due"))
NOT_DUE = "Not due: its day has not come, or it is paused or no longer called for."


def duty_grid(name: str, title: str, cases: Iterable[tuple[Clock, ...]]) -> Grid:
    """For each duty with a deadline: how often it was met, late, missed or is not due (AB-13a)."""
    clocks = [clock for case in cases for clock in case]
    clauses: dict[str, set[str]] = {}
    for clock in clocks:
        clauses.setdefault(clock.name, set()).update(clock.clauses)
    rows = []
    for duty, of in sorted(clauses.items(), key=lambda item: (sorted(item[1]), item[0])):
        states = [c.state if c.state in ("met", "late", "missed") else "not due" for c in clocks if c.name == duty]
        rows.append((f"{duty} ({', '.join(sorted(of))})", tuple(states.count(state) for state, _ in STATES)))
    return Grid(
        id=name, title=title, clauses=("AB-13a", "AB-9a") if name == "timeliness" else ("CP-15a",), of="Duty",
        across=tuple(label for _, label in STATES), rows=tuple(rows), audience="everybody", note=NOT_DUE,
    )  # fmt: skip
