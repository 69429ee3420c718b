"""What the store promises: nothing twice, nothing lost, nothing of another school."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography.fernet import Fernet
from sqlalchemy import String, create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from rules.engine.model.situation import CaseFile
from service.store import (
    DELIVERED,
    CannotOpenError,
    Cipher,
    NewSubmission,
    ReferenceTakenError,
    Store,
    StoreUnavailableError,
)
from service.store.kept import MOST_UNREADABLE_AN_HOUR
from service.store.tables import metadata
from service.store.turns import Turns
from tests.service.samples import CASE, NOW, alarm, deadline, draft, flag, form_submission, notice, task

CASE_FILE = CaseFile(ref=CASE, track="bullying", state="open", stage=None, opened_at=NOW)


# --- submissions -----------------------------------------------------------------------------------------------------


def test_the_same_response_and_revision_is_kept_once(store: Store) -> None:
    with store.write() as tx:
        first = tx.submissions.add(form_submission())
        again = tx.submissions.add(form_submission())
        edited = tx.submissions.add(form_submission(body={"answers": ["other"]}))
        revised = tx.submissions.add(form_submission(revision=2))
    assert (first.duplicate, again.duplicate, revised.duplicate) == (False, True, False)
    assert (again.submission_id, again.differs) == (first.submission_id, False)
    assert (edited.submission_id, edited.duplicate, edited.differs) == (first.submission_id, True, True)
    with store.read() as tx:
        assert tx.submissions.latest_revision("form-1", "r-1") == 2
        assert tx.submissions.latest_revision("form-1", "r-2") is None


def test_a_clock_has_a_key_of_its_own(store: Store) -> None:
    clock = NewSubmission(source="clock", received_at=NOW, body={}, dedupe_key="alarm 1")
    with store.write() as tx:
        assert not tx.submissions.add(clock).duplicate
        assert tx.submissions.add(clock).duplicate
        with pytest.raises(ValueError, match="dedupe_key"):
            tx.submissions.add(replace(clock, dedupe_key=""))


def test_what_came_at_one_moment_waits_in_the_order_in_which_it_was_kept(store: Store) -> None:
    names = [f"alarm {number}" for number in range(40)]
    with store.write() as tx:
        for name in names:
            tx.submissions.add(NewSubmission(source="clock", received_at=NOW, body={}, dedupe_key=name))
        assert [found.dedupe_key for found in tx.submissions.undecided(50)] == names


def test_submissions_wait_in_order_until_they_are_decided(store: Store) -> None:
    with store.write() as tx:
        ids = [
            tx.submissions.add(form_submission(response_id=f"r-{n}", received_at=NOW + timedelta(seconds=5 - n)))
            for n in range(3)
        ]
        assert [found.response_id for found in tx.submissions.undecided(10)] == ["r-2", "r-1", "r-0"]
        assert tx.submissions.begin(ids[0].submission_id) == 1
        assert tx.submissions.begin(ids[0].submission_id) == 2
        tx.submissions.decided(ids[0].submission_id)
        assert tx.submissions.count_undecided() == 2
        with pytest.raises(KeyError):
            tx.submissions.decided("nobody")


def test_half_a_surrogate_pair_is_kept_and_read_as_a_mark(store: Store) -> None:
    with store.write() as tx:
        added = tx.submissions.add(form_submission(body={"a": ["\ud83d", "👍"]}))
        found = tx.submissions.get(added.submission_id)
    assert found is not None
    assert found.body == {"a": ["\ufffd", "👍"]}


# --- cases -----------------------------------------------------------------------------------------------------------


def test_references_are_never_used_twice(store: Store) -> None:
    with store.write() as tx:
        assert tx.cases.next_refs(2026)["staff-conduct"] == "SC-2026-0001"
        assert tx.cases.next_refs(2026)["bullying"] == "B-2026-0001"
        tx.cases.take_ref("B-2026-0001")
        tx.cases.take_ref("B-2026-0002")
        assert tx.cases.next_refs(2026)["bullying"] == "B-2026-0003"
        assert tx.cases.next_refs(2027)["bullying"] == "B-2027-0001"
        for taken in ("B-2026-0001", "B-2026-0002", "B-2026-0004", "C-2026-0002"):
            with pytest.raises(ReferenceTakenError):
                tx.cases.take_ref(taken)


def test_a_case_comes_back_with_everything_that_was_made(store: Store) -> None:
    effects = [notice(), draft(), task(), flag(), deadline(), alarm()]
    with store.write() as tx:
        tx.cases.save(CASE_FILE, NOW)
        for effect in effects:
            assert tx.actions.put(effect, "s-1", NOW)
        tx.cases.save(replace(CASE_FILE, state="closed"), NOW)
    with store.read() as tx:
        case = tx.cases.load(CASE)
        assert case is not None
        assert case.state == "closed"
        assert dict(case.notices) == {"alert": notice(), "letter": draft()}
        assert dict(case.tasks) == {"task": task()}
        assert dict(case.deadlines) == {"first action": deadline()}
        assert case.made == {effect.key for effect in effects}
        assert tx.cases.refs("closed") == [CASE]
        assert tx.cases.refs("open") == []
        assert tx.cases.load("B-2026-0099") is None


def test_earlier_revisions_lead_to_their_cases(store: Store) -> None:
    with store.write() as tx:
        first = tx.submissions.add(form_submission()).submission_id
        number = tx.decisions.add(first, ["S-2026-0001", CASE], "p1", "c1", {"rules": {"AB-01": "applied"}}, NOW)
        assert tx.submissions.cases_of("form-1", "r-1") == ("S-2026-0001", CASE)
        assert tx.submissions.cases_of("form-1", "r-9") == ()
        (record,) = tx.decisions.of_case(CASE)
        assert (record.id, record.submission_id, record.cases) == (number, first, ("S-2026-0001", CASE))
        assert record.explanation == {"rules": {"AB-01": "applied"}}
        assert tx.decisions.of_submission(first) == [record]


def test_chronology_and_audit_are_in_order_of_time(store: Store) -> None:
    with store.write() as tx:
        tx.chronology.add(CASE, NOW, "Second.", "s-1")
        tx.chronology.add(CASE, NOW - timedelta(hours=1), "First.")
        tx.audit.add("head@northbridge.example", "saw the case", CASE, NOW)
        assert [line.text for line in tx.chronology.of_case(CASE)] == ["First.", "Second."]
        (line,) = tx.audit.of_case(CASE)
        assert (line.who, line.what, line.at) == ("head@northbridge.example", "saw the case", NOW)


# --- actions ---------------------------------------------------------------------------------------------------------


def test_the_same_effect_again_changes_nothing(store: Store) -> None:
    with store.write() as tx:
        assert tx.actions.put(task(), "s-1", NOW)
        assert not tx.actions.put(task(), "s-2", NOW + timedelta(hours=1))
        (due,) = tx.actions.due(DELIVERED, NOW, 10)
        tx.actions.mark(due.id, version=1, at=NOW, state="done")
        assert not tx.actions.put(task(), "s-2", NOW)
        assert tx.actions.due(DELIVERED, NOW, 10) == []
        assert tx.actions.put(task(state="done"), "s-3", NOW)
        (changed,) = tx.actions.due(DELIVERED, NOW, 10)
        assert (changed.id, changed.version, changed.attempts) == (due.id, 2, 0)


def test_without_a_case_each_submission_has_its_own_effects(store: Store) -> None:
    with store.write() as tx:
        assert tx.actions.put(notice(case=None), "s-1", NOW)
        assert tx.actions.put(notice(case=None), "s-2", NOW)
        assert not tx.actions.put(notice(case=None), "s-2", NOW)


def test_urgent_ones_come_first_then_by_their_time(store: Store) -> None:
    with store.write() as tx:
        tx.actions.put(notice("later"), None, NOW)
        tx.actions.put(notice("sooner"), None, NOW - timedelta(hours=1))
        tx.actions.put(notice("urgent", urgent=True), None, NOW)
        tx.actions.put(notice("not yet"), None, NOW, NOW + timedelta(hours=1))
        assert [action.key for action in tx.actions.due(DELIVERED, NOW, 10)] == ["urgent", "sooner", "later"]
        assert [action.key for action in tx.actions.due(DELIVERED, NOW, 2)] == ["urgent", "sooner"]
        assert tx.actions.next_due(DELIVERED) == NOW - timedelta(hours=1)
        assert tx.actions.next_due(["calendar"]) is None
        backlog = tx.actions.backlog(NOW)
        assert (backlog.undelivered, backlog.oldest_due) == (3, NOW - timedelta(hours=1))


def test_a_clock_waits_for_its_hour(store: Store) -> None:
    with store.write() as tx:
        tx.actions.put(deadline(), None, NOW)
        tx.actions.put(alarm(), None, NOW)
        # 6 October 2026 is in summer time: its last second is 22:59:59 UTC.
        assert tx.actions.next_due(["deadline"]) == datetime(2026, 10, 6, 22, 59, 59, tzinfo=UTC)
        assert tx.actions.next_due(["alarm"]) == NOW + timedelta(minutes=15)
        tx.actions.put(deadline(state="met"), None, NOW)
        assert tx.actions.next_due(["deadline"]) is None
        assert tx.actions.backlog(NOW + timedelta(days=1)).undelivered == 0


def test_progress_is_kept_though_the_effect_changed_meanwhile(store: Store) -> None:
    with store.write() as tx:
        tx.actions.put(notice(), None, NOW)
        (taken,) = tx.actions.due(DELIVERED, NOW, 1)
        tx.actions.put(notice(body="Other words."), None, NOW)
        assert not tx.actions.mark(taken.id, version=1, at=NOW, state="done", step="sent", remote_id="m-1")
        now = tx.actions.get(taken.id)
        assert now is not None
        assert (now.state, now.step, now.remote_id, now.version, now.content_version) == (
            "pending",
            "sent",
            "m-1",
            2,
            2,
        )
        tx.actions.put(notice(body="Other words.", status="withdrawn"), None, NOW)
        now = tx.actions.get(taken.id)
        assert now is not None
        assert (now.version, now.content_version) == (3, 2)


# --- history ---------------------------------------------------------------------------------------------------------


def test_history_counts_distinct_cases_that_count(store: Store) -> None:
    since, until = date(2026, 9, 1), date(2026, 10, 6)
    with store.write() as tx:
        for ref, day in (("B-1", since), ("B-2", until), ("B-3", until + timedelta(days=1))):
            for _ in range(2):
                tx.history.add(ref, "pupil-1", "reported", day, "s-1")
                tx.history.add(ref, "pupil-2", "targeted", day, "s-1")
        assert len(tx.history.of_person("pupil-1", "reported", since, until)) == 2
        assert len(tx.history.of_person("pupil-1", "targeted", since, until)) == 0
        assert len(tx.history.of_pair(("pupil-1", "reported"), ("pupil-2", "targeted"), since, until)) == 2
        assert len(tx.history.of_pair(("pupil-2", "reported"), ("pupil-1", "targeted"), since, until)) == 0
        tx.history.mark("B-1", counts=False)
        tx.history.add("B-1", "pupil-1", "reported", since, "s-2")
        assert len(tx.history.of_person("pupil-1", "reported", since, until)) == 1
        tx.history.mark("B-2", counts=False, person_key="pupil-2", role="targeted")
        assert len(tx.history.of_person("pupil-1", "reported", since, until)) == 1
        assert len(tx.history.of_pair(("pupil-1", "reported"), ("pupil-2", "targeted"), since, until)) == 0


# --- kept ------------------------------------------------------------------------------------------------------------


def test_an_ended_session_is_forgotten_when_its_cookie_is_too_old(store: Store) -> None:
    later = NOW + timedelta(hours=8)
    with store.write() as tx:
        tx.sessions.end("one", NOW, later)
        tx.sessions.end("one", NOW, later)
        assert tx.sessions.is_ended("one")
        assert not tx.sessions.is_ended("two")
        tx.sessions.end("two", later + timedelta(seconds=1), later + timedelta(hours=8))
        assert [tx.sessions.is_ended(name) for name in ("one", "two")] == [False, True]


def test_rubbish_is_kept_once_and_not_without_end(store: Store) -> None:
    with store.write() as tx:
        assert tx.kept.add("unreadable", b"rubbish", NOW)
        assert tx.kept.add("unreadable", b"rubbish", NOW)
        assert [tx.kept.body(kept.id) for kept in tx.kept.listed()] == [b"rubbish"]
        for number in range(MOST_UNREADABLE_AN_HOUR - 1):
            assert tx.kept.add("unreadable", b"%d" % number, NOW)
        assert not tx.kept.add("unreadable", b"one more", NOW)
        assert tx.kept.add("differs", b"somebody's report", NOW, "s-1")
        assert tx.kept.add("unreadable", b"one more", NOW + timedelta(hours=1))


# --- schools, keys, tables -------------------------------------------------------------------------------------------


def test_a_school_sees_nothing_of_another(database: str, cipher: Cipher) -> None:
    north, south = Store.open(database, cipher, "north"), Store.open(database, cipher, "south")
    with north.write() as tx:
        added = tx.submissions.add(form_submission())
        tx.cases.take_ref(CASE)
        tx.cases.save(CASE_FILE, NOW)
        tx.actions.put(notice(), added.submission_id, NOW)
        tx.history.add(CASE, "pupil-1", "reported", NOW.date(), None)
        tx.decisions.add(added.submission_id, [CASE], "p", "c", {}, NOW)
    with south.write() as tx:
        assert tx.submissions.get(added.submission_id) is None
        assert tx.submissions.cases_of("form-1", "r-1") == ()
        assert tx.cases.load(CASE) is None
        assert tx.cases.next_refs(2026)["bullying"] == CASE
        assert tx.actions.due(DELIVERED, NOW, 10) == []
        assert len(tx.history.of_person("pupil-1", "reported", NOW.date(), NOW.date())) == 0
        assert tx.decisions.of_case(CASE) == []
        assert not tx.submissions.add(form_submission()).duplicate


def test_no_name_stands_in_the_file(tmp_path: Path, database: str, cipher: Cipher) -> None:
    store = Store.open(database, cipher, "north")
    words = ["Zebedee", "Quillfeather", "Z900000000001", "quill@family.example"]
    text = " ".join(words)
    with store.write() as tx:
        added = tx.submissions.add(form_submission(body={"answers": [text]}))
        tx.cases.save(replace(CASE_FILE, facts={"what": text}, complainant=words[3]), NOW)
        tx.actions.put(draft(f"letter {text}", to=words[3], body=text), added.submission_id, NOW)
        tx.actions.put(flag(evidence=text), added.submission_id, NOW)
        tx.chronology.add(CASE, NOW, text)
        tx.decisions.add(added.submission_id, [CASE], "p", "c", {"facts": text}, NOW)
        tx.history.add(CASE, words[2], "reported", NOW.date(), None)
        tx.kept.add("differs", text.encode(), NOW, added.submission_id)
        tx.audit.add("head@northbridge.example", f"released to {text}", CASE, NOW)
    files = list(tmp_path.iterdir())
    assert any(file.name.endswith("-wal") for file in files)
    content = b"".join(file.read_bytes() for file in files)
    assert CASE.encode() in content
    assert [word for word in words if word.encode() in content] == []
    store.close()


def test_a_new_key_reads_what_the_old_one_sealed(database: str) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    store = Store.open(database, Cipher([old]), "north")
    with store.write() as tx:
        added = tx.submissions.add(form_submission(body={"a": 1}))
        tx.history.add(CASE, "pupil-1", "reported", NOW.date(), None)
    store.close()
    rotated = Store.open(database, Cipher([new, old]), "north")
    with rotated.read() as tx:
        found = tx.submissions.get(added.submission_id)
        assert found is not None
        assert found.body == {"a": 1}
        assert len(tx.history.of_person("pupil-1", "reported", NOW.date(), NOW.date())) == 1
    rotated.close()
    sealed = Cipher([old]).seal(b"x")
    assert Cipher([new]).open(Cipher([new, old]).reseal(sealed)) == b"x"
    with pytest.raises(CannotOpenError, match="POLICYDESK_ENCRYPTION_KEYS"):
        Store.open(database, Cipher([new]), "north")


def test_the_migrations_make_the_tables_of_the_code(database: str, cipher: Cipher) -> None:
    Store.open(database, cipher, "north").close()
    engine = create_engine(database)
    with engine.connect() as connection:
        made = [name for name in metadata.tables if name in engine.dialect.get_table_names(connection)]
        assert sorted(made) == sorted(metadata.tables)
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_the_tables_can_be_made_in_postgresql() -> None:
    for table in metadata.sorted_tables:
        made = str(CreateTable(table).compile(dialect=postgresql.dialect()))
        assert ("id BIGSERIAL" in made) == (not isinstance(table.c.id.type, String)), "numbered, or named by us"
        for index in table.indexes:
            assert "CREATE INDEX" in str(CreateIndex(index).compile(dialect=postgresql.dialect()))


def test_every_row_carries_its_school() -> None:
    assert [name for name, table in metadata.tables.items() if table.c.school.nullable] == []


# --- transactions ----------------------------------------------------------------------------------------------------


def test_what_raises_leaves_nothing_behind(store: Store) -> None:
    def failing() -> None:
        with store.write() as tx:
            tx.submissions.add(form_submission())
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        failing()
    with store.read() as tx:
        assert tx.submissions.count_undecided() == 0


def test_a_database_that_cannot_be_opened_is_said_to_be_unavailable(tmp_path: Path, cipher: Cipher) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreUnavailableError):
        Store.open(f"sqlite:///{tmp_path / 'folder'}", cipher, "north")


def test_turns_are_taken_in_order() -> None:
    turns, order = Turns(), list[int]()
    assert turns.acquire(1)

    def wait(number: int) -> None:
        assert turns.acquire(10)
        order.append(number)
        turns.release()

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
        time.sleep(0.02)
    assert not turns.acquire(0.01)
    turns.release()
    for thread in threads:
        thread.join(10)
    assert order == [0, 1, 2, 3, 4]
    assert turns.acquire(0)
