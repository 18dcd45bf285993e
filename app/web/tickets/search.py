"""Finding a ticket: by its number in any form, by the person, or among those that moved lately."""

from __future__ import annotations

import re
from typing import Any

from app.accounts.schemas import PeopleFilter
from app.accounts.search import people
from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.text import fold
from app.tickets import queue
from app.tickets.access import ticket_for
from app.tickets.listing import MAX_ROWS, QueueQuery
from app.tickets.queue import QueueRow
from app.tickets.words import number_of
from app.web.kit import page
from app.web.tickets import rows
from app.web.tickets.door import door
from app.web.tickets.frame import nav
from app.web.tickets.schemas import SearchQuery

NUMBER = re.compile(r"^\[?\s*(?:ticket)?[\s#:-]*0*([1-9][0-9]{0,17})\s*\]?$", re.IGNORECASE)
PAGES = 3
PEOPLE = 8


@door.page("/search", allow="tickets.work", query=SearchQuery)
def search(actor: Actor, query: SearchQuery) -> Any:
    """Straight to the ticket when a number is given; otherwise people, and tickets that moved lately."""
    asked = NUMBER.match(query.q)
    if asked and (number := _seen(actor, int(asked[1]))):
        return page.go("tickets.show", number=number)
    lately, looked_at = _lately(actor, query.q) if query.q else ([], 0)
    persons = people(actor, PeopleFilter(q=query.q[:100], active="all")).rows[:PEOPLE] if query.q else []
    return page.render(
        "tickets/search.html",
        q=query.q,
        missing=number_of(int(asked[1])) if asked else "",
        lines=rows.Painter(page.formats()).lines(lately),
        people=persons,
        looked_at=looked_at,
        nav=nav(actor),
    )


def _seen(actor: Actor, ticket_id: int) -> str:
    """The number of a ticket the viewer may see, else nothing."""
    try:
        return ticket_for(actor, ticket_id).number
    except NotFound:
        return ""


def _lately(actor: Actor, words: str) -> tuple[list[QueueRow], int]:
    """Tickets among those that moved last whose title holds all the words, and how many were looked at."""
    wanted = fold(words).split()
    found, looked_at, cursor = [], 0, ""
    for _page in range(PAGES):
        part = queue.page(actor, QueueQuery(limit=MAX_ROWS, cursor=cursor))
        looked_at += len(part.rows)
        found += [row for row in part.rows if all(word in fold(row.title) for word in wanted)]
        cursor = part.next_cursor or ""
        if not cursor:
            break
    return found, looked_at
