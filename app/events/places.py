"""Where in a growing table a moment lies; ids grow with time, so no index on the time is needed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core.db import db


def first_since(number: Any, at: Any, moment: datetime) -> int:
    """The id of the first row made at or after a moment, found by halving; one beyond the last when there is none.

    Several writers make the order a little untidy, so this is a place to begin at, not a sharp edge.

    Args:
        number: the id column.
        at: the column that says when the row was made.
    """
    low, high = 1, (db.session.scalar(sa.select(sa.func.max(number))) or 0) + 1
    while low < high:
        middle = (low + high) // 2
        row = db.session.execute(
            sa.select(number, at).where(number >= middle).order_by(number).limit(1)
        ).first()
        if row is None or row[1] >= moment:
            high = middle
        else:
            low = row[0] + 1
    return db.session.scalar(sa.select(sa.func.min(number)).where(number >= low)) or low
