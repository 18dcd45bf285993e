"""Keyset pages: a cursor is the sort key of the last row, so page 1,000 costs what page 1 costs."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from app.core.db import db
from app.core.errors import Invalid
from app.core.language import _
from app.core.schema import MAX_ID

Row = TypeVar("Row")
MAX_CURSOR = 500
COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list with the cursors of its neighbours (None where there is none)."""

    rows: Sequence[Row]
    next_cursor: str | None = None
    previous_cursor: str | None = None


def write_cursor(direction: str, *key: Any) -> str:
    """A cursor for the rows after (``n``) or before (``p``) a sort key of texts and numbers."""
    return base64.urlsafe_b64encode(json.dumps([direction, *key], separators=(",", ":")).encode()).decode()


def read_cursor(cursor: str, *types: type) -> tuple[str, tuple[Any, ...]]:
    """The direction and sort key inside a cursor.

    Args:
        types: the types the key must have, in order.

    Raises:
        Invalid: not a cursor of this list.
    """
    try:
        if len(cursor) > MAX_CURSOR:
            raise ValueError
        parts = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if not isinstance(parts, list):
            raise ValueError
        direction, *key = parts
        if direction not in ("n", "p") or len(key) != len(types):
            raise ValueError
        if any(type(part) is not kind for part, kind in zip(key, types, strict=True)):
            raise ValueError
        if any(isinstance(part, int) and abs(part) > MAX_ID for part in key):
            raise ValueError
    except (ValueError, binascii.Error) as error:
        raise damaged_cursor() from error
    return direction, tuple(key)


def by_id(
    query: sa.Select[Any], key: Any, cursor: str, limit: int, *, newest_first: bool = False
) -> Page[Any]:
    """A page of rows in the order of their id, with its neighbours.

    Args:
        query: selects one table's rows, unsorted.
        key: the column they are sorted by: the id, or another one that is unique, such as a name.

    Raises:
        Invalid: not a cursor of this list.
    """
    direction, place = "n", None
    if cursor:
        direction, (place,) = read_cursor(cursor, key.type.python_type)
    backward = direction == "p"
    rising = newest_first == backward
    if place is not None:
        query = query.where(key > place if rising else key < place)
    found = list(db.session.scalars(query.order_by(key if rising else key.desc()).limit(limit + 1)))
    more = len(found) > limit
    rows = found[:limit][:: -1 if backward else 1]
    if not rows:
        return Page(())
    ahead, behind = (True, more) if backward else (more, bool(cursor))
    first, last = (getattr(row, key.key) for row in (rows[0], rows[-1]))
    return Page(
        rows, write_cursor("n", last) if ahead else None, write_cursor("p", first) if behind else None
    )


def count(query: sa.Select[Any]) -> tuple[int, bool]:
    """How many rows a query has, and whether it may have more: nobody counts on beyond ten thousand."""
    some = query.limit(COUNTED + 1).subquery()
    found = db.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0
    return min(found, COUNTED), found > COUNTED


def damaged_cursor() -> Invalid:
    """The refusal of a cursor that no list of ours wrote."""
    return Invalid({"cursor": _("This page link is damaged. Please start from the first page.")})
