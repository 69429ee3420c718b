"""Signatures, held to the reference package of Standard Webhooks."""

import base64
import os
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from integrations.intake import SignatureError, Verifier, signing_key

NOW = datetime(2026, 10, 6, 10, 20, 0, tzinfo=UTC)  # a Tuesday


def new_secret() -> str:
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()


def signed(secret: str, body: str, *, at: datetime = NOW, message: str = "msg_1") -> dict[str, str]:
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message, at, body),
    }


@pytest.mark.parametrize("body", ["", "{}", '{"price": "£5"}', "é", "👍🏽", "a\r\nb\0c", "x" * 100_000])
def test_what_the_package_signs_is_accepted(body: str) -> None:
    secret = new_secret()
    assert Verifier([secret]).verify(signed(secret, body), body.encode(), NOW) == "msg_1"


def test_either_of_two_secrets_will_do_and_no_third() -> None:
    old, new, other = new_secret(), new_secret(), new_secret()
    verifier = Verifier([new, old])
    for secret in (old, new):
        verifier.verify(signed(secret, "{}"), b"{}", NOW)
    with pytest.raises(SignatureError, match="wrong-signature"):
        verifier.verify(signed(other, "{}"), b"{}", NOW)


def test_one_good_signature_among_several_will_do() -> None:
    secret = new_secret()
    headers = signed(secret, "{}")
    headers["webhook-signature"] = f"v1a,AAAA v1,AAAA v1,!!! v1 {headers['webhook-signature']}"
    assert Verifier([secret]).verify(headers, b"{}", NOW)


@pytest.mark.parametrize(
    ("apart", "accepted"),
    [(-301, False), (-300, True), (-299, True), (0, True), (300, True), (301, False), (86_400, False)],
)
def test_five_minutes_are_exactly_five_minutes(apart: int, accepted: bool) -> None:
    secret = new_secret()
    headers = signed(secret, "{}", at=NOW + timedelta(seconds=apart))
    if accepted:
        assert Verifier([secret]).verify(headers, b"{}", NOW)
    else:
        with pytest.raises(SignatureError, match="stale"):
            Verifier([secret]).verify(headers, b"{}", NOW)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", [None, ""])
def test_every_header_is_needed(name: str, value: str | None) -> None:
    secret = new_secret()
    headers = {**signed(secret, "{}"), name: value or ""}
    if value is None:
        del headers[name]
    with pytest.raises(SignatureError, match="missing-header"):
        Verifier([secret]).verify(headers, b"{}", NOW)


@pytest.mark.parametrize("stamp", ["now", "1e9", "-1", " 1", "1.5", "٣", "0", "01", "9" * 40, "nan", "inf"])
def test_a_malformed_time_is_refused(stamp: str) -> None:
    secret = new_secret()
    with pytest.raises(SignatureError, match="malformed-timestamp"):
        Verifier([secret]).verify({**signed(secret, "{}"), "webhook-timestamp": stamp}, b"{}", NOW)


@pytest.mark.parametrize("signature", ["v1", "v1,", "v1,é", "v1,a", ",", " ", "v2,AAAA", "v1,AAAA,AAAA", "x" * 5000])
def test_a_malformed_signature_is_refused(signature: str) -> None:
    secret = new_secret()
    with pytest.raises(SignatureError):
        Verifier([secret]).verify({**signed(secret, "{}"), "webhook-signature": signature}, b"{}", NOW)


def test_a_changed_id_time_or_body_is_refused() -> None:
    secret = new_secret()
    headers = signed(secret, "{}")
    later = str(int(headers["webhook-timestamp"]) + 1)
    for changed, body in (
        ({**headers, "webhook-id": "msg_2"}, b"{}"),
        ({**headers, "webhook-timestamp": later}, b"{}"),
        (headers, b"{} "),
        (headers, b"\xff"),
    ):
        with pytest.raises(SignatureError, match="wrong-signature"):
            Verifier([secret]).verify(changed, body, NOW)


@pytest.mark.parametrize("secret", ["", "abc", "whsec_", "whsec_%%%", "whsec_" + base64.b64encode(b"short").decode()])
def test_a_secret_that_is_not_one_is_told_without_being_repeated(secret: str) -> None:
    with pytest.raises(ValueError, match=r"start|base64|short") as refused:
        signing_key(secret)
    assert not secret or secret == "whsec_" or secret not in str(refused.value)
