"""Text as HTML that says exactly the same: no Markdown, so that paths, signs and columns stay as typed."""

from __future__ import annotations

import re
from html import escape

_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")
_LINK = re.compile(r"https?://[^\s<>\"']{1,2000}")
_TRAILING = ".,;:!?)]}»“"
_SPACES = re.compile(r"  +")


def to_html(text: str) -> str:
    """Paragraphs with line breaks; addresses of web pages become links. Linear.

    Args:
        text: several lines, without control characters.
    """
    parts = _PARAGRAPHS.split(text.strip("\n"))
    return "\n".join(f"<p>{_lines(part)}</p>" for part in parts if part.strip())


def quoted(text: str) -> str:
    """The same, set off as somebody else's words."""
    return f"<blockquote>\n{to_html(text)}\n</blockquote>"


def _lines(part: str) -> str:
    return "<br>\n".join(_line(line) for line in part.split("\n"))


def _line(line: str) -> str:
    pieces, position = [], 0
    for match in _LINK.finditer(line):
        link = match[0].rstrip(_TRAILING)
        pieces.append(_words(line[position : match.start()]))
        pieces.append(f'<a href="{escape(link)}">{escape(link)}</a>')
        position = match.start() + len(link)
    pieces.append(_words(line[position:]))
    return "".join(pieces)


def _words(text: str) -> str:
    """Columns and indents are kept by blanks that HTML does not run together."""
    wide = text.replace("\t", "    ")
    return escape(_SPACES.sub(lambda run: "\xa0" * (len(run[0]) - 1) + " ", wide), quote=False)
