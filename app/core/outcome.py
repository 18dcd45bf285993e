"""How a call to the outside may fail: worth another try, or never. Anything else is a bug and shown as one."""

from __future__ import annotations

from datetime import datetime


class RetryLater(Exception):
    """The other side is not ready.

    Args:
        at: when to try again (aware), None for the usual growing pause.
        reason: a machine word or short sentence without secrets.
    """

    def __init__(self, at: datetime | None = None, reason: str = "") -> None:
        super().__init__(reason)
        self.at = at
        self.reason = reason


class Undeliverable(Exception):
    """It will never arrive this way; ``reason`` says why, without secrets."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
