"""The line of the plain text at which the HTML of the same mail begins its quote."""

from __future__ import annotations

import re

from app.mailroom.markup import quotes
from app.mailroom.replies.lines import Line

_WORD = re.compile(r"\w+")
_MIN_WORDS = 4
_MATCHED_WORDS = 8


def quote_line(lines: list[Line], html: str) -> int | None:
    """Where the first words of the HTML's quote container stand; None when there is none or it is not found.

    Args:
        lines: the plain text.
        html: of the same mail, as sent.
    """
    wanted = quotes.first_words(html)[:_MATCHED_WORDS]
    if len(wanted) < _MIN_WORDS:
        return None
    words: list[str] = []
    places: list[tuple[int, bool]] = []
    for index, line in enumerate(lines):
        for number, word in enumerate(_WORD.findall(line.text[:2_000])):
            words.append(word.casefold())
            places.append((index, number == 0))
    for start in range(len(words) - len(wanted) + 1):
        if places[start][1] and words[start] == wanted[0] and words[start : start + len(wanted)] == wanted:
            return places[start][0]
    return None
