"""Text from people: cleaned characters, folded search words, Markdown rendered once and cleaned when shown."""

from __future__ import annotations

import re
import unicodedata

import nh3
from markdown_it import MarkdownIt

from app.core import plain

# C0/C1 controls but tab and line feed, and the marks that turn or hide text.
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
TAGS = {
    "p", "br", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "hr", "a",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
SCHEMES = {"http", "https", "mailto", "tel"}
MAX_DEPTH = 40
# Longer texts are logs and tables, not prose; read as Markdown, a hostile one of them takes many seconds (A45).
PROSE_LENGTH = 40_000
PROSE_LINES = 1_000

_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": MAX_DEPTH}).enable(
    ["table", "strikethrough"]
)
_markdown.disable("image")


def one_line(text: str) -> str:
    """A single line without control or direction marks: titles, names, subjects."""
    return " ".join(UNSEEN.sub("", text.replace("\n", " ").replace("\t", " ").replace("\r", " ")).split())


def many_lines(text: str) -> str:
    """Text of several lines with plain line ends and without control marks."""
    return UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip("\n")


def render(markdown: str) -> str:
    """Markdown to HTML, once, when it is written; raw HTML and pictures inside it stay text.

    What is too long or nested too deep for prose is shown as it was typed.
    """
    if len(markdown) > PROSE_LENGTH or markdown.count("\n") >= PROSE_LINES:
        return plain.to_html(markdown)
    tokens = _markdown.parse(markdown)
    if any(token.level >= MAX_DEPTH - 2 for token in tokens):  # the parser drops what lies deeper
        return plain.to_html(markdown)
    return str(_markdown.renderer.render(tokens, _markdown.options, {}))


_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes={"a": {"href", "title"}, "ol": {"start"}, "th": {"align"}, "td": {"align"}},
    url_schemes=SCHEMES,
    link_rel="noopener noreferrer nofollow",
)


def clean(html: str) -> str:
    """HTML that may be shown: known tags, links to http, https, mailto and tel only."""
    return _cleaner.clean(html)


def fold(text: str) -> str:
    """Lower case without accents, ä as ae: what a search compares."""
    lowered = text.casefold().translate(GERMAN)
    parts = unicodedata.normalize("NFKD", lowered)
    return "".join(c for c in parts if not unicodedata.combining(c))


def shorten(text: str, length: int) -> str:
    """At most ``length`` characters, with an ellipsis when something was left out."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
