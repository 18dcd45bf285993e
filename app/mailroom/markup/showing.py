"""The HTML of a mail as it may be shown: known tags and styles, checked links, no picture that was not asked for.

Cleaned by nh3 whenever it is shown (abuse cases A19, A20, A21). What it costs grows with the square of a hostile
text, so this runs in the parsing process with its limits. The frame around it keeps off what might slip through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from urllib.parse import unquote

import nh3

TAGS = {
    "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center",
    "cite", "code", "col", "colgroup", "dd", "del", "dfn", "dir", "div", "dl", "dt", "em", "figcaption", "figure",
    "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "main",
    "mark", "nav", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span", "strike", "strong", "sub", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr",
}  # fmt: skip
# Tags whose content is no text of the mail.
WITH_CONTENT = {
    "applet", "audio", "canvas", "datalist", "embed", "iframe", "math", "noembed", "noframes", "noscript", "object",
    "script", "select", "style", "svg", "template", "textarea", "title", "video", "xml", "xmp",
}  # fmt: skip
_SIZES = {"width", "height"}
_CELL = {"align", "valign", "bgcolor", "colspan", "rowspan", "nowrap", *_SIZES}
ATTRIBUTES = {
    "*": {"align", "dir", "lang", "style", "title"},
    "a": {"href"},
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "font": {"color", "face", "size"},
    "hr": {"color", "noshade", "size", "width"},
    "img": {"alt", "border", "src", *_SIZES},
    "li": {"type", "value"},
    "ol": {"start", "type"},
    "table": {"bgcolor", "border", "bordercolor", "cellpadding", "cellspacing", *_SIZES},
    "td": _CELL,
    "th": _CELL,
    "tr": {"valign", "bgcolor", "height"},
    "ul": {"type"},
}
# Without functions (see _ACTIVE) none of these fetches anything or leaves its place.
STYLES = {
    "background", "background-color", "border", "border-bottom", "border-bottom-color", "border-bottom-style",
    "border-bottom-width", "border-collapse", "border-color", "border-left", "border-left-color", "border-left-style",
    "border-left-width", "border-radius", "border-right", "border-right-color", "border-right-style",
    "border-right-width", "border-spacing", "border-style", "border-top", "border-top-color", "border-top-style",
    "border-top-width", "border-width", "clear", "color", "direction", "display", "float", "font", "font-family",
    "font-size", "font-style", "font-variant", "font-weight", "height", "letter-spacing", "line-height",
    "list-style-position", "list-style-type", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top",
    "max-height", "max-width", "min-height", "min-width", "padding", "padding-bottom", "padding-left",
    "padding-right", "padding-top", "table-layout", "text-align", "text-decoration", "text-indent", "text-transform",
    "vertical-align", "white-space", "width", "word-break", "word-spacing", "word-wrap", "overflow-wrap",
}  # fmt: skip
_PROPERTY = re.compile(r"(?:^|(?<=;))\s*[A-Za-z-]{1,40}\s*:")
_LINK = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)
_REMOTE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
_INSIDE = re.compile(r"\s*cid:", re.IGNORECASE)
# Functions other than colours, and every sign that could hide one.
_ACTIVE = re.compile(r"\\|/\*|@|[{}<]|(?<!rgb)(?<!rgba)(?<!hsl)(?<!hsla)\(", re.IGNORECASE)
_PAPER = (
    ":root{color-scheme:light}"
    "body{margin:16px;font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;"
    "color:#1c2024;background:#fff;overflow-wrap:anywhere}"
    "img{max-width:100%;height:auto}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere}"
    "blockquote{margin:0 0 0 2px;padding-left:10px;border-left:2px solid #c3cad1}"
)


@dataclass(slots=True)
class Cleaned:
    """HTML that may be shown in the frame, and how many pictures from the internet are left out of it."""

    html: str = ""
    left_out: int = 0


@dataclass(slots=True)
class _Filter:
    """Decides on each attribute of one mail."""

    pictures: Mapping[str, str]
    remote: bool
    cleaned: Cleaned = field(default_factory=Cleaned)

    def __call__(self, tag: str, name: str, value: str) -> str | None:
        if name == "href":
            return value.strip() if _LINK.match(value.strip()) else None
        if name == "src":
            return self._picture(value)
        return _calm(value) if name == "style" else value

    def _picture(self, address: str) -> str | None:
        inside = _INSIDE.match(address)
        if inside:
            return self.pictures.get(key_of(address[inside.end() :]))
        if not _REMOTE.match(address):
            return None
        if self.remote:
            return address.strip()
        self.cleaned.left_out += 1
        return None


def key_of(content_id: str) -> str:
    """A Content-ID as it is looked up, whether it comes from a header or from an address in HTML.

    Args:
        content_id: with or without angle brackets, escaped or not.
    """
    return unquote(content_id).strip().strip("<>").lower()


def clean(source: str, pictures: Mapping[str, str], *, remote: bool) -> Cleaned:
    """The HTML of a mail as it may be shown in its frame.

    Args:
        source: HTML as sent.
        pictures: our own addresses of the mail's pictures, by ``key_of`` their Content-ID.
        remote: whether pictures from the internet stay, because the reader asked for them.
    """
    judge = _Filter(pictures, remote)
    cleaner = nh3.Cleaner(
        tags=TAGS,
        clean_content_tags=WITH_CONTENT,
        attributes=ATTRIBUTES,
        attribute_filter=judge,
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        filter_style_properties=STYLES,
    )
    judge.cleaned.html = cleaner.clean(source)
    return judge.cleaned


def document(html: str | None, text: str, *, language: str, title: str) -> str:
    """The whole document that is shown in the frame: white paper whatever colours the reader prefers.

    Args:
        html: as ``clean`` gave it; None or blank for a mail without.
        text: shown as it was typed where there is no HTML.
        language: of the reader.
        title: the subject.
    """
    body = html if html and html.strip() else f"<pre>{escape(text, quote=False)}</pre>"
    return (
        f'<!doctype html>\n<html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_PAPER}</style></head><body>{body}</body></html>\n"
    )


def _calm(style: str) -> str | None:
    """The declarations that call nothing; their names are the cleaner's business, which knows small letters only."""
    if _ACTIVE.search(style):
        style = ";".join(part for part in style.split(";") if not _ACTIVE.search(part))
    return _PROPERTY.sub(lambda name: name[0].lower(), style) or None
