"""Forms filled in by somebody who means well: made from what each command says about its fields."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ValidationError

Schema = dict[str, Any]
PASSWORD = "Vier-Pferde-im-Regen-7"
_numbers = itertools.count(1)

# Fields whose rules do not show in their schema: what stands there instead of a word.
KNOWN: dict[str, Callable[[], str]] = {
    "access_token": lambda: "x.y.z",
    "address": lambda: f"box{next(_numbers)}@sample.example",
    "email": lambda: f"person{next(_numbers)}@sample.example",
    "password": lambda: PASSWORD,
    "current": lambda: PASSWORD,
    "assignee": lambda: "me",
    "show": lambda: "all",
    "time_zone": lambda: "Europe/Berlin",
    "counts": lambda: "always",
    "cursor": lambda: "",
    "next": lambda: "/",
    "accent": lambda: "#0a6272",
    "logo_url": lambda: "/static/logo.png",
    "support_email": lambda: "help@sample.example",
    "follows": lambda: "",
    "employee_number": lambda: f"E-{next(_numbers)}",
    "pattern": lambda: f"@spam{next(_numbers)}.example",
    "person": lambda: "",
    "subject": lambda: "",
    "kind": lambda: "",
    "webhook_url": lambda: "",
    "url": lambda: "https://127.0.0.1/hook",
    "code": lambda: "123456",
    "role": lambda: "support_agent",
    "teams_url": lambda: "https://intranet.sample.example/",
    "docs_url": lambda: "https://intranet.sample.example/",
    "imprint_url": lambda: "https://intranet.sample.example/",
    "privacy_url": lambda: "https://intranet.sample.example/",
}
HOURS = ("_response", "_resolution")


def fields(model: type[BaseModel]) -> dict[str, Schema]:
    """What each field of a command wants; alternatives and references are followed to the first real type."""
    schema = model.model_json_schema()
    words = schema.get("$defs", {})
    found = {name: _resolved(field, words) for name, field in schema["properties"].items()}
    return {
        name: field | {"items": _resolved(field["items"], words)} if "items" in field else field
        for name, field in found.items()
    }


def _resolved(field: Schema, words: dict[str, Schema]) -> Schema:
    for one in (field, *field.get("anyOf", []), *field.get("allOf", [])):
        if "$ref" in one:
            return field | words[one["$ref"].rsplit("/", 1)[-1]]
        if one.get("type") not in (None, "null"):
            return field | one
    return field


def texts(model: type[BaseModel]) -> dict[str, int]:
    """Fields that take free text, and how much of it."""
    return {
        name: int(field.get("maxLength", 200))
        for name, field in fields(model).items()
        if field.get("type") == "string" and not {"enum", "pattern", "format"} & set(field)
    }


def value(name: str, field: Schema) -> Any:
    """Something that fits into a field; a list of one for those that take several."""
    if name in KNOWN:
        return KNOWN[name]()
    if field.get("type") == "array":
        return [value(name, field["items"])]
    if name.endswith(HOURS):
        return "4"
    if "enum" in field:
        return next((str(word) for word in field["enum"] if word), "")
    kind = field.get("type")
    if kind == "integer":
        return str(max(1, int(field.get("minimum", 1))))
    if kind == "boolean":
        return "true"
    if field.get("format") == "date":
        return "2026-12-01"
    if field.get("format") == "email":
        return KNOWN["email"]()
    return f"Muster {next(_numbers)}"[: int(field.get("maxLength", 200))]


def in_json(model: type[BaseModel] | None, form: dict[str, Any]) -> dict[str, Any]:
    """A form as the body of a call: numbers are numbers there, and yes is true."""
    kinds = fields(model) if model is not None else {}
    return {name: _in_json(value, kinds.get(name, {})) for name, value in form.items()}


def _in_json(value: Any, field: Schema) -> Any:
    if field.get("type") == "array":
        return [_in_json(one, field["items"]) for one in (value if isinstance(value, list) else [value])]
    if field.get("type") == "integer" and isinstance(value, str) and value.isdigit():
        return int(value)
    return value == "true" if field.get("type") == "boolean" else value


def filled(model: type[BaseModel] | None, **given: str) -> dict[str, Any]:
    """A form with everything that must be filled in.

    Args:
        given: fields that have to say something particular.

    Raises:
        AssertionError: a field has a rule that KNOWN above does not know yet.
    """
    if model is None:
        return dict(given)
    required = set(model.model_json_schema().get("required", []))
    form = {name: value(name, field) for name, field in fields(model).items() if name in required} | given
    try:
        model.model_validate(form)
    except ValidationError as error:
        raise AssertionError(
            f"teach tests/security/sweep/samples.py about {model.__name__}: {error}"
        ) from error
    return form
