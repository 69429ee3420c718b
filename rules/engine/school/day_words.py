"""Days as people write them, and what they call the breaks between terms. English, whatever the machine is set to."""

from __future__ import annotations

from datetime import date

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PLURALS = {"training day": "training days", "closed day": "closed days", "bank holiday": "bank holidays"}


def named_day(day: date) -> str:
    """``Mon 12 Oct 2026``."""
    return f"{_WEEKDAYS[day.weekday()]} {_short(day)} {day.year}"


def named_break(what: str, first: date, last: date) -> str:
    """``training day 2 Nov`` or ``half-term 24 Oct to 1 Nov``."""
    if first == last:
        return f"{what} {_short(first)}"
    return f"{_PLURALS.get(what, what)} {_short(first)} to {_short(last)}"


def holiday_name(last_of_term: date, first_of_next: date) -> str:
    """What people call the break between two terms, from the month in which its middle falls."""
    middle = last_of_term + (first_of_next - last_of_term) / 2
    match middle.month:
        case 12 | 1:
            return "Christmas holiday"
        case 3 | 4:
            return "Easter holiday"
        case 7 | 8:
            return "summer holiday"
        case _:
            return "half-term"


def _short(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]}"
