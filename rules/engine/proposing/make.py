"""From a rule's ``then`` to effects on people and dates. Proposals only: the guards decide what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from rules.engine.clocks.due import owed
from rules.engine.model.effects import (
    AnyEffect,
    CalendarEntry,
    Flag,
    Notice,
    NotTold,
    Task,
    Withhold,
)
from rules.engine.model.patterns import EVERYBODY, NOT_ALL, Tally, given_on, in_words, refs_of
from rules.engine.model.policy import Due, EffectSpec, Policies
from rules.engine.model.situation import NO_CASE, CaseFile, Party, Situation
from rules.engine.proposing.already import hears_already, on_more_grounds, open_already
from rules.engine.proposing.audiences import Audiences, Reached, Recipient, carers_meant
from rules.engine.proposing.each_party import stand_for
from rules.engine.proposing.listing import put_on_digest
from rules.engine.proposing.notices import FLAG_RAISED, Grounds, Letter, Remark, Writing, notice_key
from rules.engine.school.school_days import LONDON, TermDatesNotLoaded

__all__ = ("Grounds", "Making")

CHECK_AT = time(8, 30)
CHECK_MINUTES = 15
UNASSIGNED = "headteacher"


@dataclass(slots=True)
class Making:
    """Makes the effects of one case in one decision."""

    policies: Policies
    situation: Situation
    case: CaseFile
    audiences: Audiences
    effects: list[AnyEffect] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    counted: tuple[Tally, ...] = ()
    """What the rule that speaks now has counted."""
    of_the_case: list[Grounds] = field(default_factory=list)
    """Why the case is there: the rules that open it, then those that mark it."""
    reader: str = EVERYBODY
    """For whom alone it speaks now."""

    def make(
        self, then: Iterable[EffectSpec], grounds: Grounds, counted: tuple[Tally, ...] = (), *,
        away: Iterable[str] = (), reader: str = EVERYBODY,
    ) -> None:  # fmt: skip
        """Add what a rule leads to. ``away``: who may not know of every case that it counted.

        ``reader``: what is made is for them alone, beside what is made for everybody else.
        """
        everybody = self.audiences
        self.audiences, self.counted, self.reader = everybody.without(sorted(away), NOT_ALL), counted, reader
        for spec in then:
            self._make(spec, grounds)
        self.audiences, self.counted, self.reader = everybody, (), EVERYBODY

    def _make(self, spec: EffectSpec, grounds: Grounds) -> None:
        makers: Mapping[str, Callable[[EffectSpec, Grounds], None]] = {
            "notify": self._notify,
            "digest": self._digest,
            "task": self._task,
            "calendar": self._calendar,
            "letter": self._letter,
            "withhold": self._withhold,
            "flag": self._flag,
        }
        if spec.kind in makers:
            makers[spec.kind](spec, grounds)
        elif spec.kind == "record":
            self.of_the_case.append(grounds)
        elif spec.what == self.case.track:
            self.of_the_case.insert(0, grounds)

    def tell(
        self, phrases: Iterable[str], template: str, grounds: Grounds, *, once: str, urgent: bool = False,
        what: str = "", due: date | datetime | None = None,
    ) -> list[Recipient]:  # fmt: skip
        """A notice to all whom the phrases reach; to the last resort where they reach nobody. Returns who is told."""
        told: list[Recipient] = []
        for phrase in phrases:
            reached = self.audiences.reach(phrase)
            recipients = reached.recipients
            if reached.nobody:
                recipients = self._instead(phrase, reached)
            for recipient in recipients:
                self.letters.append(
                    Letter(recipient, template, grounds, urgent, None, once, tuple(reached.not_told), what, due)
                )
            if not recipients and reached.not_told:
                self._keep_reasons(reached, grounds)
            told += recipients
        return told

    def note(self, text: str) -> None:
        """Something that the explanation says besides."""
        self.remarks.append(Remark(text, refs_of(self.counted)))

    @property
    def notes(self) -> list[str]:
        """Everything that was noted, in words."""
        return [remark.text for remark in self.remarks]

    def answer_sender(self, what: str, grounds: Grounds, *, template: str = "not_placed") -> None:
        """Whoever of the school sent something hears what could not be done with it, or is asked to say more."""
        sender = self.situation.directory.by_email(self.situation.event.actor or "")
        if sender is not None and sender.kind != "outside":
            to, once = Recipient(sender.email, "sender"), self.situation.event.occurrence
            self.letters.append(Letter(to, template, grounds, False, None, once, what=what))

    def flag(self, name: str, role: str, evidence: str, grounds: Grounds, *, once: str) -> None:
        """A matter that only a person decides, and a notice that it waits (I6)."""
        reached = self.audiences.one(role)
        holder = reached.recipients or self._instead(role, reached)
        label = holder[0].role if holder else role
        self.effects.append(
            Flag(
                key=f"flag:{name}:{once}",
                case=self.case.ref,
                not_told=tuple(reached.not_told),
                name=name,
                role=label,
                evidence=evidence,
                **grounds,
            )
        )
        why = tuple(reached.not_told)
        self.letters += [Letter(one, FLAG_RAISED, grounds, False, None, once, why, name) for one in holder]

    def day(self, due: Due, *, from_the_day: bool = False) -> date | datetime | None:
        """When something is owed, as ``owed`` says; None (and a note for a person) beyond the last term date."""
        given = self.situation.event.details.get("new date")
        try:
            return owed(
                due, self.situation.now, self.situation.calendar, from_the_day=from_the_day,
                given=date.fromisoformat(given) if given else None,
            )  # fmt: skip
        except TermDatesNotLoaded as error:
            self.note(str(error))
            return None

    # --- one maker an effect

    def _notify(self, spec: EffectSpec, grounds: Grounds) -> None:
        self.tell(spec.to, spec.using or "", grounds, once=self._once(spec), urgent=spec.urgent)

    def _digest(self, spec: EffectSpec, grounds: Grounds) -> None:
        every = int(self.policies.settings.get("digest every", 1))
        self.effects += put_on_digest(spec, grounds, self.situation, self.case, every)

    def _task(self, spec: EffectSpec, grounds: Grounds) -> None:
        for party in stand_for(spec.each, self.case.parties):
            title = spec.what if party is None else f"{spec.what}: party {party.number}"
            self.give_task(
                title, spec.to[0], grounds, once=self._own(spec), due=self.day(spec.due) if spec.due else None,
                done_when=spec.done_when, steps=spec.steps, not_a_party=spec.each is not None, party=party,
            )  # fmt: skip

    def give_task(
        self, title: str, phrase: str, grounds: Grounds, *, once: str, due: date | datetime | None,
        done_when: tuple[str, ...] = (), steps: tuple[str, ...] = (), not_a_party: bool = False,
        party: Party | None = None,
    ) -> None:  # fmt: skip
        """A task for the first clean person whom the phrase reaches; ``party``: for whom of the case it stands.

        One that stands open is not given twice.
        """
        key = f"task:{title}:{phrase}:{once}"
        if key in self.case.tasks:
            return  # it was given before; its day is the clock's to move
        audiences = self.audiences if party is None else self.audiences.of(party)
        given = (effect for effect in self.effects if isinstance(effect, Task))
        reached = audiences.with_work(given).one(phrase, not_a_party=not_a_party)
        for recipient in reached.recipients or self._instead(phrase, reached):
            before = given_on(self.counted, recipient.address, title, int(self.policies.settings["pattern count"]))
            if before is not None:
                self.note(f"{title}: the {recipient.role} has this to do on {before}; it is not given twice")
                continue
            same = open_already(self.case, self.effects, self.situation.event, (recipient.address, title, done_when))
            if same is not None:
                self.effects.append(on_more_grounds(same, grounds))
                continue
            self.effects.append(
                Task(
                    key=key,
                    case=self.case.ref,
                    not_told=tuple(reached.not_told),
                    role=recipient.role,
                    assignee=recipient.address,
                    title=title,
                    due=due,
                    state="open",
                    done_when=done_when,
                    steps=steps,
                    not_a_party=not_a_party,
                    **grounds,
                )
            )

    def _calendar(self, spec: EffectSpec, grounds: Grounds) -> None:
        day = self.day(spec.due, from_the_day=True) if spec.due else None
        if not isinstance(day, date) or isinstance(day, datetime):
            return
        start = datetime.combine(day, CHECK_AT, LONDON)
        for phrase in spec.to:
            reached = self.audiences.one(phrase)
            for recipient in reached.recipients:
                self.effects.append(
                    CalendarEntry(
                        key=f"calendar:{spec.what}:{recipient.address}:{self._once(spec)}",
                        case=self.case.ref,
                        not_told=tuple(reached.not_told),
                        action="create",
                        status="sent",
                        held_by=None,
                        title=f"{spec.what} ({self.case.ref})",
                        description=self.pointer(),
                        start=start,
                        end=start + timedelta(minutes=CHECK_MINUTES),
                        attendees=(recipient.address,),
                        role=recipient.role,
                        **grounds,
                    )
                )

    def _letter(self, spec: EffectSpec, grounds: Grounds) -> None:
        for phrase in spec.to:
            self.write_to(phrase, spec.using or spec.what, grounds, once=self._once(spec))

    def write_to(self, phrase: str, name: str, grounds: Grounds, *, once: str, what: str = "") -> None:
        """A letter of that name to whom the phrase reaches: a draft, with whoever releases it."""
        template = self.policies.vocabulary.templates[name]
        holder = self.audiences.one(template.held_by or UNASSIGNED)
        held_by = (holder.recipients or self._instead(template.held_by or UNASSIGNED, holder))[:1]
        if not held_by:
            return  # nobody who may know of it could release it; that nobody could be told is said elsewhere
        found = self.audiences.reach(phrase, before_consent=template.before_consent)
        reached = carers_meant(found, self.situation.event)
        not_told = tuple(reached.not_told + holder.not_told)
        for recipient in reached.recipients:
            of_whom = once + (f":{recipient.pupil}" if recipient.pupil else "")
            key = notice_key(template.name, recipient.address, of_whom)
            if recipient.family and hears_already(self.case, self.letters, recipient.address, key):
                continue
            self.letters.append(
                Letter(
                    recipient,
                    template.name,
                    grounds,
                    False,
                    held_by[0].address,
                    of_whom,
                    not_told,
                    what,
                )
            )
        if not reached.recipients and reached.not_told:
            self._keep_reasons(reached, grounds)
            if phrase == "complainant" and not self.audiences.may_know(self.case.complainant or ""):
                why = "whoever complains is, or may be, also the person concerned: no letter to them is drafted"
                self.flag(
                    "decide how the complainant is answered", template.held_by or UNASSIGNED, why, grounds, once=""
                )
        elif not reached.recipients and phrase == "complainant" and self._has_a_name:
            why = f"no email address was left: the {template.name.replace('_', ' ')} goes by post or in person"
            holder_phrase = template.held_by or UNASSIGNED
            self.flag("write to the complainant by post", holder_phrase, why, grounds, once=template.name)
        elif not reached.recipients and self._is_a_body(phrase):
            why = "outside-bodies.csv gives no address for them: write to the local authority instead"
            self.flag(f"find the address of {phrase}", template.held_by or UNASSIGNED, why, grounds, once=template.name)

    def _withhold(self, spec: EffectSpec, grounds: Grounds) -> None:
        self.effects.append(
            Withhold(
                key=f"withhold:{'/'.join(spec.to)}:{grounds['rules'][0]}",
                case=self.case.ref,
                details=spec.what,
                from_=spec.to,
                lifted_by=spec.lifted_by or "designated safeguarding lead",
                **grounds,
            )
        )

    def _flag(self, spec: EffectSpec, grounds: Grounds) -> None:
        evidence = " ".join((grounds["because"], *([in_words(self.counted)] if self.counted else [])))
        self.flag(spec.what, spec.to[0], evidence, grounds, once=self._own(spec))

    # --- parts

    def _once(self, spec: EffectSpec) -> str:
        event = self.situation.event
        return f"{event.occurrence}:{self.situation.now.isoformat()}" if spec.each_time else event.occurrence

    def _own(self, spec: EffectSpec) -> str:
        """As ``_once``, where the key does not say for whom: a reader has their own beside everybody else's."""
        return f"{self._once(spec)}:for {self.reader}" if self.reader else self._once(spec)

    def _instead(self, phrase: str, reached: Reached) -> list[Recipient]:
        last = self.audiences.last_resort()
        if last is None:
            self.note(f"nobody who may know of this case could be found for the {phrase}")
            return []
        reached.not_told.append(NotTold(phrase, "nobody who may be told holds this role"))
        return [replace(last, role=f"{last.role}, for the {phrase}")]

    def _keep_reasons(self, reached: Reached, grounds: Grounds) -> None:
        for told in reached.not_told:
            self.note(f"{told.who}: {told.why}")

    def pointer(self) -> str:
        """Where the content is: behind sign-in. Nothing else of the case is said."""
        return f"Case {self.case.ref}. Sign in to see it: {self.link}"

    @property
    def _has_a_name(self) -> bool:
        return self.case.facts.get("complainant gave a name") != "no"

    def _is_a_body(self, phrase: str) -> bool:
        audience = self.policies.vocabulary.audiences[phrase]
        return audience.outside and audience.role is not None

    @property
    def in_charge(self) -> str:
        """Who decides what only a person can, on this track."""
        by_track = {"bullying": "safeguarding team", "safeguarding": "designated safeguarding lead"}
        return by_track.get(self.case.track, "complaint handler" if self.case.track == "complaint" else "case manager")

    @property
    def link(self) -> str:
        """The address of the case; for what belongs to none, where all cases are."""
        return f"{self.situation.console}/" + (f"cases/{self.case.ref}" if self.case.ref != NO_CASE else "")

    # --- writing

    def write(self) -> list[Notice]:
        """The notices: one address, one message. What several rules say to one person becomes one message."""
        writing = Writing(self.policies, self.situation, self.case, self.audiences, tuple(self.effects), self.link)
        return writing.write(self.letters)
