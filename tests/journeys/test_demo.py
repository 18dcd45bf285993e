"""The demonstration: loaded, repeated, reset, refused in production."""

from __future__ import annotations

import json
import stat

import pytest
import sqlalchemy as sa

from app.accounts.actors import actor_for_id
from app.accounts.models import Membership, Person
from app.accounts.passwords import matches
from app.cli.demo import loading, people
from app.core.db import db
from app.core.environment import environment, use
from app.events.models import Backlog, Delivery, Event, Feed
from app.tickets.models import Comment, Ticket

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def firm(world):
    list(loading.load(8, seed=1))
    db.session.rollback()
    yield world
    people.logins_file().unlink(missing_ok=True)


def test_every_role_gets_a_login_that_works_and_only_the_owner_may_read_it(firm):
    rows = json.loads(people.logins_file().read_text(encoding="utf-8"))
    assert [row["role"] for row in rows] == ["admin", "team_leader", "support_agent", "customer"]
    assert stat.S_IMODE(people.logins_file().stat().st_mode) == 0o600
    agent = db.session.scalars(sa.select(Person).where(Person.email == rows[2]["email"])).one()
    db.session.rollback()
    assert matches(rows[2]["password"], agent.password_hash)
    assert db.session.get(Membership, (firm.team.id, agent.id)) is not None


def test_the_tickets_have_a_past_and_nobody_is_notified_of_it(firm):
    assert db.session.query(Ticket).count() == 8
    assert db.session.query(Comment).count() > 4
    assert db.session.query(Backlog).count() == 0
    assert db.session.query(Delivery).count() == 0
    events = db.session.query(Event).filter(Event.ticket_id.is_not(None)).count()
    assert db.session.query(Feed).count() >= events
    oldest = db.session.scalars(sa.select(Ticket).order_by(Ticket.created_at)).first()
    newest = db.session.scalars(sa.select(Ticket).order_by(Ticket.created_at.desc())).first()
    assert (newest.created_at - oldest.created_at).days >= 7


def test_loading_again_adds_nothing(firm):
    before = db.session.query(Event).count()
    list(loading.load(8, seed=1))
    assert db.session.query(Event).count() == before


def test_reset_refuses_where_real_people_are(firm):
    firm.customer(email="echt@kunde.example")
    assert loading.reset() is False
    assert db.session.query(Ticket).count() == 8


def test_reset_empties_a_demonstration(firm):
    assert loading.reset() is True
    assert db.session.query(Person).count() == 0
    assert not people.logins_file().exists()


def test_production_refuses_demonstration_people(house):
    ours = environment()
    use(type(ours)(**{name: getattr(ours, name) for name in ours.__slots__} | {"production": True}))
    try:
        answer = house.test_cli_runner().invoke(args=["demo", "load"])
    finally:
        use(ours)
    assert answer.exit_code == 1
    assert "production" in answer.output
    assert db.session.query(Person).count() == 0


def test_the_actors_of_the_firm_are_ordinary_people(firm):
    person = db.session.scalars(sa.select(Person).where(Person.last_name == "Hoffmann")).one()
    assert actor_for_id(person.id).can("tickets.work")
