"""What every store of file bytes promises: named by SHA-256, written whole or not at all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from app.integrations.outcome import Undeliverable

CHUNK = 256 * 1024
SHA256 = re.compile(r"[0-9a-f]{64}")


class TooLarge(Undeliverable):
    """The bytes are more than the limit; nothing was kept.

    Args:
        limit: in bytes.
    """

    def __init__(self, limit: int) -> None:
        super().__init__("too_large", f"more than {limit} bytes")
        self.limit = limit


class BlobMissing(LookupError):
    """No bytes are stored under this hash."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What was put: hash (64 hexadecimal digits, lower case) and size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Kept:
    """One blob met on a walk; ``written`` is the last time somebody put it (aware, UTC)."""

    sha256: str
    size: int
    written: datetime


class Storage(Protocol):
    """A place for file bytes."""

    def put(self, stream: BinaryIO, limit: int) -> Stored:
        """Store everything the stream gives; the same bytes again are the same blob.

        Args:
            limit: most bytes to accept.

        Raises:
            TooLarge: the stream gave more.
            RetryLater: ``storage_full`` or ``storage_down``.
            UnitError: a unit of work is open.
        """

    def open(self, sha256: str) -> BinaryIO:
        """The bytes for reading; the caller closes it.

        Raises:
            BlobMissing: nothing is stored under this hash.
            RetryLater: ``storage_down``.
        """

    def exists(self, sha256: str) -> bool:
        """Whether bytes are stored under this hash."""

    def remove(self, sha256: str, *, unless_written_since: datetime | None = None) -> bool:
        """Forget the bytes; False when there were none, or when they were put again since that moment.

        Raises:
            UnitError: a unit of work is open.
        """

    def walk(self) -> Iterator[Kept]:
        """Everything stored, in no particular order; for the sweeper and for backups."""

    def clear_unfinished(self, before: datetime) -> int:
        """Remove what an interrupted ``put`` left behind before that moment; how many there were."""


def copied(stream: BinaryIO, sink: BinaryIO, limit: int) -> Stored:
    """Copy all bytes, counting and hashing them.

    Raises:
        TooLarge: there are more than ``limit`` bytes.
    """
    digest = hashlib.sha256()
    size = 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise TooLarge(limit)
        digest.update(chunk)
        sink.write(chunk)
    return Stored(digest.hexdigest(), size)


def checked(sha256: str) -> str:
    """The hash, if it is one; names of blobs become paths.

    Raises:
        BlobMissing: anything else, so nothing can be stored under it.
    """
    if not SHA256.fullmatch(sha256):
        raise BlobMissing("not a hash")
    return sha256
