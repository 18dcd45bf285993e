"""Ticket numbers named in a subject (product specification, section 5)."""

from __future__ import annotations

import re

_MAX_NUMBER = 2**63 - 1
# "[TICKET-123]", "[TICKET-001]", "#123", "Ticket #123", "[#123]"; not "Ticket 123", "C#7", "&#123;", "a/#1".
_NUMBER = re.compile(
    r"(?<![\w&/#-])(?:#?TICKET-|#)0{0,20}([1-9][0-9]{0,18})(?![\w-])", re.IGNORECASE | re.ASCII
)


# What our own subjects begin with.
_MARK = re.compile(r"\s*\[#?TICKET-\d{1,20}\]\s*", re.IGNORECASE | re.ASCII)


def unmarked(subject: str) -> str:
    """A subject without the mark that our mails put in front of it.

    Args:
        subject: one line, decoded.
    """
    mark = _MARK.match(subject)
    return subject[mark.end() :] if mark else subject


def find(subject: str) -> list[int]:
    """The ticket numbers a subject names, in order, each once.

    A number proves nothing: the sender has to take part in that ticket (abuse case A04).

    Args:
        subject: one line, decoded; the first 1,000 characters are read.
    """
    numbers = (int(digits) for digits in _NUMBER.findall(subject[:1_000]))
    return list(dict.fromkeys(number for number in numbers if number <= _MAX_NUMBER))
