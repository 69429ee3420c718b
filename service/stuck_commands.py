"""The commands for an administrator: what is stuck until a person looks at it, and a change of keys."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rules.engine.school.day_words import named_day
from rules.engine.school.school_days import LONDON
from service import access
from service.commands import WRONG, at_the_command_line
from service.opening import desk

if TYPE_CHECKING:
    from rules.engine.school.directory import Directory
    from service.store import Action, KeptBytes, Transaction

MAY_SETTLE = frozenset({"headteacher", "dsl", "deputy-dsl", "chair", "clerk", "business-manager"})
WHY = {
    "unreadable": "could not be read as a response to a form",
    "differs": "is another content of a response that was kept already",
}


def stuck(chosen: argparse.Namespace) -> int:
    """List what was set aside and what could not be delivered; show or settle one content, or try one again.

    Returns 1 where there is none, or it is refused. Each is logged: the list on every case that it names, a content
    that is shown or settled by its number.
    """
    now, who = datetime.now(UTC), at_the_command_line()
    with desk() as (store, school), store.write() as tx:
        if chosen.dealt_with is not None:
            return _settle(tx, school.directory, chosen, now)
        if chosen.show is not None:
            return _show(tx, chosen.show, who, now)
        if chosen.again is not None:
            return _again(tx, chosen.again, who, now)
        dead, kept = tx.actions.of_state("dead"), tx.kept.listed()
        for ref in dict.fromkeys(action.case_ref for action in dead):
            tx.audit.add(who, "listed what was not delivered", ref, now)
        for ref in dict.fromkeys(ref for one in kept for ref in _cases_of(tx, one)):
            tx.audit.add(who, "listed what was set aside", ref, now)
        tx.audit.add(who, f"listed {len(kept)} contents that were set aside", None, now)
        for line in (*_of_dead(tx, dead), *_of_kept(tx, kept)):
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


def _of_kept(tx: Transaction, kept: Iterable[KeptBytes]) -> Iterable[str]:
    for one in kept:
        where = ", ".join(_cases_of(tx, one))
        yield f"Set aside: {one.size} bytes, {_when(one.at)}: it {WHY[one.reason]}{where and f' (case {where})'}."
        yield f"  To read it, which is logged: policydesk stuck --show {one.id}"
        yield f"  Once it is dealt with: policydesk stuck --dealt-with {one.id} --by EMAIL --because TEXT"


def _cases_of(tx: Transaction, one: KeptBytes) -> list[str]:
    """The cases of the response of which this is another content; none for what could not be read."""
    decisions = tx.decisions.of_submission(one.submission_id) if one.submission_id else []
    return list(dict.fromkeys(ref for decision in decisions for ref in decision.cases))


def _show(tx: Transaction, number: int, who: str, now: datetime) -> int:
    body = tx.kept.body(number)
    if body is None:
        print(f"policydesk: nothing that was set aside has the number {number}.", file=sys.stderr)
        return WRONG
    tx.audit.add(who, f"read what was set aside as number {number}", None, now)
    text = body.decode("utf-8", "backslashreplace")
    print("".join(one if one.isprintable() or one in "\n\t" else f"\\x{ord(one):02x}" for one in text))
    return 0


def _settle(tx: Transaction, directory: Directory, chosen: argparse.Namespace, now: datetime) -> int:
    """A named person says how they have dealt with a content, which is written down on its cases or on none."""
    number, because = int(chosen.dealt_with), str(chosen.because).strip()
    person = directory.by_email(chosen.by)
    if person is None or not access.is_identity(person) or not set(person.roles) & MAY_SETTLE:
        allowed = ", ".join(sorted(MAY_SETTLE))
        print(f"policydesk: say who has dealt with it, --by EMAIL: it takes {allowed} of this school.", file=sys.stderr)
        return WRONG
    if not because:
        example = "--because 'rubbish from a test' or 'sent again by the form'"
        print(f"policydesk: say how, in a few words without names: {example}.", file=sys.stderr)
        return WRONG
    found = next((one for one in tx.kept.listed() if one.id == number), None)
    refs = _cases_of(tx, found) if found is not None else []
    cases = [case for case in map(tx.cases.load, refs) if case is not None]
    if found is None or len(access.visible(person, cases, directory)) < len(refs):
        print(
            f"policydesk: nothing that waits has the number {number}, or nothing for {person.email}.", file=sys.stderr
        )
        return WRONG
    tx.kept.dealt_with(number, now)
    on: list[str] | list[None] = refs or [None]
    for ref in on:
        tx.audit.add(person.email, f"dealt with what was set aside as number {number}: {because}", ref, now)
    print(f"Number {number} is dealt with. It is logged, and its content stays.")
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
