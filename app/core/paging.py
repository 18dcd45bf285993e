"""Keyset pages: a cursor is the sort key of the last row, so page 1,000 costs what page 1 costs."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from app.core.errors import Invalid
from app.core.language import _
from app.core.schema import MAX_ID

Row = TypeVar("Row")
MAX_CURSOR = 500


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


def damaged_cursor() -> Invalid:
    """The refusal of a cursor that no list of ours wrote."""
    return Invalid({"cursor": _("This page link is damaged. Please start from the first page.")})
