"""The pages behind sign-in: my cases, and one case. Every read is authorised and written down (CP-5e).

Somebody who may not see a case gets exactly what they get for a case that does not exist: the same page, the same
headers, after the same time. What may be seen and done is decided in ``service.access``.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from flask import Blueprint, Flask, Response, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from rules.engine.deciding.release import FINISH
from rules.engine.model.situation import CaseFile
from rules.engine.school.school_days import LONDON
from service import access
from service.flows.unshown import Unshown
from service.records.copies import may_copy
from service.store import StoreUnavailableError
from service.web import copy_routes, words
from service.web import session as cookie
from service.web.case_page import acknowledging, dates_wait, gather, waiting_alert
from service.web.copy_routes import Copies
from service.web.desk import Desk, SignedIn
from service.web.refusals import NO_SUCH_PAGE, NO_SUCH_PAGE_LINES, refusal_page
from service.web.sign_in import current

SAME_TIME = 0.25
"""Seconds. A "not found" takes this long, or a multiple of it, whatever lies behind it."""
_REF = re.compile(r"[A-Z]{1,3}-[0-9]{4}-[0-9]{4,20}", re.ASCII)

log = structlog.get_logger("console")
Now = Callable[[], datetime]
"""Gives an aware time."""


class NotFoundError(Exception):
    """There is no such case, or none for this person: nobody can tell the two apart."""


@dataclass(frozen=True, slots=True)
class Line:
    """A case in somebody's list."""

    case: CaseFile
    alert: datetime | None
    mine: int
    """Open tasks of this person."""


def register(
    app: Flask,
    desks: Sequence[Desk],
    *,
    now: Now,
    unshown: Callable[[], Unshown] = Unshown,
    pause: Callable[[float], None] = time.sleep,
    copies: Copies | None = None,
) -> None:
    """Add the console to an application that ``sign_in.register`` has been called for.

    ``unshown`` says what of a form no page shows, ``pause`` waits for so many seconds. ``copies`` makes copies for
    complainants; without it there is no button for them.
    """
    words.register(app)
    app.register_blueprint(blueprint(desks, now=now, unshown=unshown, pause=pause, copies=copies))


def blueprint(
    desks: Sequence[Desk],
    *,
    now: Now,
    unshown: Callable[[], Unshown],
    pause: Callable[[float], None],
    copies: Copies | None,
) -> Blueprint:
    """The pages, for those who have signed in."""
    routes = Blueprint(
        "console", __name__, template_folder="templates", static_folder="static", static_url_path="/assets"
    )

    _guard(routes, desks, now)
    _show(routes, now, unshown, with_copies=copies is not None)
    _act(routes, now)
    if copies is not None:
        copy_routes.add(routes, copies, lambda ref, what: _found(g.who, ref, what, now())[0], now)
    _refuse(routes, now, pause)
    return routes


def _guard(routes: Blueprint, desks: Sequence[Desk], now: Now) -> None:
    """What comes before and after each page: who asks, whether a form is ours, how a page may be kept."""

    @routes.before_request
    def only_signed_in() -> Redirect | tuple[str, int] | None:
        if request.endpoint == "console.static":
            return None
        g.began = time.monotonic()
        who = current(desks, now())
        if who is None:
            return redirect(url_for("sign_in.start", next=_page_of(request.path)))
        g.who = who
        if request.endpoint == copy_routes.APPROVE:
            request.max_content_length = copy_routes.LARGEST_DRAFT
        if request.method == "POST" and not cookie.is_ours():
            lines = ["This page had been open for too long, or did not come from here. Nothing was done."]
            return render_template("message.html", title="Please try again", lines=lines), 400
        return None

    @routes.after_request
    def guarded(response: Response) -> Response:
        return response if request.endpoint == "console.static" else cookie.guard(response)

    @routes.context_processor
    def shared() -> dict[str, object]:
        return {"who": g.get("who"), "csrf": cookie.csrf_token()}


def _show(routes: Blueprint, now: Now, unshown: Callable[[], Unshown], *, with_copies: bool) -> None:
    """What can be read."""

    @routes.get("/")
    def cases() -> str:
        lines = _my_cases(g.who, closed="closed" in request.args)
        _note(g.who, "listed their cases", None, now())
        return render_template("cases.html", lines=lines, closed="closed" in request.args)

    @routes.get("/cases/<ref>")
    def case(ref: str) -> str:
        found, may = _found(g.who, ref, "read the case", now())
        with g.who.desk.store.read() as tx:
            today = now().astimezone(LONDON).date()
            page = gather(tx, found, may, g.who.person, g.who.directory, unshown(), today)
        copying = with_copies and may_copy(g.who.person, found, g.who.directory)
        form = g.who.desk.update_form.replace("{case}", found.ref)
        return render_template("case.html", page=page, copying=copying, update_form=form)


