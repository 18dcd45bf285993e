"""The one source of the present moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_pretended: ContextVar[datetime | None] = ContextVar("pretended", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _pretended.get() or datetime.now(UTC)


@contextmanager
def pretending(at: datetime) -> Iterator[None]:
    """Let it be another moment for a block of work: demo data gets a believable past this way."""
    token = _pretended.set(at)
    try:
        yield
    finally:
        _pretended.reset(token)
