"""The little language of mails: names in braces, filled in once; nothing in it is ever run (abuse case A44).

A text is read line by line. A block (``{message}``) stands on a line of its own; everything between blocks is plain
text with Markdown. What is filled in never becomes a placeholder or Markdown itself, and is escaped in HTML.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from markupsafe import escape

from app.core.text import clean, one_line, render

PLACEHOLDER = re.compile(r"\{([^{}\n]{0,60})\}")
ADDRESS = "link"  # the only value that may be where a link leads
_ATTRIBUTE = re.compile(r'(href|title)="([^"]*)"')

# What a name stands for; None for a name nobody knows, which then stays as it was typed.
Says = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a mail: a block by its name, or words in both forms."""

    block: str = ""
    text: str = ""
    html: str = ""


def names(text: str) -> list[str]:
    """The placeholders of a text, each once, in their order."""
    return list(dict.fromkeys(PLACEHOLDER.findall(text)))


def fill(line: str, says: Says) -> str:
    """A line of text with its placeholders filled in; values stay on the line."""

    def put(found: re.Match[str]) -> str:
        value = says(found[1])
        return found[0] if value is None else one_line(value)

    return PLACEHOLDER.sub(put, line)


def pieces(text: str, says: Says, blocks: frozenset[str]) -> list[Piece]:
    """A text as blocks and words, filled in.

    Args:
        text: several lines.
        says: see ``Says``.
        blocks: names that are blocks where they stand on a line of their own.
    """
    return [made for made in _pieces(text, says, blocks) if made.block or made.text]


def _pieces(text: str, says: Says, blocks: frozenset[str]) -> Iterator[Piece]:
    between: list[str] = []
    for line in text.split("\n"):
        block = block_of(line)
        if block in blocks:
            yield words("\n".join(between), says)
            yield Piece(block=block)
            between = []
        else:
            between.append(line)
    yield words("\n".join(between), says)


def block_of(line: str) -> str:
    """The placeholder that has this line to itself; empty for none."""
    found = PLACEHOLDER.fullmatch(line.strip())
    return found[1] if found else ""


def words(text: str, says: Says) -> Piece:
    """Plain text with Markdown in both forms; a line whose placeholders are all empty is left out."""
    lines = [line for line in text.split("\n") if not _is_void(line, says)]
    kept = "\n".join(lines).strip("\n")
    return Piece(text="\n".join(fill(line, says) for line in lines).strip(), html=_html(kept, says))


def _is_void(line: str, says: Says) -> bool:
    values = [says(name) for name in PLACEHOLDER.findall(line)]
    return bool(values) and all(value is not None and not one_line(value) for value in values)


def _html(text: str, says: Says) -> str:
    """Markdown is read before values come in: they wait behind marks that nobody could have typed."""
    nonce, values = secrets.token_hex(8), list[tuple[str, str]]()

    def put_mark(found: re.Match[str]) -> str:
        value = says(found[1])
        if value is None:
            return found[0]
        values.append((found[1], one_line(value)))
        return f"v{nonce}n{len(values) - 1}e"

    mark = re.compile(f"v{nonce}n([0-9]+)e")
    made = render(PLACEHOLDER.sub(put_mark, text))
    made = _ATTRIBUTE.sub(lambda found: _attribute(found, mark, values), made)
    return clean(mark.sub(lambda found: _shown(*values[int(found[1])]), made)).strip()


def _attribute(found: re.Match[str], mark: re.Pattern[str], values: list[tuple[str, str]]) -> str:
    """Where a link leads is said by us or by whoever wrote the text, never by what is filled in."""

    def inside(one: re.Match[str]) -> str:
        name, value = values[int(one[1])]
        return str(escape(value)) if name == ADDRESS or found[1] == "title" else ""

    return f'{found[1]}="{mark.sub(inside, found[2])}"'


def _shown(name: str, value: str) -> str:
    shown = escape(value)
    return f'<a href="{shown}">{shown}</a>' if name == ADDRESS and value else str(shown)
