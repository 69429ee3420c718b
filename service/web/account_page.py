"""The account of a case as its page shows it: under each thing that came in, what followed from it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from rules.engine.school.directory import Directory
from service.store import Entry
from service.web.people_page import name_of

_ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")


@dataclass(frozen=True, slots=True)
class Moment:
    """What came in, and what followed from it: each text once, and how often."""

    at: datetime
    first: str
    followed: tuple[tuple[str, int], ...]


def moments(entries: Iterable[Entry], directory: Directory) -> Iterator[Moment]:
    """The account in order of time. What came of one submission stands together, as does what one minute brought."""
    for (_, at), together in groupby(entries, key=_of_one):
        first, *followed = (in_names(entry.text, directory) for entry in together)
        yield Moment(at, first, tuple(Counter(followed).items()))


def said(entries: Iterable[Entry], directory: Directory) -> Mapping[str, str]:
    """What each submission was, by its id: the first line that was written of it."""
    found: dict[str, str] = {}
    for entry in entries:
        if entry.submission_id is not None:
            found.setdefault(entry.submission_id, in_names(entry.text, directory).removesuffix("."))
    return found


def in_names(text: str, directory: Directory) -> str:
    """The text with the names of those whose addresses stand in it."""
    return _ADDRESS.sub(lambda found: name_of(found[0], directory), text)


def _of_one(entry: Entry) -> tuple[str | None, datetime]:
    return entry.submission_id, entry.at.replace(second=0, microsecond=0)
