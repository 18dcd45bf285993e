"""Cards as a Teams workflow takes them: what is looked at before one is posted into a channel."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

MOST_BYTES = 28 * 1024
NEWEST_VERSION = (1, 5)
KIND = "application/vnd.microsoft.card.adaptive"
ELEMENTS = {
    *(
        "TextBlock",
        "RichTextBlock",
        "TextRun",
        "Image",
        "ImageSet",
        "Media",
        "Container",
        "ColumnSet",
        "Column",
    ),
    *("FactSet", "ActionSet", "Table", "TableRow", "TableCell", "AdaptiveCard"),
    *("Input.Text", "Input.Number", "Input.Date", "Input.Time", "Input.Toggle", "Input.ChoiceSet"),
}
ACTIONS = {"Action.OpenUrl", "Action.ShowCard", "Action.ToggleVisibility", "Action.Submit", "Action.Execute"}
NEEDED = {
    "TextBlock": "text",
    "FactSet": "facts",
    "Image": "url",
    "Action.OpenUrl": "url",
    "Container": "items",
}
HELD = ("body", "items", "columns", "actions", "inlines", "rows", "cells", "images")


class BadCard(ValueError):
    """Teams would not show it."""


@dataclass(frozen=True)
class ReceivedCard:
    """A card that was posted.

    Args:
        body: the whole message with its envelope.
    """

    at: datetime
    name: str
    path: str
    body: dict[str, Any]

    @property
    def card(self) -> dict[str, Any]:
        """The card itself."""
        content: dict[str, Any] = self.body["attachments"][0]["content"]
        return content

    @property
    def texts(self) -> list[str]:
        """Every word a reader sees, in order."""
        return list(_texts(self.card))


def _texts(node: dict[str, Any]) -> Iterator[str]:
    for name in ("title", "text", "value"):
        if isinstance(node.get(name), str):
            yield node[name]
    for name in ("facts", *HELD):
        for one in node.get(name) or ():
            if isinstance(one, dict):
                yield from _texts(one)


def read(raw: bytes) -> dict[str, Any]:
    """A message with one card.

    Raises:
        BadCard: it is not one.
    """
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise BadCard("The request body is not valid JSON.") from error
    if not isinstance(body, dict) or body.get("type") != "message":
        raise BadCard("The message has no type 'message'.")
    attachments = body.get("attachments")
    if not isinstance(attachments, list) or not attachments:
        raise BadCard("The message has no attachments.")
    for one in attachments:
        if (
            not isinstance(one, dict)
            or one.get("contentType") != KIND
            or not isinstance(one.get("content"), dict)
        ):
            raise BadCard(f"An attachment is no card of type {KIND}.")
        check(one["content"])
    return body


def check(card: dict[str, Any]) -> None:
    """Look at a card.

    Raises:
        BadCard: a part that Teams does not know, or one that lacks what it needs.
    """
    if card.get("type") != "AdaptiveCard":
        raise BadCard("The card has no type 'AdaptiveCard'.")
    try:
        version = tuple(int(part) for part in str(card.get("version")).split("."))
    except ValueError as error:
        raise BadCard("The card has no version.") from error
    if version > NEWEST_VERSION:
        raise BadCard(f"Version {card['version']} is newer than 1.5.")
    if not card.get("body") and not card.get("actions"):
        raise BadCard("The card is empty.")
    for node in _nodes(card):
        _check_node(node)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in HELD:
        held = node.get(name) or ()
        if not isinstance(held, list | tuple):
            raise BadCard(f"'{name}' is no list.")
        for one in held:
            if isinstance(one, str) and name == "inlines":
                continue
            if not isinstance(one, dict):
                raise BadCard(f"'{name}' holds something that is no element.")
            yield one
            yield from _nodes(one)
    if isinstance(node.get("card"), dict):
        yield from _nodes(node["card"])


def _check_node(node: dict[str, Any]) -> None:
    kind = str(node.get("type", ""))
    if kind not in ELEMENTS | ACTIONS and not (kind == "" and "items" in node):
        raise BadCard(f"Element type '{kind}' is not supported.")
    needed = NEEDED.get(kind)
    if needed is not None and needed not in node:
        raise BadCard(f"'{kind}' lacks '{needed}'.")
    if kind == "Action.OpenUrl" and not str(node["url"]).startswith(("https://", "http://")):
        raise BadCard("'Action.OpenUrl' leads to no web page.")
    if kind == "FactSet" and not all(
        isinstance(fact, dict) and {"title", "value"} <= set(fact) for fact in node["facts"]
    ):
        raise BadCard("A fact lacks title or value.")
