"""How the pages say things: days and times in Europe/London, tracks, roles and states in plain words."""

from __future__ import annotations

from datetime import date, datetime

from flask import Flask

from rules import together
from rules.engine.school.day_words import named_day
from rules.engine.school.school_days import LONDON

TRACKS = {
    "bullying": "Bullying",
    "complaint": "Complaint",
    "safeguarding": "Safeguarding",
    "staff-conduct": "Conduct of a member of staff",
    "adult": "Bullying of or by an adult",
    "contact": "Contact with a complainant",
}
PARTIES = {
    "targeted": "said to be targeted",
    "reported": "reported as having done it",
    "witness": "named as a witness",
    "reporter": "made the report",
    "complainant": "made the complaint",
    "complained about": "complained about",
    "pupil concerned": "the pupil whom it concerns",
}
STATES = {"open": "open", "paused": "paused", "closed": "closed"}
DEADLINES = {
    "open": "running",
    "paused": "paused",
    "met": "met",
    "late": "done late",
    "missed": "missed",
    "cancelled": "no longer needed",
}
TASKS = {"open": "to do", "done": "done", "cancelled": "no longer needed"}
DELIVERIES = {
    "pending": "on its way",
    "done": "sent",
    "held": "waiting",
    "dead": "could not be delivered",
    "cancelled": "not sent",
    "none": "kept",
}


def in_words(moment: date | datetime | None) -> str:
    """``Tue 6 Oct 2026`` or ``Tue 6 Oct 2026, 11:20``; empty for none."""
    match moment:
        case None:
            return ""
        case datetime():
            local = moment.astimezone(LONDON)
            return f"{named_day(local.date())}, {local:%H:%M}"
        case _:
            return named_day(moment)


def stage_of(stage: str | None) -> str:
    """``Stage 2`` or ``Looking into it``; empty where the stage says no more than that the case is open."""
    if stage is None or stage in STATES:
        return ""
    return f"Stage {stage}" if stage[:1].isdigit() else sentence(stage)


def sentence(text: str) -> str:
    """The text with a capital at its start."""
    return text[:1].upper() + text[1:]


def register(app: Flask) -> None:
    """Let the templates use these words."""
    app.add_template_filter(in_words, "when")
    app.add_template_filter(sentence, "sentence")
    app.add_template_filter(together, "together")
    app.add_template_filter(stage_of, "stage")
    for name, words in (
        ("track", TRACKS),
        ("part", PARTIES),
        ("state", STATES),
        ("clock", DEADLINES),
        ("work", TASKS),
    ):
        app.add_template_filter(lambda word, words=words: words.get(word, word), name)
