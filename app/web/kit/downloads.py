"""The one way a stored file leaves the house: never as a page, never guessed at, only pictures in place (A24)."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import BinaryIO, Protocol
from urllib.parse import quote

from flask import Response, current_app, make_response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import wrap_file

from app.core import files, log
from app.core.errors import NotFound, Unavailable
from app.core.uow import must_be_outside
from app.integrations.blobs import BlobMissing
from app.integrations.outcome import RetryLater
from app.web.kit.uploads import storage

CSP = "default-src 'none'; sandbox"
UNKNOWN = "application/octet-stream"
KNOWN = frozenset(
    {
        *(kind for _head, kind in files.SIGNATURES if kind not in files.REFUSED),
        *files.OFFICE.values(),
        *files.TEXTS.values(),
        "text/plain",
    }
)
PLAIN = frozenset(map(chr, range(32, 127))) - set('"\\%;')


class StoredThing(Protocol):
    """What a row says about the bytes it names."""

    @property
    def sha256(self) -> str: ...
    @property
    def filename(self) -> str: ...
    @property
    def content_type(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def is_picture(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class _Unpacked:
    """A file out of another one; never shown in place."""

    sha256: str
    filename: str
    content_type: str
    size: int
    is_picture: bool = False


def send_attachment(thing: StoredThing) -> Response:
    """Answer with the bytes; the caller asked ``tickets.queries.download`` whether the reader may have them.

    A verified raster picture is shown in place, everything else is saved. Ranges and HEAD are answered.

    Raises:
        NotFound: the bytes are gone (and the log says so).
        Unavailable: the store does not answer.
    """
    return _sent(_opened(thing), thing)


def send_unpacked(filename: str, data: bytes) -> Response:
    """Answer with a file that lay in another one: to be saved, whatever it is, and otherwise like any other.

    Args:
        filename: as its sender called it.
        data: all its bytes.
    """
    kind = files.type_of(data[:4096], files.display_name(filename))
    thing = _Unpacked(hashlib.sha256(data).hexdigest(), filename, kind, len(data))
    return _sent(io.BytesIO(data), thing)


def stored_bytes(thing: StoredThing) -> bytes:
    """All the bytes of a stored thing that is small enough to lie in memory.

    Raises:
        NotFound: the bytes are gone (and the log says so).
        Unavailable: the store does not answer.
        UnitError: a unit of work is open.
    """
    must_be_outside()
    with _opened(thing) as stream:
        return stream.read()


def _opened(thing: StoredThing) -> BinaryIO:
    try:
        return storage().open(thing.sha256)
    except BlobMissing as error:
        log.get(__name__).error("blob_missing", sha256=thing.sha256)
        raise NotFound from error
    except RetryLater as error:
        raise Unavailable from error


def _sent(stream: BinaryIO, thing: StoredThing) -> Response:
    answer = current_app.response_class(
        wrap_file(request.environ, stream), mimetype=_type(thing), direct_passthrough=True
    )
    answer.call_on_close(stream.close)
    answer.content_length = thing.size
    answer.headers["Content-Disposition"] = disposition(thing.filename, inline=thing.is_picture)
    answer.headers["Content-Security-Policy"] = CSP
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.set_etag(thing.sha256)
    try:
        answer.make_conditional(request, accept_ranges=True, complete_length=thing.size)
    except RequestedRangeNotSatisfiable:
        stream.close()
        raise
    return answer


def disposition(filename: str, *, inline: bool = False) -> str:
    """The header that names the file: plain ASCII for old readers, the whole name for the others (RFC 6266)."""
    name = files.display_name(filename)
    plain = "".join(letter if letter in PLAIN else "_" for letter in name)
    how = "inline" if inline else "attachment"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _type(thing: StoredThing) -> str:
    if thing.is_picture and thing.content_type in files.IMAGES.values():
        return thing.content_type
    return thing.content_type if thing.content_type in KNOWN else UNKNOWN


def send_picture(sha256: str) -> Response:
    """Somebody's picture; its bytes are of our own making.

    Raises:
        NotFound: there is none.
    """
    if not sha256 or not storage().exists(sha256):
        raise NotFound
    with storage().open(sha256) as stream:
        answer = make_response(stream.read())
    answer.mimetype = "image/png"
    answer.headers["Content-Security-Policy"] = CSP
    answer.set_etag(sha256[:16])
    answer.make_conditional(request)
    return answer
