"""From letters to notices: what several rules say to one person at once becomes one message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import NotRequired, TypedDict

from rules.engine.intake.left_blank import ASKED
from rules.engine.model.effects import AnyEffect, Notice, NotTold, Task
from rules.engine.model.policy import Policies
from rules.engine.model.situation import CaseFile, Situation
from rules.engine.proposing.audiences import Audiences, Recipient
from rules.engine.proposing.rungs import called, called_next
from rules.engine.wording.letter_words import words_of
from rules.engine.wording.letters import in_words, write

FLAG_RAISED = "flag_raised"
ONE_EACH = ("deadline_missed", "deadline_moved", "deadline_reminder")
"""Each of these speaks of one clock: two of them are two messages."""

OF_AN_ALERT = ("alert not acknowledged", "alert undeliverable")
"""Events about an alert that went out before."""


class Grounds(TypedDict):
    """What every effect carries: the rules and clauses that it rests on, why, and what was counted for it."""

    rules: tuple[str, ...]
    clauses: tuple[str, ...]
    because: str
    rests_on: NotRequired[tuple[str, ...]]
    known_as: NotRequired[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that an explanation says besides, and which earlier cases were counted for it."""

    text: str
    rests_on: tuple[str, ...] = ()


@dataclass(slots=True)
class Letter:
    """A notice before it is written: what it must say may still grow while other rules speak."""

    to: Recipient
    template: str
    grounds: Grounds
    urgent: bool
    held_by: str | None
    once: str
    not_told: tuple[NotTold, ...] = ()
    what: str = ""
    due: date | datetime | None = None
    apart: bool = False
    """Whether somebody who knows of the case may not know of this: then it is a message of its own."""


