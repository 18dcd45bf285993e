"""HTML as a flat stream of tags and text.

No tree and no recursion: mail HTML is often broken and sometimes hostile, and everything done with it here
(plain text, the beginning of a quote) needs its order only. Linear in the length of the HTML: what could make
a scan start over from the same place (quotes, comments and tags that never end) is looked for once.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_HTML = 2_000_000
_MAX_ATTRIBUTES = 4_000
_MAX_QUOTES = 200
_MAX_FAILURES = 50

_NAME = re.compile(r"/?([a-zA-Z][^\s/>]{0,63})")
_STOP = re.compile(r"[>\"']")
_RAW_TEXT = frozenset({"script", "style", "title", "template", "iframe", "xml", "noembed", "noframes"})
_ENDS = {name: re.compile(f"</{name}", re.IGNORECASE) for name in _RAW_TEXT}
_LONG_REFERENCE = re.compile(r"&#(?:[xX][0-9a-fA-F]{9,}|[0-9]{9,});?")


class Tag(NamedTuple):
    """A start tag or, when closing, an end tag; attributes as they stand in the source."""

    name: str
    attributes: str
    closing: bool


def read(source: str) -> Iterator[Tag | str]:
    """The tags and the texts between them (entities decoded), without comments, scripts and styles.

    Args:
        source: HTML; at most the first MAX_HTML characters are read.
    """
    return _Reader(source[:MAX_HTML]).tokens()


def attribute(tag: Tag, name: str) -> str:
    """The value of an attribute, '' when absent (name in lower case)."""
    match = _attribute_pattern(name).search(tag.attributes)
    if not match:
        return ""
    return unescape(match[1] or match[2] or match[3] or "").strip()


def unescape(text: str) -> str:
    """Character references decoded; absurdly long ones are none (html.unescape would raise)."""
    if "&" not in text:
        return text
    return html.unescape(_LONG_REFERENCE.sub("\ufffd", text))


_patterns: dict[str, re.Pattern[str]] = {}


def _attribute_pattern(name: str) -> re.Pattern[str]:
    if name not in _patterns:
        _patterns[name] = re.compile(
            rf"(?:^|[\s\"'/]){name}\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))", re.IGNORECASE
        )
    return _patterns[name]


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source
        self._last_gt = source.rfind(">")
        self._missing: set[str] = set()
        self._failures = 0

    def tokens(self) -> Iterator[Tag | str]:
        source = self._source
        position = 0
        while position < len(source):
            less = source.find("<", position)
            if less < 0:
                less = len(source)
            if less > position:
                yield unescape(source[position:less])
            if less >= len(source):
                return
            following = source[less + 1 : less + 2]
            if following in ("!", "?"):
                position = self._behind_declaration(less)
                continue
            tag, position = self._tag(less)
            yield tag
            if isinstance(tag, Tag) and tag.name in _RAW_TEXT and not tag.closing:
                position = self._behind_raw_text(tag.name, position)

    def _tag(self, less: int) -> tuple[Tag | str, int]:
        name = _NAME.match(self._source, less + 1)
        if not name or less > self._last_gt:
            return "<", less + 1
        end = self._tag_end(name.end())
        attributes = self._source[name.end() : min(end, name.end() + _MAX_ATTRIBUTES)]
        return Tag(name[1].lower(), attributes, self._source[less + 1] == "/"), end + 1

    def _tag_end(self, position: int) -> int:
        """Where the tag's '>' stands; quotes count only behind '=', as browsers have it."""
        found = self._quoted_tag_end(position) if self._failures < _MAX_FAILURES else -1
        if found >= 0:
            return found
        self._failures += 1
        return self._source.find(">", position)

    def _quoted_tag_end(self, position: int) -> int:
        for _ in range(_MAX_QUOTES):
            stop = _STOP.search(self._source, position)
            if not stop:
                return -1
            if stop[0] == ">":
                return stop.start()
            position = stop.end()
            if self._source[max(0, stop.start() - 8) : stop.start()].rstrip().endswith("="):
                position = self._find(stop[0], position) + 1
                if position == 0:
                    return -1
        return -1

    def _behind_declaration(self, less: int) -> int:
        if self._source.startswith("<!--", less):
            end = self._find("-->", less + 4)
            return end + 3 if end >= 0 else less + 4
        end = self._find(">", less)
        return end + 1 if end >= 0 else less + 2

    def _behind_raw_text(self, name: str, position: int) -> int:
        if name in self._missing:
            return position
        end = _ENDS[name].search(self._source, position)
        if not end:
            self._missing.add(name)
            return position
        return end.start()

    def _find(self, what: str, position: int) -> int:
        """source.find that remembers what is not there any more: a miss costs its scan only once."""
        if what in self._missing:
            return -1
        found = self._source.find(what, position)
        if found < 0:
            self._missing.add(what)
        return found
