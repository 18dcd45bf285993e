"""Answers below /api: always JSON, and every refusal in one shape with a code a program can go by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from flask import Response, current_app, g, request
from pydantic import BaseModel, ConfigDict
from werkzeug.exceptions import HTTPException

from app.core.errors import HouseError, Invalid, NotSignedIn, Stale, TooMany
from app.core.language import _
from app.web.kit import entity_tags, quota

ROOT = "/api"
JSON = "application/json"
# Why the one who calls is nobody, where the token said it (see app/web/kit/visitor.py).
WHY = "not_signed_in_because"
CODES = {
    400: "malformed",
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    412: "stale",
    413: "too_large",
    415: "unsupported_type",
    422: "invalid",
    429: "too_many",
    500: "internal",
    503: "unavailable",
}
SENTENCES: dict[str, Callable[[], str]] = {
    "malformed": lambda: _("This request cannot be read."),
    "not_signed_in": lambda: _("Please sign in."),
    "microsoft_needed": lambda: _("Please sign in with Microsoft again."),
    "second_factor_needed": lambda: _("Administrators need a second factor here. Please sign in with one."),
    "password_needed": lambda: _("Please give your password once more."),
    "scope_needed": lambda: _("This API key was made for other things."),
    "not_by_key": lambda: _("No API key opens this. Please sign in."),
    "forbidden": lambda: _("You may not do this."),
    "not_found": lambda: _("This is not here, or not for you."),
    "method_not_allowed": lambda: _("This address does not know that method."),
    "conflict": lambda: _("This was changed in the meantime."),
    "stale": lambda: _("This was changed in the meantime."),
    "too_large": lambda: _("This is too large."),
    "unsupported_type": lambda: _("Please send JSON."),
    "invalid": lambda: _("Some of this is not valid."),
    "too_many": lambda: _("That was too many attempts."),
    "internal": lambda: _("Something went wrong on our side."),
    "unavailable": lambda: _("This does not work at the moment. Please try again shortly."),
}


class Answer(BaseModel):
    """The shape of an answer; times are in UTC and end in Z.

    ``expandable``: fields that are left out unless they are asked for (see ``json_fields``).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    expandable: ClassVar[frozenset[str]] = frozenset()


class Refusal(Answer):
    """Every answer of status 400 and more."""

    error: str
    code: str
    details: dict[str, list[str]]
    request_id: str


def wanted() -> bool:
    """Whether this request speaks with a program, so that a page would be no answer."""
    return request.path == ROOT or request.path.startswith(f"{ROOT}/")


def tell(answer: Answer | None, status: int, *, kept: dict[str, Any] | None = None) -> Response:
    """An answer that went well; None for one without a body. A reader who has it already is told just that.

    Args:
        kept: the fields that are told, in pydantic's words; None for all of them.
    """
    if answer is None:
        empty = current_app.response_class(status=status)
        empty.headers.pop("Content-Type", None)
        return empty
    absent = {name for name in answer.expandable if getattr(answer, name) is None}
    body = answer.model_dump_json(include=kept, exclude=absent or None).encode()
    told = current_app.response_class(body, status=status, mimetype=JSON)
    if status < 300 and (request.method in ("GET", "HEAD") or hasattr(answer, "version")):
        told.set_etag(entity_tags.tag(answer, body))
        if request.method in ("GET", "HEAD") and entity_tags.is_known(told):
            told.status_code = 304
            told.set_data(b"")
            told.headers.pop("Content-Length", None)
    return told


def decline(
    status: int, code: str = "", message: str = "", details: Mapping[str, list[str]] | None = None
) -> Response:
    """A refusal; code and sentence follow from the status where nothing particular is given."""
    code = code or CODES.get(status) or CODES[400 if status < 500 else 500]
    refusal = Refusal(
        error=message or SENTENCES.get(code, SENTENCES["malformed"])(),
        code=code,
        details=dict(details or {}),
        request_id=g.get("request_id", ""),
    )
    answer = tell(refusal, status)
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def decline_for(error: HouseError, status: int) -> Response:
    """What a room or a door refused; the headers that say when to come back are the caller's."""
    if isinstance(error, Stale) and "If-Match" in request.headers:
        status = 412
    code = error.word if error.word in SENTENCES or error.message else CODES.get(status, "")
    if type(error) is NotSignedIn:
        code = g.get(WHY, code)
    if isinstance(error, TooMany):
        quota.used_up(error)
    return decline(status, code, error.message, _details(error))


def _details(error: HouseError) -> Mapping[str, list[str]] | None:
    if isinstance(error, Invalid):
        return error.problems
    news = error.details.get("news")
    return {"news": [str(one) for one in news]} if news else None


def decline_http(error: HTTPException) -> Response:
    """What the framework refused; a way to another address is none for a program."""
    status = error.code or 500
    said = error.description if status == 415 and "description" in vars(error) else None
    return decline(404 if status < 400 else status, message=said or "")
