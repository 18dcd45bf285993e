"""Which refusals a call can answer with; the shape of them is one."""

from __future__ import annotations

from typing import Any

from app.web.kit.door import PUBLIC, SIGNED_IN, Body, Route
from app.web.kit.json_answers import JSON

WORDS = {
    400: "The request cannot be read.",
    401: "Nobody is signed in, or the proof of it is no longer good.",
    403: "Visible, but not for the one who asks.",
    404: "Missing, or not visible to the one who asks.",
    409: "The state of the thing does not allow it, or the key was used for another body.",
    412: "The thing was changed since the answer whose ETag If-Match named.",
    413: "Too large.",
    415: "Another type than the one this call takes.",
    422: "Fields or parameters that are missing, unknown or not valid; details name them.",
    429: "Too many calls; Retry-After says when to come back.",
    503: "Something this call needs does not answer at the moment; Retry-After says when to come back.",
}
LATER = (429, 503)


def of(route: Route) -> dict[str, Any]:
    """The refusals of a call, by status."""
    return {str(status): _answer(status) for status in sorted(_statuses(route))}


def _answer(status: int) -> dict[str, Any]:
    made: dict[str, Any] = {
        "description": WORDS[status],
        "content": {JSON: {"schema": {"$ref": "#/components/schemas/Refusal"}}},
    }
    if status in LATER:
        made["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    return made


def _statuses(route: Route) -> set[int]:
    found = {400, 401, 422, 429, 503}
    if route.allow != PUBLIC or route.own_unit:
        found.add(403)
    if "<" in route.rule or route.own_unit or route.takes is not None:
        found.add(404)
    if route.method != "GET":
        found |= {409, 413, 415}
    if route.matches:
        found.add(412)
    if route.allow == SIGNED_IN:
        found.add(403)
    if route.answers is Body.ANY:
        found.add(404)
    return found
