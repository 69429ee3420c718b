"""Which cases an event touches, and how each stands after it: its people, who is kept out, what has happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from rules.engine.casework import changes
from rules.engine.casework.identified import with_names_corrected
from rules.engine.intake.guards import kept_out, merge
from rules.engine.model.policy import EVENT, Facts, Policies, Rule
from rules.engine.model.situation import CaseFile, Event, Happening, Party, Situation
from rules.engine.school.school_days import LONDON

FALLBACK_TRACK = {"report received": "bullying", "complaint received": "complaint", "contact logged": "contact"}


def tracks_of(applied: Iterable[Rule], situation: Situation) -> list[str]:
    """The tracks of the cases that the event touches: that of its own case, or those that the rules open."""
    opened = [spec.what for rule in applied for spec in rule.then if spec.kind == "open case"]
    if situation.case is not None:
        own = situation.case.track
        made = {ref.split("-")[0] for ref in situation.case.linked}
        return [
            own,
            *(track for track in dict.fromkeys(opened) if track == "safeguarding" and "S" not in made and own != track),
        ]
    tracks = list(dict.fromkeys(opened))
    main = [track for track in tracks if track != "safeguarding"]
    if not main:
        main = [FALLBACK_TRACK.get(situation.event.name, "bullying")]
    return [*main[:1], *(track for track in tracks if track not in main[:1])]


ROUTE = ("headteacher", "chair", "vice-chair", "clerk")
LEAVES_FOR = ("staff-conduct", "adult")


def on_its_track(applied: Iterable[Rule], situation: Situation) -> Situation:
    """The situation with its case on the track that the rules would now open for it.

    A report among pupils that turns out to name an adult leaves the bullying flow for good (I13); nothing leads back.
    """
    case = situation.case
    if case is None or case.track != "bullying" or situation.event.name != "report received":
        return situation
    opened = [spec.what for rule in applied for spec in rule.then if spec.kind == "open case"]
    track = next((track for track in LEAVES_FOR if track in opened), case.track)
    return replace(situation, case=replace(case, track=track))


def case_after(policies: Policies, s: Situation, facts: Facts, applied: Iterable[Rule], track: str) -> CaseFile:
    """The case after the event, before its effects: parties, people kept out, what has happened."""
    event = s.event
    before = s.case if s.case is not None and s.case.track == track else None
    when = event.happenings[0] if event.happenings else Happening("", s.now)
    recorded = [
        Happening(spec.what, when.at, when.timed) for rule in applied for spec in rule.then
        if spec.kind == "record" and is_for(rule, track, s)
    ]  # fmt: skip
    if before is None:
        before = CaseFile(
            ref=s.next_refs[track], track=track, state="open", stage=None, opened_at=s.now,
            complainant=event.complainant, reporter=event.actor if event.name == "report received" else None,
            linked=(s.case.ref,) if s.case else (), parties=s.case.parties if s.case else (),
            kept_out=s.case.kept_out if s.case else (),
        )  # fmt: skip
    case = changes.update_case(event, before, s.directory) if event.name == "update recorded" else before
    parties = _parties_now(case, event)
    # A report that comes again has happened once: its clocks do not start anew.
    seen = {h.what for h in before.happenings}
    each_counts = event.name == "update recorded" or (event.name == "contact logged" and facts.get("edited") != "yes")
    news = [h for h in (*event.happenings, *recorded) if h.what not in seen or each_counts]
    out = merge(case.kept_out, [*kept_out(event, facts, parties, s.directory), *event.kept_out])
    has_no_part = {kept.address for kept in out}
    return replace(
        case,
        facts=_kept_facts(policies, case, facts),
        parties=parties,
        kept_out=out,
        panel=tuple(member for member in case.panel if member not in has_no_part),
        happenings=tuple(sorted((*case.happenings, *news), key=_order)),
        complainant=event.complainant or case.complainant,
        linked=tuple(dict.fromkeys((*case.linked, *event.cites))),
    )


def somebody_is_left(s: Situation, facts: Facts) -> bool:
    """Whether the headteacher, the chair, the vice-chair or the clerk may take this complaint (CP-2e)."""
    case = s.case or CaseFile("", "complaint", "open", None, s.now)
    case = changes.update_case(s.event, case, s.directory) if s.event.name == "update recorded" else case
    now = kept_out(s.event, facts, _parties_now(case, s.event), s.directory)
    out = {kept.address for kept in (*case.kept_out, *now, *s.event.kept_out)}
    holders = (person for role in ROUTE for person in s.directory.holders(role))
    return any(not out & {person.email, *person.read_by} for person in holders)


def several_are_targeted(event: Event, case: CaseFile | None) -> bool:
    """Whether more than one pupil is said to be targeted, in any version of the report: one's wish is not another's."""
    parties = event.parties if case is None else _parties_now(case, event)
    targeted = [party for party in parties if party.role == "targeted" and party.kind in ("pupil", "unknown")]
    return len({party.key or f"party {party.number}" for party in targeted}) > 1


def _parties_now(case: CaseFile, event: Event) -> tuple[Party, ...]:
    return case.parties if event.name == "update recorded" else _parties(case.parties, event.parties)


def _order(happening: Happening) -> tuple[date, bool, datetime]:
    """By the day; what is known by its day alone comes last on it, as it was recorded after the rest."""
    return happening.at.astimezone(LONDON).date(), not happening.timed, happening.at


def _kept_facts(policies: Policies, case: CaseFile, facts: Facts) -> Facts:
    """What the case remembers: everything but what belongs to this event alone."""
    passing = {
        EVENT, "what happened", "track", "stage", "parents are held", "edited", "something could not be read",
        "danger now", "criteria marked", "manner", "contact by", "minutes", "hearing date", "recorded before",
        "contacts in seven days", "a note was written", "the paper is filed", "a new date was given",
        "a result was given", "offers of a meeting", "the basis has changed",
    }  # fmt: skip
    return {
        name: value
        for name, value in facts.items()
        if name not in passing and policies.vocabulary.facts[name].counts is None
    }


def _parties(before: tuple[Party, ...], now: tuple[Party, ...]) -> tuple[Party, ...]:
    """Both, each once; numbers stay what they were, so that "party 1" is always the same person.

    Whom nobody knew by the name first given, and a later version calls by another, is one and the same.
    """
    found = list(with_names_corrected(before, now))
    for party in now:
        if not any(
            (p.role, p.key or p.typed.casefold()) == (party.role, party.key or party.typed.casefold()) for p in found
        ):
            found.append(replace(party, number=len(found) + 1))
    return tuple(found)


def is_for(rule: Rule, track: str, situation: Situation) -> bool:
    """Whether a rule's effects belong to the case of this track: to the one that it opens, else to the main one."""
    opens = [spec.what for spec in rule.then if spec.kind == "open case"]
    if "safeguarding" in opens:
        return track == "safeguarding"
    return track != "safeguarding" or (situation.case is not None and situation.case.track == track)
