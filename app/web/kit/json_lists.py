"""Lists for programs: a page of rows, how many there are in all, and the addresses of the pages beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

from flask import request
from pydantic import Field, StringConstraints

from app.core import links
from app.core.paging import MAX_CURSOR, Page
from app.core.schema import Command
from app.web.kit.json_answers import Answer

MOST = 100
USUAL = 25
Cursor = Annotated[str, StringConstraints(max_length=MAX_CURSOR, pattern=r"^[A-Za-z0-9_=-]*$")]
Row = TypeVar("Row", bound=Answer)


class Paged(Command):
    """What every list is asked with; a cursor comes from the addresses in an earlier answer."""

    limit: Annotated[int, Field(ge=1, le=MOST)] = USUAL
    cursor: Cursor = ""


class Listing(Answer, Generic[Row]):
    """One page of a list. ``count`` is exact, or at least so many where it says so."""

    count: int
    count_is_lower_bound: bool = False
    next: str | None
    previous: str | None
    results: list[Row]


def listing(
    kind: type[Listing[Row]],
    rows: Sequence[Row],
    page: Page[Any],
    count: int,
    *,
    at_least: bool = False,
    place: str = "",
) -> Listing[Row]:
    """The answer that gives a page.

    Args:
        kind: the shape, such as ``Listing[Ticket]``.
        rows: the page's rows in their shape.
        count: how many rows the list has without its limit.
        at_least: it may have more; nobody counted on.
        place: the list's own address, where its first page stands inside another answer.
    """
    return kind(
        count=count,
        count_is_lower_bound=at_least,
        next=_address(page.next_cursor, place),
        previous=_address(page.previous_cursor, place),
        results=list(rows),
    )


def _address(cursor: str | None, place: str) -> str | None:
    if cursor is None:
        return None
    if place:
        return links.absolute(f"{place}?{urlencode({'cursor': cursor})}")
    asked = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
    return links.absolute(f"{request.path}?{urlencode([*asked, ('cursor', cursor)])}")
