"""The termly report: what it counts, what it hides, and that nothing it writes names anybody."""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from rules import Policies
from rules.engine.school.typed_names import fold
from service.cli import main
from service.flows.scenario import read_scenario
from service.flows.simulate import Play
from service.report.figures import Grid, Table
from service.report.read import read_records
from service.report.records import Clock, Complaint, Incident, Records
from service.report.sanctions import UNNAMED, named_in
from service.report.suppress import FEWER, LEAST, WITHHELD, for_governors, for_leadership, published
from service.report.termly import termly
from service.report.write import write_reports
from service.school import School, load_school
from tests.policies.sample_term import sample_term, write
from tests.policies.scenario_tests import SAMPLE

SINCE, UNTIL = date(2026, 9, 1), date(2026, 12, 18)
REFERENCE = re.compile(r"\b[A-Z]{1,3}-[0-9]{4}-[0-9]{4,}\b")
COUNTS = st.lists(st.one_of(st.integers(0, 6), st.integers(0, 60)), min_size=1, max_size=9)


def played(path: Path, school: School, policies: Policies) -> Play:
    scenario = read_scenario(path)
    play = Play(scenario, school, policies, scenario.start)
    assert sum(1 for _ in play.records())
    return play


@pytest.fixture(scope="module")
def term(tmp_path_factory: pytest.TempPathFactory, policies: Policies) -> Records:
    """The first weeks of a term, as they stand in the store."""
    path = write(tmp_path_factory.mktemp("term") / "term.yaml", reports=36)
    play = played(path, load_school(SAMPLE), policies)
    with play.store.read() as tx:
        return read_records(tx, policies, play.school, SINCE, UNTIL)


