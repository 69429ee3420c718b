"""Forms and their responses, as given to the emulator."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from googleapiclient.errors import HttpError

FORM = {
    "formId": "form-1",
    "info": {"title": "Case update", "documentTitle": "Case update"},
    "items": [
        {
            "itemId": "1",
            "title": "Case reference",
            "questionItem": {"question": {"questionId": "q1", "textQuestion": {}}},
        }
    ],
}


def response(name: str, at: str) -> dict[str, Any]:
    answer = {"questionId": "q1", "textAnswers": {"answers": [{"value": "B-2026-0001"}]}}
    return {"responseId": name, "createTime": at, "lastSubmittedTime": at, "answers": {"q1": answer}}


def test_a_form_and_its_responses_can_be_read(google: Any, emulator: Any) -> None:
    """workspace/forms/api/reference/rest/v1/forms/get and forms.responses/get."""
    given = {"form": FORM, "responses": [response("r1", "2026-10-06T10:20:00Z")]}
    assert requests.post(f"{emulator.url}/_emulator/forms", json=given, timeout=5).status_code == 201
    forms = google("forms").forms()
    assert forms.get(formId="form-1").execute()["info"]["title"] == "Case update"
    assert forms.responses().get(formId="form-1", responseId="r1").execute()["responseId"] == "r1"
    with pytest.raises(HttpError) as error:
        forms.get(formId="form-2").execute()
    assert json.loads(error.value.content)["error"]["status"] == "NOT_FOUND"


def test_responses_are_filtered_by_when_they_were_last_submitted(google: Any, emulator: Any) -> None:
    """workspace/forms/api/reference/rest/v1/forms.responses/list: filter is "timestamp > N" or "timestamp >= N"."""
    times = {"r1": "2026-10-06T10:20:00Z", "r2": "2026-10-06T10:21:00Z", "r3": "2026-10-06T10:22:00Z"}
    emulator.workspace.register("forms", {"form": FORM, "responses": [response(n, at) for n, at in times.items()]})
    api = google("forms").forms().responses()

    def names(**options: Any) -> list[str]:
        found = api.list(formId="form-1", **options).execute()
        return [item["responseId"] for item in found.get("responses", [])]

    assert names() == ["r1", "r2", "r3"]
    assert names(filter="timestamp > 2026-10-06T10:21:00Z") == ["r3"]
    assert names(filter="timestamp >= 2026-10-06T10:21:00Z") == ["r2", "r3"]
    assert names(pageSize=2, pageToken="2") == ["r3"]
    with pytest.raises(HttpError) as error:
        names(filter="respondent = someone")
    assert error.value.status_code == 400


def test_an_edited_response_keeps_its_id(google: Any, emulator: Any) -> None:
    """workspace/forms/api/reference/rest/v1/forms.responses: lastSubmittedTime moves, createTime and id do not."""
    emulator.workspace.register("forms", {"form": FORM, "responses": [response("r1", "2026-10-06T10:20:00Z")]})
    edited = response("r1", "2026-10-06T10:20:00Z") | {"lastSubmittedTime": "2026-10-06T11:00:00Z"}
    address = f"{emulator.url}/_emulator/forms/form-1/responses"
    assert requests.post(address, json=edited, timeout=5).status_code == 201
    (found,) = google("forms").forms().responses().list(formId="form-1").execute()["responses"]
    assert found["lastSubmittedTime"] == "2026-10-06T11:00:00Z"


def test_what_is_not_a_form_is_not_taken(emulator: Any) -> None:
    answer = requests.post(f"{emulator.url}/_emulator/forms", json={"form": FORM | {"colour": "red"}}, timeout=5)
    assert answer.status_code == 400
    assert "colour" in answer.json()["error"]
