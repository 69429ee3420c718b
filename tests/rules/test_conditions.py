"""The reference meaning of a condition, and what it says of why one held or did not."""

from __future__ import annotations

import pytest

from rules.engine.model.conditions import decisive, holds, say
from rules.engine.model.policy import ALWAYS, UNKNOWN, All, Any, Compare, Condition, FactValue, Includes, Is, Not

CONCERN = Is("safeguarding concern", ("yes", "not sure", UNKNOWN))
SEXUAL = Includes("kind of bullying", ("sexual", "sexual orientation"))
THREE = Compare("incidents", "at least", 3)
FACTS = {"safeguarding concern": "no", "kind of bullying": frozenset({"emotional", "verbal"}), "incidents": 2}
NEVER = Any(())


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        (Is("f", ("yes",)), "yes", True),
        (Is("f", ("yes",)), "yes, twice", False),
        (Is("f", ("yes, twice",)), "yes", False),
        (Is("f", ("no", "yes")), "yes", True),
        (Is("f", ("yes",)), UNKNOWN, False),
        (Is("f", (UNKNOWN,)), UNKNOWN, True),
        (Is("f", ()), "yes", False),
        (Is("f", (UNKNOWN,)), None, True),
        (Is("f", (UNKNOWN,)), 0, False),
        (Includes("f", ("a",)), frozenset({"a", "b"}), True),
        (Includes("f", ("c", "b")), frozenset({"a", "b"}), True),
        (Includes("f", ("c",)), frozenset({"a", "b"}), False),
        (Includes("f", ("a",)), frozenset(), False),
        (Includes("f", (UNKNOWN,)), frozenset({UNKNOWN}), True),
        (Compare("f", "at least", 3), 3, True),
        (Compare("f", "at least", 3), 2, False),
        (Compare("f", "at most", 3), 3, True),
        (Compare("f", "at most", 3), 4, False),
        (Compare("f", "at least", -1), 0, True),
        (Compare("f", "at least", -1), -2, False),
        (Compare("f", "at least", 0), None, False),
        (Compare("f", "at most", 0), None, False),
    ],
)
def test_one_test_and_its_opposite(condition: Condition, value: FactValue, expected: bool) -> None:
    assert holds(condition, {"f": value}) is expected
    assert holds(Not(condition), {"f": value}) is not expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (ALWAYS, True),
        (NEVER, False),
        (All((ALWAYS, NEVER)), False),
        (Any((ALWAYS, NEVER)), True),
        (Not(All((ALWAYS, NEVER))), True),
        (Not(Any((NEVER, NEVER))), True),
        (All((Any((NEVER, ALWAYS)), Not(NEVER))), True),
    ],
)
def test_all_any_and_not(condition: Condition, expected: bool) -> None:
    assert holds(condition, {}) is expected


def test_a_fact_that_is_missing_is_an_error_and_not_a_no() -> None:
    with pytest.raises(KeyError, match="incidents"):
        holds(Not(THREE), {})


@pytest.mark.parametrize(
    ("condition", "facts", "expected"),
    [
        (ALWAYS, {}, []),
        (NEVER, {}, []),
        (
            Any((CONCERN, SEXUAL)),  # fails by both
            {},
            [
                "safeguarding concern: no; the rule covers yes or not sure or blank",
                "kind of bullying: emotional, verbal; the rule covers sexual or sexual orientation",
            ],
        ),
        (
            Any((CONCERN, SEXUAL, THREE)),  # holds by the one that holds
            {"safeguarding concern": UNKNOWN},
            ["safeguarding concern: not answered; the rule covers yes or not sure or blank"],
        ),
        (
            All((THREE, CONCERN)),  # fails by the first that fails
            {},
            ["incidents: 2; the rule covers at least 3"],
        ),
        (
            All((Not(THREE), Not(CONCERN))),  # holds by everything
            {},
            [
                "incidents: 2; the rule covers at most 2 or blank",
                "safeguarding concern: no; the rule covers anything but yes or not sure or blank",
            ],
        ),
        (
            Not(Any((SEXUAL, Compare("incidents", "at most", 1)))),
            {"incidents": None},
            [
                "kind of bullying: emotional, verbal; the rule covers anything but sexual or sexual orientation",
                "incidents: not answered; the rule covers at least 2 or blank",
            ],
        ),
        (
            Not(All((CONCERN, SEXUAL))),
            {"kind of bullying": frozenset({"sexual"})},
            ["safeguarding concern: no; the rule covers anything but yes or not sure or blank"],
        ),
    ],
)
def test_decisive_tests_in_words(condition: Condition, facts: dict[str, FactValue], expected: list[str]) -> None:
    assert [str(reason) for reason in decisive(condition, FACTS | facts)] == expected


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not answered"),
        (UNKNOWN, "not answered"),
        (frozenset({UNKNOWN}), "not answered"),
        (frozenset(), "nothing"),
        (frozenset({"b", "a"}), "a, b"),
        (0, "0"),
        ("not sure", "not sure"),
    ],
)
def test_a_value_in_words(value: FactValue, words: str) -> None:
    assert say(value) == words
