"""Sign-in, with the local Workspace as the provider: the whole round, and what must not be accepted."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography.fernet import Fernet
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from integrations.workspace_emulator import jwt
from integrations.workspace_emulator.server import RunningEmulator, running_emulator
from service.school import School
from service.store import Cipher, Store, StoreUnavailableError
from service.web.session import signing_key
from service.web.sign_in import local
from tests.service.console_app import ADDRESS, Desktop, csrf_of, desktop
from tests.service.console_case import BULLYING, DSL, HEAD, SAFEGUARDING_BOX, fill

STRANGER = "somebody@northbridge.example"
PATH = f"/cases/{BULLYING}"
BACK = f"{ADDRESS}/sign-in/back"


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    people = [{"name": "Somebody", "email": address} for address in (DSL, HEAD, SAFEGUARDING_BOX, STRANGER)]
    with running_emulator(seed_state={"people": people}) as running:
        yield running


@pytest.fixture
def client_of(emulator: RunningEmulator) -> tuple[str, str]:
    made = ("desk", secrets.token_urlsafe(16))
    emulator.workspace.register(
        "openid-clients", {"client_id": made[0], "client_secret": made[1], "redirect_uris": [BACK]}
    )
    return made


@pytest.fixture
def store(cipher: Cipher) -> Iterator[Store]:
    made = Store.memory(cipher, "north")
    fill(made)
    yield made
    made.close()


@pytest.fixture
def desk(store: Store, school: School, emulator: RunningEmulator, client_of: tuple[str, str]) -> Desktop:
    key = Fernet.generate_key().decode()
    return desktop(store, lambda: school.directory, key=key, issuer=emulator.url, client=client_of)


def sent_to_google(browser: FlaskClient, path: str = PATH) -> str:
    """Open a page without being signed in, and follow to where one is sent."""
    to_sign_in = browser.get(path, base_url=ADDRESS).headers["Location"]
    answer = browser.get(to_sign_in, base_url=ADDRESS)
    assert answer.status_code == 302
    return answer.headers["Location"]


def chosen(google: str, who: str) -> str:
    """Pick an account there: the address that one is sent back to."""
    answer = requests.post(google, data={"email": who}, allow_redirects=False, timeout=5)
    assert answer.status_code == 303
    return answer.headers["Location"]


def come_back(browser: FlaskClient, address: str) -> TestResponse:
    parts = urlsplit(address)
    return browser.get(f"{parts.path}?{parts.query}", base_url=ADDRESS)


def sign_in(desk: Desktop, who: str) -> tuple[FlaskClient, TestResponse]:
    browser = desk.app.test_client()
    return browser, come_back(browser, chosen(sent_to_google(browser), who))


def is_signed_in(browser: FlaskClient) -> bool:
    return browser.get("/", base_url=ADDRESS).status_code == 200


def test_a_link_to_a_case_leads_through_sign_in_to_the_case(desk: Desktop, store: Store) -> None:
    browser, back = sign_in(desk, DSL)
    assert (back.status_code, back.headers["Location"]) == (302, PATH)
    assert "What was reported" in browser.get(PATH, base_url=ADDRESS).text
    with store.read() as tx:
        assert [line.what for line in tx.audit.of_case(BULLYING)] == ["read the case"]


def test_what_the_provider_is_asked(desk: Desktop) -> None:
    asked = parse_qs(urlsplit(sent_to_google(desk.app.test_client())).query)
    assert asked["response_type"] == ["code"]
    assert asked["redirect_uri"] == [BACK]
    assert asked["scope"] == ["openid email"]
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
    assert asked["prompt"] == ["select_account"]
    assert min(len(asked["state"][0]), len(asked["nonce"][0])) >= 20


def test_no_address_of_ours_names_a_person(desk: Desktop) -> None:
    browser = desk.app.test_client()
    google = sent_to_google(browser)
    back = chosen(google, DSL)
    landed = come_back(browser, back).headers["Location"]
    assert not any(part in address for part in ("calder", "%40", "@") for address in (google, back, landed))


@pytest.mark.parametrize("who", [STRANGER, SAFEGUARDING_BOX])
def test_who_is_not_a_person_on_the_list_is_not_let_in(desk: Desktop, who: str) -> None:
    with capture_logs() as logs:
        browser, back = sign_in(desk, who)
    assert back.status_code == 403
    assert "Sign in with your own school account" in back.text
    assert who not in back.text
    assert not is_signed_in(browser)
    assert [(line["event"], line["reason"]) for line in logs] == [("sign-in refused", "not on a school's list")]
    assert "@" not in repr(logs)


def test_somebody_who_turns_back_is_not_signed_in(desk: Desktop) -> None:
    browser = desk.app.test_client()
    answer = requests.post(sent_to_google(browser), data={"cancel": "1"}, allow_redirects=False, timeout=5)
    assert come_back(browser, answer.headers["Location"]).status_code == 403
    assert not is_signed_in(browser)


def test_an_answer_is_good_once_and_only_in_the_browser_that_asked(desk: Desktop) -> None:
    browser, other = desk.app.test_client(), desk.app.test_client()
    back = chosen(sent_to_google(browser), DSL)
    assert come_back(other, back).status_code == 403
    assert come_back(browser, back).status_code == 302
    assert come_back(browser, back).status_code == 403
    assert not is_signed_in(other)


def test_an_answer_to_another_question_is_refused(desk: Desktop) -> None:
    browser = desk.app.test_client()
    mine, theirs = sent_to_google(browser), sent_to_google(desk.app.test_client())
    state = parse_qs(urlsplit(mine).query)["state"][0]
    foreign = chosen(theirs, HEAD)
    code = parse_qs(urlsplit(foreign).query)["code"][0]
    # Somebody else's code with our own state: PKCE tells that it was not asked for here.
    assert browser.get(f"/sign-in/back?code={code}&state={state}", base_url=ADDRESS).status_code == 403
    assert not is_signed_in(browser)


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": "another"},
        {"aud": "another-application"},
        {"iss": "https://accounts.example"},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": None},
        {"email": [DSL]},
        {"exp": 1},
    ],
    ids=str,
)
def test_a_token_that_is_not_what_was_asked_for_is_refused(
    desk: Desktop, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    real: Callable[..., str] = jwt.sign
    monkeypatch.setattr(jwt, "sign", lambda claims, key, number: real(claims | change, key, number))
    browser, back = sign_in(desk, DSL)
    assert back.status_code == 403
    assert not is_signed_in(browser)


def test_a_token_signed_by_somebody_else_is_refused(desk: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    real, forged = jwt.sign, jwt.new_key()
    monkeypatch.setattr(jwt, "sign", lambda claims, key, number: real(claims, forged, number))
    browser, back = sign_in(desk, DSL)
    assert back.status_code == 403
    assert not is_signed_in(browser)


def test_another_issuer_than_the_one_that_was_set_is_refused(
    store: Store, school: School, emulator: RunningEmulator, client_of: tuple[str, str]
) -> None:
    elsewhere = emulator.url.replace("127.0.0.1", "localhost")
    key = Fernet.generate_key().decode()
    desk = desktop(store, lambda: school.directory, key=key, issuer=elsewhere, client=client_of)
    assert sign_in(desk, DSL)[1].status_code == 403


def test_a_provider_that_is_out_of_reach_is_said_to_be(store: Store, school: School) -> None:
    desk = desktop(store, lambda: school.directory, key=Fernet.generate_key().decode())
    answer = desk.app.test_client().get("/sign-in/", base_url=ADDRESS)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "try again in a minute" in answer.text


def test_several_tabs_may_sign_in_at_once(desk: Desktop) -> None:
    browser = desk.app.test_client()
    opened = [sent_to_google(browser) for _ in range(6)]
    assert come_back(browser, chosen(opened[0], DSL)).status_code == 403  # too many: the oldest is forgotten
    assert come_back(browser, chosen(sent_to_google(browser), DSL)).status_code == 302
    assert is_signed_in(browser)


def test_what_the_browser_held_before_is_gone_after_sign_in(desk: Desktop) -> None:
    browser = desk.app.test_client()
    with browser.session_transaction(base_url=ADDRESS) as before:
        before.update(csrf="known to somebody else", who=HEAD)
    come_back(browser, chosen(sent_to_google(browser), DSL))
    page = browser.get("/", base_url=ADDRESS).text
    assert csrf_of(page) != "known to somebody else"
    assert "Ruth Calder" in page


def test_people_are_sent_to_the_one_host_that_the_cookie_belongs_to(desk: Desktop) -> None:
    answer = desk.app.test_client().get(f"/sign-in/?next={PATH}", base_url="http://localhost:8000")
    assert answer.headers["Location"] == f"{ADDRESS}/sign-in/?next={PATH}"


def test_behind_a_proxy_that_names_another_host_people_come_to_google_all_the_same(
    store: Store, school: School, emulator: RunningEmulator, client_of: tuple[str, str]
) -> None:
    key, address = Fernet.generate_key().decode(), "https://policydesk.northbridge.example"
    desk = desktop(
        store, lambda: school.directory, key=key, address=address, issuer=emulator.url, client=client_of
    )  # fmt: skip
    answer = desk.app.test_client().get("/sign-in/", base_url="https://inside:8000")
    assert answer.headers["Location"].startswith(f"{emulator.url}/o/oauth2/v2/auth?")
    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert asked["redirect_uri"] == [f"{address}/sign-in/back"]
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-policydesk=")
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_an_answer_that_nobody_asked_for_signs_nobody_out(desk: Desktop) -> None:
    browser, _ = sign_in(desk, DSL)
    assert browser.get("/sign-in/back?code=x&state=y", base_url=ADDRESS).status_code == 403
    assert is_signed_in(browser)


def test_signing_out_ends_it_and_only_from_our_own_page(desk: Desktop) -> None:
    browser, _ = sign_in(desk, DSL)
    browser.post("/sign-in/out", base_url=ADDRESS)
    assert is_signed_in(browser)
    token = csrf_of(browser.get("/", base_url=ADDRESS).text)
    answer = browser.post("/sign-in/out", base_url=ADDRESS, data={"csrf": token})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in/ended")
    assert not is_signed_in(browser)
    assert "You have signed out" in browser.get("/sign-in/ended", base_url=ADDRESS).text


def test_a_copy_of_the_cookie_opens_nothing_once_its_user_has_signed_out(desk: Desktop, store: Store) -> None:
    browser, _ = sign_in(desk, DSL)
    elsewhere, _ = sign_in(desk, DSL)
    token = csrf_of(browser.get("/", base_url=ADDRESS).text)
    with browser.session_transaction(base_url=ADDRESS) as session:
        copied = dict(session)
    browser.post("/sign-in/out", base_url=ADDRESS, data={"csrf": token})
    thief = desk.app.test_client()
    with thief.session_transaction(base_url=ADDRESS) as session:
        session.update(copied)
    assert not is_signed_in(thief)
    assert is_signed_in(elsewhere), "another session of the same person goes on"
    with store.read() as tx:
        assert [line.what for line in tx.audit.of_case(None)].count("signed out") == 1


def test_who_signs_out_while_nothing_can_be_written_is_out_of_this_browser(
    desk: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, _ = sign_in(desk, DSL)
    token = csrf_of(browser.get("/", base_url=ADDRESS).text)

    def full(_: Store) -> None:
        raise StoreUnavailableError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "write", full)
        assert browser.post("/sign-in/out", base_url=ADDRESS, data={"csrf": token}).status_code == 503
    assert not is_signed_in(browser)


def test_a_change_of_the_newest_key_signs_nobody_out(
    store: Store, school: School, emulator: RunningEmulator, client_of: tuple[str, str]
) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    assert signing_key(old) != signing_key(new)
    before = desktop(store, lambda: school.directory, key=old, issuer=emulator.url, client=client_of)
    browser, _ = sign_in(before, DSL)
    cookie = browser.get_cookie("policydesk", domain="127.0.0.1")
    assert cookie is not None
    for keys, expected in (([new, old], 200), ([new], 302)):
        after = desktop(store, lambda: school.directory, key=keys[0], older=keys[1:])
        other = after.app.test_client()
        other.set_cookie("policydesk", cookie.value, domain="127.0.0.1")
        assert other.get("/", base_url=ADDRESS).status_code == expected


@pytest.mark.parametrize("path", ["/", PATH, PATH.lower(), "/cases/SC-2026-12345"])
def test_one_comes_back_to_our_own_pages(path: str) -> None:
    assert local(path) == path


@pytest.mark.parametrize(
    "path",
    [
        *("", "//evil.example", "https://evil.example/", "/\\evil.example", "/cases/../x", "javascript:alert(1)"),
        *(f"{PATH}\n", f"{PATH}/release", f"{PATH}?a=1", f"{PATH}#x", "/sign-in/out", "/cases/B-٢٠٢٦-0001"),
    ],
)
def test_one_never_comes_back_anywhere_else(path: str) -> None:
    assert local(path) == "/"


@given(st.text(alphabet="/\\casesB-2026:.@?#\n \t٢", max_size=40))
def test_wherever_one_is_sent_it_is_here(path: str) -> None:
    parts = urlsplit(local(path))
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")
    assert local(path).startswith("/")
    assert not local(path).startswith(("//", "/\\"))
