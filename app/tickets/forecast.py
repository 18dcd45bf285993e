"""What will be due: a team's deadlines of the next eight hours, by half-hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.actor import Actor
from app.core.db import UTCDateTime, db
from app.tickets.cards import Card, card_of, head, team_of_board
from app.tickets.models import Ticket

SHOWN = 20
BLOCKS = 16
BLOCK = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Block:
    """Half an hour of the forecast with the deadlines in it."""

    begin: datetime
    end: datetime
    tickets: Sequence[Card]
    more: bool


@lru_cache(maxsize=1)
def _statement() -> sa.CompoundSelect[Any]:
    def edge(n: int) -> sa.BindParameter[datetime]:
        return sa.bindparam(f"edge_{n}", type_=UTCDateTime())

    heads = (
        head("ix_ticket_team_due", Ticket.due_at >= edge(n), Ticket.due_at < edge(n + 1), shown=SHOWN)
        for n in range(BLOCKS)
    )
    return sa.union_all(*(sa.select(head.subquery()) for head in heads))


def forecast(actor: Actor, team_id: int) -> list[Block]:
    """The deadlines of a team's tickets in the next eight hours, by half-hours.

    Raises:
        NotFound: a team the viewer does not see.
    """
    team = team_of_board(actor, team_id)
    now = clock.now()
    first = now.replace(minute=now.minute // 30 * 30, second=0, microsecond=0)
    edges = [first + BLOCK * n for n in range(BLOCKS + 1)]
    params = {"team": team} | {f"edge_{n}": edge for n, edge in enumerate(edges)}
    cards: dict[int, list[Card]] = defaultdict(list)
    for row in db.session.execute(_statement(), params):
        card = card_of(row)
        cards[((card.due_at or now) - first) // BLOCK].append(card)
    blocks = []
    for n, (begin, end) in enumerate(zip(edges, edges[1:], strict=False)):
        due = sorted(cards[n], key=lambda card: (card.due_at or end, card.id))
        blocks.append(Block(begin, end, due[:SHOWN], len(due) > SHOWN))
    return blocks