@dataclass(frozen=True, slots=True)
class Writing:
    """Writes the notices of one case in one decision. ``effects``: what was made so far; ``link``: to the case."""

    policies: Policies
    situation: Situation
    case: CaseFile
    audiences: Audiences
    effects: tuple[AnyEffect, ...]
    link: str

    def write(self, letters: Iterable[Letter]) -> list[Notice]:
        """The notices: one address, one message. What several rules say to one person becomes one message."""
        notices: dict[str, Notice] = {}
        grouped: dict[tuple[str, ...], list[Letter]] = {}
        for letter in letters:
            drafted = letter.held_by is not None or letter.to.outside
            if not drafted and self._said(letter):
                continue
            alone = drafted or letter.template in ONE_EACH
            which = (letter.template, letter.once) if alone else ("apart",) if letter.apart else ()
            grouped.setdefault((letter.to.address, *which), []).append(letter)
        reached = self._called(grouped.values())
        for together in grouped.values():
            notice = self._write(together, reached)
            notices[notice.key] = notice
        return list(notices.values())

    def _said(self, letter: Letter) -> bool:
        """Whether this person has heard it on this case: a report that comes again, edited, says only what is new."""
        if letter.template == FLAG_RAISED:
            return f"flag:{letter.what}:{letter.once}" in self.case.made
        return any(
            notice.to == letter.to.address
            and notice.status == "sent"
            and f":{letter.once}:" in f"{notice.key}:"
            and set(letter.grounds["rules"]) <= set(notice.rules)
            for notice in self.case.notices.values()
        )

    def _blanks(self) -> list[str]:
        """The policy's questions that a report among pupils leaves open (AB-9l)."""
        found = self.case.facts.get("questions left blank")
        if self.case.track != "bullying" or not isinstance(found, frozenset):
            return []
        return [name for name in ASKED.values() if name in found]

    def _tasks_of(self, address: str) -> list[tuple[str, str]]:
        """What the one who reads this address has to do now; a shared mailbox is told the tasks of its readers.

        Not the sealed ones: another reader of it may be kept out of what led to them.
        """
        mailbox = self.situation.directory.by_email(address)
        readers = {address, *(mailbox.read_by if mailbox is not None else ())}
        tasks = {t.key: t for t in self.effects if isinstance(t, Task) and t.assignee in readers}
        before = self.case.tasks
        tasks = {key: task for key, task in tasks.items() if task.assignee == address or not task.sealed}
        to_do = {key: task for key, task in tasks.items() if task.state == "open"}
        still = [task for key, task in to_do.items() if key not in before or before[key].state == "open"]
        return [
            (task.title if task.assignee == address else f"{task.title} ({task.role})", in_words(task.due))
            for task in still
        ]

    def _called(self, messages: Iterable[Iterable[Letter]]) -> set[str]:
        """Whom the urgent alert of now, or the one that was not acknowledged, has reached, with these messages too."""
        event = self.situation.event
        alert = event.about if event.name in OF_AN_ALERT else self.situation.now.isoformat()
        now = {letter.to.address for letters in messages for letter in letters if letter.urgent}
        return called(self.case, alert) | now

    def _write(self, letters: list[Letter], reached: Set[str]) -> Notice:
        lead = min(letters, key=_weight)
        drafted = lead.held_by is not None or lead.to.outside
        held_by = lead.held_by
        if drafted and held_by is None:
            last = self.audiences.last_resort()
            held_by = last.address if last else None
        decisions = list(dict.fromkeys(letter.what for letter in letters if letter.template == FLAG_RAISED))
        subject, body = write(
            self.policies.vocabulary.templates[lead.template],
            {
                "case": self.case.ref, "school": self.situation.school, "role": lead.to.role, "link": self.link,
                "tasks": [] if drafted else self._tasks_of(lead.to.address), "decisions": decisions,
                "urgent": lead.urgent, "what": lead.what, "due": in_words(lead.due),
                "minutes": self.policies.settings["acknowledge within"], "sent_to": lead.to.address,
                "first_action": self.case.track == "bullying", "blanks": self._blanks(), "cases": [],
                "called_next": lead.urgent and called_next(self.audiences, reached),
                **words_of(self.situation, self.case, self.effects, held_by if drafted else None),
            },
        )  # fmt: skip
        key = notice_key(lead.template, lead.to.address, lead.once) + (":apart" if lead.apart else "")
        if not drafted and key in self.case.made:
            # An edited report came to more than the message that was sent of its first version.
            key = f"{key}:{self.situation.now.isoformat()}"
        return Notice(
            key=key, case=self.case.ref,
            rules=_once_each(rule for letter in letters for rule in letter.grounds["rules"]),
            clauses=_once_each(clause for letter in letters for clause in letter.grounds["clauses"]),
            because=" ".join(dict.fromkeys(letter.grounds["because"] for letter in letters)),
            not_told=tuple(dict.fromkeys(told for letter in letters for told in letter.not_told)),
            to=lead.to.address, role=lead.to.role, status="draft" if drafted else "sent",
            held_by=held_by if drafted else None, rests_on=_all_rest_on(letters), known_as=_all_known_as(letters),
            urgent=lead.urgent, subject=subject, body=body, template=lead.template, family=lead.to.family,
        )  # fmt: skip


def notice_key(template: str, to: str, once: str) -> str:
    """What a notice is known by: the same again is not another one."""
    return f"notice:{template}:{to}:{once}"


def _all_rest_on(letters: Sequence[Letter]) -> tuple[str, ...]:
    """The earlier cases that were counted for a message; none where a part of it would stand without them."""
    found = [letter.grounds.get("rests_on", ()) for letter in letters]
    return _once_each(ref for refs in found for ref in refs) if all(found) else ()


def _all_known_as(letters: Sequence[Letter]) -> dict[str, str]:
    """Why, for each who knows of every part of a message, though not of all that was counted for it."""
    first, *others = (letter.grounds.get("known_as", {}) for letter in letters)
    return {reader: why for reader, why in first.items() if all(reader in other for other in others)}


def _weight(letter: Letter) -> int:
    """Which letter gives a message its words: what is urgent, then what says something of its own."""
    plain = {"case_notice": 2, FLAG_RAISED: 3, "receipt": 4}
    return 0 if letter.urgent else plain.get(letter.template, 1)


def _once_each(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
