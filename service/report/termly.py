"""Which figures the termly report has: of incidents (AB-4, AB-6, AB-9, AB-10, AB-13) and of complaints (CP-15)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from service.report.complaints import complaint_tables
from service.report.duties import duty_grid
from service.report.figures import (
    NO_SCHOOL,
    NOT_SAID,
    UNKNOWN,
    Grid,
    Table,
    banded,
    crossed,
    one_each,
    several_each,
    with_blank,
)
from service.report.records import Category, Incident, Records
from service.report.sanctions import CATEGORIES

CHARACTERISTICS: dict[str, tuple[str, ...]] = {
    "Race": ("race", "ethnicity"),
    "Religion or belief": ("religion",),
    "Disability, with health and special needs": ("special needs", "health"),
    "Sexual orientation": ("sexual orientation",),
    "Sex or gender reassignment": ("gender",),
    "Pregnancy and maternity": ("teenage parent",),
}
"""Which kinds of section 6 of the policy are prejudice-based, by the characteristic that the Equality Act protects."""
OUTCOMES = (
    ("parents or carers informed", "Parents or carers informed"),
    ("sanction or support agreed", "Sanction or support agreed"),
    ("referred to police", "Referred to police"),
    ("referred to children's social care or early help", "Referred to social care or early help"),
    ("follow-up check: bullying has stopped", "Checked: it has stopped"),
    ("follow-up check: bullying has resumed", "Checked: it had started again"),
    ("unknown", "None of these recorded yet"),
)
PATTERNS = (
    ("repeated reports of one pupil", "The same pupil reported again and again"),
    ("one pupil targeted repeatedly", "The same pupil targeted again and again"),
    ("repeated incidents between two pupils", "The same two pupils again and again"),
    ("pupils reported together repeatedly", "The same pupils reported together"),
)
SENDERS = (("staff", "A member of staff"), ("pupil", "A pupil (worry box)"), ("somebody else", "Somebody else"))
ALERT = {"Within 5 minutes": 5, "Within 15 minutes": 15, "Within an hour": 60}
LATE = {"The same day": 0, "A day later": 1, "2 to 5 days later": 5}
ACTION = {"The same school day": 0, "The next school day": 1, "2 to 5 school days": 5}
CLOSING = {"Within 5 school days": 5, "Within 15 school days": 15, "Within 30 school days": 30}
EARLY, EVENING = 7, 22
"""The hours before and from which are counted together: which hours there are says nothing about any report."""
HOURS: tuple[Category, ...] = (
    ("early", f"Before {EARLY:02d}:00"),
    *((f"{hour:02d}", f"{hour:02d}:00") for hour in range(EARLY, EVENING)),
    ("evening", f"From {EVENING}:00"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the report: its heading, a sentence about it, its tables."""

    title: str
    says: str
    tables: tuple[Table | Grid, ...]


@dataclass(frozen=True, slots=True)
class Termly:
    """The whole report before it is fitted to an audience. ``medians``: typical times, for leadership."""

    since: date
    until: date
    incidents: int
    complaints: int
    apart: Table
    parts: tuple[Part, ...]
    medians: tuple[tuple[str, str], ...]


def termly(records: Records) -> Termly:
    """Every figure of these records."""
    counted = [incident for incident in records.incidents if incident.standing == "counted"]
    count = _Count(records, counted)
    apart = Table(
        id="apart", title="Counted apart", clauses=("AB-13c",), of="Reports", counts="apart", total=0,
        rows=tuple((name, sum(i.standing == name.lower() for i in records.incidents))
                   for name in ("Not substantiated", "Entered in error")),
    )  # fmt: skip
    parts = (
        Part("How many, and when", "Reports by the week in which they came.",
             (count.weekly(), count.by_sender(), count.late())),
        Part("What kind", "One incident can be of several kinds, so these add up to more than its number.",
             (count.kinds(), count.behaviours(), count.characteristics(), count.media())),
        Part("Where and when in the day", "Places and hours with many reports are where more staff on duty would help.",
             (count.places(), count.hours(), count.hotspots())),
        Part("Who", "By year group; never a pupil.",
             (count.years("years_targeted", "Year of pupils targeted"),
              count.years("years_reported", "Year of pupils reported"), count.patterns())),
        Part("How quickly", "School days; the first alert in minutes, at any hour.",
             (count.duties(), count.alert(), count.action(), count.closing())),
        Part("What was done", "As recorded on the cases.",
             (count.outcomes(), count.sanctions(), count.holds(), count.sanctions_by_kind())),
        Part("Complaints", "Every complaint received in the period.", complaint_tables(records)),
    )  # fmt: skip
    return Termly(records.since, records.until, len(counted), len(records.complaints), apart, parts, _medians(counted))


