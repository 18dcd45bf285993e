"""`/api/docs`, `/api/openapi.json`, `/api/postman.json`: what the door for programs can do, told by the app itself."""

from __future__ import annotations

import functools
import hashlib
import json
from typing import Any

from flask import Response, current_app, make_response, render_template, request

from app.core.actor import Actor
from app.core.environment import environment
from app.core.errors import NotFound
from app.web.api.door import door as programs
from app.web.kit import json_answers, openapi
from app.web.kit.door import PUBLIC, Door

VERSION = "1"
# Swagger UI writes styles into its elements and shows pictures of its own from data addresses; nothing comes from
# elsewhere, and nothing in the page is run that is not a file of ours.
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

door = Door("api_documents", __name__, url_prefix="/api")


@door.page("/docs", allow=PUBLIC)
def docs(_actor: Actor) -> Response:
    """The calls to read and to try, by Swagger UI from our own files."""
    _must_be_open()
    answer = make_response(render_template("api/docs.html"))
    answer.headers["Content-Security-Policy"] = CSP
    return answer


@door.page("/openapi.json", allow=PUBLIC)
def openapi_document(_actor: Actor) -> Response:
    """The calls as an OpenAPI document."""
    _must_be_open()
    return _told(written())


@door.page("/postman.json", allow=PUBLIC)
def postman_collection(_actor: Actor) -> Response:
    """The calls as a Postman collection."""
    _must_be_open()
    return _told(written(as_collection=True))


def written(*, as_collection: bool = False) -> bytes:
    """The document as it is served: it is the same until the next release.

    Args:
        as_collection: for Postman.
    """
    return _made(environment().app_name, environment().site_url, as_collection)


@functools.lru_cache(maxsize=4)
def _made(title: str, server: str, as_collection: bool) -> bytes:
    made: dict[str, Any] = openapi.document(programs.table, title=title, version=VERSION, server=server)
    if as_collection:
        made = openapi.collection(made)
    return json.dumps(made, ensure_ascii=False, indent=1).encode()


def _must_be_open() -> None:
    if current_app.extensions["settings"].api_docs == "off":
        raise NotFound


def _told(body: bytes) -> Response:
    answer = Response(body, mimetype=json_answers.JSON)
    answer.set_etag(hashlib.sha256(body).hexdigest()[:16])
    answer.headers["Cache-Control"] = "no-cache"
    answer.make_conditional(request)
    return answer
