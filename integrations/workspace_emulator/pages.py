"""Pages for people: who got which mail, what waits for a release, what stands in the calendar and in the sheets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, time
from email import policy
from email.utils import parseaddr
from itertools import groupby
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, render_template, request
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from integrations.workspace_emulator.calls import Json
from integrations.workspace_emulator.diaries import guests_of
from integrations.workspace_emulator.event_times import ZONE, when
from integrations.workspace_emulator.mailboxes import StoredMessage
from integrations.workspace_emulator.spreadsheets import rows_of
from integrations.workspace_emulator.workspace import Workspace

WEB_ADDRESS = re.compile(r"(https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]])")


def pages_blueprint(workspace: Workspace) -> Blueprint:
    """Inbox, one message, calendar and sheets; of all this only a draft can be changed."""
    routes = Blueprint("pages", __name__)

    @routes.app_template_filter("clock")
    def clock(milliseconds: int) -> str:
        at = datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(ZoneInfo(ZONE))
        today = workspace.clock().astimezone(ZoneInfo(ZONE)).date()
        return f"{at:%H:%M}" if at.date() == today else f"{at:%-d %b, %H:%M}"

    @routes.app_template_filter("person")
    def person(address: str) -> Markup:
        name, email = parseaddr(address)
        # An address without a name may break behind its @, and nowhere else.
        return escape(name or workspace.people.name_of(email) or address).replace("@", Markup("@<wbr>"))

    routes.add_app_template_filter(linked)

    @routes.get("/")
    def inbox() -> str:
        with workspace.lock:
            return _mail_page(workspace, request.args.get("mailbox"), None)

    @routes.get("/mail/<message_id>")
    def mail(message_id: str) -> str:
        with workspace.lock:
            message = workspace.mailboxes.find(message_id) or abort(404)
            return _mail_page(workspace, message.mailbox, message)

    @routes.post("/mail/<message_id>")
    def edit(message_id: str) -> Response:
        """What the holder of a draft does to it by hand: other words, and nothing else of it."""
        with workspace.lock:
            draft = workspace.mailboxes.find(message_id)
            if draft is None or draft.draft_id is None:
                abort(404)
            message = draft.parsed
            message.set_content(request.form.get("body", "").replace("\r\n", "\n"))
            raw = message.as_bytes(policy=policy.SMTP)
            there = workspace.mailboxes.rewrite_draft(draft.mailbox, draft.draft_id, raw)
        return redirect(f"/mail/{there.id}", 303)

    @routes.get("/calendar")
    def calendar() -> str:
        with workspace.lock:
            return _calendar_page(workspace, request.args.get("who", ""))

    @routes.get("/sheet")
    def sheet() -> str:
        with workspace.lock:
            return _sheet_page(workspace, request.args.get("file"), request.args.get("tab"))

    @routes.app_errorhandler(404)
    def missing(error: Exception) -> tuple[str, int]:
        return render_template("missing.html"), 404

    return routes


def linked(text: str) -> Markup:
    """``text`` with its web addresses as links; mail addresses stay text, since nothing here may be sent."""
    pieces = WEB_ADDRESS.split(text)
    link = Markup('<a href="{}" rel="noreferrer">{}</a>')
    return Markup("").join(
        link.format(piece, piece.partition("//")[2]) if at % 2 else escape(piece) for at, piece in enumerate(pieces)
    )


def _mail_page(workspace: Workspace, asked: str | None, opened: StoredMessage | None) -> str:
    boxes = workspace.mailboxes.boxes
    folders = []
    for email in sorted(boxes, key=lambda e: (not workspace.people.get(e), workspace.people.name_of(e))):
        messages = boxes[email].messages.values()
        folders.append(
            {
                "email": email,
                "inbox": sum("INBOX" in m.labels for m in messages),
                "drafts": sum("DRAFT" in m.labels for m in messages),
                "known": workspace.people.get(email),
            }
        )
    folders = [folder for folder in folders if boxes[str(folder["email"])].messages]
    chosen = (asked or _fullest(folders)).lower()
    held = list(reversed(boxes[chosen].messages.values())) if chosen in boxes else []
    return render_template(
        "mail.html",
        page="mail",
        folders=folders,
        chosen=chosen,
        who=workspace.people.get(chosen),
        inbox=[m for m in held if "INBOX" in m.labels],
        drafts=[m for m in held if "DRAFT" in m.labels],
        sent=[m for m in held if "SENT" in m.labels],
        opened=opened,
        body=_readable(opened) if opened else "",
    )


def _fullest(folders: Iterable[Json]) -> str:
    return str(max(folders, key=lambda f: (f["drafts"], f["inbox"]), default={"email": ""})["email"])


def _readable(message: StoredMessage) -> str:
    part = message.parsed.get_body(("plain", "html"))
    only_html = part is not None and part.get_content_type() == "text/html"
    return Markup(message.text).striptags() if only_html else message.text  # noqa: S704 - striptags gives text back


def _calendar_page(workspace: Workspace, who: str) -> str:
    zone = ZoneInfo(ZONE)
    events = [event for diary in workspace.diaries.diaries.values() for event in diary.events.values()]
    involved = sorted({e["organizer"]["email"] for e in events} | {g for e in events for g in guests_of(e)})
    if who:
        events = [e for e in events if e["organizer"]["email"] == who or who in guests_of(e)]
    entries = []
    for event in events:
        start, end = when(event["start"]).astimezone(zone), when(event["end"], "end").astimezone(zone)
        whole = start.time() == end.time() == time.min and start < end  # a day, and nothing else
        hours = "All day" if whole else f"{start:%H:%M} – {end:%H:%M}"
        entries.append({"event": event, "start": start, "hours": hours, "guests": event.get("attendees", [])})
    entries.sort(key=lambda entry: entry["start"])
    today = workspace.clock().astimezone(zone).date()
    days = [
        {"date": day, "today": day == today, "past": day < today, "entries": list(found)}
        for day, found in groupby(entries, key=lambda entry: entry["start"].date())
    ]
    return render_template("calendar.html", page="calendar", days=days, involved=involved, who=who)


def _sheet_page(workspace: Workspace, file_id: str | None, tab_title: str | None) -> str:
    files = workspace.spreadsheets.all()
    file = next((f for f in files if f.id == file_id), files[0] if files else None)
    tab = None
    if file is not None:
        fullest = max(file.tabs, key=lambda t: t.last_row() > 0, default=None)
        tab = next((t for t in file.tabs if t.title == tab_title), fullest)
    rows = rows_of(tab) if tab else []
    counts = {t.title: max(t.last_row() - 1, 0) for t in file.tabs} if file else {}
    return render_template(
        "sheet.html", page="sheet", files=files, file=file, tab=tab, head=rows[:1], rows=rows[1:], counts=counts
    )