@pytest.fixture(scope="module")
def written(term: Records, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report")
    write_reports(term, "Northbridge Academy", UNTIL, out)
    return out


# --- counting ----------------------------------------------------------------------------------------------------


def incidents() -> st.SearchStrategy[Incident]:
    some = st.frozensets(st.sampled_from(["race", "physical", "emotional", "unknown"]), min_size=1, max_size=3)
    days = st.one_of(st.none(), st.integers(0, 40))
    return st.builds(
        Incident, ref=st.just(""), received=st.dates(SINCE, UNTIL), hour=st.one_of(st.none(), st.integers(0, 23)),
        standing=st.sampled_from(["counted", "counted", "not substantiated", "entered in error"]),
        place=st.sampled_from(["classroom", "online", "unknown", "the old shed"]), kinds=some,
        reported_by=st.sampled_from(["staff", "pupil", "somebody else", "unknown"]), days_late=days,
        alert_minutes=days, action_days=days, close_days=days, sanctions=st.frozensets(st.sampled_from(["warning"])),
        hold=st.sampled_from(["never held", "held now", "held, then lifted"]),
        clocks=st.lists(st.builds(
            Clock, st.just(("AB-8a",)), st.just("First action"), st.sampled_from(["met", "late", "open", "missed"])
        ), max_size=1).map(tuple),
    )  # fmt: skip


@given(st.lists(incidents(), max_size=30))
def test_the_rows_of_a_table_in_which_each_is_once_add_up(found: list[Incident]) -> None:
    report = termly(Records(SINCE, UNTIL, tuple(found), ()))
    counted = [incident for incident in found if incident.standing == "counted"]
    assert report.incidents == len(counted)
    assert report.incidents + sum(count for _, count in report.apart.rows) == len(found)
    for table in (table for part in report.parts for table in part.tables if not table.id.startswith("complaints")):
        match table:
            case Table(counts="each once"):
                assert sum(count for _, count in table.rows) == len(counted), table.id
            case Table(counts="several"):
                assert all(count <= len(counted) for _, count in table.rows), table.id
            case Grid(id="place-by-hour"):
                assert sum(sum(cells) for _, cells in table.rows) == len(counted)
            case Grid(id="timeliness"):
                assert sum(sum(cells) for _, cells in table.rows) == sum(len(i.clocks) for i in counted)


def test_the_rows_of_a_table_say_nothing_about_what_was_reported() -> None:
    """An hour, or a place, that were listed only because of a report would tell that there was one."""
    words = {"place": (("classroom", "Classroom"),), "year": (("7", "Year 7"), ("8", "Year 8"))}
    early = Incident(ref="", received=SINCE, hour=5, place="classroom", years_targeted=frozenset({"8"}))
    night = replace(early, hour=23)
    empty, one, other = (termly(Records(SINCE, UNTIL, found, (), words)) for found in ((), (early,), (night,)))
    for name in ("weekly", "hours", "place-by-hour", "places", "kinds", "years_targeted", "sanctions", "outcomes"):
        rows = [[label for label, _ in table_of(r.parts, name.replace("_", "-")).rows] for r in (empty, one, other)]
        assert rows[0] == rows[1] == rows[2], name
    assert dict(table_of(one.parts, "hours").rows)["Before 07:00"] == 1
    assert dict(table_of(other.parts, "hours").rows)["From 22:00"] == 1


def test_a_week_without_school_says_so() -> None:
    """Monday 26 October 2026 begins the half-term holiday."""
    report = termly(Records(SINCE, UNTIL, (), (), {}, frozenset({date(2026, 10, 26)})))
    labels = [label for label, _ in table_of(report.parts, "weekly").rows]
    assert [label for label in labels if "no school" in label] == ["26 Oct 2026 (no school)"]


def test_a_duty_that_several_rules_ask_for_is_one_row() -> None:
    first, other = (Incident(ref="", received=SINCE, clocks=(Clock(of, "First action", "met"),))
                    for of in (("AB-8a",), ("AB-9a",)))  # fmt: skip
    grid = table_of(termly(Records(SINCE, UNTIL, (first, other), ())).parts, "timeliness")
    assert grid.rows == (("First action (AB-8a, AB-9a)", (2, 0, 0, 0)),)


def test_the_steps_are_counted_of_those_that_have_any() -> None:
    """How many have none is not in the table: it would follow from the outcomes."""
    some = Incident(ref="", received=SINCE, sanctions=frozenset({"warning"}))
    table = table_of(termly(Records(SINCE, UNTIL, (some, Incident(ref="", received=SINCE)), ())).parts, "sanctions")
    assert isinstance(table, Table)
    assert (table.total, sum(count for _, count in table.rows)) == (1, 1)


def test_what_is_not_substantiated_is_in_no_other_table() -> None:
    report = termly(Records(SINCE, UNTIL, (
        Incident(ref="B-2026-0001", received=SINCE, kinds=frozenset({"race"}), standing="not substantiated"),
        Incident(ref="B-2026-0002", received=SINCE, kinds=frozenset({"race"}), standing="entered in error"),
    ), ()))  # fmt: skip
    assert report.apart.rows == (("Not substantiated", 1), ("Entered in error", 1))
    assert {count for part in report.parts for t in part.tables if isinstance(t, Table) for _, count in t.rows} == {0}


def test_a_prejudice_is_counted_once_however_many_of_its_kinds_were_ticked() -> None:
    both = Incident(ref="", received=SINCE, kinds=frozenset({"race", "ethnicity", "physical"}))
    report = termly(Records(SINCE, UNTIL, (both, replace(both, kinds=frozenset({"gender"}))), ()))
    rows = dict(table_of(report.parts, "characteristics").rows)
    assert (rows["Race"], rows["Sex or gender reassignment"], rows["Any of these"]) == (1, 1, 2)


def test_complaints_are_counted_by_stage_topic_result_and_time() -> None:
    clock = Clock(("CP-3a",), "Stage 1 discussion", "late")
    complaint = Complaint(received=SINCE, topics=frozenset({"facilities"}), stage="2", upheld="upheld", clocks=(clock,))
    report = termly(Records(SINCE, UNTIL, (), (complaint,), {"topic": (("facilities", "Facilities or services"),)}))
    assert dict(table_of(report.parts, "complaints-stage").rows)["Stage 2"] == 1
    assert dict(table_of(report.parts, "complaints-state").rows)["Open"] == 1
    assert dict(table_of(report.parts, "complaints-topic").rows)["Facilities or services"] == 1
    grid = table_of(report.parts, "complaints-timeliness")
    assert grid.rows == (("Stage 1 discussion (CP-3a)", (0, 1, 0, 0)),)


@pytest.mark.parametrize(
    ("state", "ended", "row"),
    [
        ("closed", "withdrawn", "Withdrawn"),
        ("closed", "resolved", "Resolved with the complainant"),
        ("closed", "", "Closed after an answer"),
        ("open", "resolved", "Open"),  # taken to the next stage after all
    ],
)
def test_a_complaint_is_open_or_counted_by_how_it_ended(state: str, ended: str, row: str) -> None:
    complaint = Complaint(received=SINCE, state=state, ended=ended)
    table = table_of(termly(Records(SINCE, UNTIL, (), (complaint,))).parts, "complaints-state")
    assert [label for label, count in table.rows if count] == [row]


def table_of(parts: tuple[object, ...], name: str) -> Table | Grid:
    return next(table for part in parts for table in part.tables if table.id == name)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("Detention on Friday, then a restorative meeting.", {"detention", "restorative work"}),
        ("Both were WARNED.", {"warning"}),
        ("No detention was given. Mentoring for four weeks.", {"mentoring or counselling"}),
        ("She had been excluding a friend from the group.", {UNNAMED}),
        ("Suspended for a day; permanently excluded later.", {"suspension", "exclusion"}),
        ("", {UNNAMED}),
    ],
)
def test_the_steps_of_the_ladder_that_a_text_names(text: str, steps: set[str]) -> None:
    assert named_in(text) == steps


