"""Reading forms: which question feeds which fact, and which is only kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast, get_args

from rules.engine.model.form import Form, Question, Shape
from rules.engine.model.policy import FactKind
from rules.engine.reading.document import Entries, Node, Word
from rules.engine.reading.shapes import Desk

FORM = ("form", "title", "id", "event", "anonymous", "questions")
QUESTION = ("question", "id", "item", "feeds", "keeps", "as", "answers", "other")
_FACTS = ("choice", "choices", "given", "number")
_CHOSEN = ("choice", "choices")


def read_forms(desk: Desk, roots: Sequence[Entries], events: Collection[str], facts: Collection[str]) -> list[Form]:
    """The files of ``rules/forms``, each with a name, an id and questions of its own.

    ``facts`` are the names that the vocabulary explains: a question feeds one of them.
    """
    forms = [_form(desk, root, events, facts) for root in roots]
    for name in ("form", "id"):
        _each_its_own(desk, [root.get(name) for root in roots], f'Two forms have this "{name}".')
    _one_kind_each(desk, forms, roots)
    return forms


def _form(desk: Desk, root: Entries, events: Collection[str], facts: Collection[str]) -> Form:
    desk.only(root, FORM, "a form")
    nodes = desk.items(root.get("questions"))
    if not nodes:
        desk.wrong(root, "This form asks nothing.", 'Add "questions:" with a list.')
    event = desk.word(root.get("event"), root, "event")
    if event:
        desk.known(root.get("event") or root, event, events, f'No event is called "{event}".')
    for name in ("question", "id", "item", "feeds", "keeps"):
        found = [node.get(name) for node in nodes if isinstance(node, Entries)]
        _each_its_own(desk, found, f'Two questions of this form have this "{name}".')
    return Form(
        name=desk.word(root.get("form"), root, "form"),
        title=desk.word(root.get("title"), root, "title"),
        id=desk.word(root.get("id"), root, "id"),
        event=event,
        questions=tuple(q for node in nodes if (q := _question(desk, node, facts)) is not None),
        anonymous=desk.yes(root.get("anonymous"), "anonymous"),
        file=root.place.file,
        line=root.place.line,
    )


def _question(desk: Desk, node: Node, facts: Collection[str]) -> Question | None:
    entries = desk.entries(node, node, "question")
    desk.only(entries, QUESTION, "a question")
    shape = desk.word(entries.get("as"), entries, "as")
    name = _name(desk, entries, shape)
    if (feeds := entries.get("feeds")) is not None:
        desk.known(feeds, name, facts, f'"{name}" is not a fact that the vocabulary explains.')
    if not shape or not desk.known(
        entries.get("as") or entries, shape, get_args(Shape), f'"{shape}" is not a shape of answer.'
    ):
        desk.half_read.add(name)
        return None
    return Question(
        title=desk.word(entries.get("question"), entries, "question"),
        id=desk.word(entries.get("id"), entries, "id"),
        item=desk.word(entries.get("item"), entries, "item"),
        name=name,
        shape=cast(Shape, shape),
        answers=_answers(desk, entries, shape),
        other=desk.word(entries.get("other"), entries, "other").lower() if entries.get("other") else None,
    )


def _name(desk: Desk, entries: Entries, shape: str) -> str:
    feeds, keeps = entries.get("feeds"), entries.get("keeps")
    if feeds is not None and keeps is not None:
        desk.wrong(keeps, "A question either feeds a fact or is kept.", 'Delete "feeds:" or "keeps:".')
    elif feeds is None and keeps is None:
        desk.wrong(entries, "Nothing says what this question is for.", 'Write "feeds: <a fact>" or "keeps: <a name>".')
        return ""
    elif feeds is not None and shape in get_args(Shape) and shape not in _FACTS:
        desk.wrong(feeds, f"A {shape} cannot feed a fact: rules ask about choices and numbers only.", 'Write "keeps:".')
        desk.half_read.add(desk.word(feeds, entries, "feeds"))
    elif keeps is not None and shape in _FACTS:
        desk.wrong(keeps, f'A question asked "as: {shape}" feeds a fact.', 'Write "feeds:", with a fact\'s name.')
    return desk.word(feeds or keeps, entries, "feeds")


def _answers(desk: Desk, entries: Entries, shape: str) -> dict[str, str]:
    table = entries.get("answers")
    if shape not in _CHOSEN:
        if table is not None:
            what = f'A question asked "as: {shape}" has no list of answers.'
            desk.wrong(entries.key("answers") or table, what, 'Delete them, or ask it "as: choice".')
        return {}
    if table is None:
        desk.wrong(entries, "The answers to choose from are missing.", 'Add "answers:" with `Option: word` lines.')
        return {}
    return {key.text: desk.word(value, key, key.text).lower() for key, value in desk.entries(table, entries, "answers")}


def _each_its_own(desk: Desk, nodes: Iterable[Node | None], what: str) -> None:
    seen: set[str] = set()
    for node in nodes:
        if isinstance(node, Word) and node.text:
            if node.text in seen:
                desk.wrong(node, what, "Give each its own.")
            seen.add(node.text)


def _one_kind_each(desk: Desk, forms: Iterable[Form], roots: Iterable[Entries]) -> None:
    kinds: dict[str, FactKind] = {}
    for form, root in zip(forms, roots, strict=True):
        for question in form.questions:
            if question.is_fact and kinds.setdefault(question.name, kind_of(question)) != kind_of(question):
                what = f'"{question.name}" is one choice, several or a number: another form asks it differently.'
                desk.wrong(root, what, 'Ask it in the same way ("as:"), or feed another fact.')


def kind_of(question: Question) -> FactKind:
    """What kind of fact a question feeds."""
    match question.shape:
        case "choices" | "number":
            return question.shape
        case _:
            return "choice"


@dataclass(frozen=True, slots=True)
class Asked:
    """What forms ask for one fact. ``labels`` has, for each of its words, the option as people read and tick it."""

    kind: FactKind
    words: tuple[str, ...]
    labels: Mapping[str, str]


def asked(forms: Iterable[Form]) -> dict[str, Asked]:
    """The facts that forms ask for: each with its kind and the answers of all forms, in their order."""
    found: dict[str, Asked] = {}
    for question in (question for form in forms for question in form.questions if question.is_fact):
        kind = kind_of(question)
        words = [*question.answers.values(), *([question.other] if question.other else [])]
        if question.shape == "given":
            words = ["yes", "no"]
        before = found.get(question.name, Asked(kind, (), {}))
        found[question.name] = Asked(
            kind,
            () if kind == "number" else tuple(dict.fromkeys((*before.words, *words))),
            {word: label for label, word in question.answers.items()} | dict(before.labels),
        )
    return found
