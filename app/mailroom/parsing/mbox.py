"""Mailbox files (mboxrd, and the mboxo most programs write), read message by message with bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from app.mailroom.parsing import limits

_CHUNK = 64 * 1024
# "From who when": the time and the year tell a separator from a sentence that begins with "From".
_SEPARATOR = re.compile(rb"From .{0,400}\d{1,2}:\d\d.{0,60}\d{4}")
_QUOTED = re.compile(rb">+From ")


def split(source: Path | BinaryIO, *, max_bytes: int = limits.MAX_MESSAGE) -> Iterator[bytes]:
    """The raw messages of a mailbox file, one after the other, without their "From " lines.

    Args:
        source: the file, or an open binary stream.
        max_bytes: of a larger message only the first max_bytes + 1 are given, so that parsing refuses it.

    Raises:
        OSError: the file cannot be read.
    """
    if isinstance(source, Path):
        with source.open("rb") as stream:
            yield from _messages(stream, max_bytes)
        return
    yield from _messages(source, max_bytes)


def is_mbox(head: bytes) -> bool:
    """Whether a file that begins with these bytes is a mailbox rather than one message.

    Args:
        head: the first bytes of the file, at least its first line.
    """
    return bool(_SEPARATOR.match(head))


def _messages(stream: BinaryIO, max_bytes: int) -> Iterator[bytes]:
    message: list[bytes] = []
    size = 0
    after_blank = True
    line_start = True
    while chunk := stream.readline(_CHUNK):
        if line_start and after_blank and _SEPARATOR.match(chunk):
            if size:
                yield _finished(message, max_bytes)
            message, size = [], 0
        else:
            kept = chunk[1:] if line_start and _QUOTED.match(chunk) else chunk
            if size <= max_bytes:
                message.append(kept)
            size += len(kept)
        after_blank = line_start and chunk in (b"\n", b"\r\n")
        line_start = chunk.endswith(b"\n")
    if size:
        yield _finished(message, max_bytes)


def _finished(message: list[bytes], max_bytes: int) -> bytes:
    """The blank line before the next separator belongs to the mailbox, not to the message."""
    if len(message) > 1 and message[-1] in (b"\n", b"\r\n"):
        message.pop()
    return b"".join(message)[: max_bytes + 1]
