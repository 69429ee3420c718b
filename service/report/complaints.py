"""The figures of complaints (CP-15a)."""

from __future__ import annotations

from collections.abc import Callable

from service.report.duties import duty_grid
from service.report.figures import Grid, Table, one_each, several_each
from service.report.records import Category, Complaint, Records


def complaint_tables(records: Records) -> tuple[Table | Grid, ...]:
    """By stage, how they ended, topic, result and timeliness (CP-15a)."""
    complaints = records.complaints

    def table(
        name: str, title: str, of: str, words: tuple[Category, ...], pick: Callable[[Complaint], str], blank: str
    ) -> Table:
        return Table(
            id=f"complaints-{name}", title=title, clauses=("CP-15a",), of=of, total=len(complaints),
            rows=one_each(map(pick, complaints), words, blank), counted="Complaints",
        )  # fmt: skip

    stages = (*((str(n), f"Stage {n}") for n in range(1, 5)), ("after", "After the last stage"))
    states = (
        ("open", "Open"), ("paused", "Paused"), ("resolved", "Resolved with the complainant"),
        ("withdrawn", "Withdrawn"), ("too late", "Made too late, and not taken up"),
        ("closed", "Closed after an answer"),
    )  # fmt: skip
    return (
        table("stage", "Stage reached", "Stage", stages, lambda c: c.stage, "At no stage"),
        table(
            "state",
            "Open, or how it ended",
            "State",
            states,
            lambda c: (c.state == "closed" and c.ended) or c.state,
            "In another way",
        ),
        Table(
            id="complaints-topic",
            title="What it was to do with",
            clauses=("CP-15a",),
            of="Topic",
            rows=several_each((c.topics for c in complaints), records.words.get("topic", ())),
            total=len(complaints),
            counted="Complaints",
            counts="several",
        ),
        table(
            "upheld",
            "Whether it was upheld",
            "Result",
            records.words.get("upheld", ()),
            lambda c: c.upheld,
            "No finding recorded",
        ),
        duty_grid("complaints-timeliness", "Complaint deadlines met, late and missed", (c.clocks for c in complaints)),
    )
