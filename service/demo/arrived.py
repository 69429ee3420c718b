"""What arrived in Gmail, Calendar and Sheets: told to a newcomer, and held against what should have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from rules.engine.school.school_days import LONDON
from service.demo.samples import CLERK, COMPLAINANT, PANEL
from service.school import School

CARERS = "@family.example"
TELLING = ("eli", "rose", "rhys", "tanner", "gender", "trans", "samira", "haddad", "kayden", "stubbs")
DSL = "r.calder@northbridge.example"
HEAD = "head@northbridge.example"


@dataclass(frozen=True, slots=True)
class Cases:
    """The references that the three samples were given."""

    blank: str
    confidence: str
    complaint: str


def story(state: dict[str, Any], cases: Cases) -> Iterator[str]:
    """The lines that are printed, sample by sample."""
    titles = {
        cases.blank: "a bullying report, its safeguarding question left blank",
        cases.confidence: "a transphobic-bullying report; the pupil does not want parents told",
        cases.complaint: "a complaint that reached stage four",
    }
    for reference, title in titles.items():
        yield f"\n{reference}: {title}"
        for address, box in sorted(state["mail"].items()):
            for mail in box["inbox"]:
                if reference in mail["subject"]:
                    yield f"  Gmail     to {address}: {mail['subject']}"
            for draft in box["drafts"]:
                if reference in draft["subject"] or reference in draft.get("body", ""):
                    yield f"  Gmail     draft for {draft['to']}, held in the mailbox of {address}: {draft['subject']}"
        for entry in _entries(state, reference):
            guests = ", ".join(entry["guests"]) or "no guest until a person releases it"
            yield f"  Calendar  {entry['start']:%a %d %b %Y %H:%M}  {entry['title']}: {guests}"
        rows = [row for tab, row in _rows(state) if reference in row]
        yield (
            f"  Sheets    {len(rows)} rows, such as: {' | '.join(cell for cell in rows[0][1:7] if cell)}"
            if rows
            else ""
        )


def wrong(state: dict[str, Any], cases: Cases, school: School, now: datetime) -> list[str]:
    """What should have arrived and did not, or should not have and did. Empty when all is well."""
    inbox = {address: [mail["subject"] for mail in box["inbox"]] for address, box in state["mail"].items()}
    drafts = [draft for box in state["mail"].values() for draft in box["drafts"]]
    found = [
        (
            any(cases.blank in s and "URGENT" in s for s in inbox.get(DSL, [])),
            "the DSL was not told of the blank question",
        ),
        (not any(address.endswith(CARERS) for address in inbox), "something reached a parent or carer"),
        (
            not any(d["to"].endswith(CARERS) and d["to"] != COMPLAINANT for d in drafts),
            "a draft to a parent or carer was written in spite of the hold",
        ),
        (not _telling(state), f"a subject, title or row outside the restricted tab tells: {_telling(state)}"),
        (not state.get("violations"), "a call broke Google's own description of its APIs"),
        *_hearing(state, cases.complaint, school, now),
    ]
    return [what for is_right, what in found if not is_right]


def _hearing(state: dict[str, Any], reference: str, school: School, now: datetime) -> Iterator[tuple[bool, str]]:
    today = now.astimezone(LONDON).date()
    entries = [e for e in _entries(state, reference) if e["title"].startswith("Meeting")]
    guests = [guest for entry in entries for guest in entry["guests"]]
    yield set(PANEL) | {HEAD} <= set(guests), "somebody who should be invited to the hearing was not"
    yield all(len(e["guests"]) <= 1 and e["hidden"] for e in entries), "guests of the hearing see one another"
    yield len({e["start"] for e in entries}) == 1, "the hearing stands on several days"
    if not entries:
        return
    day, calendar = entries[0]["start"].date(), school.calendar
    yield calendar.clear_days(today, day) >= 5, "the hearing leaves fewer than five clear school days"
    last = calendar.add(calendar.received(now), 20)
    yield calendar.is_school_day(day) and day <= last, "the hearing is not on a school day in time"
    taken = {busy_day for _, busy_day in panel_is_busy(school, today)}
    yield day not in taken, "the hearing is on a day on which the panel is not free"
    yield any(d["to"] == COMPLAINANT for d in _drafts(state, CLERK)), "the clerk has no draft for the complainant"


def panel_is_busy(school: School, today: date) -> list[tuple[str, date]]:
    """Who of the panel is away, and when: the first two days that would otherwise do."""
    first = school.calendar.earliest_meeting(today, 5)
    days = [first, school.calendar.next_after(first)]
    return list(zip(list(PANEL)[:2], days, strict=True))


def _drafts(state: dict[str, Any], mailbox: str) -> list[dict[str, Any]]:
    drafts: list[dict[str, Any]] = state["mail"].get(mailbox, {}).get("drafts", [])
    return drafts


def _entries(state: dict[str, Any], reference: str) -> Iterator[dict[str, Any]]:
    for entries in state["calendar"]["calendars"].values():
        for entry in entries:
            if reference in entry.get("summary", "") and entry.get("status") != "cancelled":
                start = entry["start"].get("dateTime", entry["start"].get("date"))
                yield {
                    "title": entry["summary"],
                    "start": datetime.fromisoformat(start),
                    "guests": [guest["email"] for guest in entry.get("attendees", [])],
                    "hidden": not entry.get("guestsCanSeeOtherGuests", True),
                }


def _rows(state: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for sheet in state["sheets"].values():
        for tab, rows in sheet["tabs"].items():
            for row in rows[1:]:
                yield tab, [str(cell) for cell in row]


def _telling(state: dict[str, Any]) -> list[str]:
    texts = [mail["subject"] for box in state["mail"].values() for mail in (*box["inbox"], *box["drafts"])]
    texts += [entry.get("summary", "") for entries in state["calendar"]["calendars"].values() for entry in entries]
    texts += [" ".join(row) for tab, row in _rows(state) if "restricted" not in tab]
    words = {word for text in texts for word in text.lower().replace("@", " ").replace(".", " ").split()}
    return sorted(words & set(TELLING))
