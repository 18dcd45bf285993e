"""Transfer encodings: base64, quoted-printable and uuencode undone, whatever is wrong with them."""

from __future__ import annotations

import binascii
import re

from app.mailroom.parsing import headers

_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,250})\r?$", re.MULTILINE)
_UU_NAMES = frozenset({"uuencode", "x-uuencode", "uue", "x-uue"})


def decode(data: bytes, encoding: bytes) -> bytes:
    """The content behind a Content-Transfer-Encoding; unknown encodings leave it as it is.

    Args:
        data: the body of the part.
        encoding: the value of the header field.
    """
    name = encoding.strip().strip(b"\"'").lower().decode("ascii", "ignore").partition(";")[0]
    if name == "base64":
        return _base64(data)
    if name == "quoted-printable":
        return binascii.a2b_qp(data)
    if name in _UU_NAMES:
        blocks = uu_blocks(data)
        return b"".join(block.content for block in blocks) if blocks else data
    return data


class UuBlock:
    """A uuencoded file inside a text: its name, its content and where it stood."""

    __slots__ = ("content", "end", "name", "start")

    def __init__(self, name: bytes, content: bytes, start: int, end: int) -> None:
        self.name = name
        self.content = content
        self.start = start
        self.end = end


def uu_blocks(data: bytes) -> list[UuBlock]:
    """The complete uuencoded files in a text; what only looks like one stays text. Linear.

    Args:
        data: text with "\\n" or "\\r\\n" line ends.
    """
    blocks: list[UuBlock] = []
    position = 0
    while len(blocks) < 100:
        begin = _UU_BEGIN.search(data, position) if data.find(b"begin", position) >= 0 else None
        if begin is None:
            break
        content, position = _uu_content(data, begin.end() + 1)
        if content is not None:
            blocks.append(UuBlock(begin[1].strip(), content, begin.start(), position))
    return blocks


def _uu_content(data: bytes, position: int) -> tuple[bytes | None, int]:
    """The decoded lines up to 'end' and where the text goes on; None when a line is no uuencoding."""
    pieces: list[bytes] = []
    while position < len(data):
        newline = data.find(b"\n", position)
        after = newline + 1 if newline >= 0 else len(data)
        line = data[position:after].rstrip(b"\r\n")
        if line == b"end":
            return b"".join(pieces), after
        decoded = _uu_line(line)
        if decoded is None:
            return None, position
        pieces.append(decoded)
        position = after
    return None, len(data)


def _uu_line(line: bytes) -> bytes | None:
    if len(line) > 90:
        return None
    if not line.strip(b" `"):
        return b""
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        return _uu_line_with_garbage(line)


def _uu_line_with_garbage(line: bytes) -> bytes | None:
    """Some encoders pad a line with signs that do not belong to it; its length says how many do."""
    wanted = (((line[0] - 32) & 63) * 4 + 5) // 3 + 1
    if not 33 <= line[0] <= 96 or wanted > len(line):
        return None
    try:
        return binascii.a2b_uu(line[:wanted])
    except binascii.Error:
        return None


def _base64(data: bytes) -> bytes:
    """Quick where it is well-formed; padding in the middle (pieces glued together) is decoded piece by piece."""
    padding = data.find(b"=")
    if padding >= 0 and data[padding:].strip(b"=\r\n \t"):
        pieces = re.split(rb"=+", data)
        if len(pieces) <= 10_000:
            return b"".join(headers.base64_bytes(piece) for piece in pieces)
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        return headers.base64_bytes(data)
