"""What leads on from where: calls that make a thing name the calls that take its id (OpenAPI 3.1 §4.8.20)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.web.kit.door import Route
from app.web.kit.openapi import addresses
from app.web.kit.openapi.shapes import Shapes


def join(table: Sequence[Route], paths: dict[str, dict[str, Any]], shapes: Shapes) -> None:
    """Write the links of every call that answers 201 with something that has an id."""
    for route in table:
        if route.method != "POST" or route.status != 201 or not _has_id(route, shapes):
            continue
        own = addresses.path(route)
        told = _leading_on(own, table)
        if told:
            paths[own]["post"]["responses"]["201"]["links"] = told


def _has_id(route: Route, shapes: Shapes) -> bool:
    return route.gives is not None and "id" in shapes.whole(shapes.given(route.gives)).get("properties", {})


def _leading_on(own: str, table: Sequence[Route]) -> dict[str, Any]:
    told = {}
    for other in table:
        parameters = addresses.PART.findall(other.rule)
        if len(parameters) != 1 or not addresses.path(other).startswith(f"{own}/{{"):
            continue
        operation = other.endpoint.rsplit(".", 1)[1]
        told[operation] = {"operationId": operation, "parameters": {parameters[0][1]: "$response.body#/id"}}
    return told
