"""A copy of a complainant's own records, with everybody else taken out (CP-5d).

The machine drafts it, a person reads it through and takes out what the machine could not see, and another one approves.
It is handed over by a person: nothing here sends anything.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import UndefinedError

from rules import Policies
from rules.engine.intake.facts import Reading
from rules.engine.intake.paper import NOT_KEPT, REASONED, is_on_paper
from rules.engine.model.effects import Notice
from rules.engine.model.situation import CaseFile
from rules.engine.school.day_words import named_day
from rules.engine.school.directory import Directory, Person
from rules.engine.school.school_days import LONDON
from service import access
from service.flows.responses import forms_of, reading_of
from service.records.copy_page import render
from service.records.redact import Redactor, redactor
from service.school import School
from service.store import Store, StoredSubmission, Transaction

Copy = dict[str, Any]
Responses = dict[str, list[tuple[StoredSubmission, str, Reading]]]
"""Of each case: the forms that came in, which event each is, and what it says."""

THEIRS = "complaint received"
MAY_COPY = frozenset({"headteacher", "chair", "vice-chair", "clerk", "business-manager"})
TRACKS = ("complaint", "contact")
DRAFTED, APPROVED = "drafted a copy for the complainant", "approved a copy for the complainant"
OWN = ("complainant", "address", "postcode", "daytime telephone", "evening telephone", "email")
NOT_THEIRS = (
    "dsl decision", "referred to", "unreasonable conduct", "marked as", "person complained about named",
    "a governor acted alone", "the whole board is aware", "barred", "bar reviewed", "alert acknowledged",
    "interview held", "account or statement received", "sanction or support agreed", "pupil matched",
)  # fmt: skip
"""How entries begin that are about somebody else, or about safeguarding: only a person hands those on."""
CANNOT = (
    "Only what policydesk holds is here: not what is on paper (notes of a complaint about staff are only there), nor "
    "mail, calls or files elsewhere.",
    "Only complaints in which this address is the complainant's, and that whoever asked may see. A complaint made "
    "without an address, or from another one, has to be looked for by its reference.",
    "Nothing of any safeguarding case, of other people's complaints, or of what was withheld is here, and nothing says "
    "whether there is any.",
    "Names are taken out that are on the school's lists or in the case. Nicknames, misspelt names and descriptions of "
    "somebody (“the tall boy in 9C”) are not found: a person has to.",
)


class NotCopiedError(Exception):
    """No copy was made; why, for people."""


def may_copy(person: Person, case: CaseFile, directory: Directory) -> bool:
    """Whether this person may draft a copy for the complainant of this case, or approve one."""
    leads = bool(set(person.roles) & MAY_COPY) and access.is_identity(person)
    return leads and case.track in TRACKS and access.may_see(person, case, directory)


def draft(store: Store, school: School, policies: Policies, ref: str, by: str, folder: Path, now: datetime) -> Path:
    """Write ``REF.json`` and ``REF.html`` as a draft into the folder; returns the page. NotCopiedError, OSError."""
    return _write(drafted(store, school, policies, ref, by, now), folder, ref, school.name)


def approve(store: Store, school: School, policies: Policies, ref: str, by: str, folder: Path, now: datetime) -> Path:
    """Make the draft in the folder, as a person has left it, the copy. NotCopiedError unless by another than asked."""
    final = approved(store, school, policies, ref, by, lambda: _read(folder / f"{ref}.json"), now)
    return _write(final, folder, ref, school.name)


def drafted(store: Store, school: School, policies: Policies, ref: str, by: str, now: datetime) -> Copy:
    """A draft of the copy, which is written down on the case. NotCopiedError."""
    with store.write() as tx:
        person, case = _allowed(tx, school.directory, ref, by, "asked for a copy", now)
        cases = _theirs(tx, case, person, school.directory)
        read = _responses(tx, cases, policies)
        redact = _redactor(school, cases, read)
        found = [_of_case(tx, one, read.get(one.ref, []), redact) for one in cases]
        tx.audit.add(person.email, f"{DRAFTED}: {', '.join(one.ref for one in cases)}", ref, now)
        for other in cases[1:]:
            tx.audit.add(person.email, f"{DRAFTED}, with {ref}", other.ref, now)
    return {"state": "draft", "made": _day(now), "asked by": person.email, "cannot": list(CANNOT), "complaints": found}


def approved(
    store: Store, school: School, policies: Policies, ref: str, by: str, left: Callable[[], Copy], now: datetime
) -> Copy:
    """The copy, from the draft as a person has ``left`` it. NotCopiedError unless by another than asked for it."""
    with store.write() as tx:
        person, case = _allowed(tx, school.directory, ref, by, "asked to approve a copy", now)
        drafts = [line for line in tx.audit.of_case(ref) if line.what.startswith(f"{DRAFTED}: ")]
        if not drafts:
            raise NotCopiedError(f"There is no draft for {ref} yet: run the command without --approve first.")
        if drafts[-1].who == person.email:
            raise NotCopiedError("Whoever asked for the copy does not approve it: somebody else reads it through.")
        copy = left()
        cases = _theirs(tx, case, person, school.directory)
        redact = _redactor(school, cases, _responses(tx, cases, policies))
        final = copy | {"complaints": _each(redact, copy["complaints"]), "cannot": list(CANNOT)}
        final |= {"state": "approved", "approved by": person.email, "approved on": _day(now)}
        _pages(final, ref, school.name)  # nothing is approved that cannot be shown
        digest = hashlib.sha256(json.dumps(final, sort_keys=True).encode()).hexdigest()
        tx.audit.add(person.email, f"{APPROVED}, sha256 {digest}", ref, now)
    return final


def packed(copy: Copy, ref: str, school: str) -> bytes:
    """Both files of a copy in one, as they are downloaded: a ZIP."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _pages(copy, ref, school).items():
            archive.writestr(name, text)
    return made.getvalue()


