"""Keeping the counters short: many rows of one place become one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial

import sqlalchemy as sa

from app.core.db import db
from app.core.uow import run_unit
from app.events.log import action
from app.tickets.tallying import PLACES, Counter

READ = 50_000
BATCH = 500


def fold() -> int:
    """Replace the rows of every place by one, some hundred at a time; returns how many rows went.

    Writers only ever add rows: they are neither waited for nor met.
    """
    return sum(
        run_unit(partial(fold_rows, counter, ids)) for counter in PLACES for ids in list(_batches(counter))
    )


def _batches(counter: Counter) -> Iterator[list[int]]:
    """Ids of rows that share a place with others, those of a place together; the newest come first."""
    by_place: dict[tuple[object, ...], list[int]] = defaultdict(list)
    columns = sa.select(counter.id, *PLACES[counter])
    rows = db.session.execute(columns.order_by(counter.id.desc()).limit(READ))
    for row_id, *place in rows:
        by_place[tuple(place)].append(row_id)
    batch: list[int] = []
    for ids in by_place.values():
        if len(ids) > 1:
            batch += ids
        while len(batch) >= BATCH:
            yield batch[:BATCH]
            batch = batch[BATCH:]
    if batch:
        yield batch


@action(silent="the same counts in fewer rows")
def fold_rows(counter: Counter, ids: list[int]) -> int:
    """Fold those of these rows that are still there; returns how many went.

    What is summed up is what the lock returned, so a row that somebody else folded meanwhile is not counted twice.
    """
    locked = db.session.execute(
        sa.select(counter.id, counter.n, *PLACES[counter])
        .where(counter.id.in_(sorted(ids)))
        .order_by(counter.id)
        .with_for_update()
    )
    by_place: dict[tuple[object, ...], list[tuple[int, int]]] = defaultdict(list)
    for row_id, n, *place in locked:
        by_place[tuple(place)].append((row_id, n))
    sums, gone = [], []
    for rows in by_place.values():
        total = sum(n for _id, n in rows)
        if total and len(rows) > 1:
            sums.append({"row": rows[0][0], "total": total})
        gone += [row_id for row_id, _n in rows[1 if total else 0 :]]
    if sums:
        change = sa.update(counter.__table__).where(counter.id == sa.bindparam("row"))  # type: ignore[arg-type]
        db.session.connection().execute(change.values(n=sa.bindparam("total")), sums)
    if gone:
        db.session.execute(
            sa.delete(counter).where(counter.id.in_(gone)).execution_options(synchronize_session=False)
        )
    return len(gone)
