"""How many tickets there are: figures of the usual lists from the counters, and totals of any list up to a limit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.paging import COUNTED
from app.sla.words import ClockState
from app.tickets import walks
from app.tickets.access import HOUSE, is_staff, sees_all_teams
from app.tickets.listing import QueueQuery, View
from app.tickets.models import Draft, Load, Tally, Ticket, Watcher
from app.tickets.plans import plan_for
from app.tickets.questions import Nothing, Question, Scope, question, scope
from app.tickets.walks import Shape, key_params
from app.tickets.words import ACTIVE_STAGES, Phase, Stage

# Own tickets looked at for the figure of those that wait for an answer.
OWN_LOOKED_AT = 1000
EXACT_UP_TO = COUNTED
# Rows a combination may look at for its total.
LOOKED_AT = 20_000
# What the counters of teams know, and those of people.
OF_TALLY = frozenset({"team", "stages", "sla", "nobody"})
OF_LOAD = frozenset({"stages", "assignee"})
OWN, OF_TEAMS = "own", "teams"
OF_ONE = (View.MINE, View.WAITING_FOR_ME, View.DRAFTS)


def counts(actor: Actor) -> dict[View, int]:
    """The figures beside the usual lists of a member of staff, with one statement.

    Lists that grow for ever (resolved, watched) have none.
    """
    if not is_staff(actor):
        return {}
    params = _values(actor) | {
        "me": actor.person_id or 0,
        "stages": ACTIVE_STAGES,
        "looked_at": OWN_LOOKED_AT,
    }
    found = {
        row[0]: [int(n or 0) for n in row[1:]] for row in db.session.execute(_figures(_place(actor)), params)
    }
    team = found.get(OF_TEAMS, [0] * 5)
    named = (View.OPEN, View.UNASSIGNED, View.OVERDUE, View.AT_RISK, View.WAITING_FOR_CUSTOMER)
    own = found.get(OWN, [0] * 5)
    return dict(zip(named, team, strict=True)) | dict(zip(OF_ONE, own, strict=False))


def unassigned(actor: Actor) -> int:
    """How many tickets of the viewer's teams nobody works on: the badge of every page."""
    if not is_staff(actor):
        return 0
    params = _values(actor) | {"stages": ACTIVE_STAGES}
    return int(db.session.scalar(_nobodys(_place(actor)), params) or 0)


def _place(actor: Actor) -> str:
    """Whose tickets the team lists show: own teams', else (for those who see all) the whole house's."""
    if actor.team_ids or not (actor.kind in HOUSE or sees_all_teams(actor)):
        return "teams"
    return "hidden" if actor.hidden_team_ids and actor.kind not in HOUSE else "house"


def _values(actor: Actor) -> dict[str, Any]:
    return {"teams": sorted(actor.team_ids), "hidden": sorted(actor.hidden_team_ids)}


def _many(column: Any, name: str) -> sa.ColumnElement[bool]:
    found: sa.ColumnElement[bool] = column.in_(sa.bindparam(name, expanding=True))
    return found


def _in_place(place: str) -> tuple[sa.ColumnElement[bool], ...]:
    active = _many(Tally.stage, "stages")
    if place == "house":
        return (active,)
    team = _many(Tally.team_id, place)
    return active, team if place == "teams" else sa.not_(team)


@lru_cache(maxsize=8)
def _nobodys(place: str) -> sa.Select[Any]:
    return sa.select(sa.func.sum(Tally.n)).where(*_in_place(place), Tally.is_free)


@lru_cache(maxsize=8)
def _figures(place: str) -> sa.CompoundSelect[Any]:
    def summed(condition: Any) -> Any:
        return sa.func.sum(sa.case((condition, Tally.n), else_=0))

    me: sa.BindParameter[int] = sa.bindparam("me")
    nothing: sa.ColumnElement[int] = sa.literal_column("0")
    teams = sa.select(
        sa.literal_column(f"'{OF_TEAMS}'"),
        sa.func.sum(Tally.n),
        summed(Tally.is_free),
        summed(Tally.sla_state == ClockState.BREACHED),
        summed(Tally.sla_state == ClockState.AT_RISK),
        summed(Tally.stage == Stage.WAITS_FOR_CUSTOMER),
    ).where(*_in_place(place))
    mine = sa.select(sa.func.sum(Load.n)).where(Load.assignee_id == me, _many(Load.stage, "stages"))
    latest = (
        sa.select(Ticket.last_entry_by_customer.label("by_customer"))
        .with_hint(Ticket, "FORCE INDEX (ix_ticket_assignee_due)", "mysql")
        .where(Ticket.assignee_id == me, Ticket.phase == Phase.ACTIVE)
        .order_by(Ticket.due_at, Ticket.id)
        .limit(sa.bindparam("looked_at"))
        .subquery()
    )
    waiting = sa.select(sa.func.count()).select_from(latest).where(latest.c.by_customer.is_(True))
    drafts = sa.select(sa.func.count(Draft.ticket_id.distinct())).where(Draft.person_id == me)
    own = sa.select(
        sa.literal_column(f"'{OWN}'"),
        mine.scalar_subquery(),
        waiting.scalar_subquery(),
        drafts.scalar_subquery(),
        nothing,
        nothing,
    )
    return sa.union_all(teams, own)