def read_draft(text: str) -> Copy:
    """A draft as a person has left it. NotCopiedError where it is none any more."""
    try:
        copy = json.loads(text)
        if copy["state"] in ("draft", "approved") and isinstance(copy["complaints"], list):
            return dict(copy)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise NotCopiedError("That is not a draft any more: draft it again, and change only texts.")


def _allowed(
    tx: Transaction, directory: Directory, ref: str, by: str, what: str, now: datetime
) -> tuple[Person, CaseFile]:
    person, case = directory.by_email(by), tx.cases.load(ref)
    if person is None or not set(person.roles) & MAY_COPY or not access.is_identity(person):
        raise NotCopiedError(f"{by} may not do that: it takes {', '.join(sorted(MAY_COPY))} of this school.")
    if case is None or case.track not in TRACKS or not access.may_see(person, case, directory):
        raise NotCopiedError(f"There is no complaint {ref}, or none for {by}.")
    tx.audit.add(person.email, what, ref, now)
    return person, case


def _theirs(tx: Transaction, case: CaseFile, person: Person, directory: Directory) -> list[CaseFile]:
    """The case, then the other complaints of the same complainant that this person may see."""
    others = (tx.cases.load(ref) for ref in tx.cases.refs() if case.complainant and ref != case.ref)
    same = [one for one in others if one is not None and one.track in TRACKS and one.complainant == case.complainant]
    return [case, *access.visible(person, same, directory)]


def _responses(tx: Transaction, cases: list[CaseFile], policies: Policies) -> Responses:
    forms = forms_of(policies)
    found: Responses = {}
    for case in cases:
        for one in tx.submissions.of_case(case.ref):
            form = forms.get(one.form_id) if one.source == "form" else None
            if form is not None:
                found.setdefault(case.ref, []).append((one, form.event, reading_of(form, one.body)))
    return found


