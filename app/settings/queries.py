"""Reading settings; a process keeps what it read for a few seconds."""

from __future__ import annotations

import threading
import time
from typing import TypeVar

from app.core.db import db
from app.settings.models import StoredSettings
from app.settings.schemas import Group

G = TypeVar("G", bound=Group)
KEPT_SECONDS = 5.0

_kept: dict[str, tuple[float, Group]] = {}
_lock = threading.Lock()


def get(group: type[G]) -> G:
    """The present values of a group, at most five seconds old."""
    with _lock:
        known = _kept.get(group.name)
    if known is not None and time.monotonic() - known[0] < KEPT_SECONDS and isinstance(known[1], group):
        return known[1]
    fresh = read(group)
    with _lock:
        _kept[group.name] = (time.monotonic(), fresh)
    return fresh


def read(group: type[G]) -> G:
    """The present values of a group straight from the table."""
    row = db.session.get(StoredSettings, group.name)
    return group.model_validate(row.data if row else {})


def forget() -> None:
    """Read everything anew at the next use (after a change, between tests)."""
    with _lock:
        _kept.clear()
