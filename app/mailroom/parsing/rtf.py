"""Outlook's third kind of body: compressed RTF (MS-OXRTFCP), read as plain text."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field, replace

from app.mailroom.parsing import charsets

MAX_RTF = 4 * 1024 * 1024
MAX_GROUPS = 1_000
_HEADER = struct.Struct("<IIII")
_COMPRESSED, _PLAIN = 0x75465A4C, 0x414C454D
_WINDOW = 4096
_BEGINNING = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS "
    b"Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20"
    b"\\b\\i\\u\\tab\\tx"
)
_TOKEN = re.compile(
    r"\\([a-zA-Z]{1,32})(-?[0-9]{1,10})? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|[\r\n\x00]+|([^\\{}\r\n\x00]+)|(\\)",
    re.DOTALL,
)
_SIGNS = {
    "par": "\n", "line": "\n", "row": "\n", "sect": "\n\n", "page": "\n\n", "tab": "\t", "cell": "\t", "emdash": "—",
    "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•", "emspace": " ",
    "enspace": " ",
}  # fmt: skip
_UNSEEN = frozenset((
    "author", "colortbl", "company", "creatim", "datastore", "footer", "fonttbl", "generator", "header", "info",
    "listtable", "object", "operator", "pict", "rsidtbl", "stylesheet", "themedata", "title", "xmlnstbl",
))  # fmt: skip


def unpack(data: bytes) -> bytes:
    """The RTF of a compressed body, at most the first MAX_RTF bytes; b"" when it is none.

    Args:
        data: the value of the property.
    """
    if len(data) < _HEADER.size:
        return b""
    _size, raw_size, kind, _checksum = _HEADER.unpack_from(data)
    if kind == _PLAIN:
        return data[_HEADER.size :][: min(raw_size, MAX_RTF)]
    return _inflate(data, min(raw_size, MAX_RTF)) if kind == _COMPRESSED else b""


def _inflate(data: bytes, size: int) -> bytes:
    """Runs of literals and of references into the last 4096 bytes, eight behind each control byte."""
    out = bytearray(_BEGINNING)
    position, end, wanted = _HEADER.size, len(data), len(_BEGINNING) + size
    while position < end and len(out) < wanted:
        control = data[position]
        position += 1
        for bit in range(8):
            if not control >> bit & 1:
                out += data[position : position + 1]
                position += 1
                continue
            if position + 2 > end:
                return bytes(out[len(_BEGINNING) : wanted])
            reference = data[position] << 8 | data[position + 1]
            position += 2
            back = (len(out) - (reference >> 4)) % _WINDOW
            if not back:
                return bytes(out[len(_BEGINNING) : wanted])
            _repeat(out, back, (reference & 15) + 2)
    return bytes(out[len(_BEGINNING) : wanted])


def _repeat(out: bytearray, back: int, length: int) -> None:
    """What lies so far behind once more, itself included; before the beginning lie zeros."""
    start = len(out) - back
    piece = bytes(-start) + out[: start + back] if start < 0 else bytes(out[start : start + length])
    out += (piece * (length // len(piece) + 1))[:length]


def text(source: bytes) -> str:
    """The words of an RTF text: no formats, no pictures. Linear, never raises.

    Args:
        source: RTF; at most the first MAX_RTF bytes are read.
    """
    return _Reader(source[:MAX_RTF].decode("latin-1")).read()


@dataclass(slots=True)
class _Group:
    """What a pair of braces sets: whether its words are seen, and how many signs stand in for a Unicode one."""

    hidden: bool = False
    spare: int = 1


@dataclass(slots=True)
class _Reader:
    source: str
    codec: str = "cp1252"
    group: _Group = field(default_factory=_Group)
    groups: list[_Group] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    pending: bytearray = field(default_factory=bytearray)
    to_skip: int = 0

    def read(self) -> str:
        position = 0
        while position < len(self.source):
            token = _TOKEN.match(self.source, position)
            if token is None:
                break
            word, number, code, sign, brace, words, _stray = token.groups()
            position = token.end()
            if code is None:
                self._flush()
            if word == "bin":
                position += max(0, int(number or 0))
            elif word:
                self._word(word, int(number) if number else None)
            elif code:
                self._byte(int(code, 16))
            elif sign:
                self._sign(sign)
            elif brace:
                self._brace(brace)
            elif words:
                self._say(words)
        self._flush()
        whole = "".join(self.out).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return charsets.clean(whole).strip()

    def _brace(self, brace: str) -> None:
        self.to_skip = 0
        if brace == "}":
            self.group = self.groups.pop() if self.groups else _Group()
        elif len(self.groups) < MAX_GROUPS:
            self.groups.append(self.group)
            self.group = replace(self.group)

    def _word(self, word: str, number: int | None) -> None:
        if word in _UNSEEN:
            self.group.hidden = True
        elif word == "ansicpg" and number:
            self.codec = "utf-8" if number == 65001 else charsets.known(f"cp{number}") or "cp1252"
        elif word == "uc" and number is not None:
            self.group.spare = max(0, min(number, 8))
        elif word == "u" and number is not None:
            self._show(chr(number & 0xFFFF))
            self.to_skip = self.group.spare
        elif word in _SIGNS:
            self._show(_SIGNS[word])

    def _sign(self, sign: str) -> None:
        if sign == "*":
            self.group.hidden = True
        elif sign in "~_":
            self._show({"~": "\xa0", "_": "-"}[sign])
        elif sign in "\\{}":
            self._say(sign)
        elif sign in "\r\n":
            self._show("\n")

    def _byte(self, code: int) -> None:
        if self.to_skip:
            self.to_skip -= 1
        elif not self.group.hidden:
            self.pending.append(code)

    def _say(self, words: str) -> None:
        skipped = min(self.to_skip, len(words))
        self.to_skip -= skipped
        left = words[skipped:]
        self._show(left if left.isascii() else left.encode("latin-1").decode(self.codec, "replace"))

    def _show(self, words: str) -> None:
        if not self.group.hidden:
            self.out.append(words)

    def _flush(self) -> None:
        if self.pending:
            self.out.append(self.pending.decode(self.codec, "replace"))
            self.pending.clear()