def _redactor(school: School, cases: list[CaseFile], read: Responses) -> Redactor:
    own = {
        reading.texts[name].strip()
        for found in read.values() for _, event, reading in found if event == THEIRS
        for name in OWN if reading.texts.get(name)
    }  # fmt: skip
    return redactor(school.directory, cases, own, cases[0].complainant)


def _of_case(
    tx: Transaction, case: CaseFile, read: list[tuple[StoredSubmission, str, Reading]], redact: Redactor
) -> Copy:
    happened = [h for h in case.happenings if not h.what.startswith(NOT_THEIRS)]
    letters = [
        {"date": _day(action.updated_at), "subject": redact(notice.subject), "text": redact(notice.body)}
        for action in tx.actions.of_case(case.ref)
        if isinstance(notice := action.effect, Notice) and _reached(notice, action.state, case)
    ]
    return {
        "reference": case.ref,
        "state": case.state,
        "stage": case.stage or "",
        "upheld": str(case.facts.get("upheld") or "unknown"),
        "submissions": [
            {
                "date": _day(one.submitted_at or one.received_at),
                "version": one.revision,
                "answers": _answers(one, redact),
            }
            for one, event, _ in read
            if event == THEIRS
        ],
        "chronology": [{"date": _day(h.at), "what": h.what} for h in happened],
        "decisions": [
            {"date": _day(one.received_at), "what": reading.facts["what happened"], "reason": redact(reason)}
            for one, event, reading in read
            if event == "update recorded" and (reason := _reason(case, reading))
        ],
        "letters": letters,
        "on paper": "Notes of this complaint are on paper, in the personnel file." if is_on_paper(case) else "",
    }


def _reached(notice: Notice, state: str, case: CaseFile) -> bool:
    """Whether this is a letter that went to the complainant: not a draft, not withheld, not to anybody else."""
    return bool(case.complainant) and notice.to == case.complainant and notice.status == "sent" and state == "done"


def _reason(case: CaseFile, reading: Reading) -> str:
    """The reason of a decision on the procedure; of a note, only where notes of the case may be kept at all."""
    what, text = str(reading.facts.get("what happened")), reading.texts.get("outcome", "").strip()
    shown = what in REASONED or not is_on_paper(case)
    return text if shown and text != NOT_KEPT and not what.startswith(NOT_THEIRS) else ""


def _answers(one: StoredSubmission, redact: Redactor) -> list[dict[str, str]]:
    return [
        {"question": str(a.get("title") or ""), "answer": redact(", ".join(_texts(a.get("value"))))}
        for a in one.body.get("answers") or ()
        if isinstance(a, dict) and not str(a.get("title") or "").casefold().startswith("evidence")
    ]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, list):
        yield from (str(item) for item in value)
    elif value is not None:
        yield str(value)


def _each(redact: Redactor, value: Any) -> Any:
    match value:
        case str():
            return redact.whole_names(value)
        case list():
            return [_each(redact, item) for item in value]
        case dict():
            return {name: _each(redact, item) for name, item in value.items()}
        case _:
            return value


def _read(path: Path) -> Copy:
    try:
        return read_draft(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotCopiedError(f"{path} is not there: give the folder of the draft with --out.") from None
    except UnicodeDecodeError:
        raise NotCopiedError(f"{path} is no text any more: draft it again, and change only texts.") from None


def _write(copy: Copy, folder: Path, ref: str, school: str) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in _pages(copy, ref, school).items():
        with open(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    return folder / f"{ref}.html"


def _pages(copy: Copy, ref: str, school: str) -> dict[str, str]:
    """The files of a copy by their names. NotCopiedError where something that it must hold was taken out."""
    try:
        page = render(copy, school)
    except (UndefinedError, TypeError, ValueError, AttributeError):
        raise NotCopiedError("Something is missing in that draft: draft it again, and change only texts.") from None
    return {f"{ref}.json": json.dumps(copy, ensure_ascii=False, indent=1), f"{ref}.html": page}


def _day(at: datetime) -> str:
    return named_day(at.astimezone(LONDON).date())
