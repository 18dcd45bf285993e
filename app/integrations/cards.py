"""Adaptive Cards from plain words: foreign text stays text, the whole stays small enough for Teams (A69)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from app.core.text import many_lines, one_line, shorten

Card = dict[str, Any]

# Teams refuses messages over about 28 kB and counts some of them as UTF-16; 20 kB of UTF-8 have been seen to
# pass. A card is built to the second figure and never sent over the first.
LIMIT_BYTES = 28_000
BUILT_BYTES = 20_000
TITLE_LENGTH = 200
NAME_LENGTH = 60
FACT_LENGTH = 200
BUTTON_LENGTH = 60
MOST_FACTS = 12
MOST_BUTTONS = 6
ROW_LENGTH = 160
MOST_ROWS = 10

# Desktop reads a backslash as Markdown does, some mobile clients do not; so links and tags are broken in a
# way no client can join again; the backslash only keeps stars and underscores from changing the type face.
LINK_JOINT = re.compile(r"\](?=[(\[:])")
TAG_START = re.compile(r"<(?=[A-Za-z/!?])")
STYLE_MARKS = re.compile(r"[*_`]|~(?=~)|(?<=~)~|\\(?=[!-/:-@\[-`{-~])")
LINE_MARKS = re.compile(r"^[ ]*((?:(?:[-+]|[0-9]{1,9}[.)])[ ]+)*)(?=[#>])", re.MULTILINE)
ENTITY = re.compile(r"&(?=#?[A-Za-z0-9]+;)")
# Signs that may stand in the address of a link; brackets would end it.
UNQUOTED = "/:?&=#%+,;~@!$'*"
FUNCTION = re.compile(r"\{(?=\{)")


@dataclass(frozen=True, slots=True)
class Button:
    """Opens a page of ours in the browser."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a list: a link to a page of ours, and what stands beside it."""

    name: str
    url: str
    text: str


def card(
    title: str,
    facts: Sequence[tuple[str, str]] = (),
    text: str = "",
    buttons: Sequence[Button] = (),
    *,
    rows: Sequence[Row] = (),
    cut_note: str = "(…)",
    language: str = "de",
) -> Card:
    """One Adaptive Card; all texts may come from strangers.

    Args:
        title: first line, also shown where cards are not.
        facts: name and value pairs in the order shown, at most 12.
        text: several lines; its end is left out when the card would grow too large.
        buttons: at most 6, http or https only.
        rows: a list below the facts, at most 10, http or https only.
        cut_note: said in the reader's language where the end of ``text`` was left out.
        language: of the texts, for screen readers.

    Raises:
        ValueError: too many facts, rows or buttons, or one that leads to something else than a web page.
    """
    if len(facts) > MOST_FACTS or len(buttons) > MOST_BUTTONS or len(rows) > MOST_ROWS:
        raise ValueError("too many facts, rows or buttons for one card")
    made: Card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "lang": language,
        "fallbackText": _words(title, TITLE_LENGTH),
        "msteams": {"width": "Full"},
        "body": [_title(title), *_facts(facts), *(_row(row) for row in rows)],
        "actions": [_action(button) for button in buttons],
    }
    words = many_lines(text).strip()
    if words:
        made["body"].append({})
        _fill(made, words, cut_note)
    return made


def escape(text: str) -> str:
    """Foreign text for a place where cards read Markdown: no mention, link, tag or emphasis comes of it."""
    text = LINK_JOINT.sub("] ", text)
    text = TAG_START.sub("‹", text)
    text = STYLE_MARKS.sub(lambda found: "\\" + found.group(0), text)
    text = LINE_MARKS.sub(r"\1\\", text)
    return FUNCTION.sub("{ ", ENTITY.sub("& ", text))


def envelope(card: Card) -> bytes:
    """The request body a Workflows webhook expects."""
    kind = "application/vnd.microsoft.card.adaptive"
    attachment = {"contentType": kind, "contentUrl": None, "content": card}
    message = {"type": "message", "attachments": [attachment]}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _words(text: str, length: int) -> str:
    return escape(shorten(one_line(text), length))


def _title(title: str) -> Card:
    look = {"size": "Medium", "weight": "Bolder", "wrap": True, "style": "heading"}
    return {"type": "TextBlock", "text": _words(title, TITLE_LENGTH), **look}


def _facts(facts: Sequence[tuple[str, str]]) -> list[Card]:
    rows = [
        {"title": _words(name, NAME_LENGTH), "value": _words(value, FACT_LENGTH)} for name, value in facts
    ]
    return [{"type": "FactSet", "facts": rows}] if rows else []


def _row(row: Row) -> Card:
    """The only link in a text: its address is ours, and nothing in it could end it early."""
    address = quote(_web(row.url), safe=UNQUOTED)
    text = f"[{_words(row.name, NAME_LENGTH)}]({address}) {_words(row.text, ROW_LENGTH)}"
    return {"type": "TextBlock", "text": text, "wrap": True, "spacing": "Small"}


def _action(button: Button) -> Card:
    title = shorten(one_line(button.title), BUTTON_LENGTH)
    return {"type": "Action.OpenUrl", "title": title, "url": _web(button.url)}


def _web(url: str) -> str:
    if urlsplit(url).scheme not in ("https", "http"):
        raise ValueError("a button opens a web page")
    return url


def _block(words: str) -> Card:
    paragraphs = [" ".join(line.split()) for line in words.split("\n")]
    return {"type": "TextBlock", "text": escape("\n\n".join(p for p in paragraphs if p)), "wrap": True}


def _fill(made: Card, words: str, cut_note: str) -> None:
    """Put as many of the words into the last block as fit; searched, because escaping makes them longer."""
    made["body"][-1] = _block(words)
    if len(envelope(made)) <= BUILT_BYTES:
        return
    fits, too_long = 0, len(words)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        made["body"][-1] = _block(f"{words[:middle]}\n{cut_note}")
        if len(envelope(made)) <= BUILT_BYTES:
            fits = middle
        else:
            too_long = middle
    made["body"][-1] = _block(f"{words[:fits].rstrip()}\n{cut_note}")
