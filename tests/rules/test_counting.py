"""What is counted for each reader: as if the cases of which they may not know had never been (AB-9i, I2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rules.engine.casework.counting import counted
from rules.engine.casework.incidents import RecalledIncidents
from rules.engine.model.patterns import Counted
from rules.engine.model.situation import Event, Party
from tests.rules.northbridge import DAYS, POLICIES, happened

FIRST = date(2026, 9, 3)  # a Thursday, the first school day
READER = "deputy@school.example"
PARTIES = (Party(1, "targeted", "pupil", "Bo", key="bo"), Party(2, "reported", "pupil", "Ash", key="ash"))
TODAY = 60
ROLES = st.sampled_from([("ash", "bo"), ("bo", "ash"), ("ash", "cy"), ("cy", "bo")])
"""Who is reported, and who is targeted."""
CASES = st.dictionaries(
    st.integers(min_value=0, max_value=TODAY + 5),
    st.tuples(ROLES, st.booleans()),
    max_size=10,
)  # fmt: skip
"""Days after the first, and whether that case is kept from the reader."""


def report(cases: Mapping[int, tuple[tuple[str, str], bool]]) -> Event:
    """A report of today's, with everything that is counted beside these cases."""
    past, day = RecalledIncidents(), FIRST + timedelta(days=TODAY)
    for number, ((reported, targeted), _) in cases.items():
        for key, role in ((reported, "reported"), (targeted, "targeted")):
            past.add(ref(number), key, role, FIRST + timedelta(days=number), None)
    event = Event(
        "report received", parties=PARTIES, happenings=(happened("report received", f"{day} 10:00"),),
        details={"incident day": day.isoformat()},
    )  # fmt: skip
    kept = {ref(number) for number, (_, is_kept) in cases.items() if is_kept}
    return counted(
        past, event, POLICIES.vocabulary.facts, DAYS,
        kept_out_of=lambda ref: frozenset({READER} if ref in kept else ()),
    )  # fmt: skip


def ref(number: int) -> str:
    return f"B-2026-{number:04d}"


def refs(found: Counted) -> dict[str, list[tuple[str, ...]]]:
    """What was counted, by the fact that counts it."""
    return {name: [tuple(one.ref for one in tally.incidents) for tally in told] for name, told in found.tallies.items()}


@given(CASES)
def test_a_reader_counts_as_if_what_is_kept_from_them_had_never_been(
    cases: Mapping[int, tuple[tuple[str, str], bool]],
) -> None:
    everything, *apart = report(cases).counted
    known = next((one for one in apart if one.reader == READER), everything)
    as_if = report({number: case for number, case in cases.items() if not case[1]}).counted
    assert len(as_if) == 1
    assert refs(known) == refs(as_if[0])
    assert known.facts == as_if[0].facts


@given(CASES)
def test_whoever_may_know_of_everything_counts_everything(
    cases: Mapping[int, tuple[tuple[str, str], bool]],
) -> None:
    event = report(cases)
    open_to_all = report({number: (people, False) for number, (people, _) in cases.items()})
    assert refs(event.counted[0]) == refs(open_to_all.counted[0])
    assert event.counted[0].facts.items() <= event.facts.items()
