"""What an administrator does about what is stuck, and about a change of keys."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import LargeBinary, select

from service.cli import main
from service.commands import at_the_command_line
from service.store import SEALED, Attempt, CannotOpenError, Cipher, Store
from service.store.engine import connect
from tests.service.places import START, Place

REF = "B-2026-0001"
DSL = "r.calder@northbridge.example"


@pytest.fixture
def place(place: Place) -> Place:
    """With one report that was decided."""
    place.receive(1)
    return place


def given_up(place: Place) -> str:
    """The id of a notice that Gmail refused for good."""
    with place.store.write() as tx:
        action = next(one for one in tx.actions.of_case(REF) if one.kind == "notice")
        tx.actions.mark(action.id, version=action.version, at=START, state="dead")
        tx.actions.attempted(action.id, Attempt(START, "dead", "bad-address", 0.1))
    return action.id


def logged(place: Place, ref: str = REF) -> list[str]:
    with place.store.read() as tx:
        return [line.what for line in tx.audit.of_case(ref) if line.who == at_the_command_line()]


def test_nothing_is_stuck_where_all_is_well(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stuck"]) == 0
    assert capsys.readouterr().out == "Nothing is stuck.\n"


def test_what_was_given_up_is_listed_and_tried_again(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    identity = given_up(place)
    assert main(["stuck"]) == 0
    said = capsys.readouterr().out
    assert f"Not delivered: a notice of {REF}, given up Tue 8 Sep 2026, 09:00: bad-address." in said
    assert "@northbridge" not in said, "nobody is named in a list"
    assert main(["stuck", "--again", identity]) == 0
    with place.store.read() as tx:
        action = tx.actions.get(identity)
    assert action is not None
    assert (action.state, action.attempts) == ("pending", 0)
    assert logged(place) == ["listed what was not delivered", "asked for a notice to be tried again"]
    assert main(["stuck", "--again", identity]) == 1, "it waits already"
    assert "nothing that was given up" in capsys.readouterr().err


def test_what_was_set_aside_is_listed_and_shown_only_when_asked_for(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    with place.store.write() as tx:
        tx.kept.add("unreadable", b"Mia said\x1b[2J \xff", START)
        (kept,) = tx.kept.listed()
    assert main(["stuck"]) == 0
    said = capsys.readouterr().out
    assert "Set aside: 14 bytes, Tue 8 Sep 2026, 09:00: it could not be read as a response to a form." in said
    assert "Mia" not in said
    assert main(["stuck", "--show", str(kept.id)]) == 0
    assert capsys.readouterr().out == "Mia said\\x1b[2J \\xff\n", "no terminal obeys it"
    assert (at_the_command_line(), f"read what was set aside as number {kept.id}") in place.logged()
    assert main(["stuck", "--show", "999"]) == 1


def set_aside(place: Place, *, of_the_report: bool = False) -> int:
    """The number of what was set aside: rubbish, or another content of the first report."""
    with place.store.write() as tx:
        (submission,) = tx.submissions.of_case(REF)
        if of_the_report:
            tx.kept.add("differs", b"another account", START, submission.id)
        else:
            tx.kept.add("unreadable", b"rubbish", START)
        return tx.kept.listed()[-1].id


def settle_it(number: int, by: str, because: str = "rubbish from a test") -> int:
    return main(["stuck", "--dealt-with", str(number), "--by", by, "--because", because])


def test_what_was_set_aside_is_dealt_with_by_a_named_person_who_says_how(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    number = set_aside(place)
    assert settle_it(number, DSL) == 0
    assert (DSL, f"dealt with what was set aside as number {number}: rubbish from a test") in place.logged()
    capsys.readouterr()
    assert main(["stuck"]) == 0
    assert capsys.readouterr().out == "Nothing is stuck.\n"
    assert main(["stuck", "--show", str(number)]) == 0, "its content stays"
    assert settle_it(number, DSL) == 1, "it does not wait any more"
    with place.store.write() as tx:
        tx.kept.add("unreadable", b"rubbish", START)
        assert tx.kept.count() == 0, "the same again changes nothing"


@pytest.mark.parametrize(
    ("by", "because", "says"),
    [
        ("", "rubbish", "say who has dealt with it"),
        ("m.ellison@northbridge.example", "rubbish", "say who has dealt with it"),
        ("safeguarding@northbridge.example", "rubbish", "say who has dealt with it"),
        (DSL, " ", "say how"),
    ],
)
def test_nobody_else_settles_anything_and_nobody_without_saying_how(
    place: Place, capsys: pytest.CaptureFixture[str], by: str, because: str, says: str
) -> None:
    number = set_aside(place)
    assert settle_it(number, by, because) == 1
    assert says in capsys.readouterr().err
    with place.store.read() as tx:
        assert tx.kept.count() == 1


def test_what_belongs_to_a_case_is_settled_on_it_by_those_who_may_see_it(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    number = set_aside(place, of_the_report=True)
    assert main(["stuck"]) == 0
    assert f"a response that was kept already (case {REF})." in capsys.readouterr().out
    assert settle_it(number, "chair@governors.northbridge.example", "entered as an update") == 1
    assert "or nothing for chair@" in capsys.readouterr().err
    assert settle_it(number, DSL, "entered as an update") == 0
    with place.store.read() as tx:
        lines = [(line.who, line.what) for line in tx.audit.of_case(REF)]
    assert lines[-1] == (DSL, f"dealt with what was set aside as number {number}: entered as an update")
    assert (at_the_command_line(), "listed what was set aside") in lines


def test_reseal_makes_the_older_key_needless(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = place.store.cipher, Fernet.generate_key().decode()
    monkeypatch.setenv("POLICYDESK_ENCRYPTION_KEYS", new)
    with pytest.raises(CannotOpenError):
        Store.open(place.url, Cipher([new]), place.school.id)
    assert main(["stuck"]) == 2
    assert "POLICYDESK_ENCRYPTION_KEYS" in capsys.readouterr().err
    both = f"{new},{place.key}"
    monkeypatch.setenv("POLICYDESK_ENCRYPTION_KEYS", both)
    assert main(["reseal"]) == 0
    assert "are sealed under the newest key" in capsys.readouterr().out
    only_new, engine = Cipher([new]), connect(place.url)
    with engine.connect() as connection:
        for table in SEALED:
            columns = [column for column in table.c if isinstance(column.type, LargeBinary)]
            values = [value for row in connection.execute(select(*columns)) for value in row if value is not None]
            assert all(only_new.open(value) is not None for value in values)
    engine.dispose()
    with pytest.raises(CannotOpenError):
        old.open(values[0])
    monkeypatch.setenv("POLICYDESK_ENCRYPTION_KEYS", new)
    assert main(["explain", REF]) == 0
