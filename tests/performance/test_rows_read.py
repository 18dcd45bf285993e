"""Lists stay flat: however many tickets there are, a page reads no more rows than its bound allows.

The engines themselves are asked (handler counters, EXPLAIN ANALYZE, query plans), never a watch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.actors import actor_for_person
from app.accounts.models import Membership, Organisation, Person
from app.accounts.words import Role
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.tickets import counts, queue
from app.tickets.board import board
from app.tickets.listed import INDEXES
from app.tickets.listing import QueueQuery, View
from app.tickets.models import Category, Load, Tally, Ticket
from app.tickets.tallying import PLACES
from app.tickets.words import Channel, Phase, Status
from tests.performance.reading import Reading, recorded

VIEW_BOUND = 1000
COMBINATION_BOUND = 20_000
# Rows of counters, however many agents there are.
FIGURES_BOUND = 500
PAGE = 25
VIEWS: dict[str, dict[str, Any]] = {view.value: {"view": view} for view in View}
FILTERS: dict[str, dict[str, Any]] = {
    "status open": {"view": View.OPEN, "status": ["open"]},
    "status pending": {"view": View.OPEN, "status": ["pending"]},
    "status closed": {"status": ["closed"]},
    "priority critical": {"view": View.OPEN, "priority": ["critical"]},
    "priority low": {"view": View.OPEN, "priority": ["low"]},
    "two priorities": {"view": View.OPEN, "priority": ["critical", "low"]},
    "sla ok": {"view": View.OPEN, "sla": "ok"},
    "sla paused": {"view": View.OPEN, "sla": "paused"},
    "nobody": {"view": View.OPEN, "assignee": "none"},
    "me": {"assignee": "me"},
    "requester": {"requester": "a customer"},
    "team": {"view": View.ALL_ACTIVE, "team": "own team"},
    "category": {"view": View.OPEN, "category": "of the team"},
    "channel email": {"view": View.OPEN, "channel": Channel.EMAIL},
    "everything": {},
    "by activity": {"view": View.OPEN, "sort": "-updated_at"},
    "by age": {"view": View.OPEN, "sort": "created_at"},
    "newest first": {"view": View.OPEN, "sort": "-created_at"},
    "by priority": {"view": View.OPEN, "sort": "priority"},
}
COMBINATIONS: dict[str, dict[str, Any]] = {
    "three filters": {"view": View.UNASSIGNED, "priority": ["critical"], "channel": Channel.CHAT},
    "a rare one in another order": {"channel": Channel.TEAMS, "sort": "created_at"},
    "a tag": {"view": View.OPEN, "tag": "onboarding"},
    "a rare tag": {"tag": "leihgerät"},
    "a tag, a topic, a priority": {"tag": "vpn", "category": "of the team", "priority": ["high"]},
    "a category of others": {"view": View.OPEN, "category": "of another team"},
    "created in between": {"created_before": "last month", "sort": "-updated_at"},
    "mine by priority": {"view": View.MINE, "sort": "priority"},
    "somebody else's": {"assignee": "an agent", "sort": "created_at"},
}


@pytest.fixture(scope="module")
def people(large: Flask) -> dict[str, Actor]:
    """An agent of the largest team, a leader, an administrator without a team, a manager of customers."""

    def first(role: Role) -> Person:
        query = sa.select(Person).where(Person.role == role).order_by(Person.id).limit(1)
        return db.session.scalars(query).one()

    manager = first(Role.CUSTOMER)
    organisation = db.session.scalar(sa.select(sa.func.min(Organisation.id)))
    made = {
        "agent": actor_for_person(first(Role.SUPPORT_AGENT)),
        "leader": actor_for_person(first(Role.TEAM_LEADER)),
        "admin": actor_for_person(first(Role.ADMIN)),
    }
    made["manager"] = replace(actor_for_person(manager), managed_organisation_id=organisation)
    return made


def _query(given: dict[str, Any], actor: Actor) -> QueueQuery:
    team = min(actor.team_ids, default=1)
    meant: dict[str, Callable[[], Any]] = {
        "a customer": lambda: db.session.scalar(sa.select(sa.func.max(Ticket.requester_id))),
        "an agent": lambda: db.session.scalar(
            sa.select(sa.func.max(Membership.person_id)).where(Membership.team_id == team)
        ),
        "own team": lambda: team,
        "of the team": lambda: db.session.scalar(
            sa.select(Ticket.category_id)
            .where(Ticket.team_id == team, Ticket.category_id.is_not(None))
            .limit(1)
        ),
        "of another team": lambda: db.session.scalar(
            sa.select(sa.func.max(Category.id)).where(Category.team_id.not_in(actor.team_ids or {0}))
        ),
        "last month": lambda: clock.now().isoformat(),
    }
    values = {name: meant[value]() if str(value) in meant else value for name, value in given.items()}
    return QueueQuery(limit=PAGE, **values)


def read(actor: Actor, query: QueueQuery) -> tuple[queue.QueuePage, Reading]:
    queue.page(actor, query)  # settings and statements are at hand afterwards
    with recorded(db.session.connection()) as reading:
        page = queue.page(actor, query)
    return page, reading


@pytest.mark.parametrize("who", ["agent", "leader", "admin"])
@pytest.mark.parametrize("name", [*VIEWS, *FILTERS])
def test_views_and_single_filters_read_at_most_a_thousand_rows(people, who, name):
    actor = people[who]
    page, reading = read(actor, _query((VIEWS | FILTERS)[name], actor))

    assert reading.rows <= VIEW_BOUND, reading.statements
    assert reading.scans == []
    assert not page.goes_on
    assert len(reading.statements) <= 6


@pytest.mark.parametrize("given", [{}, {"status": ["closed"]}, {"status": ["open", "in_progress"]}])
def test_requests_of_an_organisation_read_at_most_a_thousand_rows(people, engine_name, given):
    page, reading = read(people["manager"], QueueQuery(limit=PAGE, **given))
    assert len(page.rows) == PAGE
    assert reading.rows <= VIEW_BOUND, reading.statements
    assert reading.scans == []


@pytest.mark.parametrize("who", ["agent", "leader", "admin"])
@pytest.mark.parametrize("name", COMBINATIONS)
def test_combinations_read_at_most_twenty_thousand_rows(people, engine_name, who, name):
    actor = people[who]
    page, reading = read(actor, _query(COMBINATIONS[name], actor))

    assert reading.rows <= COMBINATION_BOUND, reading.statements
    assert reading.scans == []
    assert len(reading.statements) <= 9
    assert page.next_cursor is not None or not page.goes_on


@pytest.mark.parametrize("who", ["agent", "leader", "admin"])
@pytest.mark.parametrize("given", [{"view": View.OPEN}, {"view": View.OPEN, "sort": "priority"}, {}])
def test_a_page_far_behind_reads_no_more_than_the_first(people, who, given):
    actor = people[who]
    query = QueueQuery(limit=100, **given)
    for _ in range(6):
        query = query.model_copy(update={"cursor": queue.page(actor, query).next_cursor})
    query = query.model_copy(update={"limit": PAGE})

    page, reading = read(actor, query)
    assert len(page.rows) == PAGE
    assert reading.rows <= VIEW_BOUND
    back, reading = read(actor, query.model_copy(update={"cursor": page.previous_cursor}))
    assert len(back.rows) == PAGE
    assert reading.rows <= VIEW_BOUND


@pytest.mark.parametrize("who", ["agent", "leader", "admin"])
def test_figures_read_few_counters_and_the_viewers_own_tickets(people, who):
    actor = people[who]
    counts.counts(actor)
    mine = db.session.scalar(
        sa.select(sa.func.count()).where(Ticket.assignee_id == actor.person_id, Ticket.phase == Phase.ACTIVE)
    )
    with recorded(db.session.connection()) as badge:
        counts.unassigned(actor)
    with recorded(db.session.connection()) as figures:
        counts.counts(actor)
    assert (len(badge.statements), len(figures.statements)) == (1, 1)
    assert badge.rows <= FIGURES_BOUND
    assert figures.rows <= FIGURES_BOUND + 3 * mine
    assert badge.indexes == {"ix_tally_stage"}
    assert {"ix_tally_stage", "ix_load_assignee"} <= figures.indexes
    assert not {"ticket", "tally", "load"} & {*badge.scans, *figures.scans}


def test_generated_counters_agree_with_the_tickets(large):
    of_ticket = {
        Tally: (Ticket.team_id, Ticket.assignee_id.is_(None), Ticket.stage, Ticket.sla_state),
        Load: (Ticket.assignee_id, Ticket.stage),
    }
    for counter, place in PLACES.items():
        kept = db.session.execute(sa.select(*place, counter.n)).all()
        recount = sa.select(*of_ticket[counter], sa.func.count()).group_by(*of_ticket[counter])
        if counter is Load:
            recount = recount.where(Ticket.assignee_id.is_not(None))
        assert {tuple(row) for row in kept} == {tuple(row) for row in db.session.execute(recount)}
        assert len(kept) == len(set(kept))


def test_a_board_reads_no_more_than_it_shows(people):
    actor = people["leader"]
    board(actor)
    with recorded(db.session.connection()) as reading:
        shown = board(actor)
    cards = sum(len(lane.tickets) for lane in shown.lanes) + sum(len(b.tickets) for b in shown.forecast)
    assert cards > 50
    assert reading.rows <= VIEW_BOUND + 25 * len(shown.lanes)
    assert "ticket" not in reading.scans


def test_the_clock_reads_what_is_due_and_no_more(large):
    due = sa.select(Ticket.id).where(Ticket.check_at <= clock.now(), Ticket.deleted_at.is_(None))
    with recorded(db.session.connection()) as reading:
        found = db.session.scalars(due.order_by(Ticket.check_at).limit(500)).all()
    assert reading.rows <= 3 * len(found) + 10
    assert "ix_ticket_check" in reading.indexes
    resolved = sa.select(Ticket.id).where(Ticket.status == Status.RESOLVED, Ticket.resolved_at <= clock.now())
    with recorded(db.session.connection()) as reading:
        found = db.session.scalars(resolved.order_by(Ticket.resolved_at).limit(50)).all()
    assert reading.rows <= 2 * len(found) + 10
    assert "ix_ticket_resolved" in reading.indexes


def test_every_index_of_a_list_is_used_by_one(people, engine_name):
    """MySQL and SQLite say which index they walk; PostgreSQL chooses by what it knows of the data."""
    if engine_name == "postgresql":
        named = {"ix_ticket_team_due", "ix_ticket_all_recent"}
    else:
        named = {index.name for index in INDEXES}
    lists = [*VIEWS.values(), *FILTERS.values(), *COMBINATIONS.values()]
    asked = [
        *((who, given) for who in ("agent", "leader", "admin") for given in lists),
        ("agent", {"assignee": "me", "sort": "-updated_at"}),
        ("admin", {"view": View.ALL_ACTIVE, "sort": "created_at"}),
        ("admin", {"view": View.ALL_ACTIVE, "sort": "-updated_at"}),
        ("admin", {"view": View.ALL_ACTIVE, "sort": "priority"}),
        ("admin", {"view": View.WAITING_FOR_CUSTOMER}),
        ("admin", {"view": View.OVERDUE}),
        ("manager", {}),
    ]
    used: set[str] = set()
    for who, given in asked:
        used.update(read(people[who], _query(given, people[who]))[1].indexes)
    assert named - used == set()
