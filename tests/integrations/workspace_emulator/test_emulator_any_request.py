"""Whatever the discovery documents allow is answered or refused; nothing makes the emulator fall over."""

from __future__ import annotations

import random
from typing import Any

import pytest

from integrations.workspace_emulator import discovery
from integrations.workspace_emulator.app import create_emulator
from integrations.workspace_emulator.server import wall_clock
from integrations.workspace_emulator.sheet_changes import CHANGES

TRIES = 100
DEPTH = 7
URL = "http://127.0.0.1:1"
OWNER = "office@northbridge.example"
WORDS = [
    "",
    "a",
    "Sheet1",
    "=1+1",
    "Sheet1!A1:B2",
    "A",
    OWNER,
    "*",
    "userEnteredValue",
    "title",
    "ROWS",
    "c0ffee",
    "ünï",
]
TIMES = ["2026-10-12T09:00:00Z", "2026-10-12T10:00:00+01:00", "2026-10-12T09:00:00"]
SEED = {"spreadsheets": [{"id": "sheet"}], "forms": [{"form": {"formId": "form"}}]}
PATH = {
    "userId": "me",
    "calendarId": "primary",
    "spreadsheetId": "sheet",
    "formId": "form",
    "range": "A1",
    "metadataId": "1",
}


def anything(api: str, definition: dict[str, Any], rng: random.Random, depth: int = 0) -> Any:
    """A value that the schema allows, small numbers and known words more often than not."""
    if "$ref" in definition:
        return anything(api, discovery.document(api)["schemas"][definition["$ref"]], rng, depth)
    if "enum" in definition:
        return rng.choice(definition["enum"])
    match definition.get("type"), definition.get("format"):
        case ("boolean", _):
            return rng.random() < 0.5
        case ("integer", _):
            return rng.choice([0, 1, 2, 3, 30, 5000, -1 if definition.get("format") == "int32" else 4])
        case ("number", _):
            return rng.choice([0, 1.5, -2])
        case ("array", _):
            count = rng.randrange(3) if depth < DEPTH else 0
            return [anything(api, definition["items"], rng, depth + 1) for _ in range(count)]
        case ("object", _):
            properties: dict[str, Any] = definition.get("properties", {})
            chosen = [name for name in properties if rng.random() < (0.7 if len(properties) < 8 else 0.25)]
            return {name: anything(api, properties[name], rng, depth + 1) for name in chosen if depth < DEPTH}
        case ("any", _):
            return rng.choice([None, 1, "a", True, [], {}])
        case (_, "date-time" | "google-datetime"):
            return rng.choice(TIMES)
        case (_, "date"):
            return rng.choice(["2026-10-12", "2026-10-13"])
        case (_, "byte"):
            return rng.choice(["", "VG86IGFAYi5leGFtcGxlDQoNCmhp", "____", "VG86"])
        case (_, "int64" | "uint64"):
            return str(rng.randrange(100))
    return rng.choice(WORDS)


def body_of(method: discovery.Method, rng: random.Random) -> Any:
    if method.request is None:
        return None
    if method.id != "sheets.spreadsheets.batchUpdate":
        return anything(method.api, {"$ref": method.request}, rng)
    kinds = discovery.document("sheets")["schemas"]["Request"]["properties"]
    chosen = rng.choices(sorted(CHANGES), k=rng.randrange(1, 4))
    return {"requests": [{kind: anything("sheets", kinds[kind], rng)} for kind in chosen]}


def served() -> list[str]:
    return sorted(create_emulator(clock=wall_clock, public_url=URL).extensions["workspace"].handlers)


@pytest.mark.parametrize("name", served())
def test_nothing_that_the_document_allows_breaks_it(name: str) -> None:
    app = create_emulator(clock=wall_clock, public_url=URL, seed_state=SEED)
    workspace, client, rng = app.extensions["workspace"], app.test_client(), random.Random(name)
    method = next(m for m in discovery.methods(name.partition(".")[0]) if m.id == name)
    token = workspace.tokens.give(OWNER, method.scopes)["access_token"]
    path = method.pattern.pattern.replace("\\", "")
    for parameter in method.pattern.groupindex:
        path = path.replace(f"(?P<{parameter}>[^/]+)", PATH.get(parameter, "c0ffee"))
    for _ in range(TRIES):
        query = {
            key: anything(method.api, spec, rng)
            for key, spec in method.parameters.items()
            if spec["location"] == "query" and key not in ("alt", "fields") and rng.random() < 0.3
        }
        asked = {key: str(value).lower() if isinstance(value, bool) else value for key, value in query.items()}
        body = body_of(method, rng)
        header = {"Authorization": f"Bearer {token}", "Host": "127.0.0.1:1"}
        answer = client.open(path, method=method.verb, query_string=asked, json=body, headers=header)
        assert answer.status_code < 500 or answer.status_code == 501, f"{asked} {body}: {answer.text}"
    assert workspace.violations == []
