"""Header values: the raw block into fields, encoded words (RFC 2047) and raw 8-bit bytes into one clean line."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from app.mailroom.parsing import charsets, limits

Fields = list[tuple[str, bytes]]

_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_ENCODED_WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,40})?\?([BbQq])\?([^?]*)\?=")
_FOLD = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_HIDDEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
# Fields in which a stray line is a broken fold and not the beginning of the text.
_FOLDED_BADLY = frozenset(
    {"references", "in-reply-to", "received", "to", "cc", "content-type", "dkim-signature"}
)


def read(raw: bytes, start: int, end: int, *, top: bool) -> tuple[Fields, int]:
    """The fields of one header block.

    Args:
        raw: the whole message.
        start: where the block begins.
        end: where the enclosing part ends.
        top: whether this is the message's own block (an mbox line and blank lines before it are skipped).

    Returns:
        the fields (name in lower case, unfolded value) in their order, and where the body begins.

    Raises:
        Unreadable: the block or one of its lines is larger than the limits allow.
    """
    position = _skip_prelude(raw, start, end) if top else start
    first = position
    fields: list[tuple[str, list[bytes]]] = []
    while position < end:
        newline = raw.find(b"\n", position, end)
        after = newline + 1 if newline >= 0 else end
        if _is_blank(raw, position, after):
            position = after
            break
        if not _take_line(raw, position, after, end, fields):
            break
        limits.check_header_line(after - position)
        position = after
        limits.check_header_block(position - first)
    return [(name, b" ".join(pieces)) for name, pieces in fields], position


def text(value: bytes, charset: str = "") -> str:
    """One header value as one clean line: encoded words decoded, control characters folded into spaces.

    Args:
        value: the unfolded value.
        charset: the charset the message declares, a hint for raw 8-bit bytes.
    """
    return one_line(decode_words(raw_text(value, charset)))


def raw_text(value: bytes, charset: str = "") -> str:
    """A header value with its 8-bit bytes decoded and its encoded words still encoded."""
    return value.decode("ascii") if value.isascii() else charsets.decode(value, charset)


def one_line(value: str) -> str:
    """The text with control characters folded into spaces and invisible direction marks dropped (A22)."""
    if not (value.isascii() and value.isprintable()):
        value = _HIDDEN.sub("", _FOLD.sub(" ", charsets.clean(value)))
    return " ".join(value.split())


def decode_words(value: str) -> str:
    """The text with its encoded words decoded; broken ones as well as can be. Linear in the length."""
    if "=?" not in value:
        return value
    out: list[str] = []
    pending: list[tuple[str, bytes]] = []
    position = 0
    for match in _ENCODED_WORD.finditer(value):
        between = value[position : match.start()]
        if between.strip() or not pending:
            out.extend(_joined(pending))
            pending = []
            out.append(between)
        pending.append((match[1].lower(), _word_bytes(match[2], match[3])))
        position = match.end()
    out.extend(_joined(pending))
    out.append(value[position:])
    return "".join(out)


def _skip_prelude(raw: bytes, start: int, end: int) -> int:
    position = start
    while position < end:
        newline = raw.find(b"\n", position, end)
        after = newline + 1 if newline >= 0 else end
        line = raw[position : min(after, position + 400)]
        is_mbox_line = line.startswith((b"From ", b">From ")) and not _FIELD.match(line)
        if line.strip() and not is_mbox_line:
            return position
        if not line.strip() and after - position > 400 and raw[position:after].strip():
            return position
        position = after
    return position


def _is_blank(raw: bytes, position: int, after: int) -> bool:
    return after - position <= 2 and raw[position:after] in (b"\n", b"\r\n")


def _take_line(
    raw: bytes, position: int, after: int, end: int, fields: list[tuple[str, list[bytes]]]
) -> bool:
    """Whether the line belongs to the block; if so it is added to the fields."""
    if raw[position] in b" \t":
        if fields:
            fields[-1][1].append(raw[position:after].strip())
        return True
    field = _FIELD.match(raw, position, after)
    if field:
        fields.append((field[1].decode("ascii").lower(), [raw[field.end() : after].strip()]))
        return True
    if not fields or fields[-1][0] not in _FOLDED_BADLY or not _goes_on(raw, after, end):
        return False
    fields[-1][1].append(raw[position:after].strip())
    return True


def _goes_on(raw: bytes, after: int, end: int) -> bool:
    """Whether the block goes on, or ends as it should, behind a stray line."""
    if after >= end:
        return False
    return raw[after] in b"\r\n \t" or bool(_FIELD.match(raw, after, min(end, after + 250)))


def _word_bytes(kind: str, payload: str) -> bytes:
    data = payload.encode("utf-8", "replace")
    if kind in "Qq":
        return binascii.a2b_qp(data.replace(b" ", b"_"), header=True)
    return base64_bytes(data)


def base64_bytes(data: bytes) -> bytes:
    """Base64 decoded whatever is wrong with it: foreign characters, missing or early padding."""
    kept = _NOT_BASE64.sub(b"", data)
    if len(kept) % 4 == 1:
        kept = kept[:-1]
    return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def _joined(words: list[tuple[str, bytes]]) -> Iterator[str]:
    """Neighbouring words of one charset are decoded together: senders cut characters in two."""
    index = 0
    while index < len(words):
        charset = words[index][0]
        stop = index
        while stop < len(words) and words[stop][0] == charset:
            stop += 1
        yield charsets.decode(b"".join(data for _, data in words[index:stop]), charset)
        index = stop
