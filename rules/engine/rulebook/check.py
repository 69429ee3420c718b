"""What is wrong with rule files that could be read: examples that fail, rules that never apply, and more."""

from __future__ import annotations

from rules.engine.model.policy import Note, Policies
from rules.engine.reading.problem import Problem
from rules.engine.rulebook.examples import examples
from rules.engine.rulebook.lint import blanks, contradictions, doubles, never, two_ways
from rules.engine.rulebook.lint_words import clocks, keeps, needs, roles, texts
from rules.engine.school.directory import Directory


def check(policies: Policies, directory: Directory | None = None) -> tuple[Problem, ...]:
    """Every mistake, in the order of the files. With a directory: the roles that nobody holds, too."""
    found = [*check_rules(policies), *blanks(policies), *texts(policies), *needs(policies), *keeps(policies)]
    found += clocks(policies)
    if directory is not None:
        found += roles(policies, directory)
    return tuple(sorted(found))


def check_rules(policies: Policies) -> list[Problem]:
    """What is wrong with rules taken by themselves."""
    return [*examples(policies), *never(policies), *contradictions(policies), *doubles(policies), *two_ways(policies)]


def notes(policies: Policies) -> tuple[Note, ...]:
    """Where the adopted policies contradict themselves or are out of date, and what holds here meanwhile."""
    return policies.notes
