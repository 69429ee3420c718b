"""A copy for a complainant from the case page: the same people, the same two pairs of eyes, nothing kept (CP-5d)."""

from __future__ import annotations

import io
import zipfile

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.web.copy_routes import LARGEST_DRAFT, Copies
from tests.service.console_app import ADDRESS, Desktop, csrf_of, desktop
from tests.service.places import Place
from tests.service.test_paper_notes import complain, send

CLERK, HEAD, REF = "clerk@governors.northbridge.example", "head@northbridge.example", "C-2026-0001"


@pytest.fixture
def desk(place: Place) -> Desktop:
    complain(place, "The school or its services", **{"What is your complaint concerning?": "Ella Mitchell laughed."})
    copies = Copies(place.store, place.school, place.policies)
    made = desktop(place.store, lambda: place.school.directory, key=place.key, copies=copies)
    made.clock.at = place.now
    return made


def pressed(client: FlaskClient, path: str, draft: bytes | None = None, ref: str = REF) -> TestResponse:
    token = csrf_of(client.get("/", base_url=ADDRESS).text)
    form: dict[str, object] = {"csrf": token} | ({"draft": (io.BytesIO(draft), "draft.json")} if draft else {})
    return client.post(f"/cases/{ref}/{path}", base_url=ADDRESS, data=form, content_type="multipart/form-data")


def unpacked(answer: TestResponse) -> dict[str, bytes]:
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def said(client: FlaskClient) -> str:
    return client.get(f"/cases/{REF}", base_url=ADDRESS).text


def audited(place: Place) -> list[tuple[str, str]]:
    with place.store.read() as tx:
        return [(line.who, line.what.split(",")[0]) for line in tx.audit.of_case(REF)]


def test_one_drafts_a_person_puts_it_right_and_another_one_approves(desk: Desktop, place: Place) -> None:
    clerk, head = desk.visitor(CLERK), desk.visitor(HEAD)
    assert "Draft a copy" in said(clerk)
    answer = pressed(clerk, "copy")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{REF}-draft.zip"'
    draft = unpacked(answer)
    assert set(draft) == {f"{REF}.json", f"{REF}.html"}
    assert b"DRAFT, not to be handed over" in draft[f"{REF}.html"]
    assert b"Mitchell" not in b"".join(draft.values())
    left = draft[f"{REF}.json"].replace(b"laughed", b"(taken out)") + b" " * 100_000
    final = unpacked(pressed(head, "copy/approve", left))
    assert b"(taken out)" in final[f"{REF}.html"]
    assert b"DRAFT" not in final[f"{REF}.html"]
    lines = audited(place)
    assert (CLERK, f"drafted a copy for the complainant: {REF}") in lines
    assert (HEAD, "approved a copy for the complainant") in lines


def test_whoever_asked_for_it_does_not_approve_it(desk: Desktop) -> None:
    clerk = desk.visitor(CLERK)
    left = unpacked(pressed(clerk, "copy"))[f"{REF}.json"]
    assert pressed(clerk, "copy/approve", left).status_code == 303
    assert "No copy was made. Whoever asked for the copy does not approve it" in said(clerk)


@pytest.mark.parametrize(
    "left", [b"", b"{}", b"\xff\xfe", b"[" * 50_000, b"PK\x03\x04", b'{"state": "draft", "complaints": [{}]}']
)
def test_what_is_no_draft_is_not_approved(desk: Desktop, place: Place, left: bytes) -> None:
    pressed(desk.visitor(CLERK), "copy")
    head = desk.visitor(HEAD)
    assert pressed(head, "copy/approve", left).status_code == 303
    assert "No copy was made." in said(head)
    assert (HEAD, "approved a copy for the complainant") not in audited(place)


def test_markup_in_a_draft_stays_text(desk: Desktop) -> None:
    left = unpacked(pressed(desk.visitor(CLERK), "copy"))[f"{REF}.json"].replace(b"laughed", b"<script>x</script>")
    assert b"<script" not in unpacked(pressed(desk.visitor(HEAD), "copy/approve", left))[f"{REF}.html"]


def test_more_than_a_draft_is_not_read(desk: Desktop) -> None:
    assert pressed(desk.visitor(HEAD), "copy/approve", b"x" * LARGEST_DRAFT).status_code == 413


def test_the_headteacher_complained_about_gets_what_they_would_get_without_a_complaint(
    desk: Desktop, place: Place
) -> None:
    send(place, "complaint", "c-2", **{
        "Name": "Alma Reyes", "Email": "alma.reyes@family.example", "What is it to do with?": "Conduct of staff",
        "Who or what is your complaint about?": "The headteacher", "Is a child at risk of harm?": "No"})  # fmt: skip
    head = desk.visitor(HEAD)
    for path in ("copy", "copy/approve"):
        found, missing = (pressed(head, path, b"{}", ref) for ref in ("C-2026-0002", "C-2026-0999"))
        assert found.status_code == missing.status_code == 404
        assert (found.data, list(found.headers)) == (missing.data, list(missing.headers))


def test_a_form_from_elsewhere_makes_no_copy(desk: Desktop, place: Place) -> None:
    clerk = desk.visitor(CLERK)
    for path in ("copy", "copy/approve"):
        assert clerk.post(f"/cases/{REF}/{path}", base_url=ADDRESS, data={"csrf": "guessed"}).status_code == 400
        assert desk.visitor().post(f"/cases/{REF}/{path}", base_url=ADDRESS).status_code == 302
    assert audited(place) == []
