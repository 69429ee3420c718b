"""The connector against a listening service, seen from the connector's side only.

Whatever keeps the webhook's contract will do for the service: the fixture `webhook_url` says which one it is.
"""

from __future__ import annotations

import base64
import time
from datetime import datetime
from itertools import pairwise

from apps_script_connector import Connector

MINUTE = 60
REPORT = {
    "When did it happen?": "2026-10-06",
    "What happened?": 'Called names, “£5 or else” – at the café 😀 \u2028 \\ "',
}


def test_a_submission_with_any_letters_is_signed_and_accepted(connector: Connector) -> None:
    submitted = connector.submit(REPORT, "m.ellison@northbridge.example")

    (sent,) = connector.sent()
    assert submitted["thrown"] is None
    assert sent.status == 202
    assert sent.reply is not None
    assert sent.reply["duplicate"] is False
    data = sent.message["data"]
    assert data["response_id"] == submitted["response"]
    assert data["form_id"] == connector.definition["formId"]
    assert data["form_title"] == "Bullying incident report"
    assert data["respondent_email"] == "m.ellison@northbridge.example"
    assert {each["title"]: each["value"] for each in data["answers"]} == REPORT
    assert connector.queue() == {}


def test_an_edited_response_is_the_next_revision_under_another_message_id(connector: Connector) -> None:
    response = connector.submit(REPORT)["response"]
    connector.submit({"What happened?": "Somebody else saw it too."}, response=response)

    first, second = connector.sent()
    assert (first.revision, second.revision) == (1, 2)
    assert (first.status, second.status) == (202, 202)
    assert second.reply is not None
    assert second.reply["duplicate"] is False
    assert first.id != second.id


def test_a_trigger_that_fires_twice_does_no_harm(connector: Connector) -> None:
    response = connector.submit(REPORT)["response"]
    connector.do("fire", response=response)

    first, second = connector.sent()
    assert first.id == second.id
    assert first.message == second.message
    assert second.reply is not None
    assert second.reply["duplicate"] is True


def test_answers_edited_back_to_the_first_text_are_a_third_revision(connector: Connector) -> None:
    response = connector.submit(REPORT)["response"]
    for text in ("Another text.", REPORT["What happened?"]):
        connector.submit({"What happened?": text}, response=response)

    assert [(each.revision, each.status) for each in connector.sent()] == [(1, 202), (2, 202), (3, 202)]


def test_a_response_whose_trigger_never_fired_is_found_within_one_run(connector: Connector) -> None:
    missed = connector.submit(REPORT, trigger=False)["response"]
    assert connector.sent() == []

    assert connector.tick() is None
    assert [(each.message["data"]["response_id"], each.status) for each in connector.sent()] == [(missed, 202)]
    connector.tick()
    assert len(connector.sent()) == 1, "what was delivered is not sent again"


def test_an_edit_whose_trigger_never_fired_is_found_too(connector: Connector) -> None:
    response = connector.submit(REPORT)["response"]
    connector.submit({"What happened?": "And again at lunch."}, response=response, trigger=False)
    connector.tick()

    assert [(each.revision, each.status) for each in connector.sent()] == [(1, 202), (2, 202)]


def test_while_the_service_is_away_responses_wait_with_growing_pauses_then_arrive(
    connector: Connector, webhook_url: str
) -> None:
    connector.do("clock", at=(time.time() - 4 * 60 * MINUTE) * 1000)
    began = connector.report()["now"]
    connector.route(None)
    connector.submit(REPORT)
    for _ in range(47):
        connector.tick(seconds=5 * MINUTE)

    attempts, next_attempt, since, outcome = next(iter(connector.queue().values()))
    timestamps = [int(each["headers"]["webhook-timestamp"]) for each in connector.report()["requests"][2:]]
    pauses = [round((later - earlier) / MINUTE) for earlier, later in pairwise(timestamps)]
    assert pauses == [5, 10, 20, 40, 60, 60]
    assert attempts == len(timestamps) == 7
    assert outcome == "no answer"
    assert abs(since - began) < 2000
    assert next_attempt is not None
    assert next_attempt > connector.report()["now"]

    connector.do("clock")
    connector.route(webhook_url)
    connector.menu("Send what is waiting now")
    assert connector.sent()[-1].status == 202
    assert connector.sent()[-1].revision == 1
    assert connector.queue() == {}


def test_an_edit_while_the_service_is_away_arrives_as_the_newest_text(connector: Connector, webhook_url: str) -> None:
    connector.route(None)
    response = connector.submit(REPORT)["response"]
    connector.submit({"What happened?": "The newest text."}, response=response)
    connector.route(webhook_url)
    connector.menu("Send what is waiting now")

    last = connector.sent()[-1]
    assert (last.revision, last.status) == (2, 202)
    assert {"title": "What happened?", "value": "The newest text."}.items() <= last.message["data"]["answers"][
        1
    ].items()
    assert connector.queue() == {}


def test_the_connection_test_leaves_no_submission_behind(connector: Connector) -> None:
    connector.menu("Send a test")
    assert connector.sent() == []
    assert [each["status"] for each in connector.report()["requests"]] == [401, 400, 401, 400]


def test_the_time_of_submission_carries_the_offset_of_the_school(connector: Connector) -> None:
    summer = datetime.fromisoformat("2026-07-01T11:20:00+01:00")
    winter = datetime.fromisoformat("2027-01-11T11:20:00+00:00")
    for at in (summer, winter):
        connector.do("submit", answers=dict(REPORT), at=at.timestamp() * 1000)

    stamps = [each.message["data"]["submitted_at"] for each in connector.sent()]
    assert stamps == ["2026-07-01T11:20:00+01:00", "2027-01-11T11:20:00Z"]
    assert [each.status for each in connector.sent()] == [202, 202]


def test_nothing_secret_or_personal_is_logged_or_kept(connector: Connector, secret: str) -> None:
    text = "Jordan Example hit Sam Example"
    connector.route(None)
    thrown = connector.submit({"What happened?": text}, "m.ellison@northbridge.example")["thrown"]
    connector.menu("Show what is waiting")
    later = connector.tick(seconds=2 * 60 * MINUTE)
    report = connector.report()
    properties = {name: value for name, value in report["properties"].items() if name != "webhook secret"}
    written = " ".join([str(report["log"]), str(properties), str(thrown), str(later)])

    assert later is not None, "an alarm was raised"
    for private in (text, "Jordan", "m.ellison", secret, secret.removeprefix("whsec_")):
        assert private not in written
    assert base64.b64decode(secret.removeprefix("whsec_")).hex() not in written
