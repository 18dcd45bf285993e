"""format=flowed (RFC 3676): the soft line breaks of Thunderbird, Apple Mail and others taken out again."""

from __future__ import annotations

import re

_QUOTES = re.compile(r">*")


def unflow(text: str, *, delete_space: bool) -> str:
    """The paragraphs as they were typed.

    Args:
        text: the decoded part.
        delete_space: whether the space before a soft break goes too (DelSp=yes).
    """
    out: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        depth = len(_QUOTES.match(line)[0])  # type: ignore[index]  # matches the empty string too
        content = line[depth:]
        if content.startswith(" "):
            content = content[1:]
        joins = open_depth == depth and content != "-- "
        flows = content.endswith(" ") and content != "-- "
        kept = content[:-1] if flows and delete_space else content
        if joins:
            out.append(kept)
        else:
            out.append(("\n" if out else "") + (">" * depth + " " if depth else "") + kept)
        open_depth = depth if flows else -1
    return "".join(out)
