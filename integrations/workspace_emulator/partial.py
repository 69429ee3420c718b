"""Partial answers: pages of a list, and the ``fields`` parameter (developers.google.com/workspace/sheets/api/guides/
field-masks)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from integrations.workspace_emulator.calls import Json
from integrations.workspace_emulator.discovery import has_field
from integrations.workspace_emulator.errors import invalid

Mask = dict[str, "Mask"]


def page_of(
    items: list[Any], params: Mapping[str, Any], size_name: str, default: int, most: int
) -> tuple[list[Any], str | None]:
    """The page that ``pageToken`` and the size parameter ask for, and the token of the next one if there is more.

    Raises ApiError 400 for a token that was never given out.
    """
    token = params.get("pageToken") or "0"
    if not re.fullmatch(r"[0-9]{1,9}", token):
        raise invalid("Invalid pageToken", reason="invalidParameter")
    start = int(token)
    size = min(max(int(params.get(size_name) or default), 1), most)
    following = start + size
    return items[start:following], str(following) if following < len(items) else None


def parse(text: str) -> Mask:
    """``a,b(c,d),e/f,g.h`` as nested names. Raises ApiError 400 where it cannot be read."""
    tokens = re.findall(r"[\w*@]+|[(),/.]", text)
    if "".join(tokens) != text.replace(" ", ""):
        raise invalid(f"Invalid field selection {text}", reason="invalidParameter")
    mask, rest = _parse_list(tokens)
    if rest:
        raise invalid(f"Invalid field selection {text}", reason="invalidParameter")
    return mask


def apply(mask: Mask, body: Any, api: str, schema: str) -> Any:
    """What the mask leaves of ``body``, a ``schema`` of ``api``. Raises ApiError 400 for a field that never exists."""
    if "*" in mask or not mask:
        return body
    under: dict[str, str] = {}
    for name in mask if schema else ():
        found = has_field(api, schema, name)
        if found is None:
            raise invalid(f"Invalid field selection {name}", reason="invalidParameter")
        under[name] = found
    if isinstance(body, list):
        return [apply(mask, item, api, schema) for item in body]
    if not isinstance(body, dict):
        return body
    kept: Json = {}
    for name, inner in mask.items():
        if name in body:
            kept[name] = apply(inner, body[name], api, under.get(name, ""))
    return kept


def _parse_list(tokens: list[str]) -> tuple[Mask, list[str]]:
    mask: Mask = {}
    while tokens and tokens[0] != ")":
        here = mask
        name, tokens = tokens[0], tokens[1:]
        here = here.setdefault(name, {})
        while tokens and tokens[0] in "/.":
            if len(tokens) < 2:
                raise invalid("Invalid field selection", reason="invalidParameter")
            here = here.setdefault(tokens[1], {})
            tokens = tokens[2:]
        if tokens and tokens[0] == "(":
            inner, tokens = _parse_list(tokens[1:])
            if not tokens:
                raise invalid("Invalid field selection", reason="invalidParameter")
            here.update(inner)
            tokens = tokens[1:]
        if tokens and tokens[0] == ",":
            tokens = tokens[1:]
    return mask, tokens