@dataclass(frozen=True, slots=True)
class Total:
    """How many tickets a list has; a lower bound where counting on would cost too much."""

    n: int
    is_lower_bound: bool = False


def total(actor: Actor, query: QueueQuery) -> Total:
    """The length of a list: from the counters where they know it, else counted up to 10,000."""
    try:
        known = _from_counters(actor, query) if is_staff(actor) else None
        return _counted(actor, query) if known is None else known
    except Nothing:
        return Total(0)


def _from_counters(actor: Actor, query: QueueQuery) -> Total | None:
    """What the counters answer, None when only the tickets know."""
    asked, where = question(actor, query), scope(actor, query)
    if query.view in (View.DRAFTS, View.WATCHED):
        return None
    if asked.conditions.keys() <= OF_TALLY:
        n = _of_teams(asked, where)
        if not where.personal:
            return Total(n)
        if n > EXACT_UP_TO:
            return Total(EXACT_UP_TO, is_lower_bound=True)
        return _up_to(n + int(db.session.scalar(_elsewhere(actor, asked, where)) or 0))
    everything = where.teams is None and not where.hidden
    theirs = where.personal and asked.assignee_id == actor.person_id
    if asked.assignee_id is not None and asked.conditions.keys() <= OF_LOAD and (everything or theirs):
        here = Load.assignee_id == asked.assignee_id, Load.stage.in_(asked.stages)
        return Total(int(db.session.scalar(sa.select(sa.func.sum(Load.n)).where(*here)) or 0))
    return None


def _of_teams(asked: Question, where: Scope) -> int:
    """How many tickets the counters of the teams know of."""
    place = "teams" if where.teams is not None else "hidden" if where.hidden else ""
    params = {"stages": asked.stages, "teams": where.teams, "hidden": where.hidden}
    conditions = frozenset(asked.conditions) & {"sla", "nobody"}
    found = db.session.scalar(_summing(place, conditions), params | {"sla": asked.conditions.get("sla")})
    return int(found or 0)


@lru_cache(maxsize=16)
def _summing(place: str, conditions: frozenset[str]) -> sa.Select[Any]:
    found = sa.select(sa.func.sum(Tally.n)).where(_many(Tally.stage, "stages"))
    if place:
        team = _many(Tally.team_id, place)
        found = found.where(team if place == "teams" else sa.not_(team))
    if "sla" in conditions:
        found = found.where(Tally.sla_state == sa.bindparam("sla"))
    return found.where(Tally.is_free) if "nobody" in conditions else found


def _elsewhere(actor: Actor, asked: Question, where: Scope) -> sa.Select[Any]:
    """How many tickets of teams that are not shown concern the viewer all the same."""
    far = Ticket.team_id.not_in(where.teams) if where.teams is not None else Ticket.team_id.in_(where.hidden)
    narrowed = [far, Ticket.stage.in_(asked.stages)]
    if "team" in asked.conditions:
        narrowed.append(Ticket.team_id == asked.conditions["team"])
    if "sla" in asked.conditions:
        narrowed.append(Ticket.sla_state == asked.conditions["sla"])
    if "nobody" in asked.conditions:
        narrowed.append(Ticket.assignee_id.is_(None))
    me, here = actor.person_id, sa.select(Ticket.id).where(*narrowed)
    ways = (
        here.where(Ticket.assignee_id == me, Ticket.phase.in_(asked.phases)),
        here.where(Ticket.requester_id == me),
        here.join(Watcher, Watcher.ticket_id == Ticket.id).where(Watcher.person_id == me),
    )
    theirs = sa.union(*ways).subquery()
    return sa.select(sa.func.count()).select_from(theirs)


def _counted(actor: Actor, query: QueueQuery) -> Total:
    plan = plan_for(actor, query)
    end: Any = None
    if plan.is_windowed:
        windowed = sum(walk.is_windowed for walk in plan.walks)
        step = plan.params | {"step": LOOKED_AT // windowed}
        end = db.session.execute(walks.frontier(plan.shape()), step).first()
    params = plan.params | {"take": EXACT_UP_TO + 1} | key_params("until", tuple(end) if end else ())
    n = int(db.session.scalar(_counting(plan.shape(until=end is not None)), params) or 0)
    return _up_to(n, at_least=end is not None)


def _up_to(n: int, *, at_least: bool = False) -> Total:
    return Total(min(n, EXACT_UP_TO), n > EXACT_UP_TO or at_least)


@lru_cache(maxsize=128)
def _counting(shape: Shape) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(walks.head(shape).subquery())
