"""A digest: one mail about all the cases that need no mail of their own (AB-13b): references and links, no more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from rules.engine.deciding.decide import Decision
from rules.engine.intake.facts import complete
from rules.engine.model.effects import DIGEST_DUE, Notice, NotTold
from rules.engine.model.policy import EVENT, Policies
from rules.engine.model.situation import CaseFile, Situation
from rules.engine.proposing.audiences import Audiences, Recipient
from rules.engine.proposing.notices import ONE_EACH
from rules.engine.wording.explain import explain
from rules.engine.wording.letters import write

MISTAKEN = "entered in error"


@dataclass(slots=True)
class _List:
    """What one reader is sent."""

    to: Recipient
    cases: list[CaseFile] = field(default_factory=list)
    not_told: list[NotTold] = field(default_factory=list)


def digest(policies: Policies, situation: Situation, cases: Iterable[CaseFile]) -> Decision:
    """The mails of the digest that ``situation.event.about`` names; its cases are those that are listed.

    Who may read of a case is asked anew for each of them, as it stands now: whoever is kept out of it by now, or has
    heard of it meanwhile, does not find it there. KeyError where the rules have no such digest any more.
    """
    phrase, _, using = situation.event.about.partition(":")
    lists: dict[str, _List] = {}
    for case in sorted(cases, key=lambda case: case.opened_at):
        if any(happening.what == MISTAKEN for happening in case.happenings):
            continue
        reached = Audiences(policies.vocabulary, situation.directory, case).reach(phrase)
        for reader in reached.recipients or _instead(policies, situation, case, phrase):
            if reader.outside or _has_heard(case, reader.address):
                continue
            mine = lists.setdefault(reader.address, _List(reader))
            mine.cases.append(case)
            mine.not_told += reached.not_told
    rules = [rule for rule in policies.rules if any(s.kind == "digest" and s.using == using for s in rule.then)]
    notices = tuple(_mail(policies, situation, one, using, [rule.id for rule in rules]) for one in lists.values())
    listed = {case.ref: case for one in lists.values() for case in one.cases}
    facts = complete(policies.vocabulary.facts, {EVENT: DIGEST_DUE})
    explanation = explain(policies, (), facts, notices)
    return Decision(tuple(listed.values()), notices, explanation, policies.version, situation.calendar.version)


def _instead(policies: Policies, situation: Situation, case: CaseFile, phrase: str) -> list[Recipient]:
    last = Audiences(policies.vocabulary, situation.directory, case).last_resort()
    return [replace(last, role=f"{last.role}, for the {phrase}")] if last is not None else []


def _has_heard(case: CaseFile, address: str) -> bool:
    # That something on it is overdue does not say that it came; nor may it be left out for what rests on other cases.
    told = (one for one in case.notices.values() if one.template not in ONE_EACH and not one.rests_on)
    return any(notice.to == address and notice.status == "sent" for notice in told)


def _mail(policies: Policies, situation: Situation, one: _List, using: str, rules: list[str]) -> Notice:
    number = len(one.cases)
    subject, body = write(
        policies.vocabulary.templates[using],
        {
            "school": situation.school,
            "role": one.to.role,
            "link": situation.console,
            "sent_to": one.to.address,
            "cases": [(case.ref, f"{situation.console}/cases/{case.ref}") for case in one.cases],
        },
    )
    clauses = tuple(dict.fromkeys(clause for rule in rules for clause in policies.rule(rule).clauses))
    meant = situation.event.about.partition(":")[0]
    counted = "one new case" if number == 1 else f"{number} new cases"
    return Notice(
        key=f"digest:{situation.event.about}:{one.to.address}:{situation.now.isoformat()}",
        case=None, rules=tuple(rules), clauses=clauses,
        because=f"Of {counted} the {meant} did not have to hear at once ({', '.join(clauses)}).",
        not_told=tuple(dict.fromkeys(one.not_told)), to=one.to.address, role=one.to.role, status="sent", held_by=None,
        urgent=False, subject=subject, body=body, template=using,
    )  # fmt: skip
