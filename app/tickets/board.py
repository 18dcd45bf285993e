"""The leader's board of one team: what nobody has, who has what, what will be due in the next hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from app.accounts.models import Membership, Person
from app.accounts.staffing import Candidate
from app.accounts.words import STAFF
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Forbidden
from app.tickets import choosing, queue
from app.tickets.cards import Card, card_of, head, team_of_board
from app.tickets.deadlines import NEVER
from app.tickets.forecast import Block, forecast
from app.tickets.listing import QueueQuery, View
from app.tickets.models import Ticket
from app.tickets.queue import QueueRow
from app.tickets.tallying import loads

WAITING_SHOWN = 50
LANES_SHOWN = 30
LANE_SHOWN = 10
HERE_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Whom the rule of automatic assignment would choose, and why: fewest open tickets among those who fit."""

    person_id: int
    name: str
    level: int
    load: int
    of: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ticket nobody has; without a suggestion nobody there has the level it needs."""

    ticket: QueueRow
    level: int
    suggestion: Suggestion | None


@dataclass(frozen=True, slots=True)
class Lane:
    """A person of the team. ``load`` counts open tickets of all teams, ``share`` is it beside the largest load."""

    person_id: int
    name: str
    support_level: int
    is_here: bool
    is_absent: bool
    last_seen_at: datetime | None
    load: int
    share: int
    tickets: Sequence[Card] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    """All three parts; ``more_waiting`` and ``more_lanes`` say whether there are tickets and people not shown."""

    team_id: int
    waiting: Sequence[Waiting]
    more_waiting: bool
    lanes: Sequence[Lane]
    more_lanes: int
    forecast: Sequence[Block]


def board(actor: Actor, team_id: int | None = None) -> Board:
    """The board of a team, of the viewer's first team when none is named; the default team for who has none.

    Raises:
        Forbidden: not a leader.
        NotFound: a team the viewer does not see.
    """
    if not actor.can("tickets.board"):
        raise Forbidden(permission="tickets.board")
    team = team_of_board(actor, team_id)
    staff = _staff(team)
    load = loads(one.person_id for one in staff)
    page = queue.page(actor, QueueQuery(view=View.UNASSIGNED, team=team, limit=WAITING_SHOWN))
    return Board(
        team_id=team,
        waiting=_suggested(page.rows, staff, load),
        more_waiting=page.next_cursor is not None,
        lanes=_lanes(team, staff[:LANES_SHOWN], load),
        more_lanes=max(0, len(staff) - LANES_SHOWN),
        forecast=forecast(actor, team),
    )


@dataclass(frozen=True, slots=True)
class _Member:
    """Somebody of the team."""

    person_id: int
    name: str
    support_level: int
    last_given_at: datetime | None
    last_seen_at: datetime | None
    absent_from: date | None
    absent_until: date | None

    def is_absent(self, today: date) -> bool:
        if self.absent_from is None or self.absent_from > today:
            return False
        return self.absent_until is None or self.absent_until >= today


def _staff(team_id: int) -> list[_Member]:
    rows = db.session.execute(
        sa.select(
            Person.id,
            Person.first_name,
            Person.last_name,
            Person.email,
            Person.support_level,
            Membership.last_given_at,
            Person.last_activity_at,
            Person.absent_from,
            Person.absent_until,
        )
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.team_id == team_id, Person.is_active.is_(True), Person.role.in_(STAFF))
        .order_by(Person.search_key, Person.id)
    )
    return [_Member(row[0], f"{row[1]} {row[2]}".strip() or row[3], *row[4:]) for row in rows]


def _suggested(rows: Sequence[QueueRow], staff: Sequence[_Member], load: dict[int, int]) -> list[Waiting]:
    """Each ticket with whom it would go to if those above it were given away first."""
    now, today = clock.now(), choosing.today()
    names = {one.person_id: one.name for one in staff}
    there = [
        Candidate(one.person_id, one.support_level, one.last_given_at)
        for one in staff
        if not one.is_absent(today)
    ]
    running, found = dict(load), []
    for row in rows:
        level = choosing.level_needed(row.priority, row.support_level)
        fitting = choosing.fitting(there, level=level, requester_id=row.requester_id)
        if not fitting:
            found.append(Waiting(row, level, None))
            continue
        chosen = choosing.idlest(fitting, running)
        had = running.get(chosen.person_id, 0)
        found.append(
            Waiting(
                row, level, Suggestion(chosen.person_id, names[chosen.person_id], level, had, len(fitting))
            )
        )
        running[chosen.person_id] = had + 1
        there = [replace(c, last_given_at=now) if c.person_id == chosen.person_id else c for c in there]
    return found


@lru_cache(maxsize=64)
def _lane_statement(people: int) -> sa.CompoundSelect[Any]:
    heads = (
        head("ix_ticket_team_assignee", Ticket.assignee_id == sa.bindparam(f"person_{n}"), shown=LANE_SHOWN)
        for n in range(people)
    )
    return sa.union_all(*(sa.select(head.subquery()) for head in heads))


def _lanes(team_id: int, staff: Sequence[_Member], load: dict[int, int]) -> list[Lane]:
    if not staff:
        return []
    params = {"team": team_id} | {f"person_{n}": one.person_id for n, one in enumerate(staff)}
    cards: dict[int | None, list[Card]] = defaultdict(list)
    for row in db.session.execute(_lane_statement(len(staff)), params):
        card = card_of(row)
        cards[card.assignee_id].append(card)
    now, today, largest = clock.now(), choosing.today(), max(load.values(), default=0)
    lanes = []
    for one in staff:
        own, had = cards[one.person_id], load.get(one.person_id, 0)
        own.sort(key=lambda card: (card.due_at or NEVER, card.id))
        lanes.append(
            Lane(
                person_id=one.person_id,
                name=one.name,
                support_level=one.support_level,
                is_here=one.last_seen_at is not None and now - one.last_seen_at <= HERE_FOR,
                is_absent=one.is_absent(today),
                last_seen_at=one.last_seen_at,
                load=had,
                share=round(100 * had / largest) if largest else 0,
                tickets=own[:LANE_SHOWN],
                more=len(own) > LANE_SHOWN,
            )
        )
    return lanes
