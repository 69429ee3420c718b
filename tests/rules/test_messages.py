"""What a school's leadership reads when a rule file is wrong: every mistake at once, its place, and what to write.

Each file of ``messages`` is laid over the small policy in ``messages/tiny``: beside its files, or in place of the one
that its first line names. The text of the same name is what must be said. To see what a change of wording does to them:
``python -m tests.rules.test_messages`` writes them anew, for somebody to read.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import rules
from rules.engine.reading.problem import Problem
from rules.engine.rulebook.parse import parse

HERE = Path(__file__).parent / "messages"
TINY = rules.read_texts(HERE / "tiny")
CASES = sorted(path.stem for path in HERE.glob("*.yaml"))
RULE = (HERE / "test_forgotten.yaml").read_text(encoding="utf-8").replace("place: toilets\n", "place: is toilets\n")


def said(texts: dict[str, str]) -> tuple[Problem, ...]:
    """Everything that is wrong with these files."""
    try:
        return rules.check(parse(texts))
    except rules.RuleFilesError as error:
        return error.problems


def said_of(case: str) -> str:
    text = (HERE / f"{case}.yaml").read_text(encoding="utf-8")
    first = text.split("\n", 1)[0]
    name = first.removeprefix("# In place of ") if first.startswith("# In place of ") else "bad.yaml"
    return "\n\n".join(str(problem) for problem in said({**TINY, name: text})) + "\n"


def test_the_policy_beneath_is_without_a_mistake() -> None:
    assert said({**TINY, "more.yaml": RULE}) == ()


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_said(case: str) -> None:
    assert said_of(case) == (HERE / f"{case}.txt").read_text(encoding="utf-8")


def test_every_text_has_its_file() -> None:
    assert sorted(path.stem for path in HERE.glob("*.txt")) == CASES
    assert len(CASES) >= 60


@pytest.mark.parametrize("case", CASES)
def test_a_message_names_the_file_and_says_what_to_do(case: str) -> None:
    messages = (HERE / f"{case}.txt").read_text(encoding="utf-8").split("\n\n")
    for message in messages:
        where, *rest = message.strip().split("\n")
        assert ".yaml, line " in where
        # What is wrong, what to write instead; then the line and the caret, where there is a line.
        assert len(rest) >= 2
        assert not any("Traceback" in line or "yaml." in line or "object at" in line for line in rest)


# --- what cannot be kept as a text file in a repository -------------------------------------------------------------


def test_a_tab_is_named() -> None:
    [problem] = said({**TINY, "bad.yaml": RULE.replace("  title:", "\ttitle:")})
    assert (problem.line, problem.what) == (2, "This line begins with a tab.")


def test_windows_line_ends_and_a_byte_order_mark_are_no_mistake(tmp_path: Path) -> None:
    for name, text in {**TINY, "more.yaml": RULE}.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    policies = rules.load(tmp_path)
    assert {rule.id for rule in policies.rules} == {"AB-01", "X-1"}
    assert rules.check(policies) == ()


def test_a_mistake_in_a_file_from_windows_is_on_its_own_line() -> None:
    text = RULE.replace("    place:", "    plaec:").replace("\n", "\r\n")
    problems = said({**TINY, "bad.yaml": text})
    assert [(p.line, p.column) for p in problems] == [(7, 5)]


def test_a_file_that_is_not_utf_8_is_named_and_so_is_the_next(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_bytes("title: Café".encode("latin-1"))
    (tmp_path / "two.yaml").write_bytes("title: Tell".encode("utf-16"))
    with pytest.raises(rules.RuleFilesError) as caught:
        rules.load(tmp_path)
    assert [problem.file for problem in caught.value.problems] == ["one.yaml", "two.yaml"]
    assert {problem.instead for problem in caught.value.problems} == {"Save it as UTF-8."}


@pytest.mark.parametrize("size", [500_000, 10_000_000])
def test_a_file_of_one_huge_line_is_refused_at_once(tmp_path: Path, size: int) -> None:
    (tmp_path / "huge.yaml").write_bytes(b"- rule: " + b"x" * size)
    started = time.process_time()
    with pytest.raises(rules.RuleFilesError) as caught:
        rules.load(tmp_path)
    assert time.process_time() - started < 2
    assert len(str(caught.value)) < 300


def test_a_control_character_is_shown_where_it_is() -> None:
    [problem] = said({**TINY, "bad.yaml": RULE.replace("The pastoral", "The\x07pastoral")})
    assert (problem.line, problem.column) == (4, 12)


def test_a_long_word_is_not_repeated_in_full_and_takes_no_time() -> None:
    started = time.process_time()
    problems = said({**TINY, "bad.yaml": RULE.replace("is toilets", "is " + "toilet" * 20_000)})
    assert time.process_time() - started < 2
    assert problems
    assert all(len(str(problem)) < 1200 for problem in problems)


def test_an_endless_list_of_answers_takes_no_time() -> None:
    started = time.process_time()
    problems = said({**TINY, "bad.yaml": RULE.replace("is toilets", "is " + " or ".join(["toilets"] * 20_000))})
    assert time.process_time() - started < 2
    assert any("more than 64 answers" in problem.what for problem in problems)


def test_no_folder_and_no_rule_file_are_said(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(rules.RuleFilesError) as caught:
            rules.load(folder)
        assert len(caught.value.problems) == 1


def test_a_rule_without_mistakes_is_tried_beside_one_with_mistakes() -> None:
    fails = RULE.replace("{place: toilets}", "{place: other}")
    misspelt = RULE.replace("X-1", "X-2").replace("place:", "plaec:")
    problems = said({**TINY, "bad.yaml": fails + misspelt})
    assert any("the rule did not apply" in problem.what for problem in problems)
    assert any('"plaec"' in problem.what for problem in problems)


if __name__ == "__main__":
    for name in CASES:
        (HERE / f"{name}.txt").write_text(said_of(name), encoding="utf-8")
