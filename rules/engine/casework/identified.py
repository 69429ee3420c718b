"""A person has said who was meant: a party of the case is tied to a pupil of the lists (principles.md, People)."""

from __future__ import annotations

from dataclasses import replace

from rules.engine.model.situation import CaseFile, Event, Party

MATCHED = "pupil matched"


def with_pupils(event: Event, case: CaseFile) -> CaseFile:
    """The case with the pupils that the update names, each tied to the one party that may be meant by it."""
    parties = case.parties
    for pupil in event.parties:
        if pupil.kind != "pupil" or pupil.key is None:
            continue
        meant = _meant(pupil.key, parties)
        if meant is not None:
            found = replace(meant, kind="pupil", key=pupil.key, possible=(), year=pupil.year)
            parties = tuple(found if party.number == meant.number else party for party in parties)
    return replace(case, parties=parties)


def with_names_corrected(before: tuple[Party, ...], now: tuple[Party, ...]) -> tuple[Party, ...]:
    """The parties, those tied to a pupil whose unknown name a later version of the report puts right."""
    still = {(party.role, party.typed.casefold()) for party in now}
    known = {(party.role, party.key) for party in before}
    parties = before
    for pupil in now:
        if pupil.kind != "pupil" or pupil.key is None or (pupil.role, pupil.key) in known:
            continue
        dropped = tuple(p for p in parties if p.role == pupil.role and (p.role, p.typed.casefold()) not in still)
        meant = _meant(pupil.key, tuple(p for p in dropped if pupil.key in p.possible or not p.possible))
        if meant is not None:
            parties = tuple(replace(pupil, number=p.number) if p.number == meant.number else p for p in parties)
    return parties


def heard(event: Event, case: CaseFile) -> frozenset[int]:
    """The numbers of the parties that an update names."""
    keys = {party.key for party in event.parties if party.key}
    typed = {party.typed.casefold() for party in event.parties}
    return frozenset(p.number for p in case.parties if p.key in keys or p.typed.casefold() in typed)


def _meant(key: str, parties: tuple[Party, ...]) -> Party | None:
    open_ones = [party for party in parties if party.key is None and party.kind in ("pupil", "unknown")]
    likely = [party for party in open_ones if key in party.possible] or open_ones
    return likely[0] if len(likely) == 1 else None
