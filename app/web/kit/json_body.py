"""JSON as it may come in: what another reader could understand differently is refused before a model sees it (A63)."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from app.core.errors import Invalid
from app.core.schema import Command, sentences
from app.web.kit.forms import Form

MAX_BYTES = 2_000_000
MAX_DEPTH = 32
MAX_DIGITS = 20
MAX_NUMBER = 40
# One that never ends reaches to the end: looking for its end again from every further quote would take days.
STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
BRACKETS = re.compile(rb"[\[\]{}]")


class Nothing(Command):
    """The body of a call that takes none: empty, or an object without anything in it."""


class Unreadable(ValueError):
    """This is no JSON, or JSON that means something else to somebody else."""


def command(model: type[BaseModel] | None) -> BaseModel:
    """What the body of this request asks for.

    Raises:
        UnsupportedMediaType, RequestEntityTooLarge, BadRequest: it is no JSON that could be read.
        Invalid: it is not what is asked for here: fields that are missing, unknown, or of the wrong kind.
    """
    body = _body()
    if model is None and not body:
        return Nothing()
    if (
        request.mimetype != "application/json"
        or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8"
    ):
        raise UnsupportedMediaType
    try:
        read(body)
    except Unreadable as error:
        raise BadRequest from error
    return _made(model or Nothing, body)


def query(model: type[BaseModel]) -> BaseModel:
    """What the address of this request asks for.

    Raises:
        Invalid: something in it is unknown, came twice, or is not what is asked for.
    """
    form: Form[Any] = Form(request.args)
    made: BaseModel | None = form.parse(model)
    if made is None:
        raise Invalid({name: form.errors(name) for name, _text in form.problems})
    return made


def read(body: bytes) -> dict[str, Any]:
    """The object a body holds.

    Raises:
        Unreadable: no UTF-8, no object, a name twice, NUL bytes, halves of signs, numbers or depth beyond any use.
    """
    if _depth(body) > MAX_DEPTH:
        raise Unreadable("depth")
    try:
        found = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_once_each,
            parse_int=_whole,
            parse_float=_fraction,
            parse_constant=_no_number,
        )
    except (ValueError, RecursionError) as error:
        raise Unreadable(type(error).__name__) from None
    if not isinstance(found, dict):
        raise Unreadable("object")
    _only_text(found)
    return found


def _body() -> bytes:
    if (request.content_length or 0) > MAX_BYTES:
        raise RequestEntityTooLarge
    body = request.get_data()
    if len(body) > MAX_BYTES:
        raise RequestEntityTooLarge
    return body


def _made(model: type[BaseModel], body: bytes) -> BaseModel:
    try:
        return model.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise Invalid(sentences(error)) from None


def _depth(body: bytes) -> int:
    deepest = depth = 0
    for bracket in BRACKETS.findall(STRING.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("twice")
    return found


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise Unreadable("number")
    return int(text)


def _fraction(text: str) -> float:
    number = float(text) if len(text) <= MAX_NUMBER else math.inf
    if not math.isfinite(number):
        raise Unreadable("number")
    return number


def _no_number(text: str) -> Any:
    raise Unreadable(text)


def _only_text(value: Any) -> None:
    """No NUL and no half of a sign, in names or values."""
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            raise Unreadable("text")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _only_text(name)
            _only_text(inner)
    elif isinstance(value, list):
        for inner in value:
            _only_text(inner)