# --- what governors may see --------------------------------------------------------------------------------------


@given(COUNTS, st.sampled_from(["each once", "apart"]))
def test_no_count_under_five_is_ever_printed(counts: list[int], how: str) -> None:
    cells = published(counts, how, sum(counts))  # type: ignore[arg-type]
    assert all(cell == count for cell, count in zip(cells, counts, strict=False) if isinstance(cell, int))
    assert all(cell in (FEWER, WITHHELD) for cell, count in zip(cells, counts, strict=False) if count < LEAST)


@given(st.lists(st.integers(0, 9), min_size=2, max_size=4))
def test_nobody_can_work_a_small_count_out(counts: list[int]) -> None:
    """An attacker who knows the total, the rule and every other figure tries every table there could be."""
    total = sum(counts)
    seen = published(counts, "each once", total)
    could_be = [other for other in tables_of(len(counts), total) if published(other, "each once", total) == seen]
    for place, count in enumerate(counts):
        if 0 < count < LEAST:
            values = {other[place] for other in could_be}
            assert {0, count} <= values, f"{counts} is seen as {seen}, so row {place} can only be {values}"


def tables_of(rows: int, total: int) -> Iterator[tuple[int, ...]]:
    for some in product(range(total + 1), repeat=rows - 1):
        if sum(some) <= total:
            yield (*some, total - sum(some))


@given(COUNTS)
def test_a_larger_table_gives_no_small_count_away_either(counts: list[int]) -> None:
    """For each hidden count there is another table, seen as the same, in which it is nought."""
    total = sum(counts)
    seen = published(counts, "each once", total)
    for place, count in enumerate(counts):
        if seen and 0 < count < LEAST:
            other = list(counts)
            other[place], beside = 0, seen.index(WITHHELD)
            other[beside] += count
            assert published(other, "each once", total) == seen


@given(st.lists(st.frozensets(st.integers(0, 4), min_size=1), min_size=LEAST, max_size=40))
def test_nor_does_a_table_in_which_one_incident_is_in_several_rows(answers: list[frozenset[int]]) -> None:
    """Each incident is in one row or more, so that the rows cannot add up to less than all of them."""
    counts = [sum(row in answer for answer in answers) for row in range(5)]
    total = len(answers)
    seen = published(counts, "several", total)
    for place, count in enumerate(counts):
        if seen and 0 < count < LEAST:
            other = list(counts)
            beside = seen.index(WITHHELD)
            other[place], other[beside] = 0, min(total, counts[beside] + count)
            assert published(other, "several", total) == seen
            assert sum(other) >= total
            assert max(other) <= total


def test_what_is_only_for_leadership_is_not_for_governors() -> None:
    grid = Grid(id="g", title="", clauses=(), of="", across=("a",), rows=(("b", (9,)),))
    assert for_governors(grid) is None
    assert for_leadership(grid).rows == (("b", (9,)),)


def test_a_row_of_a_grid_is_hidden_by_itself() -> None:
    grid = Grid(
        id="g", title="", clauses=(), of="", across=("met", "late", "missed"), audience="everybody",
        rows=(("one", (20, 6, 2)), ("two", (20, 1, 1)), ("three", (7, 8, 9)), ("four", (1, 3, 0))),
    )  # fmt: skip
    shown = for_governors(grid)
    assert shown is not None
    assert shown.rows == (("one", (20, WITHHELD, FEWER)), ("two", (WITHHELD,) * 3), ("three", (7, 8, 9)))


def test_a_term_with_fewer_than_five_looks_to_governors_like_one_without_any(tmp_path: Path) -> None:
    clock = Clock(("AB-8a",), "First action", "late")
    few = tuple(
        Incident(ref=f"B-2026-000{n}", received=SINCE, hour=6, sanctions=frozenset({"warning"}), clocks=(clock,))
        for n in range(1, 5)
    )
    pages = []
    for name, incidents, complaints in (("few", few, (Complaint(received=SINCE),)), ("none", (), ())):
        records = Records(SINCE, UNTIL, incidents, complaints)
        _, page = write_reports(records, "Northbridge Academy", UNTIL, tmp_path / name)
        pages.append({path.relative_to(page.parent): path.read_bytes() for path in page.parent.rglob("*.*")})
    assert pages[0] == pages[1]
    shown = re.findall(r"<(?:td|strong)[^>]*>([^<]*)<", page.read_text(encoding="utf-8"))
    assert shown
    assert not [text for text in shown if text.isdecimal()]


