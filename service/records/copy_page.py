"""A copy of somebody's records as a page that prints well."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined


def render(copy: Mapping[str, Any], school: str) -> str:
    """The page as HTML. It stands by itself: no script, nothing to fetch."""
    text = (files("service.records") / "templates" / "copy.html").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(text).render(copy=copy, school=school)
