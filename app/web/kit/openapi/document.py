"""The OpenAPI 3.1 document: paths, what they take and give, and every refusal they can answer with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.web.kit.door import PUBLIC, SAFE, Body, Route
from app.web.kit.json_answers import SENTENCES
from app.web.kit.json_files import FIELD
from app.web.kit.openapi import addresses, links, narrowing, refusals
from app.web.kit.openapi.shapes import Schema, Shapes

SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token of a sign-in, good for 15 minutes.",
    },
    "key": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "A key an administrator made; it opens what its scopes name.",
    },
}
HEADERS: Mapping[str, Any] = {
    "RateLimit-Limit": {
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
        "description": "Calls a minute.",
    },
    "RateLimit-Remaining": {
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
        "description": "Calls left.",
    },
    "RateLimit-Reset": {
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
        "description": "Seconds until all are left again.",
    },
    "ETag": {"schema": {"type": "string"}, "description": "What this answer is known by."},
    "Location": {"schema": {"type": "string"}, "description": "The address of what was made."},
    "Retry-After": {"schema": {"type": "string", "pattern": "^[0-9]+$"}, "description": "Seconds to wait."},
}
LIMITS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same body is done once and answered as the first time, for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 80, "pattern": "^[!-~]+$"},
}
MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of the view this change was made on; refused with 412 when it is no longer that.",
    "schema": {"type": "string", "pattern": "^[^,]*$", "examples": ['"7-0123456789abcdef"']},
}


def document(table: Sequence[Route], *, title: str, version: str, server: str) -> dict[str, Any]:
    """The whole document.

    Args:
        table: the routes of the door.
        title: the name of this installation's helpdesk.
        version: of the product.
        server: where it is reached.
    """
    shapes = Shapes(table)
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        paths.setdefault(addresses.path(route), {})[route.method.lower()] = _operation(route, shapes)
    links.join(table, paths, shapes)
    queries = [route.takes for route in table if route.takes is not None and route.method == "GET"]
    bodies = [route.takes for route in table if route.takes is not None and route.method != "GET"]
    shapes.without(queries, bodies)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": _introduction()},
        "servers": [{"url": server}],
        "tags": [{"name": name} for name in dict.fromkeys(addresses.tag(route) for route in table)],
        "security": [{"bearer": []}, {"key": []}],
        "paths": paths,
        "components": {"schemas": shapes.schemas, "securitySchemes": SCHEMES, "headers": dict(HEADERS)},
    }


def _introduction() -> str:
    return (
        "JSON in UTF-8, times in UTC with Z. Ids are whole numbers; a ticket is also addressed by its number. "
        "Every refusal has the shape Refusal; go by its code: " + ", ".join(sorted(SENTENCES)) + "."
    )


def _operation(route: Route, shapes: Shapes) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": route.endpoint.rsplit(".", 1)[1],
        "tags": [addresses.tag(route)],
        "summary": route.summary,
        "responses": _answers(route, shapes),
    }
    if route.description:
        made["description"] = route.description
    parameters = [*addresses.path_parameters(route), *_asked(route, shapes)]
    if parameters:
        made["parameters"] = parameters
    body = _body(route, shapes)
    if body is not None:
        made["requestBody"] = body
    if route.allow == PUBLIC:
        made["security"] = []
    else:
        made["security"] = [{"bearer": []}, *([{"key": [route.scope]}] if route.by_key else [])]
    return made


def _asked(route: Route, shapes: Shapes) -> list[Any]:
    if route.method == "GET":
        if route.takes is None:
            return []
        told = addresses.query_parameters(shapes.whole(shapes.taken(route.takes)))
        return narrowing.parameters(route, told)
    asked: list[Any] = []
    if route.method == "POST" and not route.own_unit:
        asked.append(KEY)
    return [*asked, MATCH] if route.matches else asked


def _body(route: Route, shapes: Shapes) -> dict[str, Any] | None:
    if route.method in SAFE:
        return None
    if route.brings is Body.FILE:
        file: Schema = {
            "type": "object",
            "properties": {FIELD: {"type": "string", "format": "binary"}},
            "required": [FIELD],
            "additionalProperties": False,
        }
        return {"required": True, "content": {str(Body.FILE): {"schema": file}}}
    if route.brings is Body.BYTES:
        return {
            "required": True,
            "content": {str(Body.BYTES): {"schema": {"type": "string", "format": "binary"}}},
        }
    if route.takes is None:
        return None
    return {"required": True, "content": {str(Body.JSON): {"schema": shapes.taken(route.takes)}}}


def _answers(route: Route, shapes: Shapes) -> dict[str, Any]:
    return {str(route.status): _good(route, shapes)} | refusals.of(route)


def _good(route: Route, shapes: Shapes) -> dict[str, Any]:
    told = [*LIMITS]
    made: dict[str, Any] = {"description": route.summary}
    if route.answers is Body.ANY:
        made["content"] = {str(Body.ANY): {}}
    elif route.gives is not None:
        made["content"] = {str(Body.JSON): {"schema": narrowing.answered(route, shapes)}}
        if route.streams:
            made["content"]["text/event-stream"] = {"schema": {"type": "string"}}
        if route.method == "GET" or "version" in route.gives.model_fields:
            told.append("ETag")
    if route.status == 201:
        told.append("Location")
    made["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in told}
    return made
