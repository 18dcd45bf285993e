"""Bytes to text: charsets as declared where they fit, as found where the declaration lies."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,39}")
# Names that mail programs use and Python does not know, and supersets in place of the sets senders mean
# (the WHATWG encoding standard does the same: a page that says ISO-8859-1 is Windows-1252).
_ALIASES = {
    "ansi": "cp1252",
    "ascii": "cp1252",
    "big5": "cp950",
    "euc-kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso-8859-1": "cp1252",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-9": "cp1254",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "ks_c_5601-1987": "cp949",
    "ksc5601": "cp949",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "macintosh": "mac_roman",
    "shift-jis": "cp932",
    "shift_jis": "cp932",
    "sjis": "cp932",
    "tis-620": "cp874",
    "unicode-1-1-utf-7": "utf-7",
    "us-ascii": "cp1252",
    "utf8mb4": "utf-8",
    "windows-31j": "cp932",
    "x-gbk": "gb18030",
    "x-mac-roman": "mac_roman",
    "x-sjis": "cp932",
}
# Python calls these encodings; they are transformations a sender has no business choosing.
_REFUSED = frozenset({"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "mbcs", "oem"})
_EAST_ASIAN = frozenset(
    {"gb18030", "cp950", "cp949", "cp932", "euc_jp", "euc_jis_2004", "big5hkscs", "johab"}
)
_UNUSABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@lru_cache(maxsize=256)
def known(charset: str) -> str:
    """The codec to use for a charset name as declared, '' when the name means nothing or nothing good."""
    name = charset.strip().strip("\"'").lower()
    if not _PLAIN_NAME.fullmatch(name):
        return ""
    try:
        info = codecs.lookup(_ALIASES.get(name, name))
    except (LookupError, ValueError):
        return ""
    canonical = info.name.replace("-", "_")
    if canonical in _REFUSED or not getattr(info, "_is_text_encoding", True):
        return ""
    return _ALIASES.get(info.name, info.name)


def decode(data: bytes, charset: str = "") -> str:
    """Text from bytes. Never raises, never yields NUL, other control characters or lone surrogates.

    Args:
        data: as they came out of the transfer encoding.
        charset: as declared; '' when nothing was.
    """
    return clean(_decode(data, known(charset)))


def clean(text: str) -> str:
    """The text without control characters except tab and newline, with newlines as "\\n"."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\u2028", "\n").replace("\u2029", "\n").replace("\x85", "\n")
    return _SURROGATE.sub("\ufffd", _UNUSABLE.sub("", text))


def _decode(data: bytes, codec: str) -> str:
    if data.isascii() and codec in ("", "utf-8", "cp1252"):
        return data.decode("ascii")
    if codec in ("", "utf-8", "cp1252"):
        return _utf8_or_western(data)
    if codec.startswith(("utf-16", "utf-32")) and b"\x00" not in data:
        return _utf8_or_western(data)
    if codec in _EAST_ASIAN and _is_busy_utf8(data):
        return data.decode("utf-8")
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError):
        return _utf8(data) or data.decode(codec, "replace")


def _utf8_or_western(data: bytes) -> str:
    """UTF-8 where the bytes are mostly that: Latin text hardly ever is by accident."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    text = data.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    right = sum(1 for sign in text if sign > "\x7f") - wrong
    return text if right >= wrong else data.decode("cp1252", "replace")


def _utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return ""


def _is_busy_utf8(data: bytes) -> bool:
    """Valid UTF-8 with three or more signs beyond ASCII: an East Asian text is so by accident once in 10^5."""
    text = _utf8(data)
    return len(data) - len(text) >= 3 and sum(1 for sign in text[:20_000] if sign > "\x7f") >= 3
