"""Where a question becomes a fact: a response to a form, read into typed and complete facts. A blank is ``unknown``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time

from rules.engine.model.form import Form, Question
from rules.engine.model.policy import UNKNOWN, Facts, FactValue, FactWord

_NOTHING_GIVEN = frozenset({"no", "none", "nothing", "no one", "nobody", "n/a", "na", "-", ""})
"""What people write where something may be given, and there is nothing: "Is another school involved? Which?"."""

LONGEST_NUMBER = 9
"""Digits. A longer "how many times" is not a number that anybody counted."""
LONGEST_TEXT = 20_000
"""Characters. A longer answer is kept whole; nobody can be expected to have read it by the way, so a person is told."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it came. ``value`` is text or a list of texts; anything else is kept and called odd."""

    question_id: str
    title: str
    value: object


@dataclass(slots=True)
class Reading:
    """A response in the project's own words. ``oddities`` say what could not be read, without any of its content."""

    form: Form
    facts: dict[str, FactValue] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    dates: dict[str, date] = field(default_factory=dict)
    times: dict[str, time] = field(default_factory=dict)
    oddities: list[str] = field(default_factory=list)


def read_response(form: Form, answers: Iterable[Answer]) -> Reading:
    """Read the answers. Nothing raises: what cannot be read is ``unknown`` and named among the oddities (AB-8l)."""
    reading = blank(form)
    by_id = {key: question for question in form.questions for key in (question.id, question.item)}
    by_title = {question.title: question for question in form.questions}
    for number, answer in enumerate(answers, 1):
        question = by_id.get(answer.question_id) or by_title.get(answer.title.strip())
        if question is None:
            reading.oddities.append(f"question {number} of the response is not one of this form")
            continue
        _read(reading, question, answer.value)
    return reading


def blank(form: Form) -> Reading:
    """A response in which nothing was answered."""
    return Reading(form, facts={question.name: _blank(question) for question in form.questions if question.is_fact})


def _blank(question: Question) -> FactValue:
    """What a question that was left out says: what an earlier response said must not stand in for it."""
    match question.shape:
        case "choices":
            return frozenset({UNKNOWN})
        case "given":
            return "no"
        case "number":
            return None
        case _:
            return UNKNOWN


def yes_no(value: object) -> str:
    """What something that is true or not says as a fact."""
    return "yes" if value else "no"


def complete(words: Mapping[str, FactWord], *layers: Facts) -> dict[str, FactValue]:
    """Every fact of the vocabulary, the later layers over the earlier ones; what nobody said is unknown.

    A count over a window takes its own value, or that of the plain count where only that is given.
    """
    found: dict[str, FactValue] = {}
    for name, word in words.items():
        plain_name = name if word.window is None else name.removesuffix(f" in {word.window} school days")
        value: FactValue = None
        for layer in layers:
            value = layer.get(name, layer.get(plain_name, value))
        found[name] = _fitting(word, value)
    return found


def _fitting(word: FactWord, value: FactValue) -> FactValue:
    if word.kind == "number":
        return value if isinstance(value, int) else None
    if word.kind == "choices":
        chosen = value if isinstance(value, frozenset) else frozenset(() if value is None else (str(value),))
        return chosen & frozenset(word.words) or frozenset({UNKNOWN})
    return value if isinstance(value, str) and value in word.words else UNKNOWN


def _read(reading: Reading, question: Question, value: object) -> None:
    texts = _texts(value)
    if texts is None:
        reading.oddities.append(f'the answer to "{question.title}" is neither text nor choices')
        texts = []
    texts = [text.strip() for text in texts if text.strip()]
    if sum(map(len, texts)) > LONGEST_TEXT:
        reading.oddities.append(f'the answer to "{question.title}" is longer than {LONGEST_TEXT:,} characters')
    match question.shape:
        case "choice":
            reading.facts[question.name] = _choice(reading, question, texts)
        case "choices":
            chosen = frozenset(word for text in texts if (word := _word(reading, question, text)) is not None)
            reading.facts[question.name] = chosen or frozenset({UNKNOWN})
        case "given":
            given = [text for text in texts if text.strip(" .").casefold() not in _NOTHING_GIVEN]
            reading.facts[question.name] = "yes" if given else "no"
        case "number":
            reading.facts[question.name] = _number(reading, question, texts)
        case "date" | "time":
            _moment(reading, question, texts)
        case _:
            if texts:
                reading.texts[question.name] = "\n".join(texts)


def _texts(value: object) -> list[str] | None:
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    return None


def _choice(reading: Reading, question: Question, texts: list[str]) -> str:
    words = [word for text in texts if (word := _word(reading, question, text)) is not None]
    if len(words) > 1:
        reading.oddities.append(f'"{question.title}" has several answers where one is wanted')
        return UNKNOWN
    return words[0] if words else UNKNOWN


def _word(reading: Reading, question: Question, text: str) -> str | None:
    if text in question.answers:
        return question.answers[text]
    folded = {option.casefold(): word for option, word in question.answers.items()}
    if text.casefold() in folded:
        return folded[text.casefold()]
    if question.other is not None:
        return question.other
    reading.oddities.append(f'the answer to "{question.title}" is not one of its options')
    return None


def _number(reading: Reading, question: Question, texts: list[str]) -> int | None:
    if not texts:
        return None
    digits = re.fullmatch(r"\D*?(\d+)\D*", texts[0])
    if digits is None or len(digits[1]) > LONGEST_NUMBER:
        reading.oddities.append(f'the answer to "{question.title}" is not a number')
        return None
    return int(digits[1])


def _moment(reading: Reading, question: Question, texts: list[str]) -> None:
    if not texts:
        return
    try:
        if question.shape == "date":
            reading.dates[question.name] = date.fromisoformat(texts[0])
        else:
            reading.times[question.name] = time.fromisoformat(texts[0]).replace(tzinfo=None)
    except ValueError:
        reading.oddities.append(f'the answer to "{question.title}" is not a {question.shape}')
