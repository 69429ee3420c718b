"""A draft in somebody's mailbox is theirs: they may edit it, send it by hand or throw it away, and we find out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from integrations.ports import DeliveryError
from service.store import Store
from tests.service.bench import Bench
from tests.service.fakes import Office
from tests.service.samples import CASE, draft, notice

HEAD = "head@northbridge.example"
OTHER = "d.okafor@northbridge.example"
LATER = timedelta(minutes=11)


@pytest.fixture
def held(bench: Bench) -> Bench:
    """A draft that waits."""
    bench.put(draft())
    bench.run()
    assert bench.action("letter").state == "held"
    bench.office.calls.clear()
    return bench


def by_hand(bench: Bench) -> None:
    """Its holder presses Send, or Delete, in Gmail."""
    Office.delete_draft(bench.office, HEAD, "draft-1")
    bench.office.calls.clear()


def test_a_release_of_what_is_gone_sends_nothing_and_asks_the_holder(held: Bench) -> None:
    by_hand(held)
    held.put(draft(status="sent"))
    held.run()
    assert (held.action("letter").state, held.action("letter").step) == ("done", "gone")
    assert (held.office.sent_to(), held.handed_in) == ([], [("draft gone", "letter")])
    assert held.outcomes("letter")[-1] == ("done", "gone")
    assert held.run(timedelta(days=1)) == 0


def test_a_hold_on_what_is_gone_already_is_said_loudly(held: Bench) -> None:
    by_hand(held)
    held.put(draft(status="withdrawn"))
    held.run()
    assert held.action("letter").state == "cancelled"
    assert held.handed_in == [("withdrawn draft gone", "letter")]


def test_a_hold_on_what_is_there_is_nothing_to_talk_about(held: Bench) -> None:
    held.put(draft(status="withdrawn"))
    held.run()
    assert (held.office.holds["drafts"], held.handed_in) == ({}, [])


def test_a_draft_sent_by_hand_is_noticed_and_asked_about_once(held: Bench) -> None:
    assert held.dispatcher.look_at_drafts() == 0, "not before its time"
    held.now += LATER
    assert held.dispatcher.look_at_drafts() == 1
    assert (held.handed_in, held.dispatcher.look_at_drafts()) == ([], 0)
    by_hand(held)
    held.now += LATER
    assert held.dispatcher.look_at_drafts() == 1
    assert (held.action("letter").state, held.handed_in) == ("done", [("draft gone", "letter")])
    held.now += LATER
    assert held.dispatcher.look_at_drafts() == 0
    held.put(draft(status="sent"))
    held.run()
    assert (held.office.sent_to(), len(held.handed_in)) == ([], 1)


def test_what_was_noticed_as_gone_and_is_then_withheld_is_said_loudly(held: Bench) -> None:
    by_hand(held)
    held.now += LATER
    held.dispatcher.look_at_drafts()
    held.put(draft(status="withdrawn"))
    held.run()
    assert sorted(event for event, _ in held.handed_in) == ["draft gone", "withdrawn draft gone"]


def test_a_look_that_fails_is_no_news_and_the_next_one_comes(held: Bench) -> None:
    for failure in (DeliveryError("unreachable", systemic=True), DeliveryError("http-403", permanent=True)):
        held.now += LATER
        held.office.faults = {"has_draft": [failure]}
        held.dispatcher.look_at_drafts()
        assert (held.action("letter").state, held.handed_in) == ("held", [])


def test_few_are_looked_at_in_one_go_and_all_in_turn(bench: Bench) -> None:
    bench.put(*(draft(f"d{n}") for n in range(12)))
    while bench.run():
        pass
    bench.now += LATER
    assert [bench.dispatcher.look_at_drafts() for _ in range(4)] == [5, 5, 2, 0]


def test_other_words_never_replace_what_its_holder_may_have_edited(held: Bench) -> None:
    before = held.office.holds["drafts"]
    held.put(draft(body="Other words."))
    held.run()
    assert (held.office.holds["drafts"], held.office.calls) == (before, [])
    assert (held.action("letter").state, held.handed_in) == ("held", [("draft differs", "letter")])
    held.put(draft(body="Other words.", status="sent"))
    held.run()
    assert [mail["body"] for mail in held.office.holds["sent"]] == [draft().body], "what its holder has seen"
    assert len(held.handed_in) == 1


def test_other_words_with_the_release_do_not_replace_it_either(held: Bench) -> None:
    held.put(draft(body="Other words.", status="sent"))
    held.run()
    assert [mail["body"] for mail in held.office.holds["sent"]] == [draft().body]
    assert held.handed_in == [("draft differs", "letter")]


@pytest.mark.parametrize("change", [{"held_by": OTHER}, {"to": "another@family.example"}])
def test_another_holder_or_recipient_does_replace_it(held: Bench, change: dict[str, str]) -> None:
    held.put(draft(**change))
    held.run()
    ((_, found),) = held.office.holds["drafts"].items()
    assert (found["to"], found["mailbox"]) == (draft(**change).to, draft(**change).held_by)
    assert held.handed_in == []


def test_what_is_gone_is_not_drafted_anew_for_another_holder(held: Bench) -> None:
    by_hand(held)
    held.put(draft(held_by=OTHER))
    held.run()
    assert (held.office.holds["drafts"], held.handed_in) == ({}, [("draft gone", "letter")])


def test_a_release_that_never_reached_gmail_leaves_the_draft_its_holders(held: Bench) -> None:
    held.office.faults = {"send_draft": [DeliveryError("unreachable", systemic=True)]}
    held.put(draft(status="sent"))
    held.run()
    by_hand(held)
    held.run(timedelta(minutes=1))
    assert held.outcomes("letter")[-1] == ("done", "gone")
    assert held.handed_in == [("draft gone", "letter")]


def test_a_release_whose_answer_was_lost_is_done_and_no_news(held: Bench) -> None:
    held.office.faults = {"send_draft": [("after", DeliveryError("timeout", ambiguous=True))]}
    held.put(draft(status="sent"))
    held.run()
    held.run(timedelta(minutes=1))
    assert (len(held.office.sent_to()), held.outcomes("letter")[-1]) == (1, ("done", "not-confirmed"))
    assert held.handed_in == []


def test_what_nobody_holds_is_still_replaced_by_newer_words(bench: Bench) -> None:
    bench.office.faults = {"send_draft": [DeliveryError("backend")]}
    bench.put(notice())
    bench.run()
    bench.put(notice(body="Other words."))
    bench.run(timedelta(minutes=1))
    assert [mail["body"] for mail in bench.office.holds["sent"]] == ["Other words."]


def test_a_release_and_a_look_at_the_same_moment(held: Bench, file_store: Store) -> None:
    """The look saw it gone because it was just being sent: the release is what counts."""
    held.now += LATER

    def send_first(name: str) -> None:
        if name == "before has_draft":
            held.office._on_call = lambda moment: None
            with file_store.write() as tx:
                tx.actions.put(draft(status="sent"), "s-2", held.now)

    held.office._on_call = send_first
    held.office.faults = {}
    held.dispatcher.look_at_drafts()
    with file_store.read() as tx:
        found = tx.actions.by_key(CASE, "letter")
    assert found is not None
    assert (found.state, found.step) == ("pending", "drafted")
