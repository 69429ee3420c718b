"""Dates of the school itself, which belong to no case: a term begins, the yearly review is due.

What follows from each is a rule; when it is, is counted here from the term dates and the year.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time

from rules.engine.model.effects import AnyEffect
from rules.engine.model.policy import Facts, Policies, Rule
from rules.engine.model.situation import NO_CASE, CaseFile, Situation
from rules.engine.proposing.audiences import Audiences
from rules.engine.proposing.make import Grounds, Making
from rules.engine.school.school_days import LONDON, SchoolCalendar
from rules.engine.wording.explain import because

TERM_BEGINS = "a term begins"
YEARLY_REVIEW = "yearly review is due"
OF_THE_SCHOOL = (TERM_BEGINS, YEARLY_REVIEW)
"""Events of which each has a date in the year, and none a case."""
REVIEW_MONTH = 9
"""The month in which the adopted complaints procedure gives its review date (CP-15a)."""
IN_THE_MORNING = time(8, 0)


def dates(calendar: SchoolCalendar, after: datetime, until: datetime) -> list[tuple[datetime, str]]:
    """The events of the school after one moment and up to another, both aware, in order of time.

    A term begins on its first school day; its two halves are one term. The review is due on 1 September, whether term
    dates are loaded so far or not.
    """
    found = [(_morning(day), TERM_BEGINS) for day in _first_days(calendar)]
    years = range(after.astimezone(LONDON).year, until.astimezone(LONDON).year + 1)
    found += [(_morning(date(year, REVIEW_MONTH, 1)), YEARLY_REVIEW) for year in years]
    return sorted((at, event) for at, event in found if after < at <= until)


def effects_of(policies: Policies, situation: Situation, applied: list[Rule], facts: Facts) -> tuple[AnyEffect, ...]:
    """What the rules ask for on such a date: tasks and notices to people of the school, on no case."""
    no_case = CaseFile(NO_CASE, "contact", "open", None, situation.now)
    making = Making(policies, situation, no_case, Audiences(policies.vocabulary, situation.directory, no_case))
    for rule in applied:
        reason = because(rule, facts, policies.vocabulary.facts)
        making.make(rule.then, Grounds(rules=(rule.id,), clauses=rule.clauses, because=reason))
    return tuple(replace(effect, case=None) for effect in (*making.write(), *making.effects))


def _first_days(calendar: SchoolCalendar) -> Iterator[date]:
    last = ""
    for term in (span for span in calendar.spans if span.kind == "term"):
        name = term.name.rstrip(" 0123456789").casefold()
        if name != last:
            yield calendar.on_or_after(term.first)
        last = name


def _morning(day: date) -> datetime:
    return datetime.combine(day, IN_THE_MORNING, LONDON)
