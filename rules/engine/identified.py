"""A person has said who was meant: a party of the case is tied to a pupil of the lists (DOMAIN, "People")."""

from __future__ import annotations

from dataclasses import replace

from rules.engine.situation import CaseFile, Event, Party

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


def heard(event: Event, case: CaseFile) -> frozenset[int]:
    """The numbers of the parties that an update names."""
    keys = {party.key for party in event.parties if party.key}
    typed = {party.typed.casefold() for party in event.parties}
    return frozenset(p.number for p in case.parties if p.key in keys or p.typed.casefold() in typed)


def _meant(key: str, parties: tuple[Party, ...]) -> Party | None:
    open_ones = [party for party in parties if party.key is None and party.kind in ("pupil", "unknown")]
    likely = [party for party in open_ones if key in party.possible] or open_ones
    return likely[0] if len(likely) == 1 else None
