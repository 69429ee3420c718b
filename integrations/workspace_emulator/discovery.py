"""Holds the emulator to Google's own descriptions of its APIs.

The discovery documents ship with google-api-python-client. Every request is matched to a method and checked
against its parameters and request schema; every answer is checked against the response schema, so that the emulator
cannot drift from the interfaces that it stands in for. Format: developers.google.com/discovery/v1/type-format
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import unquote

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match

from integrations.workspace_emulator.calls import Json
from integrations.workspace_emulator.errors import ApiError, invalid

VERSIONS = {"gmail": "v1", "calendar": "v3", "sheets": "v4", "forms": "v1"}


class ContractBroken(Exception):  # noqa: N818 - read as a sentence in the log
    """The emulator was about to answer something that the discovery document does not allow."""


@dataclass(frozen=True, slots=True)
class Method:
    """One method of a discovery document. ``scopes`` lists the OAuth scopes, any one of which is enough."""

    api: str
    id: str
    verb: str
    pattern: re.Pattern[str]
    parameters: Mapping[str, Json]
    request: str | None
    response: str | None
    scopes: frozenset[str]


@cache
def document(api: str) -> Json:
    """The discovery document of ``api`` as the Google client library ships it."""
    folder = resources.files("googleapiclient.discovery_cache") / "documents"
    loaded: Json = json.loads((folder / f"{api}.{VERSIONS[api]}.json").read_text(encoding="utf-8"))
    return loaded


@cache
def methods(api: str) -> tuple[Method, ...]:
    """All methods of ``api``, those with the longest fixed text in their path first."""
    described = document(api)
    found = []
    for raw in _walk(described["resources"]):
        template = "/" + described["servicePath"] + raw["path"]
        method = Method(
            api=api,
            id=raw["id"],
            verb=raw["httpMethod"],
            pattern=_pattern(template),
            parameters=described["parameters"] | raw.get("parameters", {}),
            request=raw.get("request", {}).get("$ref"),
            response=raw.get("response", {}).get("$ref"),
            scopes=frozenset(raw.get("scopes", ())),
        )
        found.append((len(re.sub(r"\{[^}]*\}", "", template)), method))
    found.sort(key=lambda pair: -pair[0])
    return tuple(method for _, method in found)


def match(api: str, verb: str, raw_path: str) -> tuple[Method, dict[str, str]]:
    """The method that serves a still percent-encoded path, and its path parameters. Raises ApiError 404 or 405."""
    other_verbs = False
    for method in methods(api):
        matched = method.pattern.fullmatch(raw_path)
        if matched and method.verb == verb:
            return method, {name: unquote(value) for name, value in matched.groupdict().items()}
        other_verbs = other_verbs or matched is not None
    if other_verbs:
        raise ApiError(405, "httpMethodNotAllowed", "The requested HTTP method is not supported for this address.")
    raise ApiError(404, "notFound", "The requested URL was not found on this server.")


def parameters(method: Method, path: Mapping[str, str], query: Mapping[str, Sequence[str]]) -> Json:
    """Path and query parameters in their own types. Raises ApiError 400 for an unknown, missing or malformed one."""
    values: Json = {}
    for name, given in {**query, **{key: [value] for key, value in path.items()}}.items():
        spec = method.parameters.get(name)
        if spec is None:
            raise ApiError(400, "invalidParameter", f'Unknown name "{name}": Cannot bind query parameter.')
        converted = [_parameter(name, spec, text) for text in given]
        values[name] = converted if spec.get("repeated") else converted[-1]
    for name, spec in method.parameters.items():
        if spec.get("required") and name not in values:
            raise ApiError(400, "required", f"Required parameter: {name}", location=("parameter", name))
    return values


def check_request(method: Method, body: Any) -> None:
    """Raises ApiError 400 where the body is not what the method takes. In a PATCH, null removes a field."""
    if method.request is None:
        if body:
            raise invalid(f"{method.id} takes no request body.")
        return
    problem = _problem(method.api, method.request, body, nullable=method.verb == "PATCH", method_id=method.id)
    if problem:
        raise invalid(f"Invalid JSON payload received. {problem}", reason="badRequest")


def check_response(method: Method, body: Json | None) -> None:
    """Raises ContractBroken where an answer is not what the discovery document promises."""
    if method.response is None:
        if body is not None:
            raise ContractBroken(f"{method.id} answers with a body, and the discovery document names none")
        return
    problem = _problem(method.api, method.response, body, nullable=False, method_id=None)
    if problem:
        raise ContractBroken(f"{method.id} answers what {method.response} does not allow: {problem}")


def check_resource(api: str, schema: str, body: Any) -> None:
    """Raises ApiError 400 where a resource handed to the emulator is not one that Google could hold."""
    problem = _problem(api, schema, body, nullable=False, method_id=None)
    if problem:
        raise invalid(f"Not a {api} {schema}: {problem}")


def has_field(api: str, schema: str, name: str) -> str | None:
    """For a field mask: the schema that lies under field ``name`` ('' where none is named); None if no such field."""
    definition = document(api)["schemas"].get(schema, {}).get("properties", {}).get(name)
    if definition is None:
        return None
    while "items" in definition:
        definition = definition["items"]
    reference: str = definition.get("$ref", "")
    return reference


def _walk(tree: Mapping[str, Json]) -> Iterator[Json]:
    for node in tree.values():
        yield from node.get("methods", {}).values()
        yield from _walk(node.get("resources", {}))


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    return re.compile(
        "".join(re.escape(part) if at % 2 == 0 else f"(?P<{part}>[^/]+)" for at, part in enumerate(parts))
    )


def _parameter(name: str, spec: Json, text: str) -> Any:
    problem = ApiError(400, "invalidParameter", f"Invalid value for {name}: {text!r}", location=("parameter", name))
    if "enum" in spec and text not in spec["enum"]:
        raise problem
    if spec["type"] == "boolean":
        if text not in ("true", "false"):
            raise problem
        return text == "true"
    if spec["type"] == "integer":
        if not re.fullmatch(r"-?\d{1,10}", text):
            raise problem
        return int(text)
    if "format" in spec and not FORMATS.conforms(text, spec["format"]):
        raise problem
    return text


FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
@FORMATS.checks("google-datetime", raises=ValueError)
def _date_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    if not re.match(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}", value):
        return False
    datetime.fromisoformat(value)
    return True


@FORMATS.checks("date", raises=ValueError)
def _date(value: object) -> bool:
    if isinstance(value, str):
        date.fromisoformat(value)
    return True


@FORMATS.checks("byte", raises=(ValueError, binascii.Error))
def _byte(value: object) -> bool:
    if isinstance(value, str):
        base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    return True


@FORMATS.checks("int64")
@FORMATS.checks("uint64")
def _long(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"-?\d{1,20}", value) is not None


@FORMATS.checks("int32")
def _int32(value: object) -> bool:
    return not isinstance(value, int) or -(2**31) <= value < 2**31


@FORMATS.checks("uint32")
def _uint32(value: object) -> bool:
    return not isinstance(value, int) or 0 <= value < 2**32


@cache
def _validator(api: str, schema: str, nullable: bool, method_id: str | None) -> Draft202012Validator:
    definitions = {
        name: _json_schema(definition, nullable, method_id) for name, definition in document(api)["schemas"].items()
    }
    return Draft202012Validator({"$ref": f"#/$defs/{schema}", "$defs": definitions}, format_checker=FORMATS)


def _problem(api: str, schema: str, body: Any, *, nullable: bool, method_id: str | None) -> str | None:
    # Only Calendar says which fields a method needs, so the other APIs share one validator a schema.
    validator = _validator(api, schema, nullable, method_id if api == "calendar" else None)
    error = best_match(validator.iter_errors(body))
    if error is None:
        return None
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
    return f"{schema}{place}: {error.message}"


def _json_schema(definition: Json, nullable: bool, method_id: str | None) -> Json:
    """A discovery schema as JSON Schema: no unknown properties, and null only where a PATCH may send it."""
    if "$ref" in definition:
        reference: Json = {"$ref": f"#/$defs/{definition['$ref']}"}
        return {"anyOf": [reference, {"type": "null"}]} if nullable else reference
    if definition.get("type") == "any":
        return {}
    kind = definition.get("type", "object")
    converted: Json = {"type": [kind, "null"] if nullable else kind}
    for key in ("format", "pattern", "enum"):
        if key in definition:
            converted[key] = definition[key] + [None] if key == "enum" and nullable else definition[key]
    if "items" in definition:
        converted["items"] = _json_schema(definition["items"], nullable, method_id)
    if kind == "object":
        properties: Json = definition.get("properties", {})
        converted["properties"] = {name: _json_schema(inner, nullable, method_id) for name, inner in properties.items()}
        extra = definition.get("additionalProperties")
        converted["additionalProperties"] = _json_schema(extra, nullable, method_id) if extra else not properties
        needed = [
            name
            for name, inner in properties.items()
            if method_id is not None and method_id in inner.get("annotations", {}).get("required", ())
        ]
        if needed and not nullable:
            converted["required"] = needed
    return converted
