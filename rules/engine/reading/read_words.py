"""Reading the words: the vocabulary, the settings, the templates and the notes on the policies themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Literal, cast

from rules.engine.model.aloud import ANSWER
from rules.engine.model.form import Form
from rules.engine.model.policy import UNKNOWN, Audience, FactWord, Note, Template
from rules.engine.reading.document import Entries, Node, Word
from rules.engine.reading.read_forms import Asked, asked
from rules.engine.reading.shapes import Desk

RELATIONS = frozenset(
    {
        "case manager",
        "complaint handler",
        "investigator",
        "lead year managers",
        "lead year manager of the targeted",
        "lead year manager of the reported",
        "reporter",
        "complainant",
        "carers of the targeted",
        "carers of the reported",
        "carers of everyone",
        "panel",
    }
)
HISTORIES = (
    "by person",
    "against person",
    "between pair",
    "roles reversed",
    "by group",
    "by place and time",
    "by topic",
    "of the pupil concerned",
)
OTHERWISE = "otherwise"
"""Under "reads", how every answer is read that has no sentence of its own."""
_SOURCES = ("one of", "several of", "number of", "counts")
FACT = ("means", "reads", "sensitivity", "safety", *_SOURCES)
AUDIENCE = ("role", "relation", "then", "outside")
TEMPLATE = ("subject", "body", "held by", "records", "before consent", "overtaken by", "clauses")
SETTING = ("means", "from", "to", "value")
NOTE = ("note", "clauses", "says", "default", "setting")


def read_facts(desk: Desk, table: Entries, forms: Iterable[Form]) -> dict[str, FactWord]:
    """The facts of the vocabulary; those that a form asks for take their answers from the forms."""
    by_forms = asked(forms)
    facts: dict[str, FactWord] = {}
    for key, node in table:
        entries = desk.entries(node, key, key.text)
        desk.only(entries, FACT, "a fact")
        fact = _fact(desk, key, entries, by_forms.get(key.text))
        if fact is not None:
            facts[fact.name] = fact
        else:
            desk.half_read.add(key.text)
    return facts


def _fact(desk: Desk, key: Word, entries: Entries, by_forms: Asked | None) -> FactWord | None:
    means = desk.word(entries.get("means"), key, "means")
    sensitivity = (
        desk.word(entries.get("sensitivity"), key, "sensitivity") if entries.get("sensitivity") else "internal"
    )
    what = f'"{sensitivity}" is not a sensitivity.'
    desk.known(entries.get("sensitivity") or key, sensitivity, ("open", "internal", "restricted"), what)
    counts = None
    if by_forms is not None:
        kind, words = by_forms.kind, by_forms.words
        for source in _SOURCES:
            if (said := entries.key(source)) is not None:
                desk.wrong(said, f'A form asks for "{key.text}": its answers are the form\'s.', "Delete this line.")
    elif (one := entries.get("one of")) is not None:
        kind, words = "choice", desk.words(one)
    elif (several := entries.get("several of")) is not None:
        kind, words = "choices", desk.words(several)
    elif entries.get("number of") is not None:
        kind, words = "number", ()
    elif (history := entries.get("counts")) is not None:
        kind, words, counts = "number", (), desk.word(history, key, "counts")
        desk.known(history, counts, HISTORIES, f'"{counts}" is not a way of counting incidents.')
    else:
        if key.text not in desk.half_read:
            what = f'No form asks for "{key.text}", and nothing says what it can be.'
            desk.wrong(key, what, 'Add "one of: [...]", or let a question of a form feed it.')
        return None
    if kind != "number":
        words = tuple(dict.fromkeys((*words, UNKNOWN)))
    return FactWord(
        key.text, kind, words, means, cast(Literal["internal"], sensitivity), counts=counts,
        safety=desk.yes(entries.get("safety"), "safety"),
        reads=_reads(desk, key, entries.get("reads"), words), labels=by_forms.labels if by_forms else {},
    )  # fmt: skip


def _reads(desk: Desk, key: Word, node: Node | None, words: tuple[str, ...]) -> dict[str, str]:
    """One sentence for every answer, with ``{answer}`` in it, or one for each answer."""
    if node is None:
        return {}
    if isinstance(node, Word):
        if ANSWER not in node.text:
            desk.wrong(node, f'"reads" of "{key.text}" does not say the answer.', f"Write {ANSWER} where it stands.")
        return {ANSWER: node.text}
    found: dict[str, str] = {}
    for answer, sentence in desk.entries(node, key, "reads"):
        desk.known(answer, answer.text, (*words, OTHERWISE), f'"{answer.text}" is not an answer to "{key.text}".')
        name = ANSWER if answer.text == OTHERWISE else answer.text
        found[name] = desk.word(sentence, answer, answer.text)
    return found


def windowed(fact: FactWord, days: int) -> FactWord:
    """The count "in so many school days" of a counting fact: a fact of its own."""
    reads = {answer: text.replace("{window}", f"{days} school days") for answer, text in fact.reads.items()}
    return replace(fact, name=f"{fact.name} in {days} school days", window=days, reads=reads)


def read_audiences(desk: Desk, table: Entries) -> dict[str, Audience]:
    """Who an effect can be for."""
    found: dict[str, Audience] = {}
    for key, node in table:
        entries = desk.entries(node, key, key.text)
        desk.only(entries, AUDIENCE, "people")
        relation = desk.word(entries.get("relation"), key, "relation") if entries.get("relation") else None
        if relation is not None:
            what = f'"{relation}" is not a tie to a case.'
            desk.known(entries.get("relation") or key, relation, RELATIONS, what)
        role = desk.word(entries.get("role"), key, "role") if relation is None else None
        found[key.text] = Audience(
            phrase=key.text,
            role=role,
            relation=relation,
            then=desk.words(entries.get("then")),
            outside=desk.yes(entries.get("outside"), "outside"),
            file=key.place.file,
            line=key.place.line,
        )
    return found


def read_templates(desk: Desk, table: Entries) -> dict[str, Template]:
    """The texts, by name."""
    found: dict[str, Template] = {}
    for key, node in table:
        entries = desk.entries(node, key, key.text)
        desk.only(entries, TEMPLATE, "a template")
        body = entries.get("body")
        found[key.text] = Template(
            name=key.text,
            subject=desk.word(entries.get("subject"), key, "subject"),
            body=body.text if isinstance(body, Word) else desk.word(body, key, "body"),
            held_by=desk.word(entries.get("held by"), key, "held by") if entries.get("held by") else None,
            records=desk.word(entries.get("records"), key, "records").lower() if entries.get("records") else None,
            before_consent=desk.yes(entries.get("before consent"), "before consent"),
            overtaken_by=tuple(name.lower() for name in desk.words(entries.get("overtaken by"))),
            file=key.place.file,
            line=key.place.line,
        )
    return found


def read_settings(desk: Desk, table: Entries) -> dict[str, int]:
    """The settings, each within its range."""
    found: dict[str, int] = {}
    for key, node in table:
        entries = desk.entries(node, key, key.text)
        desk.only(entries, SETTING, "a setting")
        desk.word(entries.get("means"), key, "means")
        low, high = desk.number(entries.get("from"), "from"), desk.number(entries.get("to"), "to")
        value = desk.number(entries.get("value"), "value")
        for name in ("from", "to", "value"):
            if entries.get(name) is None:
                desk.wrong(key, f'"{name}" is missing.', f'Write "{name}: ..." here.')
        if value is None or low is None or high is None:
            desk.half_read.add(key.text)
            continue
        if not low <= value <= high:
            desk.wrong(entries.get("value") or key, f"{value} is outside {low} to {high}.", f"Write {low} to {high}.")
        found[key.text] = value
    return found


def read_notes(desk: Desk, root: Entries, clauses: Collection[str], settings: Collection[str]) -> tuple[Note, ...]:
    """Where the adopted policies contradict themselves, each with what holds here."""
    found = []
    for node in desk.items(root.get("notes")):
        entries = desk.entries(node, node, "notes")
        desk.only(entries, NOTE, "a note")
        cited = desk.words(entries.get("clauses"))
        for clause in cited:
            desk.known(entries.get("clauses") or entries, clause, clauses, f'The clause register has no "{clause}".')
        setting = desk.word(entries.get("setting"), entries, "setting") if entries.get("setting") else None
        if setting is not None:
            desk.known(entries.get("setting") or entries, setting, settings, f'No setting is called "{setting}".')
        title, says, default = (desk.word(entries.get(name), entries, name) for name in ("note", "says", "default"))
        found.append(Note(title, cited, says, default, setting))
    return tuple(found)
