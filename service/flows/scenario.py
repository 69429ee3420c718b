"""A scenario file: what is played, when. Every scalar is text, as it was written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from rules import RuleFilesError
from rules.engine.reading.document import Entries, Items, Node, Word, read
from rules.engine.school.school_days import LONDON

EventKind = Literal["form", "release", "closure", "re-date"]
_EVENT_KEYS = frozenset({"id", "at", "form", "response", "respondent", "answers", "release", "closure", "re-date"})
_KEYS = frozenset({"start", "until", "closures", "events"})
_FOR_TESTS = frozenset({"title", "clauses", "clauses not", "expect", "never", "last"})
"""What a scenario shows and what must come of it. Playing it takes no notice; a test's ``school`` it cannot play."""
_LARGEST = 4_000_000
"""Characters: a scenario may be a whole school year of a large school."""


class ScenarioError(Exception):
    """The scenario cannot be read. The text is one line that says where and why."""


@dataclass(frozen=True, slots=True)
class Played:
    """One event of a scenario. ``id`` is its name or its number, from 1."""

    id: str | int
    at: datetime
    kind: EventKind
    form: str = ""
    response: str = ""
    respondent: str | None = None
    answers: tuple[tuple[str, object], ...] = ()
    case: str = ""
    to: str = ""
    by: str = ""
    closed: date | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is played, between two aware moments in Europe/London."""

    start: datetime
    until: datetime
    closures: tuple[date, ...]
    events: tuple[Played, ...]


def read_scenario(path: Path) -> Scenario:
    """The scenario in a file. ScenarioError where it is not one."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ScenarioError(f"{path.name}: it cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise ScenarioError(f"{path.name}: it is not UTF-8 text.") from None
    try:
        root = read(text, path.name, _LARGEST)
    except RuleFilesError as error:
        raise ScenarioError(" ".join(str(error.problems[0]).split())) from None
    return _scenario(_table(root, "the scenario"))


def _scenario(root: Entries) -> Scenario:
    _only(root, _KEYS, _FOR_TESTS)
    closures = tuple(_date(node) for node in _list(root.get("closures")))
    nodes = _list(root.get("events"))
    events = [_event(_table(node, "an event"), number) for number, node in enumerate(nodes, 1)]
    names = [event.id for event in events]
    twice = next((name for name, times in Counter(names).items() if times > 1), None)
    if twice is not None:
        raise ScenarioError(f"two events are called {twice!r}.")
    start = _moment(_needed(root, "start"))
    until = _moment(_needed(root, "until"))
    if until < start:
        raise ScenarioError("it ends before it starts: until must be later than start.")
    return Scenario(start, until, closures, tuple(sorted(events, key=lambda event: event.at)))


def _event(entries: Entries, number: int) -> Played:
    _only(entries, _EVENT_KEYS)
    name = _text(entries.get("id")) or number
    at = _moment(_needed(entries, "at"))
    kinds = [kind for kind in ("form", "release", "closure", "re-date") if entries.get(kind) is not None]
    if len(kinds) != 1:
        raise _wrong(entries, "an event is one of form, release, closure or re-date")
    if kinds == ["closure"]:
        return Played(name, at, "closure", closed=_date(_needed(entries, "closure")))
    if kinds == ["re-date"]:
        confirmed = _table(_needed(entries, "re-date"), "a re-dating")
        return Played(name, at, "re-date", case=_text(_needed(confirmed, "case")), by=_text(_needed(confirmed, "by")))
    if kinds == ["release"]:
        release = _table(_needed(entries, "release"), "a release")
        case, to, by = (_text(_needed(release, key)) for key in ("case", "to", "by"))
        return Played(name, at, "release", case=case, to=to, by=by)
    answers = entries.get("answers")
    given = () if answers is None or _blank(answers) else _table(answers, "answers").pairs
    return Played(
        id=name,
        at=at,
        kind="form",
        form=_text(entries.get("form")),
        response=_text(entries.get("response")) or f"response-{name}",
        respondent=_text(entries.get("respondent")) or None,
        answers=tuple((key.text, _value(value)) for key, value in given),
    )


def _value(node: Node) -> object:
    if isinstance(node, Word):
        return node.text
    if isinstance(node, Items):
        return [_value(item) for item in node.nodes]
    return {key.text: _value(value) for key, value in node}


def _needed(entries: Entries, key: str) -> Node:
    node = entries.get(key)
    if node is None:
        raise _wrong(entries, f'"{key}" is missing')
    return node


def _table(node: Node, what: str) -> Entries:
    if not isinstance(node, Entries):
        raise _wrong(node, f"{what} is a table of names and values")
    return node


def _list(node: Node | None) -> tuple[Node, ...]:
    if node is None or _blank(node):
        return ()
    if not isinstance(node, Items):
        raise _wrong(node, "a list is wanted here")
    return node.nodes


def _blank(node: Node) -> bool:
    return isinstance(node, Word) and node.text in ("", "null", "~")


def _text(node: Node | None) -> str:
    if node is None or _blank(node):
        return ""
    if not isinstance(node, Word):
        raise _wrong(node, "some words are wanted here")
    return node.text


def _moment(node: Node) -> datetime:
    try:
        at = datetime.fromisoformat(_text(node))
    except ValueError:
        raise _wrong(node, f'"{_text(node)}" is not a date and time such as 2026-10-06T11:20') from None
    return at.astimezone(LONDON) if at.tzinfo else at.replace(tzinfo=LONDON)


def _date(node: Node) -> date:
    try:
        return date.fromisoformat(_text(node))
    except ValueError:
        raise _wrong(node, f'"{_text(node)}" is not a date such as 2026-10-06') from None


def _only(entries: Entries, known: frozenset[str], passed_over: frozenset[str] = frozenset()) -> None:
    for key, _ in entries:
        if key.text not in known | passed_over:
            raise _wrong(key, f'"{key.text}" does not belong here; there are {", ".join(sorted(known))}')


def _wrong(node: Node, what: str) -> ScenarioError:
    return ScenarioError(f"{node.place.file}, line {node.place.line}: {what}.")
