"""A copy for a complainant, from the case page (CP-5d): one person drafts it, another one approves it.

Both get a ZIP to download, and nothing of it is kept here: the draft is read through and put right in the file that is
in it. Who may, and that two people stand for it, ``records.copies`` decides, as for the command.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Blueprint, Response, flash, g, redirect, request, url_for
from werkzeug.wrappers import Response as Redirect

from rules import Policies
from rules.engine.model.situation import CaseFile
from service.records.copies import Copy, NotCopiedError, approved, drafted, packed, read_draft
from service.school import School
from service.store import Store

LARGEST_DRAFT: Final = 480 * 1024
"""Bytes. What is larger would be laid down on the disk, unsealed, while it is read; the command takes it."""
APPROVE: Final = "console.approve_copy"


@dataclass(frozen=True, slots=True)
class Copies:
    """What copies are made from."""

    store: Store
    school: School
    policies: Policies

    def draft(self, ref: str, by: str, now: datetime) -> bytes:
        """A draft, packed. NotCopiedError."""
        return self._packed(drafted(self.store, self.school, self.policies, ref, by, now), ref)

    def approve(self, ref: str, by: str, left: bytes, now: datetime) -> bytes:
        """The copy, packed, from the draft as a person has ``left`` it. NotCopiedError."""

        def read() -> Copy:
            return read_draft(left.decode("utf-8", "replace"))

        return self._packed(approved(self.store, self.school, self.policies, ref, by, read, now), ref)

    def _packed(self, copy: Copy, ref: str) -> bytes:
        return packed(copy, ref, self.school.name)


def add(
    routes: Blueprint, copies: Copies, found: Callable[[str, str], CaseFile], now: Callable[[], datetime]
) -> None:  # fmt: skip
    """Add both to the console. ``found`` gives the case of a reference to who may see it, and writes down what for."""

    @routes.post("/cases/<ref>/copy")
    def draft_copy(ref: str) -> Response | Redirect:
        case = found(ref, "asked for a copy, on the case page")
        return _download(case.ref, "draft", lambda: copies.draft(case.ref, g.who.person.email, now()))

    @routes.post("/cases/<ref>/copy/approve")
    def approve_copy(ref: str) -> Response | Redirect:
        case = found(ref, "asked to approve a copy, on the case page")
        given = request.files.get("draft")
        left = given.read() if given is not None else b""
        return _download(case.ref, "approved", lambda: copies.approve(case.ref, g.who.person.email, left, now()))


def _download(ref: str, what: str, make: Callable[[], bytes]) -> Response | Redirect:
    try:
        content = make()
    except NotCopiedError as error:
        flash(f"No copy was made. {error}", "problem")
        return redirect(url_for("console.case", ref=ref), 303)
    named = {"Content-Disposition": f'attachment; filename="{ref}-{what}.zip"'}
    return Response(content, mimetype="application/zip", headers=named)
