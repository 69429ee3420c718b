"""A case file survives being kept."""

import json
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from rules.engine.model.situation import CaseFile, Happening, KeptOut, Party
from service.store.snapshot import from_snapshot, to_snapshot

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
maybe = st.none() | words
moments = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001  the strategy adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=1))]),
)
facts = st.dictionaries(words, words | st.frozensets(words, max_size=3) | st.integers() | st.none(), max_size=4)
parties = st.builds(
    Party,
    number=st.integers(1, 99),
    role=st.sampled_from(["targeted", "reported", "witness", "complained about"]),
    kind=st.sampled_from(["pupil", "staff", "unknown"]),
    typed=words,
    key=maybe,
    possible=st.lists(words, max_size=2).map(tuple),
    year=st.none() | st.integers(7, 13),
)
happenings = st.builds(Happening, what=words, at=moments, timed=st.booleans(), day=st.none() | st.dates(), who=words)
cases = st.builds(
    CaseFile,
    ref=words,
    track=words,
    state=st.sampled_from(["open", "paused", "closed"]),
    stage=maybe,
    opened_at=moments,
    facts=facts,
    parties=st.lists(parties, max_size=3).map(tuple),
    happenings=st.lists(happenings, max_size=3).map(tuple),
    kept_out=st.lists(st.builds(KeptOut, words, words), max_size=2).map(tuple),
    complainant=maybe,
    reporter=maybe,
    linked=st.lists(words, max_size=2).map(tuple),
    panel=st.lists(words, max_size=2).map(tuple),
)


@given(cases)
def test_a_case_comes_back_as_it_was(case: CaseFile) -> None:
    assert from_snapshot(json.loads(json.dumps(to_snapshot(case)))) == case


def test_a_moment_in_the_doubled_hour_stays_the_same_moment() -> None:
    second = datetime(2026, 10, 25, 1, 30, tzinfo=ZoneInfo("Europe/London"), fold=1)  # a Sunday, as the clocks go back
    case = CaseFile(ref="B-2026-0001", track="bullying", state="open", stage=None, opened_at=second)
    assert from_snapshot(to_snapshot(case)).opened_at.timestamp() == second.timestamp()
