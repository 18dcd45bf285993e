"""Pages of tickets for staff: rows without objects behind them, as fast at a million tickets as at a thousand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.paging import Page
from app.tickets import rows, walks
from app.tickets.listing import Order, QueueQuery, Sort, View
from app.tickets.plans import Plan, plan_for
from app.tickets.questions import Nothing
from app.tickets.rows import Cells, Present, QueueRow
from app.tickets.walks import Shape, key_params

__all__ = ["Present", "QueuePage", "QueueQuery", "QueueRow", "Sort", "View", "cut", "page"]

# How far an index may be followed to find a page of a combination: at first a few times the page, then further. Each
# row is met twice, once when the end of a window is found and once when it is looked at.
FIRST_WINDOW = 6
WINDOWS = (1800, 6000)


@dataclass(frozen=True, slots=True)
class QueuePage(Page[QueueRow]):
    """A page of the queue.

    ``goes_on`` says that the search stopped before the page was full, at a fixed number of tickets looked at:
    ``next_cursor`` goes on from there.
    """

    goes_on: bool = False


Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read of each ticket of a page: the statement, and where its rows hold their key."""

    statement: Callable[[Shape], sa.Select[Any]]
    key_of: Callable[[Order, Cells], Key]


LINES = Reading(rows.statement, rows.key_of)


def page(actor: Actor, query: QueueQuery) -> QueuePage:
    """One page of the tickets the actor may see.

    Raises:
        Invalid: the cursor is damaged or belongs to another order.
    """
    found = cut(actor, query, LINES)
    return QueuePage(
        rows.dressed(actor, found.rows), found.next_cursor, found.previous_cursor, goes_on=found.goes_on
    )


@dataclass(frozen=True, slots=True)
class Found(Page[Cells]):
    """Rows of a page as they were read; ``goes_on`` as of a QueuePage."""

    goes_on: bool = False


def cut(actor: Actor, query: QueueQuery, reading: Reading) -> Found:
    """One page of the tickets the actor may see, read as somebody needs it.

    Raises:
        Invalid: the cursor is damaged or belongs to another order.
    """
    backward, place = query.place()
    try:
        plan = plan_for(actor, query)
    except Nothing:
        return Found(())
    found, end = _find(plan, reading, query.limit + 1, backward, place)
    more = len(found) > query.limit
    found = found[: query.limit][:: -1 if backward else 1]
    keys = [reading.key_of(query.order, row) for row in found]
    first, last = (keys[0], keys[-1]) if keys else _around(query, backward, place)
    if not more and end is not None:
        first, last = (end, last) if backward else (first, end)
    onward = more or end is not None
    forth, back = (place is not None, onward) if backward else (onward, place is not None)
    return Found(
        rows=found,
        next_cursor=query.cursor_at("n", last) if forth and last else None,
        previous_cursor=query.cursor_at("p", first) if back and first else None,
        goes_on=end is not None and not more,
    )


def _around(query: QueueQuery, backward: bool, place: Key | None) -> tuple[Key | None, Key | None]:
    """Where the neighbours of an empty page begin: the way back has to meet the row at the place itself."""
    if place is None:
        return None, None
    step = -1 if query.order.descending else 1
    return (*place[:-1], place[-1] + step), (*place[:-1], place[-1] - step)


def _find(
    plan: Plan, reading: Reading, take: int, backward: bool, place: Key | None
) -> tuple[list[Cells], Key | None]:
    """Rows in walking order, and where the window ended if it did before there were enough."""
    if not plan.is_windowed:
        return _rows(plan, reading, take, backward, place, None), None
    found: list[Cells] = []
    end = place
    windowed = sum(walk.is_windowed for walk in plan.walks)
    for window in (FIRST_WINDOW * (take - 1), *WINDOWS):
        begin, end = end, _frontier(plan, max(1, window // windowed), backward, end)
        found += _rows(plan, reading, take - len(found), backward, begin, end)
        if len(found) >= take or end is None:
            return found, None
    return found, end


def _frontier(plan: Plan, step: int, backward: bool, place: Key | None) -> Key | None:
    shape = plan.shape(backward=backward, after=place is not None)
    params = plan.params | {"step": step} | key_params("after", place or ())
    row = db.session.execute(walks.frontier(shape), params).first()
    return tuple(row) if row else None


def _rows(
    plan: Plan, reading: Reading, take: int, backward: bool, place: Key | None, end: Key | None
) -> list[Cells]:
    shape = plan.shape(backward=backward, after=place is not None, until=end is not None)
    params = plan.params | {"take": take} | key_params("after", place or ()) | key_params("until", end or ())
    return list(db.session.execute(reading.statement(shape), params))
