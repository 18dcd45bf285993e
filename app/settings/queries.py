"""Reading settings; a process keeps what it read for a few seconds."""

from __future__ import annotations

import threading
import time
from typing import Any, TypeVar

from pydantic import ValidationError

from app.core import log
from app.core.db import db
from app.settings import fixed
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


def known(group: type[G]) -> G:
    """The last values this process read, however old, or the defaults; never asks the database."""
    with _lock:
        kept = _kept.get(group.name)
    return kept[1] if kept is not None and isinstance(kept[1], group) else group()


def read(group: type[G]) -> G:
    """The present values of a group straight from the table; the environment wins."""
    row = db.session.get(StoredSettings, group.name)
    stored = row.data if row else {}
    return _valid(group, stored | dict(fixed.of(group)))


def _valid(group: type[G], values: dict[str, Any]) -> G:
    """The group from stored values; what an older version allowed and this one does not falls back to its default."""
    try:
        return group.model_validate(values)
    except ValidationError as error:
        bad = {str(problem["loc"][0]) for problem in error.errors(include_url=False, include_input=False)}
        log.get(__name__).error("stored_settings_invalid", group=group.name, fields=sorted(bad))
        return group.model_validate({name: value for name, value in values.items() if name not in bad})


def version(group: type[G]) -> int:
    """How often a group was saved; 0 for never."""
    row = db.session.get(StoredSettings, group.name)
    return row.version if row else 0


def forget() -> None:
    """Read everything anew at the next use (after a change, between tests)."""
    with _lock:
        _kept.clear()
