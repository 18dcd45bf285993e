"""Answers that may be cut down or expanded (see ``kit/json_fields.py``), in the words of OpenAPI."""

from __future__ import annotations

from typing import Any

from app.web.kit.door import Route
from app.web.kit.json_fields import ALWAYS, Expanding, Sparse, expandable_of, fields_of
from app.web.kit.openapi.shapes import PLACE, Schema, Shapes

SPARSE = f"Only these fields, and `{ALWAYS}`; names with commas between them."
EXPANDED = "What is to stand inside the answer, the first page of each; names with commas between them."


def parameters(route: Route, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The parameters of a query with the names that ``fields`` and ``expand`` may give."""
    return [_with_names(route, one) for one in told]


def answered(route: Route, shapes: Shapes) -> Schema:
    """What a call answers with, whole or cut down."""
    whole = shapes.answered(route)
    if not _is(route, Sparse):
        return whole
    places = whole.get("anyOf", [whole])
    return {"anyOf": [*places, *(_part_of(place, shapes) for place in places)]}


def _is(route: Route, query: type[Sparse] | type[Expanding]) -> bool:
    return route.takes is not None and issubclass(route.takes, query)


def _with_names(route: Route, told: dict[str, Any]) -> dict[str, Any]:
    if told["name"] == "fields" and _is(route, Sparse):
        return _list(told, [name for shape in _shapes(route) for name in fields_of(shape)], SPARSE)
    if told["name"] == "expand" and _is(route, Expanding):
        return _list(told, [name for shape in _shapes(route) for name in expandable_of(shape)], EXPANDED)
    return told


def _shapes(route: Route) -> list[Any]:
    return [shape for shape in (route.gives, route.gives_staff) if shape is not None]


def _list(told: dict[str, Any], names: list[str], description: str) -> dict[str, Any]:
    words = {"type": "string", "enum": sorted(set(names))}
    schema = {"type": "array", "items": words, "minItems": 1, "uniqueItems": True}
    return {
        "name": told["name"],
        "in": "query",
        "required": False,
        "description": description,
        "style": "form",
        "explode": False,
        "schema": schema,
    }


def _part_of(place: Schema, shapes: Shapes) -> Schema:
    """Where the shape stands of which only some fields are there, in each of its rows if it is a list."""
    whole = shapes.whole(place)
    rows = whole["properties"].get("results", {}).get("items")
    if rows is None:
        return _kept(f"PartOf{_name(place)}", whole | {"required": [ALWAYS]}, shapes)
    results = whole["properties"]["results"] | {"items": _part_of(rows, shapes)}
    listed = whole | {"properties": whole["properties"] | {"results": results}}
    return _kept(f"{_name(place)}InPart", listed, shapes)


def _kept(name: str, schema: Schema, shapes: Shapes) -> Schema:
    shapes.schemas[name] = schema
    return {"$ref": PLACE.format(model=name)}


def _name(place: Schema) -> str:
    return str(place["$ref"]).rsplit("/", 1)[1]
