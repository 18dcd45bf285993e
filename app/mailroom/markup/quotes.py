"""Where the quoted message begins in HTML, by the containers the mail programs put around it."""

from __future__ import annotations

import re

from app.mailroom.markup import tokens
from app.mailroom.markup.tokens import Tag

_WORD = re.compile(r"\w+")
_MAX_WORDS = 12

# Class, id and name by program: Gmail, Thunderbird, Yahoo, Proton, Zoho, Tuta, Outlook (web, new, mobile, 2003),
# Hotmail, Roundcube, Zimbra, GMX and Web.de, QQ, Entourage. Outlook prefixes "x_" when it quotes a quote.
_CLASSES = re.compile(
    r"(?:^|[\s_])(?:gmail_quote|gmail_quote_container|moz-cite-prefix|yahoo_quoted|protonmail_quote|zmail_extra"
    r"|tutanota_quote|outlookmessageheader|quoted-content)(?:$|\s)",
    re.IGNORECASE,
)
_IDS = re.compile(
    r"(?:x_)*(?:divrplyfwdmsg|appendonsend|mail-editor-reference-message-container|olk_src_body_section"
    r"|stopspelling|reply-intro|zwchr|isreplycontent|replyintro|yahoo_quoted_\d+)",
    re.IGNORECASE,
)
_NAMES = frozenset({"quote", "quoted-content"})
# No container without one of these; looked for first, so that most HTML need not be read at all.
_TRACES = (
    "quote", "cite", "zmail_extra", "divrplyfwd", "appendonsend", "mail-editor-ref", "olk_src_body", "stopspelling",
    "reply-intro", "replyintro", "zwchr", "isreplycontent", "outlookmessageheader",
)  # fmt: skip


def first_words(source: str) -> list[str]:
    """The first words of the first quote container, in lower case; [] when there is none.

    Args:
        source: HTML as sent.
    """
    lowered = source[: tokens.MAX_HTML].lower()
    if not any(trace in lowered for trace in _TRACES):
        return []
    words: list[str] = []
    inside = False
    for token in tokens.read(source):
        if isinstance(token, Tag):
            inside = inside or (not token.closing and bool(token.attributes) and _is_container(token))
        elif inside:
            words.extend(word.casefold() for word in _WORD.findall(token[:2_000]))
            if len(words) >= _MAX_WORDS:
                break
    return words[:_MAX_WORDS]


def _is_container(tag: Tag) -> bool:
    if tag.name == "blockquote":
        return tokens.attribute(tag, "type").lower() == "cite"
    return bool(
        _CLASSES.search(tokens.attribute(tag, "class"))
        or _IDS.fullmatch(tokens.attribute(tag, "id"))
        or tokens.attribute(tag, "name").lower() in _NAMES
    )
