"""The commands for an administrator: what is stuck until a person looks at it, and a change of keys."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rules.engine.day_words import named_day
from rules.engine.school_days import LONDON
from service.commands import WRONG, at_the_command_line
from service.rule_commands import desk

if TYPE_CHECKING:
    from service.store import Action, KeptBytes, Transaction

WHY = {
    "unreadable": "could not be read as a response to a form",
    "differs": "is another content of a response that was kept already",
}


def stuck(chosen: argparse.Namespace) -> int:
    """List what was set aside and what could not be delivered; show one content, or try one again; 1 if not there.

    Each is logged: the list on every case that it names, a content that is shown by its number.
    """
    now, who = datetime.now(UTC), at_the_command_line()
    with desk() as (store, _), store.write() as tx:
        if chosen.show is not None:
            return _show(tx, chosen.show, who, now)
        if chosen.again is not None:
            return _again(tx, chosen.again, who, now)
        dead, kept = tx.actions.of_state("dead"), tx.kept.listed()
        for ref in dict.fromkeys(action.case_ref for action in dead):
            tx.audit.add(who, "listed what was not delivered", ref, now)
        tx.audit.add(who, f"listed {len(kept)} contents that were set aside", None, now)
        for line in (*_of_dead(tx, dead), *_of_kept(kept)):
            print(line)
    if not dead and not kept:
        print("Nothing is stuck.")
    return 0


def reseal(chosen: argparse.Namespace) -> int:
    """Seal everything that is kept under the newest key; 1 where something was sealed with a key that is not given."""
    from service.store import SEALED, CannotOpenError

    del chosen
    rows = 0
    with desk() as (store, _):
        try:
            for table in SEALED:
                after: str | int | None = None
                while True:
                    with store.write() as tx:
                        done, after = tx.sealed.some(table, after)
                    rows += done
                    if after is None:
                        break
        except CannotOpenError as error:
            print(f"policydesk: {error} {rows} rows are done; run this again then.", file=sys.stderr)
            return WRONG
        with store.write() as tx:
            tx.audit.add(at_the_command_line(), f"sealed {rows} rows under the newest key", None, datetime.now(UTC))
        store.scrub()
    print(f"{rows} rows are sealed under the newest key. Older keys are needed only for backups from before.")
    return 0


def _of_dead(tx: Transaction, dead: Iterable[Action]) -> Iterable[str]:
    from integrations.google.reasons import mend

    for action in dead:
        attempts = tx.actions.attempts_of(action.id)
        reason = attempts[-1].reason if attempts else "unknown"
        where = f"of {action.case_ref}" if action.case_ref else "of no case"
        yield f"Not delivered: a {action.kind} {where}, given up {_when(action.updated_at)}: {reason}."
        yield f"  {mend(reason)}"
        yield f"  To try again: policydesk stuck --again {action.id}"


def _of_kept(kept: Iterable[KeptBytes]) -> Iterable[str]:
    for one in kept:
        yield f"Set aside: {one.size} bytes, {_when(one.at)}: it {WHY[one.reason]}."
        yield f"  To read it, which is logged: policydesk stuck --show {one.id}"


def _show(tx: Transaction, number: int, who: str, now: datetime) -> int:
    body = tx.kept.body(number)
    if body is None:
        print(f"policydesk: nothing that was set aside has the number {number}.", file=sys.stderr)
        return WRONG
    tx.audit.add(who, f"read what was set aside as number {number}", None, now)
    text = body.decode("utf-8", "backslashreplace")
    print("".join(one if one.isprintable() or one in "\n\t" else f"\\x{ord(one):02x}" for one in text))
    return 0


def _again(tx: Transaction, identity: str, who: str, now: datetime) -> int:
    action = tx.actions.get(identity)
    if action is None or action.state != "dead":
        print(f"policydesk: nothing that was given up is called {identity!r}.", file=sys.stderr)
        return WRONG
    tx.actions.revive(identity, now)
    tx.audit.add(who, f"asked for a {action.kind} to be tried again", action.case_ref, now)
    print("It is tried again, by the service, within a minute.")
    return 0


def _when(at: datetime) -> str:
    local = at.astimezone(LONDON)
    return f"{named_day(local.date())}, {local:%H:%M}"
