"""HTML to plain text as a mail program would write it: quotes with "> ", links in angle brackets, rules as "____".

Quote marks and rules survive because replies.split reads them; everything hidden stays out.
"""

from __future__ import annotations

import re

from app.mailroom.markup import tokens
from app.mailroom.markup.tokens import Tag

RULE = "_" * 32
_MAX_QUOTE_DEPTH = 8
_MAX_LIST_DEPTH = 8
_MAX_LINK = 2_000

_BLOCKS = frozenset((
    "address", "article", "aside", "body", "center", "dd", "details", "dialog", "dir", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "html", "legend", "li", "main",
    "menu", "nav", "ol", "option", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
))  # fmt: skip
_SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6"})
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr", "source"}
)
_WHITE = re.compile(r"[ \t\n\r\f]+")
_BLANKS = re.compile(r"\n{4,}")
_TIGHT = re.compile(r"mso(?:normal|plaintext|listparagraph)|margin(?:-top|-bottom)?\s*:\s*0", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
# Gmail's and Outlook's "increase indent" is a blockquote without a line at its side.
_INDENT = re.compile(r"border\s*:\s*(?:none|0)|margin\s*:\s*0(?:px)? 0(?:px)? 0(?:px)? 40px", re.IGNORECASE)
_SIDE_LINE = re.compile(r"border-left\s*:\s*(?!none|0)", re.IGNORECASE)
_LINK = re.compile(r"(?:https?|ftp|tel):[^\s<>]+", re.IGNORECASE)


def convert(source: str) -> str:
    """The words of an HTML mail as plain text. Linear, never raises.

    Args:
        source: HTML as sent; at most the first markup.tokens.MAX_HTML characters are read.
    """
    writer = _Writer(honour_hidden=True)
    writer.write(source)
    if writer.is_hiding:
        # Something hidden that never ends would take the rest of the mail with it.
        writer = _Writer(honour_hidden=False)
        writer.write(source)
    return writer.text()


class _Writer:
    def __init__(self, *, honour_hidden: bool) -> None:
        self._honour_hidden = honour_hidden
        self._lines: list[str] = []
        self._line: list[str] = []
        self._space = False
        self._gap = False
        self._loose = False
        self._quotes: list[bool] = []
        self._quote_depth = 0
        self._lists: list[int | None] = []
        self._pre = 0
        self._hidden_name = ""
        self._hidden_depth = 0
        self._link = ""
        self._link_text: list[str] = []

    @property
    def is_hiding(self) -> bool:
        """Whether a hidden element is still open."""
        return self._hidden_depth > 0

    def write(self, source: str) -> None:
        """Take in the whole document."""
        for token in tokens.read(source):
            if not isinstance(token, Tag):
                if not self._hidden_depth:
                    self._words(token)
            elif self._hidden_depth:
                self._track_hidden(token)
            elif token.closing:
                self._close(token.name)
            else:
                self._open(token)
        self._end_link()
        self._break()

    def text(self) -> str:
        """What was written, without blank lines around it and with at most two of them in a row."""
        return _BLANKS.sub("\n\n\n", "\n".join(self._lines)).strip("\n")

    def _open(self, tag: Tag) -> None:
        name = tag.name
        if self._honour_hidden and name not in _VOID and _HIDDEN.search(tokens.attribute(tag, "style")):
            self._hidden_name, self._hidden_depth = name, 1
        elif name == "br":
            self._flush()
        elif name in _SPACED:
            self._paragraph(tag)
        elif name in ("td", "th"):
            if self._line:
                self._append("\t")
        elif name == "a":
            self._start_link(tokens.attribute(tag, "href"))
        elif name == "img":
            self._image(tokens.attribute(tag, "alt"))
        elif name == "hr":
            self._break()
            self._lines.append(self._prefix() + RULE)
        elif name == "blockquote":
            self._break()
            self._open_quote(_is_quote(tag))
        elif name in _BLOCKS:
            self._open_block(name, tag)

    def _close(self, name: str) -> None:
        if name in _SPACED:
            self._break()
            self._gap = self._gap or self._loose
        elif name == "a":
            self._end_link()
        elif name == "blockquote":
            self._break()
            if self._quotes:
                self._quote_depth -= self._quotes.pop()
        elif name in _BLOCKS:
            self._break()
            if name == "pre":
                self._pre = max(0, self._pre - 1)
            elif name in ("ul", "ol") and self._lists:
                self._lists.pop()

    def _open_quote(self, is_quote: bool) -> None:
        self._quotes.append(is_quote)
        self._quote_depth += is_quote

    def _paragraph(self, tag: Tag) -> None:
        self._break()
        tight = _TIGHT.search(tokens.attribute(tag, "class")) or _TIGHT.search(tokens.attribute(tag, "style"))
        self._loose = not tight
        self._gap = self._gap or self._loose

    def _open_block(self, name: str, tag: Tag) -> None:
        self._break()
        if name == "pre":
            self._pre += 1
        elif name in ("ul", "ol"):
            self._lists.append(None if name == "ul" else 0)
        elif name == "li":
            self._bullet()

    def _bullet(self) -> None:
        depth = min(len(self._lists), _MAX_LIST_DEPTH)
        number = self._lists[-1] if self._lists else None
        if number is None:
            mark = "- "
        else:
            self._lists[-1] = number + 1
            mark = f"{number + 1}. "
        self._line.append("  " * max(0, depth - 1) + mark)
        self._space = False

    def _words(self, text: str) -> None:
        if self._pre:
            first, *rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            self._append(first)
            for line in rest:
                self._flush()
                self._append(line)
            return
        tidy = _WHITE.sub(" ", text)
        words = tidy.strip(" ")
        if tidy.startswith(" ") and self._line:
            self._space = True
        if words:
            self._append(words)
            self._space = tidy.endswith(" ")

    def _append(self, text: str) -> None:
        if not text:
            return
        if self._space and self._line:
            self._line.append(" ")
        self._space = False
        self._line.append(text)
        if self._link:
            self._link_text.append(text)

    def _prefix(self) -> str:
        return "> " * min(self._quote_depth, _MAX_QUOTE_DEPTH)

    def _flush(self) -> None:
        """End the line, even an empty one."""
        text = "".join(self._line).replace("\xa0", " ").rstrip()
        self._line = []
        self._space = False
        if self._gap and text:
            if self._lines and self._lines[-1].strip("> "):
                self._lines.append(self._prefix().rstrip())
            self._gap = False
        self._lines.append((self._prefix() + text).rstrip())

    def _break(self) -> None:
        """End the line if there is one."""
        if self._line:
            self._flush()

    def _image(self, alternative: str) -> None:
        words = " ".join(alternative.split())
        if words and len(words) <= 300 and "://" not in words:
            self._append(f"[{words}]")

    def _start_link(self, target: str) -> None:
        self._end_link()
        target = target.strip().replace(" ", "%20")
        if target.lower().startswith("mailto:"):
            self._link = target[7:].partition("?")[0]
        elif _LINK.fullmatch(target[:_MAX_LINK]) and len(target) <= _MAX_LINK:
            self._link = target
        self._link_text = []

    def _end_link(self) -> None:
        link, self._link = self._link, ""
        said = "".join(self._link_text).strip()
        if not link or not said or said.startswith("["):
            return
        bare = link.split("://", 1)[-1].rstrip("/").lower()
        if bare not in said.lower() and said.lower().rstrip("/.…") not in (bare, link.lower()):
            self._append(f" <{link}>" if not self._space else f"<{link}>")

    def _track_hidden(self, tag: Tag) -> None:
        if tag.name == self._hidden_name:
            self._hidden_depth += -1 if tag.closing else 1


def _is_quote(tag: Tag) -> bool:
    if tokens.attribute(tag, "type").lower() == "cite" or "quote" in tokens.attribute(tag, "class"):
        return True
    style = tokens.attribute(tag, "style")
    return bool(_SIDE_LINE.search(style)) or not _INDENT.search(style)
