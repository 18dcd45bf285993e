"""Addresses of calls in the words of OpenAPI: templates, parameters in the path and behind the question mark."""

from __future__ import annotations

import re
from typing import Any

from app.web.kit.door import Route

PART = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")
KINDS: dict[str, dict[str, Any]] = {
    "id": {"type": "integer", "minimum": 1, "maximum": 10**18 - 1},
    "int": {"type": "integer", "minimum": 0},
    "ticket": {
        "type": "string",
        "pattern": "^(TICKET-)?0{0,6}[1-9][0-9]{0,17}$",
        "examples": ["TICKET-000042", "42"],
    },
    "": {"type": "string", "minLength": 1},
}
TAGS = {"auth": "Sign-in", "api-keys": "API keys", "sla-policies": "SLA policies"}


def path(route: Route) -> str:
    """The address as a template: ``/api/v1/tickets/{ticket_id}``."""
    return PART.sub(r"{\2}", route.rule)


def tag(route: Route) -> str:
    """Which part of the product a call belongs to."""
    first = route.rule.removeprefix("/api/v1/").split("/")[0]
    return TAGS.get(first, first.replace("-", " ").capitalize())


def path_parameters(route: Route) -> list[dict[str, Any]]:
    """The parameters in the path of a call."""
    return [
        {"name": name, "in": "path", "required": True, "schema": KINDS.get(kind, KINDS[""])}
        for kind, name in PART.findall(route.rule)
    ]


def query_parameters(shape: dict[str, Any]) -> list[dict[str, Any]]:
    """The parameters behind the question mark.

    Args:
        shape: the JSON Schema of the model that reads them.
    """
    return [
        {"name": name, "in": "query", "required": name in shape.get("required", ())} | _stated(field)
        for name, field in shape.get("properties", {}).items()
    ]


def _stated(field: dict[str, Any]) -> dict[str, Any]:
    field = _without_null(field)
    made: dict[str, Any] = {"schema": {name: value for name, value in field.items() if name != "description"}}
    if "description" in field:
        made["description"] = field["description"]
    if field.get("type") == "array":
        made |= {"style": "form", "explode": True}
    return made


def _without_null(field: dict[str, Any]) -> dict[str, Any]:
    """An address cannot say null: it leaves the parameter out."""
    ways = [way for way in field.get("anyOf", ()) if way.get("type") != "null"]
    if not ways:
        return field
    rest = {name: value for name, value in field.items() if name not in ("anyOf", "default")}
    return rest | (ways[0] if len(ways) == 1 else {"anyOf": ways})
