"""Message-IDs out of the headers that carry them, in one spelling."""

from __future__ import annotations

import re

MAX_IDS = 100
_MAX_LENGTH = 998
_BRACKETED = re.compile(r"<([^<>]{1,2000})>")
_SPACE = re.compile(r"\s+")


def one(value: str) -> str:
    """The id of a Message-ID header as '<…>', '' when there is none.

    Args:
        value: the header as one line of text.
    """
    found = listed([value])
    return found[0] if found else ""


def listed(values: list[str]) -> tuple[str, ...]:
    """The ids of In-Reply-To and References headers in their order, each once.

    Of more than MAX_IDS the first and the last are kept: the first names the thread, the last the mail
    that is answered.

    Args:
        values: the headers, each as one line of text.
    """
    found: dict[str, None] = {}
    for value in values:
        for inner in _BRACKETED.findall(value) or _bare(value):
            tidy = _SPACE.sub("", inner)
            if 0 < len(tidy) < _MAX_LENGTH:
                found[f"<{tidy}>"] = None
    ids = tuple(found)
    return ids if len(ids) <= MAX_IDS else (ids[0], *ids[1 - MAX_IDS :])


def _bare(value: str) -> list[str]:
    """Some senders forget the brackets; words without an '@' are prose ("Your message of Monday")."""
    return [word.strip("<>,;") for word in value.split()[:MAX_IDS] if "@" in word]
