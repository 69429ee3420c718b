"""The commands by which leadership publishes rules: what is in force, a proposal, its approval."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

from service.commands import WRONG
from service.opening import desk

if TYPE_CHECKING:
    from service.flows.publish import Examined


MOVED_ON = """\
The rules that come with this software have changed since, in: {files}.
  To see how: policydesk rules NEW-FOLDER --shipped. Take over what you want of it, and propose your rules again."""


def rules(chosen: argparse.Namespace) -> int:
    """Say which rules are in force and what waits for approval; with a folder, write those in force into it.

    Or those that are shipped, with ``--shipped``.
    """
    from rules import shipped_texts
    from rules.engine.rulebook.parse import version
    from service.flows.publish import moved_on, texts_in_force

    with desk() as (store, _), store.read() as tx:
        texts, published, waiting = texts_in_force(tx), tx.policies.in_force(), tx.policies.waiting()
    if published is None:
        print(f"In force: the rules that are shipped ({version(texts)}).")
    else:
        people = f"proposed by {published.proposed_by}, approved by {published.approved_by}"
        print(f"In force: version {published.number} ({published.fingerprint}), {people}.")
        if changed := moved_on(published):
            print(MOVED_ON.format(files=", ".join(changed)))
    for proposal in waiting:
        print(f"Waits for approval: {proposal.number} ({proposal.fingerprint}), proposed by {proposal.proposed_by}.")
    if chosen.folder is None:
        return 0
    folder = Path(chosen.folder)
    if folder.is_dir() and any(folder.iterdir()):
        print(f"policydesk: {folder} is not empty: name a new folder.", file=sys.stderr)
        return WRONG
    try:
        for name, text in (shipped_texts() if chosen.shipped else texts).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        print(f"policydesk: {folder} cannot be written: {error.strerror}. Name a new folder.", file=sys.stderr)
        return WRONG
    print(f"They are written into {folder}, to be read and changed.")
    return 0


def propose(chosen: argparse.Namespace) -> int:
    """Propose the rules of a folder, laid over those in force; 1 with the reason where they are refused."""
    from rules import RuleFilesError, load
    from service.flows import publish

    try:
        with desk() as (store, school):
            with store.read() as tx:
                current = publish.texts_in_force(tx)
            texts = load(Path(chosen.folder), current).texts
            number, examined = publish.propose(store, school, texts, chosen.by, datetime.now(UTC), SystemRandom())
    except RuleFilesError as error:
        print("\n\n".join(map(str, error.problems)), file=sys.stderr)
        return WRONG
    except publish.NotPublishedError as error:
        return _refused(error)
    _show(examined)
    print(f"\nProposed as {number}. Another of the school's leadership puts it in force:")
    print(f"  policydesk approve {number} --by THEIR-ADDRESS")
    return 0


def approve(chosen: argparse.Namespace) -> int:
    """Put a proposal in force; 1 with the reason where it is refused."""
    from service.flows import publish

    try:
        with desk() as (store, school):
            examined = publish.approve(store, school, chosen.number, chosen.by, datetime.now(UTC), SystemRandom())
    except publish.NotPublishedError as error:
        return _refused(error)
    _show(examined)
    print(f"\nVersion {chosen.number} is published. The service takes it up by itself, within seconds.")
    return 0


def _refused(error: Exception) -> int:
    print(f"Refused.\n\n{error}", file=sys.stderr)
    return WRONG


def _show(examined: Examined) -> None:
    from service.flows.differences import as_lines

    policies = examined.policies
    print(f"{len(policies.rules)} rules and their examples are well; {len(policies.guarantees)} guarantees are proved.")
    print(f"{examined.decided} past submissions and clocks decided again under version {policies.version}:")
    print("\n".join(as_lines(examined.groups)) or "No difference.")
