"""Everything the database holds, so that a test can say: nothing of it changed."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.db import db

# What may change while somebody only looks: activity is noted outside of transactions and may be lost.
LOOSE = {"person": {"last_activity_at"}, "sign_in": {"seen_at"}}


def snapshot() -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables."""
    db.session.rollback()
    found = {}
    for table in db.metadata.sorted_tables:
        columns = [column for column in table.columns if column.name not in LOOSE.get(table.name, ())]
        rows = db.session.execute(sa.select(*columns)).all()
        found[table.name] = sorted((tuple(row) for row in rows), key=repr)
    db.session.rollback()
    return found


def changed(before: dict[str, list[tuple[object, ...]]]) -> list[str]:
    """The tables that are not what they were."""
    now = snapshot()
    return [name for name in now if now[name] != before[name]]
