"""Parts of a file: each put away as it comes, and read again as one."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import IO, BinaryIO, cast

from werkzeug.exceptions import RequestEntityTooLarge

from app.core import fault
from app.core.errors import Invalid, Unavailable
from app.core.language import _
from app.core.uow import must_be_outside
from app.integrations.blobs import CHUNK, Storage
from app.integrations.outcome import RetryLater
from app.web.kit.json_files import Sent


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part whose bytes lie in the store."""

    sha256: str
    size: int


def store_part(place: Storage, sent: Sent, size: int, known: str | None) -> StoredPart:
    """Put a part away; one that is there already is only read, so that sending it often fills no disk (A29).

    Args:
        place: where file bytes live.
        size: bytes it has to have.
        known: the hash of what came under this number before.

    Raises:
        RequestEntityTooLarge, Invalid: it is announced with another number of bytes.
        Unavailable: the store takes nothing at the moment.
    """
    must_be_outside()
    if sent.length > size:
        raise RequestEntityTooLarge
    if sent.length < size:
        raise Invalid({"part": _("This part has to have %(n)s bytes.", n=size)})
    if known is not None:
        return StoredPart(_hash_of(sent.stream), size)
    try:
        kept = place.put(cast("BinaryIO", sent.stream), size)
    except RetryLater as error:
        raise Unavailable from error
    fault.point("upload.part_stored")
    return StoredPart(kept.sha256, kept.size)


def _hash_of(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


class Joined(io.RawIOBase):
    """Parts in the store, read one after the other as if they were one file."""

    def __init__(self, place: Storage, parts: Sequence[str]) -> None:
        self._chunks = _chunks(place, parts)

    def read(self, _size: int = -1) -> bytes:
        """Some further bytes, never more than a store copies at once; none at the end."""
        return next(self._chunks, b"")


def _chunks(place: Storage, parts: Sequence[str]) -> Iterator[bytes]:
    for sha256 in parts:
        with closing(place.open(sha256)) as stream:
            while chunk := stream.read(CHUNK):
                yield chunk
