"""Remembers that a receiver is down, so that it is not asked again for each message that waits (fault F24)."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.core import clock
from app.core.outcome import RetryLater

PAUSE = timedelta(seconds=30)


class Breaker:
    """Receivers that were down a moment ago, in this process; forgetting them costs one more try."""

    def __init__(self) -> None:
        self._closed: dict[str, tuple[datetime, str]] = {}

    def trip(self, receiver: str, because: RetryLater) -> None:
        """Leave a receiver alone until the moment it named, or for half a minute."""
        self._closed[receiver] = (because.at or clock.now() + PAUSE, because.reason)

    def check(self, receiver: str) -> None:
        """Ask before talking to a receiver.

        Raises:
            RetryLater: it was down a moment ago.
        """
        until, reason = self._closed.get(receiver, (None, ""))
        if until is None:
            return
        if clock.now() < until:
            raise RetryLater(until, reason)
        self._closed.pop(receiver, None)
