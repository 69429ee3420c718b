"""Publishing rules: one proposes, another approves, and each time everything that can be shown is shown again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random

from rules import Broken, Policies, RuleFilesError, check, load, prove, shipped_texts
from rules.engine.matching.compile import MatcherBroken
from rules.engine.matching.differential import differing
from rules.engine.matching.normal_form import RuleTooLarge
from rules.engine.reading.written import written_guarantees
from rules.engine.rulebook.parse import parse, version
from rules.engine.school.directory import Directory, Person
from service.flows.broken import broken_in_words
from service.flows.differences import Group, differences
from service.flows.replay import Kept, read_past, replay
from service.school import School
from service.store import PolicyVersion, Store, Transaction

LEADERSHIP = ("headteacher", "deputy-headteacher", "dsl", "chair")
"""Who may propose and approve."""

RANDOM_FACTS = 2_000
"""On so many the two evaluators are held against each other."""


class NotPublishedError(Exception):
    """These rules were refused. The text says why, for people, in one or more paragraphs."""


@dataclass(frozen=True, slots=True)
class Examined:
    """Rules that passed everything, and what they would have done differently in the past."""

    policies: Policies
    groups: tuple[Group, ...]
    decided: int


def texts_in_force(tx: Transaction) -> Mapping[str, str]:
    """The newest published rules, or those that are shipped."""
    published = tx.policies.in_force()
    return published.texts if published is not None else shipped_texts()


def moved_on(published: PolicyVersion) -> tuple[str, ...]:
    """The shipped rule files that are not what they were when these rules were proposed, by name.

    Where that was not noted: those that differ from the published ones.
    """
    before, now = published.shipped or _fingerprints(published.texts), _fingerprints(shipped_texts())
    return tuple(sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name)))


def _fingerprints(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: version({name: text}) for name, text in texts.items()}


def propose(
    store: Store, school: School, texts: Mapping[str, str], by: str, at: datetime, random: Random
) -> tuple[int, Examined]:
    """Keep these rules as a proposal; returns its number and what they would do. NotPublishedError says why not."""
    person = leader(school.directory, by)
    with store.read() as tx:
        current, published = texts_in_force(tx), tx.policies.in_force()
    # Once the shipped ones have moved on, to propose one's own again says that somebody has looked at it.
    if version(texts) == version(current) and not (published and moved_on(published)):
        raise NotPublishedError("These are the rules that are in force already: nothing is changed.")
    examined = examine(texts, read_past(store, person.email, "to propose rules", at), school, random)
    with store.write() as tx:
        number = tx.policies.propose(texts, examined.policies.version, person.email, at, _fingerprints(shipped_texts()))
        tx.audit.add(person.email, f"proposed rules {number} ({examined.policies.version})", None, at)
    return number, examined


def approve(store: Store, school: School, number: int, by: str, at: datetime, random: Random) -> Examined:
    """Put a proposal in force, once all has been shown again. NotPublishedError says why not."""
    person = leader(school.directory, by)
    with store.read() as tx:
        proposal, newest = tx.policies.get(number), tx.policies.number_in_force() or 0
    if proposal is None:
        raise NotPublishedError(f"There is no proposal {number}.")
    if proposal.state == "published":
        raise NotPublishedError(f"Version {number} was published already, by {proposal.approved_by}.")
    if number < newest:
        raise NotPublishedError(f"Version {newest} was published since: propose the change again, on top of it.")
    if proposal.proposed_by == person.email:
        raise NotPublishedError("Whoever proposed it cannot approve it: ask another of the school's leadership.")
    if version(proposal.texts) != proposal.fingerprint:
        raise NotPublishedError("The texts of this proposal are not those that were proposed. Propose them again.")
    kept = read_past(store, person.email, f"to approve rules {number}", at)
    examined = examine(proposal.texts, kept, school, random)
    with store.write() as tx:
        if not tx.policies.publish(number, person.email, at):
            raise NotPublishedError("Somebody else published in this very moment: look at it again.")
        tx.audit.add(person.email, f"approved rules {number} ({proposal.fingerprint})", None, at)
    return examined


def examine(texts: Mapping[str, str], kept: Kept, school: School, random: Random) -> Examined:
    """Check, examples, guarantees, the two evaluators, and the whole past. NotPublishedError with all that is wrong."""
    policies = _read(texts)
    _hold_to_guarantees(policies)
    _hold_to_reference(policies, random)
    again = replay(kept, policies, school)
    if again.failed:
        ref, error = again.failed[0]
        raise NotPublishedError(f"{len(again.failed)} past submissions could not be decided, first {ref} ({error}).")
    return Examined(policies, differences(kept.made, again.made, again.instead_of), len(kept.decided))


def leader(directory: Directory, email: str) -> Person:
    """The person of leadership who has this address. NotPublishedError where nobody has."""
    person = directory.by_email(email)
    if person is None or person.read_by or not person.available or not set(LEADERSHIP) & set(person.roles):
        roles = f"{', '.join(LEADERSHIP[:-1])} or {LEADERSHIP[-1]}"
        raise NotPublishedError(f"{email} may not publish rules: that takes somebody on the lists who is {roles}.")
    return person


def _read(texts: Mapping[str, str]) -> Policies:
    try:
        policies = parse(texts)
    except RuleFilesError as error:
        raise NotPublishedError("\n\n".join(map(str, error.problems))) from None
    problems = check(policies)
    if problems:
        raise NotPublishedError("\n\n".join(map(str, problems)))
    return policies


def _hold_to_guarantees(policies: Policies) -> None:
    """Every guarantee that is shipped is still there as it was, and is proved, with those that were added."""
    shipped = load()
    # As they are written: what a guarantee says of a setting changes with the setting, and may.
    mine, theirs = written_guarantees(policies.texts), written_guarantees(shipped.texts)
    lost = [name for name, said in theirs.items() if mine.get(name) != said]
    if lost:
        raise NotPublishedError(f"Guarantees may be added, not taken away or changed: put back {', '.join(lost)}.")
    gone = sorted(shipped.clauses - policies.clauses)
    if gone:
        raise NotPublishedError(f"Clauses of the register may not be dropped: put back {', '.join(gone)}.")
    broken = [one for one in prove(policies) if isinstance(one, Broken)]
    if broken:
        raise NotPublishedError("\n\n".join("\n".join(broken_in_words(one)) for one in broken))


def _hold_to_reference(policies: Policies, random: Random) -> None:
    try:
        found = differing(policies, random, RANDOM_FACTS)
    except (RuleTooLarge, MatcherBroken) as error:
        raise NotPublishedError(f"The rule engine cannot use these rules: {error}") from None
    if found is not None:
        rules = ", ".join(sorted(found[0]))
        raise NotPublishedError(f"The two evaluators of rules do not agree on {rules}. Write them more simply.")
