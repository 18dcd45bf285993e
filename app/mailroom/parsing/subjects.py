"""The subject without the "Re:", "AW:", "WG:" in front: what a ticket is called."""

from __future__ import annotations

import re

MAX_TITLE = 200
# English, German, Dutch, Scandinavian, French, Spanish, Italian, Portuguese, Polish, Czech, Finnish, Hungarian.
_REPLIES = "re|aw|antw|antwort|sv|vs|res|rif|odp|ynt|vá|antwoord"
_FORWARDS = "wg|fw|fwd|tr|rv|enc|pd|vl|vb|doorst|továbbítás|weitergeleitet"
_PREFIX = re.compile(
    rf"\s*(?:{_REPLIES}|({_FORWARDS}))(?:\s?[\[(]\d{{1,3}}[\])]|\^\d{{1,3}})?\s?[:：]\s*", re.IGNORECASE
)


def title(subject: str) -> str:
    """What to call a ticket made from a mail with this subject: prefixes off, at most MAX_TITLE characters.

    Args:
        subject: one line, decoded.
    """
    bare = subject[_prefixes_end(subject)[0] :].strip()
    if len(bare) <= MAX_TITLE:
        return bare
    return bare[: MAX_TITLE - 1].rstrip() + "…"


def is_forward(subject: str) -> bool:
    """Whether the outermost prefix says the mail was passed on ("WG:", "Fwd:") rather than answered.

    Args:
        subject: one line, decoded.
    """
    return _prefixes_end(subject)[1]


def _prefixes_end(subject: str) -> tuple[int, bool]:
    position = 0
    forward = False
    for _ in range(20):
        match = _PREFIX.match(subject, position)
        if not match:
            break
        forward = forward or (position == 0 and match[1] is not None)
        position = match.end()
    return position, forward
