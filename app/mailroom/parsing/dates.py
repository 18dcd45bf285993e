"""The Date header, where it can be believed."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_YEARS = range(1970, 9000)


def read(value: str) -> datetime | None:
    """When the sender says the mail was written, in UTC; None when the header is missing, broken or absurd.

    Args:
        value: the header as text.
    """
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(value[:200])
        if moment.year not in _YEARS:
            return None
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
