"""What holds of every scenario: the shape of a record, and who may be told what."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from rules.engine.school.typed_names import fold
from service.school import School

Record = Mapping[str, Any]

COMMON = {
    "at", "kind", "event", "case", "rules", "clauses", "because", "policy_version", "calendar_version", "not_told",
}  # fmt: skip
FIELDS = {
    "submission": {"form", "response", "outcome", "cases"},
    "case": {"track", "state", "stage"},
    "notice": {"to", "role", "status", "held_by", "urgent", "subject", "body"},
    "task": {"for", "assignee", "title", "due", "state"},
    "calendar": {
        "action", "status", "held_by", "title", "description", "start", "end", "attendees", "guests_see_each_other",
    },
    "deadline": {"name", "due", "state", "counted"},
    "withhold": {"details", "from", "lifted_by"},
    "flag": {"name", "for", "evidence"},
    "refused": {"what", "why", "instead"},
}  # fmt: skip
STATES = {
    "submission": ("outcome", {"new", "revision", "duplicate", "unknown"}),
    "case": ("state", {"open", "paused", "closed"}),
    "notice": ("status", {"sent", "draft", "withdrawn"}),
    "task": ("state", {"open", "done", "cancelled"}),
    "calendar": ("status", {"sent", "draft"}),
    "deadline": ("state", {"open", "paused", "met", "late", "missed", "cancelled"}),
}
GROUNDED = ("notice", "task", "calendar", "withhold", "deadline")
TELLING = (
    "bully", "homophob", "biphob", "transphob", "sexual", "gender", "orientation", "lesbian", "gay", "race", "racis",
    "religio", "faith", "ethnic", "nationality", "disab", "pregnan", "matern", "appearance", "looked-after", "sexting",
    "upheld", "vexatious", "malicious",
)  # fmt: skip
"""Kinds, characteristics, allegations and outcomes: in no subject and no title (I1, I8)."""
NAMED_IN = (
    "Who was targeted?", "Who is said to have done it?", "Who saw it? (staff and students)", "Your name",
    "Your name (you can leave this blank)", "Name", "Pupil's name and year (if it concerns one)",
    "Name of the person (if one)", "Signed", "Complainant's name",
)  # fmt: skip
NO_NAME = frozenset({
    "student", "pupil", "staff", "teacher", "year", "head", "headteacher", "deputy", "chair", "vice", "clerk",
    "governor", "governors", "business", "manager", "dsl", "designated", "safeguarding", "lead", "and", "the", "for",
    "our", "not", "known", "unknown", "form", "nobody", "that", "name", "northbridge", "example",
})  # fmt: skip
"""What people type beside names: titles of roles may stand in a subject."""
RELEASED = "Released by "
_READ_ALOUD = re.compile(r"[A-Z“][^{}\n]*[.]")
"""A reason is a sentence or several, with no gap left open."""
_REFERENCE = re.compile(r"[A-Z]{1,3}-[0-9]{4}-[0-9]{4,}")


def broken(records: Iterable[Record], school: School, played: Mapping[str, Any]) -> list[str]:
    """Every breach of what always holds, in words; empty where there is none."""
    found = list(records)
    breaches = [breach for record in found for breach in _shape(record)]
    breaches += _order(found)
    names = set(_names(played))
    for record in found:
        breaches += _i1(record, names)
        breaches += _i3(record, school)
        breaches += _i4(record)
        breaches += _i7(record)
    breaches += _i2(found)
    return breaches


def _shape(record: Record) -> Iterator[str]:
    kind = record["kind"]
    if set(record) != COMMON | FIELDS.get(kind, set()):
        yield f"the fields of a {kind} are {sorted(set(record) ^ (COMMON | FIELDS.get(kind, set())))} off"
    if kind in STATES and record[STATES[kind][0]] not in STATES[kind][1]:
        yield f"a {kind} cannot be {record[STATES[kind][0]]!r}"
    if record["case"] is not None and not _REFERENCE.fullmatch(record["case"]):
        yield f"{record['case']!r} is no case reference"
    if json.loads(json.dumps(record)) != dict(record):
        yield f"a {kind} does not survive JSON"
    if datetime.fromisoformat(record["at"]).tzinfo is None:
        yield f"{record['at']} has no offset"
    if any(not {"who", "why"} <= set(told) for told in record["not_told"]):
        yield f"somebody was not told, and no reason stands beside it: {record['not_told']}"


def _order(records: list[Record]) -> Iterator[str]:
    moments = [datetime.fromisoformat(record["at"]) for record in records]
    if moments != sorted(moments):
        yield "the records are not in order of time"


def _headings(record: Record) -> Iterator[str]:
    yield from (str(record[name]) for name in ("subject", "title", "description") if name in record)


def _i1(record: Record, names: set[str]) -> Iterator[str]:
    for heading in _headings(record):
        words = set(re.findall(r"[^\W_]+", fold(heading)))
        if words & names:
            yield f"I1: {heading!r} names {sorted(words & names)}"
        said = [word for word in TELLING if word in heading.casefold()]
        if said:
            yield f"I1: {heading!r} says {said}"


def _names(played: Mapping[str, Any]) -> Iterator[str]:
    """The words of every name that was typed."""
    for event in played.get("events") or ():
        for question, value in (event.get("answers") or {}).items():
            if question in NAMED_IN:
                yield from set(re.findall(r"[^\W\d_]{3,}", fold(str(value)))) - NO_NAME


def _people(record: Record) -> Iterator[str]:
    for name in ("to", "assignee", "held_by"):
        if record.get(name) and not (name == "held_by" and record.get("status") == "withdrawn"):
            yield record[name]
    yield from record.get("attendees", ())


def _over(record: Record) -> bool:
    """What is taken back reaches nobody: the record only says what it was."""
    states = (record.get("status"), record.get("state"), record.get("action"))
    return "withdrawn" in states or "cancelled" in states or "cancel" in states


def _i2(records: list[Record]) -> Iterator[str]:
    out: dict[str, set[str]] = {}
    for record in records:
        case = record["case"]
        if record["kind"] == "case":
            out.setdefault(case, set()).update(told["address"] for told in record["not_told"] if told.get("address"))
        if case in out and not _over(record) and not record["because"].startswith(RELEASED):
            reached = set(_people(record)) & out[case]
            if reached:
                yield f"I2: {sorted(reached)} is kept out of {case}, and is in {record}"


def _i3(record: Record, school: School) -> Iterator[str]:
    if record["kind"] not in ("notice", "calendar") or _over(record):
        return
    for address in (record.get("to"), *record.get("attendees", ())):
        person = school.directory.by_email(address or "")
        outside = person is None or person.kind == "outside"
        if address and outside and record["status"] != "draft" and not record["because"].startswith(RELEASED):
            yield f"I3: {record['kind']} to {address} is {record['status']}, and nobody released it"
        if address and outside and record["status"] == "draft" and not record["held_by"]:
            yield f"I3: nobody holds the draft to {address}"


def _i4(record: Record) -> Iterator[str]:
    if record["kind"] == "calendar" and (len(record["attendees"]) != 1 or record["guests_see_each_other"] is not False):
        yield f"I4: {record['title']} has {record['attendees']}"
    if record["kind"] == "notice" and (record["to"].count("@") != 1 or re.search(r"[,;\s]", record["to"])):
        yield f"I4: {record['to']!r} is not one address"


def _i7(record: Record) -> Iterator[str]:
    if not _READ_ALOUD.fullmatch(record["because"]):
        yield f"I7: a {record['kind']} without a reason"
    if not record["policy_version"] or not record["calendar_version"]:
        yield f"I7: a {record['kind']} without the versions that it was made with"
    if record["kind"] in GROUNDED and not (record["rules"] and record["clauses"]):
        yield f"I7: a {record['kind']} without rule or clause: {record}"
