"""From the link in an alert, through sign-in, to the case: in a real browser, against the whole service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from service.demo.samples import Sample, blank_question
from tests.journeys.browser import Visit
from tests.journeys.school_day import SchoolDay, school_day

DSL = "r.calder@northbridge.example"
DEPUTIES = ("i.sheikh@northbridge.example", "b.norcross@northbridge.example")
HEAD = "head@northbridge.example"
CLERK = "clerk@governors.northbridge.example"
REFERENCE = re.compile(r"\b[A-Z]{1,3}-\d{4}-\d{4,}\b")


@pytest.fixture
def day(tmp_path: Path) -> Iterator[SchoolDay]:
    with school_day(tmp_path / "place") as running:
        yield running


def about_the_head(day: SchoolDay) -> Sample:
    """A complaint about the headteacher, by role and by name."""
    return Sample(
        "complaint",
        "k.haddad@family.example",
        {
            "Name": "K. Haddad",
            "Email": "k.haddad@family.example",
            "I am": "A parent or carer of a current pupil",
            "Who or what is your complaint about?": "The headteacher",
            "Name of the person (if one)": "Helen Marsh",
            "What is it to do with?": "Something else",
            "When did it happen?": day.clock().date().isoformat(),
            "What is your complaint concerning?": "I was shouted at in the corridor.",
            "Is a child at risk of harm?": "No",
            "Is a child missing education?": "No",
            "Is legal action under way?": "No",
        },
    )


def case_of(subjects: list[str], prefix: str) -> str:
    """The newest case of this kind that these subjects speak of."""
    found = [ref for subject in subjects for ref in REFERENCE.findall(subject) if ref.startswith(f"{prefix}-")]
    assert found, f"no case {prefix}-… in {subjects}"
    return max(found)


def open_mail(page: Page, day: SchoolDay, address: str, words: str) -> None:
    """Open a message in the mailbox of this address, and follow the link in it."""
    page.goto(f"{day.emulator.url}/?mailbox={address}")
    page.locator(".messages a", has_text=words).first.click()
    page.locator(".letter .body a").first.click()


def choose(page: Page, address: str) -> None:
    """Sign in: pick an account on the provider's page."""
    page.locator(f'button[value="{address}"]').click()


@dataclass(frozen=True)
class Landed:
    """What the browser was given: all that could tell two pages apart."""

    status: int
    headers: dict[str, str]
    body: str


def land(page: Page, day: SchoolDay, path: str) -> Landed:
    """Type an address of the console."""
    answer = page.goto(f"{day.place.address}{path}")
    assert answer is not None
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    return Landed(answer.status, headers, answer.text())


def test_an_alert_leads_to_the_case_where_it_is_acknowledged_and_its_ladder_stops(day: SchoolDay, visit: Visit) -> None:
    today = day.clock().date()
    day.send(blank_question(today))
    seen = case_of(day.inbox(DSL), "B")
    page = visit()
    open_mail(page, day, DSL, seen)
    choose(page, DSL)
    expect(page).to_have_url(f"{day.place.address}/cases/{seen}")
    expect(page.get_by_role("heading", name=seen)).to_be_visible()
    expect(page.get_by_text("Pushed over twice at break")).to_be_visible()
    page.get_by_role("button", name="Acknowledge: I have it").click()
    expect(page).to_have_url(f"{day.place.address}/cases/{seen}")
    expect(page.get_by_text("Thank you: your acknowledgement is recorded.")).to_be_visible()
    day.settle()
    page.reload()
    expect(page.get_by_text("nobody has acknowledged this yet")).to_have_count(0)

    # A second alert, which nobody acknowledges, shows that the ladder would have been climbed.
    day.send(blank_question(today))
    unseen = case_of(day.inbox(DSL), "B")
    assert unseen != seen
    day.later(timedelta(minutes=16))
    called = [subject for deputy in DEPUTIES for subject in day.inbox(deputy) if "not acknowledged" in subject]
    assert any(unseen in subject for subject in called)
    assert not any(seen in subject for subject in called)
    land(page, day, "/")
    rows = page.locator(".cases li")
    expect(rows.first).to_contain_text(unseen)
    expect(rows.first).to_contain_text("Urgent: not acknowledged")
    expect(rows.nth(1)).not_to_contain_text("Urgent")


def test_the_headteacher_complained_about_finds_neither_the_case_nor_a_trace(day: SchoolDay, visit: Visit) -> None:
    day.send(about_the_head(day))
    ref = case_of(day.inbox(CLERK), "C")
    clerk = visit()
    open_mail(clerk, day, CLERK, ref)
    choose(clerk, CLERK)
    expect(clerk.get_by_text("I was shouted at in the corridor.")).to_be_visible()

    head = visit()
    land(head, day, f"/cases/{ref}")
    choose(head, HEAD)
    expect(head.get_by_role("heading", name="There is no such page")).to_be_visible()
    unknown = REFERENCE.sub("C-2099-0999", ref)
    for path in ("/cases/{}", "/cases/{}/", "/cases/{}/acknowledge", "/cases/{}/release", "/cases/{}/anything"):
        for written in (str.upper, str.lower):
            hidden, missing = (land(head, day, path.format(written(each))) for each in (ref, unknown))
            assert hidden == missing
            assert hidden.status == 404
    for path in ("/", "/?closed=yes"):
        assert ref not in land(head, day, path).body
    assert ref in repr(day.emulator.state()["mail"][CLERK])
    assert ref not in repr(day.emulator.state()["mail"].get(HEAD))


def test_somebody_who_is_not_on_the_list_gets_no_further_than_sign_in(day: SchoolDay, visit: Visit) -> None:
    day.emulator.workspace.register("people", {"name": "A visitor", "email": "visitor@northbridge.example"})
    day.send(blank_question(day.clock().date()))
    page = visit()
    open_mail(page, day, DSL, case_of(day.inbox(DSL), "B"))
    choose(page, "visitor@northbridge.example")
    expect(page.get_by_role("heading", name="That sign-in was not accepted")).to_be_visible()
    land(page, day, "/")
    expect(page.get_by_text("Who are you today?")).to_be_visible()


@pytest.mark.parametrize("width", [320, 768, 1200])
def test_the_page_fits_and_works_from_the_keyboard_without_scripts(day: SchoolDay, visit: Visit, width: int) -> None:
    day.send(blank_question(day.clock().date()))
    page = visit()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_viewport_size({"width": width, "height": 800})
    land(page, day, f"/cases/{case_of(day.inbox(DSL), 'B')}")
    choose(page, DSL)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.scripts.length") == 0
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    unnamed = page.evaluate("[...document.querySelectorAll('button')].filter(b => !b.textContent.trim()).length")
    assert unnamed == 0
    assert problems == []
