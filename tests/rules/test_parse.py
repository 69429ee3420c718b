"""Rule files become values: what is written, with its words, its counts and its places."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import rules
from rules.engine.model.policy import All, Any, Compare, Due, Includes, Is, Not, Rule
from rules.engine.reading.document import Entries, Items, Node, Place, Word, read
from rules.engine.rulebook.parse import parse, version

TINY = rules.read_texts(Path(__file__).parent / "messages" / "tiny")
RULE = """
- rule: X-1
  title: Tell the pastoral lead
  clauses: [AB-8a]
  says: The pastoral lead hears of it.
  on: report received
  when:
    {when}
  then:
    - {then}
  examples:
    - example: It applies
      given: {{{given}}}
      expect: [{expect}]
    - example: It does not
      given: {{{other}}}
      expect: nothing
"""


def rule(when: str = "place: is toilets", then: str = "record: parents held", given: str = "place: toilets") -> Rule:
    """The rule as it is read; whether its examples come true is not asked here."""
    text = RULE.format(when=when, then=then, expect="record: parents held", given=given, other="")
    return parse({**TINY, "more.yaml": text}).rule("X-1")


def test_words_stay_words() -> None:
    root = read("- yes\n- 'off'\n- 2026-10-06\n- 1_000\n- ~\n", "words.yaml")
    assert isinstance(root, Items)
    assert [node.text for node in root.nodes if isinstance(node, Word)] == ["yes", "off", "2026-10-06", "1_000", "~"]


def test_the_fast_reader_and_the_one_whose_messages_are_shown_agree() -> None:
    for name, text in {**rules.shipped_texts(), **TINY}.items():
        plain = yaml.compose(text, Loader=yaml.SafeLoader)
        places = [(node.line, node.column) for node in _marks(plain)]
        assert [(place.line - 1, place.column - 1) for place in _places(read(text, name))] == places


def _marks(node: yaml.Node) -> Iterator[yaml.Mark]:
    yield node.start_mark
    for part in node.value if not isinstance(node, yaml.ScalarNode) else ():
        for inner in part if isinstance(part, tuple) else (part,):
            yield from _marks(inner)


def _places(node: Node) -> Iterator[Place]:
    yield node.place
    for part in node.nodes if isinstance(node, Items) else node if isinstance(node, Entries) else ():
        for inner in part if isinstance(part, tuple) else (part,):
            yield from _places(inner)


def test_a_node_knows_its_line_and_column() -> None:
    root = read("one: a\ntwo:\n  three: b\n", "place.yaml")
    assert isinstance(root, Entries)
    inner = root.get("two")
    assert isinstance(inner, Entries)
    key = inner.key("three")
    assert key is not None
    assert (key.place.line, key.place.column, key.place.source) == (3, 3, "  three: b")


@pytest.mark.parametrize(
    ("when", "condition"),
    [
        ("place: is toilets", Is("place", ("toilets",))),
        ("place: is not toilets or other", Not(Is("place", ("toilets", "other")))),
        ("place: is playground or field or toilets", Is("place", ("playground or field", "toilets"))),
        ("place: is unknown", Is("place", ("unknown",))),
        ("kind of bullying: includes online", Includes("kind of bullying", ("online",))),
        ("kind of bullying: does not include online", Not(Includes("kind of bullying", ("online",)))),
        ("kind of bullying: is unknown", Includes("kind of bullying", ("unknown",))),
        ("times before: at least 3", Compare("times before", "at least", 3)),
        ("days late: at most pattern count", Compare("days late", "at most", 3)),
        ("place: [is not toilets, is not other]", All((Not(Is("place", ("toilets",))), Not(Is("place", ("other",)))))),
        ("any of: [place: is toilets, days late: at least 1]",
         Any((Is("place", ("toilets",)), Compare("days late", "at least", 1)))),
        ("none of: [place: is other]", Not(Any((Is("place", ("other",)),)))),
    ],
)  # fmt: skip
def test_a_condition_is_read(when: str, condition: object) -> None:
    with_problems = {
        **TINY,
        "more.yaml": RULE.format(when=when, then="record: parents held", expect="", given="", other=""),
    }
    # Whether the examples come true is not what is looked at here: the reader does not ask.
    text = with_problems["more.yaml"].replace("expect: []", "expect: [record: parents held]")
    assert parse({**TINY, "more.yaml": text}).rule("X-1").when == condition


def test_answers_that_are_parts_of_another_are_told_apart_wherever_they_stand() -> None:
    words = (
        "facts: {how often: {means: m, one of: [once, twice, once or twice]}}\npeople: {}\nevents: []\nhappenings: []"
    )
    when = "how often: is once, twice, once or twice"
    text = RULE.format(when=when, then="record: parents held", expect="", given="", other="")
    rule = text.replace("expect: []", "expect: [record: parents held]")
    read_as = parse({**TINY, "own.yaml": words, "more.yaml": rule}).rule("X-1").when
    assert read_as == Is("how often", ("once", "twice", "once or twice"))


def test_a_count_over_days_becomes_a_fact_of_its_own() -> None:
    text = RULE.format(
        when="incidents by this person: at least 3 in 60 school days", then="record: parents held",
        expect="record: parents held", given="incidents by this person: 3", other="",
    )  # fmt: skip
    policies = parse({**TINY, "more.yaml": text})
    word = policies.vocabulary.facts["incidents by this person in 60 school days"]
    assert (word.kind, word.counts, word.window) == ("number", "by person", 60)
    assert policies.rule("X-1").when == Compare(word.name, "at least", 3)


@pytest.mark.parametrize(
    ("written", "due"),
    [
        ("within 3 school days", Due(3, "school days")),
        ("after 1 month", Due(1, "months")),
        ("within 15 minutes", Due(15, "minutes")),
        ("same school day", Due(0, "school days")),
        (
            "within 5 school days after parents held, then every 15 school days",
            Due(5, "school days", "parents held", 15),
        ),
    ],
)
def test_a_time_is_read(written: str, due: Due) -> None:
    [spec] = rule(then=f"{{task: Talk, for: headteacher, due: '{written}'}}").then
    assert spec.due is not None
    assert (spec.due.count, spec.due.unit, spec.due.after, spec.due.every) == (
        due.count,
        due.unit,
        due.after,
        due.every,
    )


def test_an_effect_says_what_for_whom_and_until_when() -> None:
    [spec] = rule(then="{notify: [headteacher, reporter], using: case_notice, urgent: yes, each time: yes}").then
    assert (spec.kind, spec.to, spec.using) == ("notify", ("headteacher", "reporter"), "case_notice")
    assert spec.urgent
    assert spec.each_time


def test_the_same_texts_have_the_same_version_and_others_another() -> None:
    assert version(TINY) == version(dict(reversed(TINY.items())))
    assert version(TINY) != version({**TINY, "more.yaml": ""})


def test_a_folder_without_words_of_its_own_is_laid_over_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        RULE.format(when="place: is toilets", then="{notify: headteacher, using: case_notice}",
                    expect="notify: headteacher", given="place: toilets", other=""), encoding="utf-8",
    )  # fmt: skip
    policies = rules.load(tmp_path)
    assert policies.rule("X-1").file == "own.yaml"
    assert policies.rule("AB-01").file == "policies/anti_bullying/telling.yaml"
    assert rules.check(policies) == ()


def test_every_fact_can_be_unknown() -> None:
    facts = rules.load().vocabulary.facts.values()
    assert all("unknown" in fact.words for fact in facts if fact.kind != "number")
