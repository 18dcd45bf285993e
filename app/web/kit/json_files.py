"""One file that a program sends as a form: the field ``file`` and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from flask import request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import UnsupportedMediaType

from app.core.errors import Invalid
from app.core.schema import sentence

FIELD = "file"
FORM = "multipart/form-data"
CHUNK = 1 << 20
Store = Callable[[FileStorage], Any]


def only_file() -> FileStorage:
    """The file of this request.

    Raises:
        UnsupportedMediaType: this is no such form.
        Invalid: no file, more than one, or other fields beside it.
    """
    if request.mimetype != FORM:
        raise UnsupportedMediaType
    others = {*request.form, *request.files} - {FIELD}
    if others or FIELD in request.form:
        raise Invalid({name: sentence({"type": "extra_forbidden"}) for name in others or {FIELD}})
    sent = request.files.getlist(FIELD)
    if len(sent) > 1:
        raise Invalid({FIELD: sentence({"type": "repeated"})})
    if not sent or not sent[0].filename:
        raise Invalid({FIELD: sentence({"type": "missing"})})
    return sent[0]


def hash_of(file: FileStorage) -> str:
    """What the file is known by when it comes once more; the form around it differs each time."""
    digest = hashlib.sha256((file.filename or "").encode() + b"\x00")
    while chunk := file.stream.read(CHUNK):
        digest.update(chunk)
    file.stream.seek(0)
    return digest.hexdigest()
