"""Reading the words: vocabulary, settings, templates, and which question of which form feeds which fact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal, cast, get_args

from rules.engine.document import Entries, Node, Word
from rules.engine.policy import UNKNOWN, Audience, FactKind, FactWord, Form, Question, Shape, Template
from rules.engine.shapes import Desk, is_yes

RELATIONS = frozenset(
    {
        "case manager",
        "complaint handler",
        "lead year managers",
        "reporter",
        "complainant",
        "carers of the targeted",
        "carers of the others",
        "carers of everyone",
        "panel",
    }
)


def read_form(desk: Desk, root: Entries) -> Form | None:
    """One file of ``rules/forms``."""
    desk.only(root, ("form", "title", "id", "event", "questions"), "a form")
    questions = [q for node in desk.items(root.get("questions")) if (q := _question(desk, node)) is not None]
    name = desk.word(root.get("form"), root, "form")
    return Form(
        name=name,
        title=desk.word(root.get("title"), root, "title"),
        id=desk.word(root.get("id"), root, "id"),
        event=desk.word(root.get("event"), root, "event"),
        questions=tuple(questions),
    )


def _question(desk: Desk, node: Node) -> Question | None:
    entries = desk.entries(node, node, "question")
    desk.only(entries, ("question", "id", "item", "feeds", "keeps", "as", "answers", "other"), "a question")
    shape = desk.word(entries.get("as"), entries, "as")
    if not desk.known(entries.get("as") or entries, shape, get_args(Shape), f'"{shape}" is not a shape of answer.'):
        return None
    answers = {}
    if (table := entries.get("answers")) is not None:
        for key, value in desk.entries(table, entries, "answers"):
            answers[key.text] = desk.word(value, key, key.text).lower()
    return Question(
        title=desk.word(entries.get("question"), entries, "question"),
        id=desk.word(entries.get("id"), entries, "id"),
        item=desk.word(entries.get("item"), entries, "item"),
        name=desk.word(entries.get("feeds") or entries.get("keeps"), entries, "feeds"),
        shape=cast(Shape, shape),
        answers=answers,
        other=desk.word(entries.get("other"), entries, "other") if entries.get("other") else None,
    )


def read_facts(desk: Desk, table: Entries, forms: Iterable[Form]) -> dict[str, FactWord]:
    """The facts of the vocabulary; those that a form asks for take their answers from the forms."""
    asked = _asked(forms)
    facts: dict[str, FactWord] = {}
    for key, node in table:
        entries = desk.entries(node, key, key.text)
        desk.only(entries, ("means", "sensitivity", "one of", "several of", "number of", "counts"), "a fact")
        fact = _fact(desk, key, entries, asked.get(key.text))
        if fact is not None:
            facts[fact.name] = fact
    for name in asked.keys() - facts.keys():
        desk.wrong(
            table, f'The forms feed "{name}", which the vocabulary does not explain.', f'Add "{name}:" to facts.'
        )
    return facts


def _asked(forms: Iterable[Form]) -> dict[str, tuple[FactKind, tuple[str, ...]]]:
    asked: dict[str, tuple[FactKind, tuple[str, ...]]] = {}
    for form in forms:
        for question in form.questions:
            if not question.is_fact:
                continue
            words = [*question.answers.values(), *([question.other] if question.other else [])]
            kind: FactKind = "choices" if question.shape == "choices" else "choice"
            if question.shape == "number":
                kind, words = "number", []
            elif question.shape == "given":
                words = ["yes", "no"]
            before = asked.get(question.name, (kind, ()))[1]
            asked[question.name] = (kind, tuple(dict.fromkeys((*before, *words))))
    return asked


def _fact(desk: Desk, key: Word, entries: Entries, asked: tuple[FactKind, tuple[str, ...]] | None) -> FactWord | None:
    means = desk.word(entries.get("means"), key, "means")
    sensitivity = (
        desk.word(entries.get("sensitivity"), key, "sensitivity") if entries.get("sensitivity") else "internal"
    )
    desk.known(key, sensitivity, ("open", "internal", "restricted"), f'"{sensitivity}" is not a sensitivity.')
    counts = None
    if asked is not None:
        kind, words = asked
    elif (one := entries.get("one of")) is not None:
        kind, words = "choice", desk.words(one)
    elif (several := entries.get("several of")) is not None:
        kind, words = "choices", desk.words(several)
    elif entries.get("number of") is not None:
        kind, words = "number", ()
    elif (history := entries.get("counts")) is not None:
        kind, words, counts = "number", (), desk.word(history, key, "counts")
    else:
        desk.wrong(key, f'No form asks for "{key.text}", and nothing says what it can be.', 'Add "one of: [...]".')
        return None
    if kind != "number":
        words = tuple(dict.fromkeys((*words, UNKNOWN)))
    return FactWord(key.text, kind, words, means, cast(Literal["internal"], sensitivity), counts=counts)


def windowed(fact: FactWord, days: int) -> FactWord:
    """The count "in so many school days" of a counting fact: a fact of its own."""
    return replace(fact, name=f"{fact.name} in {days} school days", window=days)


def read_audiences(desk: Desk, table: Entries) -> dict[str, Audience]:
    """Who an effect can be for."""
    found: dict[str, Audience] = {}
    for key, node in table:
        entries = desk.entries(node, key, key.text)
        desk.only(entries, ("role", "relation", "then", "outside"), "people")
        relation = desk.word(entries.get("relation"), key, "relation") if entries.get("relation") else None
        if relation is not None:
            desk.known(key, relation, RELATIONS, f'"{relation}" is not a tie to a case.')
        role = desk.word(entries.get("role"), key, "role") if relation is None else None
        found[key.text] = Audience(
            key.text, role, relation, desk.words(entries.get("then")), is_yes(entries.get("outside"))
        )
    return found


def read_templates(desk: Desk, table: Entries) -> dict[str, Template]:
    """The texts, by name."""
    found: dict[str, Template] = {}
    for key, node in table:
        entries = desk.entries(node, key, key.text)
        desk.only(entries, ("subject", "body", "held by", "records", "clauses"), "a template")
        body = entries.get("body")
        found[key.text] = Template(
            name=key.text,
            subject=desk.word(entries.get("subject"), key, "subject"),
            body=body.text if isinstance(body, Word) else desk.word(body, key, "body"),
            held_by=desk.word(entries.get("held by"), key, "held by") if entries.get("held by") else None,
            records=desk.word(entries.get("records"), key, "records").lower() if entries.get("records") else None,
        )
    return found


def read_settings(desk: Desk, table: Entries) -> dict[str, int]:
    """The settings, each within its range."""
    found: dict[str, int] = {}
    for key, node in table:
        entries = desk.entries(node, key, key.text)
        desk.only(entries, ("means", "from", "to", "value"), "a setting")
        desk.word(entries.get("means"), key, "means")
        low, high = desk.number(entries.get("from"), "from"), desk.number(entries.get("to"), "to")
        value = desk.number(entries.get("value"), "value")
        if value is None or low is None or high is None:
            continue
        if not low <= value <= high:
            desk.wrong(entries.get("value") or key, f"{value} is outside {low} to {high}.", f"Write {low} to {high}.")
        found[key.text] = value
    return found
