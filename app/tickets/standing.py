"""How things stand for somebody: counts from the counters where these know them, averages of what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.accounts.models import Team
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.moments import SecondsBetween
from app.sla.words import ClockState
from app.tickets import portal
from app.tickets.access import Sight, is_staff, sight_of, visible_in
from app.tickets.models import Rating, Tally, Ticket, Watcher
from app.tickets.words import ACTIVE_STAGES, STAGES, Phase, Stage, Status

# Averages speak of tickets opened since then; of staff's at most so many of the newest of the house are looked at.
LATELY = timedelta(days=30)
LOOKED_AT = 20_000
BREACHED = ClockState.BREACHED
# stage, whether nobody has it, state of the promise, how many
Group = tuple[int, bool, ClockState, int]
_COUNTED: tuple[Any, ...] = (Ticket.id, Ticket.stage, Ticket.assignee_id, Ticket.sla_state)
_TIMED: tuple[Any, ...] = (
    *(Ticket.id, Ticket.created_at, Ticket.first_response_at, Ticket.resolved_at),
    *(Ticket.sla_policy_id, Ticket.response_state, Ticket.resolution_state),
)


@dataclass(frozen=True, slots=True)
class Averages:
    """Of the tickets opened lately; None where there is nothing to average.

    Args:
        first_response, resolution: seconds by the wall clock.
        sla_compliance: the share of resolved tickets with a promise that kept both of its times.
        satisfaction: 1 to 5.
    """

    first_response: int | None
    resolution: int | None
    sla_compliance: float | None
    satisfaction: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Tickets by status; the last three count only what is not resolved yet."""

    total: int
    by_status: dict[Status, int]
    unassigned: int
    at_risk: int
    breached: int
    averages: Averages


def standing(actor: Actor) -> Standing:
    """How the tickets stand that the actor sees: all of them for staff, the own requests for customers."""
    if is_staff(actor):
        sight = sight_of(actor)
        return _summed([*_of_teams(sight), *_of_others(sight)], _averages(_newest(sight)))
    lately = Ticket.created_at >= clock.now() - LATELY
    return _summed(_grouped(_own(actor, _COUNTED)), _averages(_own(actor, _TIMED, lately)))


def _of_teams(sight: Sight) -> Iterable[Group]:
    """What the counters say of the teams somebody sees all of."""
    places = (Tally.stage, Tally.is_free, Tally.sla_state)
    query = sa.select(*places, sa.func.sum(Tally.n)).group_by(*places)
    if sight.teams is not None:
        query = query.where(Tally.team_id.in_(sight.teams))
    elif sight.hidden:
        query = query.where(Tally.team_id.not_in(sight.hidden))
    return [(stage, free, state, int(n)) for stage, free, state, n in db.session.execute(query)]


def _of_others(sight: Sight) -> Iterable[Group]:
    """Tickets of other teams that concern somebody: each way to them has an index of its own."""
    if sight.everything or sight.strictly or (sight.teams is None and not sight.hidden):
        return []
    others = Ticket.team_id.in_(sight.hidden)
    if sight.teams is not None:
        others = Ticket.team_id.in_(sa.select(Team.id).where(Team.id.not_in(sight.teams)))
    me = sight.person_id
    phases = (Phase.ACTIVE, Phase.RESOLVED, Phase.CLOSED)
    ways = (
        sa.and_(Ticket.phase.in_(phases), Ticket.assignee_id == me),
        Ticket.requester_id == me,
        Ticket.id.in_(sa.select(Watcher.ticket_id).where(Watcher.person_id == me)),
    )
    seen = visible_in(sight)
    return _grouped(sa.union(*(sa.select(*_COUNTED).where(way, others, seen) for way in ways)))


def _own(
    actor: Actor, columns: tuple[Any, ...], *conditions: sa.ColumnElement[bool]
) -> sa.CompoundSelect[Any]:
    there = Ticket.deleted_at.is_(None)
    return sa.union(*(sa.select(*columns).where(way, there, *conditions) for way in portal.ways(actor)))


def _newest(sight: Sight) -> sa.Select[Any]:
    newest = db.session.scalar(sa.select(sa.func.max(Ticket.id))) or 0
    window = Ticket.id > newest - LOOKED_AT, Ticket.created_at >= clock.now() - LATELY
    return sa.select(*_TIMED).where(*window, visible_in(sight))


def _grouped(tickets: sa.CompoundSelect[Any]) -> Iterable[Group]:
    found = tickets.subquery()
    is_free = sa.case((found.c.assignee_id.is_(None), 1), else_=0)
    query = sa.select(found.c.stage, is_free, found.c.sla_state, sa.func.count())
    rows = db.session.execute(query.group_by(found.c.stage, is_free, found.c.sla_state))
    return [(stage, bool(free), state, n) for stage, free, state, n in rows]


def _summed(groups: Iterable[Group], averages: Averages) -> Standing:
    stages: Counter[int] = Counter()
    unassigned = at_risk = breached = 0
    for stage, is_free, state, n in groups:
        stages[stage] += n
        if Stage(stage) in ACTIVE_STAGES:
            unassigned += n if is_free else 0
            at_risk += n if state is ClockState.AT_RISK else 0
            breached += n if state is BREACHED else 0
    by_status = {status: sum(stages[stage] for stage in STAGES[status]) for status in Status}
    return Standing(sum(by_status.values()), by_status, unassigned, at_risk, breached, averages)


def _averages(tickets: sa.Select[Any] | sa.CompoundSelect[Any]) -> Averages:
    of = tickets.subquery().c
    promised = sa.and_(of.resolved_at.is_not(None), of.sla_policy_id.is_not(None))
    kept = sa.and_(promised, of.response_state != BREACHED, of.resolution_state != BREACHED)
    query = sa.select(
        sa.func.avg(SecondsBetween(of.created_at, of.first_response_at)),
        sa.func.avg(SecondsBetween(of.created_at, of.resolved_at)),
        sa.func.sum(sa.case((promised, 1), else_=0)),
        sa.func.sum(sa.case((kept, 1), else_=0)),
        sa.func.avg(Rating.score),
    ).outerjoin(Rating, Rating.ticket_id == of.id)
    response, resolution, promises, fulfilled, score = db.session.execute(query).one()
    return Averages(
        first_response=None if response is None else round(response),
        resolution=None if resolution is None else round(resolution),
        sla_compliance=round(int(fulfilled) / int(promises), 4) if promises else None,
        satisfaction=None if score is None else round(float(score), 2),
    )
