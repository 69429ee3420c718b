"""From a phrase in a rule to the people whom it reaches: holders of a role, or those tied to the case.

Who may know nothing of the case is left out here, and the next clean authority takes their place (I2). A shared mailbox
that such a person reads is not used: its other readers are told one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from rules.engine.intake.guards import FAMILY, OWN
from rules.engine.model.effects import NotTold, Task
from rules.engine.model.policy import Audience, Vocabulary
from rules.engine.model.situation import CaseFile, Event, KeptOut, Party
from rules.engine.school.directory import Directory, Person

LAST_RESORT = (
    "dsl",
    "deputy-dsl",
    "headteacher",
    "chair",
    "vice-chair",
    "clerk",
    "business-manager",
    "deputy-headteacher",
)
"""Who is tried, in this order, when a whole chain is empty: somebody in the school is always told (I6)."""

STAGE_THREE = ("stage 3 outcome sent",)
"""What ends the investigation at stage three, and nothing else does."""
_GOVERNOR_ROLES = ("headteacher", "chair", "vice-chair", "governor", "whole board")


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address that an effect reaches, and in which role."""

    address: str
    role: str
    outside: bool = False
    family: bool = False
    pupil: str = ""
    """For a carer: of which pupil."""


NOT_NAMED = "the decision names who of the family is told"
NO_LONGER_NAMED = "the report was changed, and no longer names the pupil"


@dataclass(slots=True)
class Reached:
    """Who is reached, who is kept out and why, and whether the one meant could not be."""

    recipients: list[Recipient] = field(default_factory=list)
    not_told: list[NotTold] = field(default_factory=list)
    nobody: bool = False


_ADDRESS = re.compile(r"[^\s,;<>()]+@[^\s,;<>()]+")


def carers_meant(reached: Reached, event: Event) -> Reached:
    """Of those reached, not the carers whom this event leaves out.

    The pupil may want one parent told and not the other: where a decision gives addresses it is for those (AB-9j). And
    a report that was changed is for nobody at the home of a pupil whom it no longer names.
    """
    families = [one for one in reached.recipients if one.family]
    named = {found.lower().rstrip(".") for party in event.parties for found in _ADDRESS.findall(party.typed)}
    chosen = [one for one in families if one.address.lower() in named] or families
    left_out = [NotTold("the other carers", NOT_NAMED)] if len(chosen) < len(families) else []
    if event.facts.get("edited") == "yes":
        pupils = {party.key for party in event.parties}
        left_out += [NotTold("a carer", NO_LONGER_NAMED) for one in chosen if one.pupil not in pupils]
        chosen = [one for one in chosen if one.pupil in pupils]
    kept = [one for one in reached.recipients if not one.family or one in chosen]
    return Reached(kept, [*reached.not_told, *left_out], reached.nobody)


def consent_is_missing(case: CaseFile) -> bool:
    """Whether somebody complains for another whose written consent we do not hold (CP-2h)."""
    for_another = case.facts.get("complainant is") == "acting for somebody else"
    third_party = case.facts.get("channel") == "through a third party"
    return (for_another or third_party) and case.facts.get("written consent") != "yes"


