"""The report as one page that stands by itself: no script, nothing to fetch, made to be read on paper."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import date
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from rules.engine.school.day_words import named_day
from service.report.suppress import Shown


@dataclass(frozen=True, slots=True)
class Picture:
    """A table with its picture, which may be missing."""

    table: Shown
    svg: bytes | None
    says_all: bool
    """Whether the picture prints every count, so that the table need only be heard."""

    @property
    def address(self) -> str:
        """The picture as an address that holds all of it."""
        return f"data:image/svg+xml;base64,{b64encode(self.svg).decode()}" if self.svg else ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page."""

    title: str
    says: str
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything that is on it. ``figures`` are the few numbers at its head, each with its words."""

    school: str
    audience: str
    since: date
    until: date
    made: date
    figures: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    hides: bool


def render(page: Page) -> str:
    """The page as HTML."""
    folder = files("service.report") / "templates"
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["day"] = named_day
    style = Markup((folder / "report.css").read_text(encoding="utf-8"))  # noqa: S704  our own file
    return environment.from_string((folder / "report.html").read_text(encoding="utf-8")).render(page=page, style=style)
