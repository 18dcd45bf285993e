"""Parameters of Content-Type and Content-Disposition: quoted, in pieces (RFC 2231), encoded or raw."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from app.mailroom.parsing import charsets, headers

MAX_PARAMETERS = 200
_MAX_VALUE = 32 * 1024
_TOKEN = re.compile(r"[^\";\\]+|.", re.DOTALL)
_EXTENDED = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?")


def split(value: bytes) -> tuple[str, dict[str, str]]:
    """The value before the first ';' and the parameters behind it.

    Args:
        value: the unfolded header value.

    Returns:
        the value in lower case, and the parameters by name in lower case with one character per byte
        (Latin-1), continuations still apart; the first of equals wins.
    """
    pieces = _pieces(value[:_MAX_VALUE].decode("latin-1"))
    parameters: dict[str, str] = {}
    for piece in pieces[1 : MAX_PARAMETERS + 1]:
        name, equals, content = piece.partition("=")
        if equals:
            parameters.setdefault(name.strip().lower(), content.strip())
    return pieces[0].strip().lower(), parameters


def text(parameters: dict[str, str], name: str, charset: str = "") -> str:
    """One parameter as text, whichever way it is written; '' when absent.

    Args:
        parameters: as split() gave them.
        name: in lower case.
        charset: hint for raw 8-bit bytes.
    """
    return _continued(parameters, name) or _simple(parameters.get(name, ""), charset)


def _simple(value: str, charset: str) -> str:
    return headers.one_line(headers.decode_words(charsets.decode(value.encode("latin-1"), charset)))


def _continued(parameters: dict[str, str], name: str) -> str:
    """RFC 2231: name*=charset'language'text or name*0*=…; name*1=…; pieces joined before decoding."""
    if not any("*" in key for key in parameters):
        return ""
    pieces: dict[int, bytes] = {}
    charset = ""
    for key, value in parameters.items():
        match = _EXTENDED.fullmatch(key)
        if not match or match[1] != name or (match[2] is None and not match[3]):
            continue
        index = int(match[2] or 0)
        if match[3] and index == 0 and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        raw = value.encode("latin-1")
        pieces[index] = unquote_to_bytes(raw) if match[3] else raw
    joined = b"".join(pieces[index] for index in sorted(pieces))
    return headers.one_line(headers.decode_words(charsets.decode(joined, charset)))


def _pieces(value: str) -> list[str]:
    """The value cut at the semicolons outside quotes, quotes and escapes taken off. Linear."""
    pieces: list[list[str]] = [[]]
    quoted = escaped = False
    for match in _TOKEN.finditer(value):
        sign = match[0]
        if escaped:
            # Only quotes and backslashes are escaped in the wild; the rest are Windows paths.
            escaped = False
            pieces[-1].append(sign if sign in ('"', "\\") else "\\" + sign)
        elif sign == "\\":
            escaped = quoted
            if not quoted:
                pieces[-1].append(sign)
        elif sign == '"':
            quoted = not quoted
        elif sign == ";" and not quoted:
            pieces.append([])
        else:
            pieces[-1].append(sign)
    return ["".join(piece) for piece in pieces]