def _act(routes: Blueprint, now: Now) -> None:
    """What can be done on a case: it is recorded, and decided like whatever else comes in."""

    @routes.post("/cases/<ref>/acknowledge")
    def acknowledge(ref: str) -> Redirect:
        found, may = _found(g.who, ref, "asked to acknowledge", now())
        if not _is_waiting(g.who, found):
            flash("This alert was acknowledged already.")
        elif may.acknowledge:
            _record(g.who, "acknowledge", found)
            flash("Thank you: your acknowledgement is recorded. Nobody else will be called about this alert.")
        else:
            flash("This alert is for somebody else to acknowledge. Nothing was changed.", "problem")
        return redirect(url_for("console.case", ref=found.ref), 303)

    @routes.post("/cases/<ref>/release")
    def release(ref: str) -> Redirect:
        found, may = _found(g.who, ref, "asked to release", now())
        draft = request.form.get("draft", "")
        to = _waits_for(found, draft) if draft in may.release else None
        if to is None:
            flash("This draft is not there, or not yours to release, any more. Nothing was sent.", "problem")
        else:
            _release(g.who, found, to, draft)
        return redirect(url_for("console.case", ref=found.ref), 303)

    @routes.post("/cases/<ref>/re-date")
    def redate(ref: str) -> Redirect:
        found, _ = _found(g.who, ref, "asked to confirm new dates", now())
        with g.who.desk.store.read() as tx:
            waits = dates_wait(found, tx.actions.of_case(found.ref))
        if waits:
            _record(g.who, "re-date", found)
            flash("Recorded. The dates move, or the case says why not.")
        else:
            flash("No new dates wait on this case. Nothing was changed.", "problem")
        return redirect(url_for("console.case", ref=found.ref), 303)


def _refuse(routes: Blueprint, now: Now, pause: Callable[[float], None]) -> None:
    """What is not there, or not for whoever asks; and what cannot be reached."""

    @routes.route("/cases/<path:rest>", methods=["GET", "POST"])
    def nothing_here(rest: str) -> str:
        _note(g.who, "refused", _as_ref(rest.partition("/")[0]), now())
        raise NotFoundError

    @routes.errorhandler(NotFoundError)
    def not_found(error: NotFoundError) -> Response:
        page = refusal_page(404, NO_SUCH_PAGE, *NO_SUCH_PAGE_LINES)
        spent = time.monotonic() - g.began
        pause(max(1, math.ceil(spent / SAME_TIME)) * SAME_TIME - spent)
        return page

    @routes.errorhandler(StoreUnavailableError)
    def unavailable(error: StoreUnavailableError) -> tuple[str, int, dict[str, str]]:
        log.error("the store is not available")
        lines = ["The records cannot be reached just now, so nothing was shown or done. Please try again in a minute."]
        return render_template("message.html", title="Not available", lines=lines), 503, {"Retry-After": "30"}


def _found(who: SignedIn, ref: str, what: str, at: datetime) -> tuple[CaseFile, access.View]:
    """The case and what may be done on it, written down. NotFoundError where there is none for this person."""
    wanted = _as_ref(ref)
    case = None
    if wanted is not None:
        with who.desk.store.read() as tx:
            case = tx.cases.load(wanted)
    may = access.view(who.person, case, who.directory) if case is not None else None
    _note(who, what if may is not None else "refused", wanted, at)
    if case is None or may is None:
        raise NotFoundError
    return case, may


def _as_ref(text: str) -> str | None:
    """The reference that this is in capitals, or None."""
    capitals = text.upper() if text.isascii() else ""
    return capitals if _REF.fullmatch(capitals) else None


def _note(who: SignedIn, what: str, ref: str | None, at: datetime) -> None:
    with who.desk.store.write() as tx:
        tx.audit.add(who.person.email, what, ref, at)


def _my_cases(who: SignedIn, *, closed: bool) -> list[Line]:
    """What this person may see, urgent and unacknowledged first, then the newest."""
    lines = []
    with who.desk.store.read() as tx:
        refs = tx.cases.refs("closed") if closed else [*tx.cases.refs("open"), *tx.cases.refs("paused")]
        cases = [case for case in map(tx.cases.load, refs) if case is not None]
        for case in access.visible(who.person, cases, who.directory):
            mine = sum(t.state == "open" and t.assignee == who.person.email for t in case.tasks.values())
            urgent = any(notice.urgent for notice in case.notices.values())
            alert = waiting_alert(case, tx.actions.of_case(case.ref), who.directory) if urgent else None
            lines.append(Line(case, alert, mine))
    lines.sort(key=lambda line: line.case.opened_at, reverse=True)
    return sorted(lines, key=lambda line: line.alert is None)


def _is_waiting(who: SignedIn, case: CaseFile) -> bool:
    with who.desk.store.read() as tx:
        alert = waiting_alert(case, tx.actions.of_case(case.ref), who.directory)
        return alert is not None and not acknowledging(tx, case.ref)


def _waits_for(case: CaseFile, draft: str) -> str | None:
    """The address that this draft is for."""
    notice, entry = case.notices.get(draft), case.entries.get(draft)
    if notice is not None:
        return notice.to
    return entry.attendees[0] if entry is not None and entry.attendees else None


def _release(who: SignedIn, case: CaseFile, to: str, draft: str) -> None:
    """Record a release that was asked for, and say what comes of it: what is not finished, deciding it refuses."""
    marks = who.desk.marks_left(case.ref, draft)
    if marks is None:
        flash("The draft cannot be read in Gmail just now, so nothing was sent. Please try again later.", "problem")
    elif marks:
        _record(who, "release", case, to=to, draft=draft, marks=str(marks))
        left = f"{marks} mark{'s' if marks > 1 else ''} left in it"
        flash(f"Not sent: the letter is not finished, with {left}. {FINISH}", "problem")
    else:
        _record(who, "release", case, to=to, draft=draft)
        flash("Released. It is on its way, and the case says by whom.")


def _record(who: SignedIn, do: str, case: CaseFile, **what: str) -> None:
    who.desk.record({"do": do, "case": case.ref, "by": who.person.email, **what})


def _page_of(path: str) -> str:
    """The page to come back to: that of the case, where something was to be done on it."""
    return "/".join(path.split("/")[:3])
