"""Remembers that a receiver is down, so that it is not asked again for each message that waits (fault F24)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.core import clock
from app.core.outcome import RetryLater

PAUSE = timedelta(seconds=30)


class Breaker:
    """Receivers that were down a moment ago, in this process; forgetting them costs one more try.

    Args:
        pauses: seconds a receiver is left alone after its first, second, … failure in a row; the last one repeats.
    """

    def __init__(self, pauses: Sequence[int] = (30,)) -> None:
        self._pauses = pauses
        self._closed: dict[str, tuple[datetime, str]] = {}
        self._failures: dict[str, int] = {}

    def trip(self, receiver: str, because: RetryLater) -> datetime:
        """Leave a receiver alone until the moment it named, or for a while; returns until when."""
        failures = self._failures[receiver] = self._failures.get(receiver, 0) + 1
        pause = timedelta(seconds=self._pauses[min(failures, len(self._pauses)) - 1])
        until = because.at or clock.now() + pause
        self._closed[receiver] = (until, because.reason)
        return until

    def worked(self, receiver: str) -> None:
        """It is there again: the next failure is its first one."""
        self._failures.pop(receiver, None)

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
