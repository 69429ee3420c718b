"""The commands about the rules themselves: what they guarantee, which clauses they carry out, what others would do."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from rules.engine.school.school_days import LONDON
from service.commands import UNREADABLE, WRONG, at_the_command_line
from service.opening import desk

if TYPE_CHECKING:
    from rules import Broken, Policies, Proved


def prove(chosen: argparse.Namespace) -> int:
    """Prove the guarantees; 1 with a counterexample where one is broken.

    Of another folder's rules: what they would do otherwise than those that are shipped, too.
    """
    from rules import Broken, load
    from rules import prove as prove_policies
    from service.flows.compared import findings, otherwise

    policies = _policies(chosen.path)
    if policies is None:
        return WRONG
    found = prove_policies(policies)
    if chosen.json:
        print(json.dumps([_finding(one) for one in found], ensure_ascii=False))
    else:
        print("\n".join(line for one in found for line in _told(one)))
        print("\n".join(("", *findings(policies))))
        if chosen.path:
            print("\n".join(("", *otherwise(load(), policies))))
    broken = sum(isinstance(one, Broken) for one in found)
    if not chosen.json:
        print(f"{len(found) - broken} of {len(found)} guarantees are proved. Version {policies.version}.")
    return WRONG if broken else 0


def coverage(chosen: argparse.Namespace) -> int:
    """The clause register against what carries it out, and its tests; 1 where a clause is uncovered."""
    from rules import load
    from rules.engine.rulebook.coverage import as_table
    from rules.engine.rulebook.coverage import coverage as cover
    from service.clause_tests import clause_tests, shipped_scenarios

    folder = shipped_scenarios()
    try:
        found = cover(load(), clause_tests(folder) if folder is not None else None)
    except ValueError as error:
        print(f"policydesk: {error}.", file=sys.stderr)
        return UNREADABLE
    uncovered = [one.clause.id for one in found if not one.covered]
    if chosen.json:
        rows = [one.as_json() for one in found]
        print(json.dumps({"clauses": rows, "uncovered": uncovered}, ensure_ascii=False))
    else:
        print(as_table(found))
    return WRONG if uncovered else 0


def replay(chosen: argparse.Namespace) -> int:
    """Decide past submissions again under other rules, and show what would differ; 1 where some cannot be decided."""
    from service.flows.differences import as_lines, differences
    from service.flows.publish import texts_in_force
    from service.flows.replay import read_past, since
    from service.flows.replay import replay as decide_again

    try:
        first = datetime.combine(date.fromisoformat(chosen.since), time(), LONDON) if chosen.since else None
    except ValueError:
        print(f"policydesk: {chosen.since!r} is not a date: write it as 2026-10-06.", file=sys.stderr)
        return UNREADABLE
    with desk() as (store, school):
        kept = read_past(store, at_the_command_line(), "to decide it again under other rules", datetime.now(UTC))
        with store.read() as tx:
            in_force = texts_in_force(tx)
    policies = _policies(chosen.policies, in_force)
    if policies is None:
        return WRONG
    again = decide_again(kept, policies, school)
    groups = differences(since(kept.made, first), since(again.made, first), again.instead_of)
    print(f"{len(kept.decided)} past submissions and clocks decided again under version {policies.version}.")
    print("\n".join(as_lines(groups)) or "No difference.")
    for ref, error in again.failed:
        print(f"{ref} could not be decided under these rules ({error}).")
    return WRONG if again.failed else 0


def schema(chosen: argparse.Namespace) -> int:
    """The JSON Schema of rule files, for an editor; 2 with one line where it cannot be written."""
    from rules.engine.rulebook.schema import schema as shape_of

    policies = _policies(chosen.path)
    if policies is None:
        return WRONG
    text = json.dumps(shape_of(policies), ensure_ascii=False, indent=1)
    if chosen.out is None:
        print(text)
        return 0
    try:
        Path(chosen.out).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        print(f"policydesk: {chosen.out} cannot be written: {error.strerror}.", file=sys.stderr)
        return UNREADABLE
    return 0


def diagram(chosen: argparse.Namespace) -> int:
    """The stages of a track as a Mermaid state diagram; 2 where there is no such procedure."""
    from rules.engine.rulebook.diagram import diagram as drawn

    policies = _policies(chosen.path)
    if policies is None:
        return WRONG
    procedure = policies.procedures.get(chosen.track)
    if procedure is None:
        known = ", ".join(policies.procedures)
        print(f"policydesk: no procedure is called {chosen.track!r}: write one of {known}.", file=sys.stderr)
        return UNREADABLE
    print(drawn(policies, procedure))
    return 0


def _policies(path: str | None, in_force: Mapping[str, str] | None = None) -> Policies | None:
    """The policies of a folder, laid over those in force; None, and every mistake printed, where they cannot be read.

    Without the one, the other; without either, those that are shipped.
    """
    from rules import RuleFilesError, load

    try:
        return load(Path(path) if path else None, in_force)
    except RuleFilesError as error:
        print("\n\n".join(str(problem) for problem in error.problems), file=sys.stderr)
        return None


def _told(one: Proved | Broken) -> list[str]:
    from rules import Broken
    from service.flows.broken import broken_in_words

    if isinstance(one, Broken):
        return broken_in_words(one)
    return [f"proved  {one.guarantee.id}  {one.guarantee.title} ({', '.join(one.guarantee.clauses)})"]


def _finding(one: Proved | Broken) -> dict[str, object]:
    from rules import Broken
    from rules.engine.proving.counterexample import as_json

    said: dict[str, object] = {
        "guarantee": one.guarantee.id,
        "title": one.guarantee.title,
        "clauses": list(one.guarantee.clauses),
        "proved": not isinstance(one, Broken),
    }
    if isinstance(one, Broken):
        form = {"form": one.form.form, "answers": dict(one.form.answers)}
        said["counterexample"] = {
            "wrong": one.wrong, "form": form, "facts": as_json(one.facts), "effects": list(one.effects),
            "rules": list(one.rules),
        }  # fmt: skip
    return said
