"""From an answer in the form to an answer in the message, for every kind of question."""

from __future__ import annotations

from typing import Any

import pytest
from apps_script_connector import FORMS, MakeConnector, load_form
from receiving_service import ReceivingService

SAMPLES = sorted(path.name.removesuffix(".form.json") for path in FORMS.glob("*.form.json"))
UPLOAD = "fileUploadQuestion"


def some_answer(question: dict[str, Any]) -> str | list[str]:
    if "choiceQuestion" in question:
        choice = question["choiceQuestion"]
        offered = [option["value"] for option in choice["options"] if "value" in option]
        return offered[:2] if choice["type"] == "CHECKBOX" else offered[0]
    if "dateQuestion" in question:
        return "2026-10-06"
    if "timeQuestion" in question:
        return "11:05"
    if UPLOAD in question:
        return ["1driveFileId", "2driveFileId"]
    return "Words, £ and é & entry.99=1"


@pytest.mark.parametrize("name", SAMPLES)
def test_every_question_of_the_sample_forms_goes_out_under_the_id_of_the_forms_api(
    connect: MakeConnector, service: ReceivingService, secret: str, name: str
) -> None:
    asked = [item for item in load_form(name)["items"] if "questionItem" in item]
    questions = [item["questionItem"]["question"] for item in asked]
    given = {item["title"]: some_answer(question) for item, question in zip(asked, questions, strict=True)}
    connector = connect(name, service.address)
    connector.set_up(secret)
    connector.submit(given, "someone@northbridge.example")

    (data,) = service.accepted.values()
    # Google makes no pre-filled link for an upload, so there the item's id stands for the question's.
    ids = [item["itemId"] if UPLOAD in item["questionItem"]["question"] else question["questionId"]
           for item, question in zip(asked, questions, strict=True)]  # fmt: skip
    assert [each["question_id"] for each in data["answers"]] == ids
    assert {each["title"]: each["value"] for each in data["answers"]} == given


def question_item(item_id: str, title: str, question_id: str, **question: Any) -> dict[str, Any]:
    return {"itemId": item_id, "title": title, "questionItem": {"question": {"questionId": question_id, **question}}}


def grid_item(item_id: str, title: str, kind: str, rows: dict[str, str]) -> dict[str, Any]:
    questions = [{"questionId": question_id, "rowQuestion": {"title": row}} for question_id, row in rows.items()]
    return {
        "itemId": item_id,
        "title": title,
        "questionGroupItem": {"questions": questions, "grid": {"columns": {"type": kind}}},
    }


def form_of(*items: dict[str, Any], email: str = "DO_NOT_COLLECT") -> dict[str, Any]:
    return {
        "formId": "1testForm",
        "info": {"title": "A form"},
        "settings": {"emailCollectionType": email},
        "responderUri": "https://docs.google.com/forms/d/e/1testForm/viewform",
        "items": list(items),
    }


def delivered(connect: MakeConnector, service: ReceivingService, form: dict[str, Any], answers: Any) -> dict[str, Any]:
    connector = connect(form, service.address)
    connector.set_up(service.secret)
    connector.submit(answers, "someone@northbridge.example")
    (data,) = service.accepted.values()
    return data


def test_grids_are_one_answer_for_each_row_that_was_answered(connect: MakeConnector, service: ReceivingService) -> None:
    form = form_of(
        grid_item("000000a1", "How often?", "RADIO", {"00000b01": "Bus", "00000b02": "Yard", "00000b03": "Hall"}),
        grid_item("000000a2", "Who saw?", "CHECKBOX", {"00000c01": "Mon", "00000c02": "Tue"}),
    )
    data = delivered(
        connect, service, form, {"How often?": ["Daily", None, "Once"], "Who saw?": [[], ["Staff", "Pupils"]]}
    )
    assert data["answers"] == [
        {"question_id": "00000b01", "title": "How often? [Bus]", "value": "Daily"},
        {"question_id": "00000b03", "title": "How often? [Hall]", "value": "Once"},
        {"question_id": "00000c02", "title": "Who saw? [Tue]", "value": ["Staff", "Pupils"]},
    ]


@pytest.mark.parametrize(("given", "value"), [("9:05", "09:05"), ("09:05", "09:05"), ("23:59", "23:59")])
def test_a_time_has_two_digits_for_the_hour(
    connect: MakeConnector, service: ReceivingService, given: str, value: str
) -> None:
    form = form_of(question_item("000000a1", "When?", "0000000f", timeQuestion={}))
    data = delivered(connect, service, form, {"When?": given})
    assert data["answers"] == [{"question_id": "0000000f", "title": "When?", "value": value}]


def test_ids_beyond_31_bits_keep_their_digits(connect: MakeConnector, service: ReceivingService) -> None:
    form = form_of(question_item("ffffffff", "Files", "80000000", fileUploadQuestion={}),
                   question_item("80000001", "Words", "fedcba98", textQuestion={}))  # fmt: skip
    data = delivered(connect, service, form, {"Files": ["1file"], "Words": "x"})
    assert [each["question_id"] for each in data["answers"]] == ["ffffffff", "fedcba98"]


def test_blanks_are_left_out_and_an_email_that_is_not_collected_is_null(
    connect: MakeConnector, service: ReceivingService
) -> None:
    form = form_of(
        question_item("000000a1", "Name", "00000001", textQuestion={}),
        question_item("000000a2", "Words", "00000002", textQuestion={"paragraph": True}),
    )
    data = delivered(connect, service, form, {"Name": "", "Words": "x"})
    assert [each["title"] for each in data["answers"]] == ["Words"]
    assert data["respondent_email"] is None


def test_a_very_long_answer_arrives_whole(connect: MakeConnector, service: ReceivingService) -> None:
    form = form_of(question_item("000000a1", "Words", "00000001", textQuestion={"paragraph": True}))
    text = "£é😀" * 100_000
    data = delivered(connect, service, form, {"Words": text})
    assert data["answers"][0]["value"] == text