def test_no_picture_of_an_earlier_report_stays_behind(tmp_path: Path) -> None:
    many = tuple(Incident(ref=f"B-2026-00{n}", received=date(2026, 9, n)) for n in range(10, 30))
    for incidents in (many, ()):
        _, page = write_reports(Records(SINCE, UNTIL, incidents, ()), "Northbridge Academy", UNTIL, tmp_path)
    assert not list((page.parent / "plots").iterdir())


# --- from the store ----------------------------------------------------------------------------------------------


def report_at(name: str, at: str, **more: str) -> str:
    answers = {
        "When did it happen?": at[:10], "About what time?": "10:40", "Where did it happen?": "Toilets",
        "Who was targeted?": "Ella Mitchell", "The person targeted is": "A student",
        "Who is said to have done it?": "Noah Chen", "The person said to have done it is": "A student",
        "Is anyone at risk of immediate harm?": "No", "Do you have a safeguarding concern?": "No",
        "Could telling parents or carers put the student at risk?": "No",
        "Does the student want their parents or carers to know?": "Yes", **more,
    }  # fmt: skip
    lines = "".join(f'\n      "{question}": "{answer}"' for question, answer in answers.items())
    sender = "m.ellison@northbridge.example"
    return f"\n  - id: {name}\n    at: {at}\n    form: bullying-report\n    respondent: {sender}\n    answers:{lines}"


def update(case: str, day: str, what: str, outcome: str = "") -> str:
    said = f', Reason or outcome: "{outcome}"' if outcome else ""
    answers = f'{{Case reference: "${{{case}.case}}", "What happened?": "{what}", "On what date?": {day}{said}}}'
    sender = "d.okafor@northbridge.example"
    return f"\n  - at: {day}T16:30\n    form: case-update\n    respondent: {sender}\n    answers: {answers}"


def test_each_case_is_read_as_it_went(tmp_path: Path, policies: Policies) -> None:
    """Tuesday 6 October to Friday 16 October 2026."""
    path = tmp_path / "week.yaml"
    path.write_text(
        "start: 2026-10-05T08:00\nuntil: 2026-10-16T18:00\nevents:"
        + report_at("one", "2026-10-06T11:20", **{"When did it happen?": "2026-10-02", "What did they do?": "Hitting"})
        + update("one", "2026-10-07", "First action taken")
        + update("one", "2026-10-08", "Sanction or support agreed", "Detention, and mentoring.")
        + update("one", "2026-10-09", "Case closed", "Everybody was heard.")
        + report_at("two", "2026-10-07T11:20", **{"Does the student want their parents or carers to know?": "No"})
        + update("two", "2026-10-08", "Not substantiated", "Nobody saw it.")
        + report_at("three", "2026-10-07T12:20", **{"The person said to have done it is": "A member of staff",
                                                     "Who is said to have done it?": "Mark Ellison"}),
        encoding="utf-8",
    )  # fmt: skip
    play = played(path, load_school(SAMPLE), policies)
    with play.store.read() as tx:
        found = read_records(tx, policies, play.school, SINCE, UNTIL).incidents
        later = read_records(tx, policies, play.school, date(2026, 10, 7), UNTIL).incidents
    assert [incident.standing for incident in found] == ["counted", "not substantiated"]
    assert [incident.hold for incident in found] == ["never held", "held now"]
    assert len(later) == 1
    one = found[0]
    assert (one.received, one.place, one.hour, one.days_late) == (date(2026, 10, 6), "toilets", 10, 4)
    assert (one.behaviours, one.years_targeted, one.reported_by) == (frozenset({"hitting"}), frozenset({"7"}), "staff")
    assert (one.alert_minutes, one.action_days, one.close_days) == (0, 1, 3)
    assert one.sanctions == {"detention", "mentoring or counselling"}
    assert {clock.state for clock in one.clocks if clock.name == "First action"} == {"late"}


# --- what is written ---------------------------------------------------------------------------------------------