@dataclass(frozen=True, slots=True)
class _Count:
    records: Records
    incidents: Sequence[Incident]

    def table(
        self, name: str, title: str, clauses: tuple[str, ...], of: str, rows: Iterable[tuple[str, int]], **more: object
    ) -> Table:
        kept = tuple(rows)
        return Table(id=name, title=title, clauses=clauses, of=of, rows=kept, total=len(self.incidents), **more)  # type: ignore[arg-type]

    def weekly(self) -> Table:
        def monday(day: date) -> date:
            return day - timedelta(days=day.weekday())

        first, last = monday(self.records.since), monday(self.records.until)
        weeks = [first + timedelta(weeks=n) for n in range((last - first).days // 7 + 1)]
        found = [monday(incident.received) for incident in self.incidents]
        off = self.records.no_school
        rows = ((f"{week.day} {week:%b %Y}{NO_SCHOOL if week in off else ''}", found.count(week)) for week in weeks)
        return self.table("weekly", "Incidents by week", ("AB-4b", "AB-13c"), "Week beginning", rows)

    def by_sender(self) -> Table:
        rows = one_each((i.reported_by for i in self.incidents), SENDERS)
        return self.table("reported-by", "Who reported", ("AB-9f",), "Reported by", rows)

    def _several(
        self, name: str, title: str, clauses: tuple[str, ...], of: str, pick: Callable[[Incident], frozenset[str]],
        blank: str = NOT_SAID,
    ) -> Table:  # fmt: skip
        rows = several_each((pick(i) for i in self.incidents), self.records.words.get(name, ()), blank)
        return self.table(name, title, clauses, of, rows, counts="several")

    def kinds(self) -> Table:
        return self._several("kinds", "Kind of bullying", ("AB-4b", "AB-6a", "AB-6b"), "Kind", lambda i: i.kinds)

    def characteristics(self) -> Table:
        rows = [
            (name, sum(bool(i.kinds & set(kinds)) for i in self.incidents)) for name, kinds in CHARACTERISTICS.items()
        ]
        prejudice = {kind for kinds in CHARACTERISTICS.values() for kind in kinds}
        rows.append(("Any of these", sum(bool(i.kinds & prejudice) for i in self.incidents)))
        return self.table(
            "characteristics", "Prejudice-based, by protected characteristic", ("AB-6b",), "Characteristic", rows,
            counts="several", audience="leadership",
        )  # fmt: skip

    def behaviours(self) -> Table:
        return self._several("behaviours", "What was done", ("AB-9f",), "Behaviour", lambda i: i.behaviours)

    def media(self) -> Table:
        blank = "Not online, or not said"
        return self._several("media", "Through what", ("AB-6a", "AB-9f"), "Medium", lambda i: i.media, blank)

    def places(self) -> Table:
        rows = one_each((i.place for i in self.incidents), self.records.words.get("place", ()))
        return self.table("places", "Place", ("AB-9f", "AB-10a"), "Place", rows)

    def hours(self) -> Table:
        rows = one_each((_hour(i) for i in self.incidents), HOURS)
        return self.table("hours", "Hour of the day", ("AB-9f", "AB-10a"), "Hour", rows)

    def hotspots(self) -> Grid:
        places = with_blank(self.records.words.get("place", ()), (i.place for i in self.incidents))
        hours = with_blank(HOURS, ())
        rows = crossed((((i.place,), (_hour(i),)) for i in self.incidents), places, hours)
        return Grid(
            id="place-by-hour", title="Place by hour", clauses=("AB-10a", "AB-9f"), of="Place",
            across=tuple(label for _, label in hours), rows=rows,
        )  # fmt: skip

    def years(self, field: str, title: str) -> Table:
        words = self.records.words.get("year", ())
        rows = several_each((getattr(i, field) for i in self.incidents), words)
        return self.table(field.replace("_", "-"), title, ("AB-9f",), "Year group", rows, counts="several")

    def patterns(self) -> Table:
        rows = [(label, sum(name in i.patterns for i in self.incidents)) for name, label in PATTERNS]
        return self.table(
            "patterns", "Reports that made a pattern", ("AB-9f", "AB-9g"), "Pattern", rows, counts="apart",
            counted="Reports", note="Reports of one pattern are each counted. A person looks at each pattern.",
        )  # fmt: skip

    def duties(self) -> Grid:
        return duty_grid("timeliness", "Duties met, late and missed", (i.clocks for i in self.incidents))

    def _banded(
        self, name: str, title: str, clauses: tuple[str, ...], of: str, pick: Callable[[Incident], int | None],
        bands: dict[str, int], *, missing: str, more: str, audience: str = "leadership",
    ) -> Table:  # fmt: skip
        words = [(band, band) for band in (*bands, more, missing)]
        found = [banded(pick(i), bands, missing, more) for i in self.incidents]
        return self.table(name, title, clauses, of, ((band, found.count(band)) for band, _ in words), audience=audience)

    def alert(self) -> Table:
        return self._banded(
            "first-alert", "First alert", ("AB-9a",), "From the report", lambda i: i.alert_minutes, ALERT,
            missing="None delivered yet", more="Later", audience="everybody",
        )  # fmt: skip

    def action(self) -> Table:
        return self._banded(
            "first-action", "First action", ("AB-9a",), "From the report", lambda i: i.action_days, ACTION,
            missing="None recorded", more="Later",
        )  # fmt: skip

    def closing(self) -> Table:
        return self._banded(
            "closing", "Time to close", ("AB-9a",), "From the report", lambda i: i.close_days, CLOSING,
            missing="Still open", more="Later", audience="everybody",
        )  # fmt: skip

    def late(self) -> Table:
        return self._banded(
            "late", "How soon it was reported", ("AB-9e",), "After the incident", lambda i: i.days_late, LATE,
            missing="Day of the incident not said", more="Later", audience="everybody",
        )  # fmt: skip

    def outcomes(self) -> Table:
        known = {name for name, _ in OUTCOMES}
        found = [i.outcomes & known for i in self.incidents]
        rows = [(label, sum(name in (one or {"unknown"}) for one in found)) for name, label in OUTCOMES]
        return self.table("outcomes", "Outcomes", ("AB-4b", "AB-9c", "AB-13c"), "Outcome", rows, counts="several")

    def sanctions(self) -> Table:
        """Of the incidents with any, which are an outcome: how many have none would follow from that and the total."""
        agreed = [i.sanctions for i in self.incidents if i.sanctions]
        return Table(
            id="sanctions", title="Sanctions and support", clauses=("AB-4a", "AB-9r"), of="Step", total=len(agreed),
            rows=tuple((label, sum(name in steps for steps in agreed)) for name, label in CATEGORIES), counts="several",
            note="Of the incidents in which a sanction or support was agreed. One can have several.",
        )  # fmt: skip

    def sanctions_by_kind(self) -> Grid:
        kinds = with_blank(self.records.words.get("kinds", ()), (kind for i in self.incidents for kind in i.kinds))
        across = (*CATEGORIES, ("none", "None recorded yet"))
        rows = crossed(((i.kinds, i.sanctions or {"none"}) for i in self.incidents), kinds, across)
        return Grid(
            id="sanctions-by-kind", title="Sanctions and support, by kind of bullying", clauses=("AB-4a",), of="Kind",
            across=tuple(label for _, label in across), rows=rows, each_row="several",
            note="Read along a row: like is to be treated alike. An incident of several kinds is in several rows.",
        )  # fmt: skip

    def holds(self) -> Table:
        words = (("never held", "Never held"), ("held now", "Held now"), ("held, then lifted", "Held, then lifted"))
        rows = [(label, sum(i.hold == name for i in self.incidents)) for name, label in words]
        return self.table("holds", "Kept from parents and carers", ("AB-9i", "AB-9j"), "Hold", rows)


def _hour(incident: Incident) -> str:
    match incident.hour:
        case None:
            return UNKNOWN
        case hour if EARLY <= hour < EVENING:
            return f"{hour:02d}"
        case hour:
            return "early" if hour < EARLY else "evening"


def _medians(incidents: Sequence[Incident]) -> tuple[tuple[str, str], ...]:
    asked: tuple[tuple[str, str, str, Callable[[Incident], int | None]], ...] = (
        ("first alert", "minutes", "Within a minute", lambda i: i.alert_minutes),
        ("first action", "school days", "Same school day", lambda i: i.action_days),
        ("closing", "school days", "Same school day", lambda i: i.close_days),
    )
    found = []
    for name, unit, at_once, pick in asked:
        values = [value for i in incidents if (value := pick(i)) is not None]
        if values:
            middle = median(values)
            found.append((name, f"{middle:g} {unit}" if middle else at_once))
    return tuple(found)
