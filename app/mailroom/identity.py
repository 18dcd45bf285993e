"""What makes two mails the same one: Message-ID and content, told from the raw bytes before anything is parsed.

Hashes are compared, never the ids themselves: a database may call two different ids equal (fault F26). The content
leaves out what is added on the way or by an export (trace, marks of mail programs, line ends), so that a mail is
known again in another file.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from app.mailroom.parsing.limits import MAX_HEADER_BLOCK

# Written by the sender and carried along by everybody.
_CONTENT = frozenset((
    b"from", b"sender", b"reply-to", b"to", b"cc", b"subject", b"date", b"in-reply-to", b"references",
    b"auto-submitted", b"content-type", b"content-transfer-encoding", b"content-disposition",
))  # fmt: skip
_FOLD = re.compile(rb"\n[ \t]+")


@dataclass(frozen=True, slots=True)
class Identity:
    """Both hashes are SHA-256 in hexadecimal; without a Message-ID the content alone decides."""

    message_id_hash: str
    content_hash: str
    has_message_id: bool


def of(raw: bytes) -> Identity:
    """The identity of a mail.

    Args:
        raw: the message as it came.
    """
    plain = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    head, body = _parted(plain)
    fields = list(_fields(head))
    message_id = next((value for name, value in fields if name == b"message-id"), b"")
    content = hashlib.sha256()
    for name, value in sorted((f for f in fields if f[0] in _CONTENT), key=lambda field: field[0]):
        content.update(name + b":" + b" ".join(value.split()) + b"\n")
    content.update(b"\n" + body.rstrip(b"\n"))
    return Identity(hashlib.sha256(message_id).hexdigest(), content.hexdigest(), bool(message_id.strip()))


def _parted(plain: bytes) -> tuple[bytes, bytes]:
    start = plain.find(b"\n") + 1 if plain.startswith((b"From ", b">From ")) else 0
    if plain.startswith(b"\n", start):
        return b"", plain[start + 1 :]
    end = plain.find(b"\n\n", start, MAX_HEADER_BLOCK)
    if end < 0:
        return plain[start:MAX_HEADER_BLOCK], plain[max(start, MAX_HEADER_BLOCK) :]
    return plain[start:end], plain[end + 2 :]


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    """Name in lower case and value; the value keeps its end, a blank there makes another Message-ID."""
    found = []
    for line in _FOLD.sub(b" ", head).split(b"\n"):
        name, colon, value = line.partition(b":")
        if colon:
            found.append((name.strip().lower(), value.lstrip()))
    return found
