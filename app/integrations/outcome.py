"""How an outside call can end besides well, with what the other side said about it."""

from __future__ import annotations

from datetime import datetime

from app.core import outcome
from app.core.text import many_lines, shorten

DETAIL_LENGTH = 500


class RetryLater(outcome.RetryLater):
    """It did not work now and may work later; the caller keeps the work and asks again.

    Args:
        at: earliest moment worth another try (aware, UTC), as the other side said; None when it said nothing
            and the caller's own back-off applies.
        reason: one machine word (``timeout``, ``login_refused`` …), for translation and counting.
        detail: what the other side said, for an admin; never a secret.
    """

    def __init__(self, at: datetime | None, reason: str, detail: str = "") -> None:
        super().__init__(at, reason)
        self.detail = folded(detail)

    def __str__(self) -> str:
        return _said(self.reason, self.detail)


class Undeliverable(outcome.Undeliverable):
    """It did not work and will not: asking again is pointless.

    Args:
        reason: one machine word (``recipient_refused``, ``too_large`` …).
        detail: what the other side said, for an admin; never a secret.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.detail = folded(detail)

    def __str__(self) -> str:
        return _said(self.reason, self.detail)


def folded(text: str) -> str:
    """Foreign text as it may be stored and shown: no control marks, one line, at most 500 characters."""
    return shorten(" ".join(many_lines(text).split()), DETAIL_LENGTH)


def _said(reason: str, detail: str) -> str:
    return f"{reason}: {detail}" if detail else reason