class Audiences:
    """Answers "who is that?" for one case, with everybody who is kept out of it."""

    def __init__(self, words: Vocabulary, directory: Directory, case: CaseFile) -> None:
        self._words = words
        self._directory = directory
        self._case = case
        self._kept_out = {kept.address: kept.why for kept in case.kept_out}
        self._parties = {party.key for party in case.parties if party.key}

    def reach(self, phrase: str, *, not_a_party: bool = False, before_consent: bool = False) -> Reached:
        """Everybody whom the phrase means and who may be told. ``not_a_party``: nor anybody who is in the case.

        Who complains for somebody else is reached once their written consent is here (CP-2h), or ``before_consent``.
        """
        audience = self._words.audiences[phrase]
        if audience.relation == "complainant" and not before_consent and consent_is_missing(self._case):
            return Reached(not_told=[NotTold(phrase, "the complainant's written consent is not here yet")])
        if audience.relation is not None:
            found = self._related(audience)
        else:
            found = self._in_role(audience, not_a_party=not_a_party)
        if not found.recipients and not audience.outside:
            found.nobody = True
        return found

    def one(self, phrase: str, *, not_a_party: bool = False) -> Reached:
        """As ``reach``, the first person only: a task has one assignee, a draft one holder."""
        found = self.reach(phrase, not_a_party=not_a_party)
        found.recipients = found.recipients[:1]
        return found

    def last_resort(self) -> Recipient | None:
        """The first clean person of ``LAST_RESORT``, or None where nobody in the school is clean."""
        for role in LAST_RESORT:
            clean = self._clean(self._directory.holders(role), Reached(), role)
            if clean:
                return Recipient(clean[0].email, role)
        return None

    def without(self, addresses: Iterable[str], why: str) -> Audiences:
        """The same, for what these people may not hear of either."""
        more = [KeptOut(address, why) for address in addresses if address not in self._kept_out]
        if not more:
            return self
        return Audiences(self._words, self._directory, replace(self._case, kept_out=(*self._case.kept_out, *more)))

    def of(self, party: Party) -> Audiences:
        """The same, where ties to the case are those of this one party: whose year manager, whose carers."""
        narrow = Audiences(self._words, self._directory, replace(self._case, parties=(party,)))
        narrow._parties = self._parties
        return narrow

    def with_work(self, tasks: Iterable[Task]) -> Audiences:
        """The same, with these tasks given too: who investigates may be known only since now."""
        given = {task.key: task for task in tasks}
        more = Audiences(self._words, self._directory, replace(self._case, tasks={**self._case.tasks, **given}))
        more._parties = self._parties
        return more

    def may_know(self, address: str) -> bool:
        """Whether this address may know of the case."""
        return address.lower() not in self._kept_out

    # --- roles

    def _in_role(self, audience: Audience, *, not_a_party: bool) -> Reached:
        role = audience.role or ""
        found = Reached()
        if audience.outside:
            found.recipients = [Recipient(p.email, role, outside=True) for p in self._directory.holders(role)]
            return found
        for step in (role, *audience.then):
            if not_a_party:
                holders = tuple(p for p in self._holders(step) if p.email not in self._parties)
            else:
                holders = self._holders(step)
            people = self._clean(holders, found, audience.phrase)
            if people:
                carried = f" (for the {_spoken(step.split(' through ')[0])})" if " through " in step else ""
                label = (
                    audience.phrase
                    if step == role
                    else f"{_spoken(_carrier(step))}{carried}, for the {audience.phrase}"
                )
                found.recipients = [Recipient(person.email, label) for person in people]
                break
            if step == role and not holders:
                found.not_told.append(NotTold(audience.phrase, "nobody holds this role now"))
        return found

    def _holders(self, step: str) -> tuple[Person, ...]:
        return self._directory.holders(_carrier(step))

    def _clean(self, people: Iterable[Person], found: Reached, role: str) -> list[Person]:
        clean: list[Person] = []
        for person in people:
            readers = self._directory.readers(person)
            if person.email in self._kept_out:
                found.not_told.append(NotTold(role, self._kept_out[person.email], person.email))
            elif any(reader.email in self._kept_out for reader in readers):
                # A shared mailbox: one reader must not see it, so the others are told one by one.
                for reader in readers:
                    if reader.email in self._kept_out:
                        found.not_told.append(NotTold(role, self._kept_out[reader.email], reader.email))
                clean += [reader for reader in readers if reader.email not in self._kept_out and reader.available]
                found.not_told.append(NotTold(role, "a person concerned reads this mailbox", person.email))
            else:
                clean.append(person)
        return list(dict.fromkeys(clean))

    # --- ties to the case

    def _related(self, audience: Audience) -> Reached:
        return self._relations[audience.relation or ""](audience)

    @property
    def _relations(self) -> Mapping[str, Callable[[Audience], Reached]]:
        return {
            "case manager": lambda a: self._as("headteacher", a),
            "complaint handler": lambda a: self._as(self._complaint_route(), a),
            "investigator": self._investigator,
            "lead year managers": lambda a: self._lead_year_managers(("targeted", "reported"), a),
            "lead year manager of the targeted": lambda a: self._lead_year_managers(("targeted",), a),
            "lead year manager of the reported": lambda a: self._lead_year_managers(("reported",), a),
            "reporter": lambda a: self._address(self._case.reporter, a),
            "complainant": lambda a: self._address(self._case.complainant, a),
            "carers of the targeted": lambda a: self._carers(("targeted",), a),
            "carers of the reported": lambda a: self._carers(("reported",), a),
            "carers of everyone": lambda a: self._carers(("targeted", "reported", "witness"), a),
            "panel": self._panel,
        }

    def _as(self, phrase: str, audience: Audience) -> Reached:
        found = self._in_role(self._words.audiences[phrase], not_a_party=False)
        found.recipients = [
            Recipient(r.address, r.role if r.role != phrase else f"{phrase} ({audience.phrase})")
            for r in found.recipients
        ]
        return found

    def _complaint_route(self) -> str:
        """CP-2e: about staff or the school, the headteacher; about the head or governors, the clerk."""
        about = self._case.facts.get("complained about")
        if isinstance(about, frozenset) and about & {"clerk", "business manager"}:
            return "headteacher"
        if isinstance(about, frozenset) and about & set(_GOVERNOR_ROLES):
            return "clerk to governors"
        return "headteacher"

    def _investigator(self, audience: Audience) -> Reached:
        """Whoever was given the investigation at stage three; before that, whoever handles the complaint."""
        given = [task for task in self._case.tasks.values() if task.done_when == STAGE_THREE]
        clean = [task for task in given if task.state == "open" and self.may_know(task.assignee)]
        if clean:
            return Reached([Recipient(clean[-1].assignee, f"{clean[-1].role} ({audience.phrase})")])
        return self._as(self._complaint_route(), audience)

    def _lead_year_managers(self, roles: tuple[str, ...], audience: Audience) -> Reached:
        found = Reached()
        pupils = [p for p in self._case.parties if p.kind in ("pupil", "unknown") and p.role in roles]
        for year in sorted({p.year for p in pupils if p.year is not None}):
            role = f"lead-year-manager-{year}"
            one = self._in_role(
                Audience(f"lead year manager, year {year}", role, None, audience.then), not_a_party=False
            )
            found.recipients += [r for r in one.recipients if r not in found.recipients]
            found.not_told += one.not_told
        if not pupils:
            found.not_told.append(NotTold("lead year manager", "no pupil is named yet"))
        elif any(p.year is None for p in pupils):
            found.not_told.append(NotTold("lead year manager", "a pupil's year is not known yet"))
        if not found.recipients and audience.then:
            instead = Audience("lead year manager", audience.then[0], None, audience.then[1:])
            found.recipients = self._in_role(instead, not_a_party=False).recipients
        return found

    def _carers(self, roles: tuple[str, ...], audience: Audience) -> Reached:
        found = Reached()
        for party in self._case.parties:
            pupil = self._directory.pupil(party.key) if party.key and party.kind == "pupil" else None
            if party.role not in roles or party.kind != "pupil":
                continue
            if pupil is None:
                found.not_told.append(NotTold(f"carers of party {party.number}", "the pupil was not matched"))
                continue
            for carer in pupil.carers:
                if carer.contact:
                    found.recipients.append(Recipient(carer.email, "parent or carer", True, True, pupil.key))
                else:
                    found.not_told.append(NotTold(f"a carer of party {party.number}", "marked as not to be contacted"))
        return found

    def _panel(self, audience: Audience) -> Reached:
        found = Reached()
        for address in self._case.panel:
            if self.may_know(address):
                found.recipients.append(Recipient(address, "panel member"))
        return found

    def _address(self, address: str | None, audience: Audience) -> Reached:
        found = Reached()
        if address is None:
            return found
        why = self._kept_out.get(address)
        # Who made the complaint does no work on it, and is written to all the same: a person releases each letter.
        if why is not None and not (audience.relation == "complainant" and why in (OWN, FAMILY)):
            found.not_told.append(NotTold(audience.phrase, why, address))
            return found
        person = self._directory.by_email(address)
        outside = audience.outside or person is None or person.kind == "outside"
        found.recipients = [Recipient(address, audience.phrase, outside=outside)]
        return found


def _carrier(step: str) -> str:
    return step.split(" through ")[-1]


def _spoken(role: str) -> str:
    return {
        "dsl": "designated safeguarding lead",
        "deputy-dsl": "deputy designated safeguarding lead",
        "chair": "chair of governors",
        "clerk": "clerk to governors",
    }.get(role, role.replace("-", " "))
