"""How things stand costs the same however many tickets there are: counters, what is personal, and the newest."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.actors import actor_for_person
from app.accounts.models import Person
from app.accounts.words import Role
from app.core.db import db
from app.tickets import portal
from app.tickets import standing as room
from app.tickets.models import Ticket, Watcher
from tests.performance.reading import recorded

WINDOW = 500
FIGURES_BOUND = 500


@pytest.mark.parametrize("role", [Role.SUPPORT_AGENT, Role.TEAM_LEADER, Role.ADMIN])
def test_staff_read_counters_what_concerns_them_and_the_newest(
    large: Flask, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    monkeypatch.setattr(room, "LOOKED_AT", WINDOW)
    actor = actor_for_person(db.session.scalars(sa.select(Person).where(Person.role == role).limit(1)).one())
    room.standing(actor)  # settings are at hand afterwards
    me = actor.person_id
    watched = sa.select(Watcher.ticket_id).where(Watcher.person_id == me)
    ways = sa.or_(Ticket.assignee_id == me, Ticket.requester_id == me, Ticket.id.in_(watched))
    personal = db.session.scalar(sa.select(sa.func.count()).select_from(Ticket).where(ways)) or 0
    with recorded(db.session.connection()) as reading:
        found = room.standing(actor)
    assert found.total > 500
    assert reading.rows <= FIGURES_BOUND + 8 * WINDOW + 8 * personal
    assert not {"ticket", "watcher", "rating"} & set(reading.scans)


def test_customers_read_their_own_requests(large: Flask) -> None:
    most = sa.select(Ticket.requester_id).group_by(Ticket.requester_id).order_by(sa.func.count().desc())
    actor = actor_for_person(db.session.get_one(Person, db.session.scalar(most.limit(1))))
    own = db.session.scalar(sa.select(sa.func.count()).where(sa.or_(*portal.ways(actor)))) or 0
    with recorded(db.session.connection()) as reading:
        found = room.standing(actor)
    assert 0 < found.total <= own
    assert reading.rows <= 50 + 16 * own
    assert not {"ticket", "participant", "rating"} & set(reading.scans)