def test_every_part_is_written_for_both(written: Path) -> None:
    for audience in ("leadership", "governors"):
        assert (written / audience / "report.html").is_file()
        assert (written / audience / "tables" / "kinds.csv").is_file()
        assert (written / audience / "plots" / "weekly.svg").read_bytes().startswith(b"<?xml")
    assert (written / "leadership" / "plots" / "place-by-hour.svg").is_file()
    assert not (written / "governors" / "plots" / "place-by-hour.svg").exists()
    assert (written / "leadership" / "tables" / "cases.csv").is_file()
    assert not (written / "governors" / "tables" / "cases.csv").exists()
    assert not (written / "governors" / "tables" / "complaints.csv").exists()


@pytest.mark.parametrize("name", ["cases", "complaints"])
def test_each_case_lists_its_clauses_and_how_each_stands(written: Path, name: str) -> None:
    with (written / "leadership" / "tables" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    for row in rows:
        stands = dict(one.split(": ") for one in row["Clauses"].split("; "))
        assert stands
        assert set(stands.values()) <= {"met", "not yet", "late", "missed"}
    assert (written / "leadership").stat().st_mode & 0o077 == 0


def test_nothing_that_is_written_names_anybody(written: Path) -> None:
    directory = load_school(SAMPLE).directory
    names = {fold(f"{p.first_name} {p.last_name}") for p in directory.pupils} | {
        fold(person.name) for person in directory.everyone()
    } - {"safeguarding team", "behaviour team", "governor services"}
    for path in written.rglob("*.*"):
        words = fold(html.unescape(path.read_text(encoding="utf-8")))
        assert not [name for name in names if name in words], path.name
        assert "@" not in path.read_text(encoding="utf-8") or path.suffix == ".html"
        if path.parts[-2] == "governors" or "governors" in path.parts:
            assert not REFERENCE.search(path.read_text(encoding="utf-8")), path.name


def test_governors_see_no_count_under_five(written: Path) -> None:
    for path in (written / "governors" / "tables").iterdir():
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in list(csv.reader(file))[1:] for cell in row[1:]]
        assert all(cell in (FEWER, WITHHELD) or int(cell) >= LEAST for cell in cells), path.name


def test_the_page_stands_by_itself(written: Path) -> None:
    for audience in ("leadership", "governors"):
        page = (written / audience / "report.html").read_text(encoding="utf-8")
        assert "<script" not in page
        assert not re.search(r"""(?:src|href)=["'](?!data:image/svg)""", page)
        assert all('alt="' in image for image in re.findall(r"<img[^>]*>", page))
        # A table is as wide as its cells, whatever it is told: what is for readers of the screen alone is boxed in.
        assert not re.search(r"<table[^>]*unseen", page)
        assert '<div class="unseen">' in page


def test_the_same_records_make_the_same_pictures(term: Records, written: Path, tmp_path: Path) -> None:
    write_reports(term, "Northbridge Academy", UNTIL, tmp_path)
    for path in (tmp_path / "governors").rglob("*.*"):
        assert path.read_bytes() == (written / path.relative_to(tmp_path)).read_bytes(), path.name


# --- the command -------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: str) -> Path:
    """A school's settings with an empty database."""
    credentials = tmp_path / "credentials.json"
    credentials.write_text("{}")
    for name, value in {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'desk.db'}", "SCHOOL": str(SAMPLE), "WEBHOOK_SECRETS": secret,
        "GOOGLE_CREDENTIALS": str(credentials), "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    }.items():  # fmt: skip
        monkeypatch.setenv(f"POLICYDESK_{name}", value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_writes_both_reports(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--since", "2026-09-01", "--until", "2026-12-18", "--out", "autumn"]) == 0
    told = capsys.readouterr().out.split()
    assert told == ["autumn/leadership/report.html", "autumn/governors/report.html"]
    assert "Tue 1 Sep 2026 to Fri 18 Dec 2026" in (desk / told[0]).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--since", "September"], "--since must be a date such as 2026-09-01, not 'September'."),
        (["--since", "2026-12-18", "--until", "2026-09-01"], "is before --since 2026-12-18: swap them."),
    ],
)
def test_a_period_that_cannot_be(desk: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str) -> None:
    assert main(["report", *options]) == 2
    assert said in capsys.readouterr().err
    assert not (desk / "report").exists()


# --- the sample term ---------------------------------------------------------------------------------------------


def test_the_same_seed_is_the_same_term() -> None:
    assert sample_term(7, 20) == sample_term(7, 20) != sample_term(8, 20)


def test_the_sample_term_has_three_hundred_reports_within_its_days() -> None:
    term = sample_term()
    forms = [event["form"] for event in term["events"]]
    assert forms.count("bullying-report") + forms.count("student-report") == 300
    assert all(term["start"] <= event["at"] <= term["until"] for event in term["events"])
