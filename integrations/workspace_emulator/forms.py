"""The Forms API (developers.google.com/workspace/forms/api/reference/rest): reading forms and what was answered."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from integrations.workspace_emulator.calls import Call, Handler, Json
from integrations.workspace_emulator.discovery import check_resource
from integrations.workspace_emulator.errors import ApiError, invalid, not_found
from integrations.workspace_emulator.event_times import instant
from integrations.workspace_emulator.partial import page_of

FILTER = re.compile(r"timestamp\s*(>=?)\s*(\S+)")


@dataclass(slots=True)
class StoredForm:
    """A form and the answers to it, by response id. ``editors``: None means that nobody is kept out."""

    form: Json
    responses: dict[str, Json] = field(default_factory=dict)
    editors: frozenset[str] | None = None


class Forms:
    """Forms handed to the emulator, and the API that reads them."""

    def __init__(self) -> None:
        self._forms: dict[str, StoredForm] = {}
        self.handlers: dict[str, Handler] = {
            "forms.forms.get": self.get,
            "forms.forms.responses.get": self.get_response,
            "forms.forms.responses.list": self.list_responses,
        }

    def add(self, form: Json, responses: Sequence[Json] = (), editors: Sequence[str] | None = None) -> None:
        """Hold a form (a Form resource) and answers to it. Raises ApiError 400 where one is not as Google has it."""
        check_resource("forms", "Form", form)
        if "formId" not in form:
            raise invalid("a form needs its formId")
        kept = None if editors is None else frozenset(map(str.lower, editors))
        self._forms[form["formId"]] = StoredForm(form, {}, kept)
        for response in responses:
            self.answer(form["formId"], response)

    def answer(self, form_id: str, response: Json) -> None:
        """Hold one answer (a FormResponse); the same responseId again is an edit. Raises ApiError 400 or 404."""
        check_resource("forms", "FormResponse", response)
        if form_id not in self._forms:
            raise not_found()
        if not {"responseId", "createTime", "lastSubmittedTime"} <= set(response):
            raise invalid("a response needs responseId, createTime and lastSubmittedTime")
        self._forms[form_id].responses[response["responseId"]] = response

    def get(self, call: Call) -> Json:
        """A form and its questions."""
        return copy.deepcopy(self._open(call).form)

    def get_response(self, call: Call) -> Json:
        """One answer."""
        response = self._open(call).responses.get(str(call.params["responseId"]))
        if response is None:
            raise not_found()
        return copy.deepcopy(response)

    def list_responses(self, call: Call) -> Json:
        """Answers, with ``filter`` only those (re)submitted after, or at and after, an instant."""
        stored = self._open(call)
        found = list(stored.responses.values())
        if "filter" in call.params:
            matched = FILTER.fullmatch(call.params["filter"].strip())
            if matched is None:
                raise invalid("Invalid filter: only timestamp > N and timestamp >= N are supported.")
            since = instant(matched[2])
            strictly = matched[1] == ">"
            times = [(instant(r["lastSubmittedTime"]), r) for r in found]
            found = [r for at, r in times if at > since or (at == since and not strictly)]
        page, following = page_of(found, call.params, "pageSize", 5000, 5000)
        answer: Json = {"responses": copy.deepcopy(page)} if page else {}
        return answer | ({"nextPageToken": following} if following else {})

    def state(self) -> Json:
        """For tests: forms and answers by form id."""
        return {id: {"form": s.form, "responses": list(s.responses.values())} for id, s in self._forms.items()}

    def _open(self, call: Call) -> StoredForm:
        stored = self._forms.get(str(call.params["formId"]))
        if stored is None:
            raise not_found()
        if stored.editors is not None and call.subject not in stored.editors:
            raise ApiError(403, "forbidden", "The caller does not have permission")
        return stored
