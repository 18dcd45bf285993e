"""One file that a program sends: as a form with the field ``file`` and nothing else, or bare bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, cast

from flask import request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import BadRequest, UnsupportedMediaType
from werkzeug.wsgi import LimitedStream

from app.core.errors import Invalid
from app.core.language import _
from app.core.schema import sentence

FIELD = "file"
FORM = "multipart/form-data"
BYTES = "application/octet-stream"
CHUNK = 1 << 20
Store = Callable[[FileStorage], Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """A body of bare bytes that nobody has read yet, and how many it says to have."""

    length: int
    stream: IO[bytes]


def only_file() -> FileStorage:
    """The file of this request.

    Raises:
        UnsupportedMediaType: this is no such form.
        Invalid: no file, more than one, or other fields beside it.
    """
    if request.mimetype != FORM:
        raise _wanted(FORM)
    others = {*request.form, *request.files} - {FIELD}
    if others or FIELD in request.form:
        raise Invalid({name: sentence({"type": "extra_forbidden"}) for name in others or {FIELD}})
    sent = request.files.getlist(FIELD)
    if len(sent) > 1:
        raise Invalid({FIELD: sentence({"type": "repeated"})})
    if not sent or not sent[0].filename:
        raise Invalid({FIELD: sentence({"type": "missing"})})
    return sent[0]


def _wanted(kind: str) -> UnsupportedMediaType:
    return UnsupportedMediaType(_("Please send this as %(type)s.", type=kind))


def hash_of(file: FileStorage) -> str:
    """What the file is known by when it comes once more; the form around it differs each time."""
    digest = hashlib.sha256((file.filename or "").encode() + b"\x00")
    while chunk := file.stream.read(CHUNK):
        digest.update(chunk)
    file.stream.seek(0)
    return digest.hexdigest()


def only_bytes() -> Sent:
    """The bare bytes of this request; a line that is cut makes reading them fail, whatever the web server says.

    Raises:
        UnsupportedMediaType: it is something else.
        BadRequest: it does not say how many there are.
    """
    if request.mimetype != BYTES:
        raise _wanted(BYTES)
    if request.content_length is None:
        raise BadRequest
    stream = LimitedStream(request.stream, request.content_length)
    return Sent(request.content_length, cast("IO[bytes]", stream))
