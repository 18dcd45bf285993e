"""The relay and the bell read what is due or unread, however much was told before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from app.accounts.models import Person
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.events import relay
from app.events.models import Delivery
from app.events.words import DeliveryState
from app.notifications.models import Notice
from app.notifications.queries import inbox, unread_count
from app.notifications.words import Topic
from tests.performance.reading import Reading, recorded
from tests.support.toys import ToyOutside, only
from tests.support.world import World

MANY = 20_000
DUE = 20


@pytest.fixture
def agent(world: World) -> Person:
    """An agent with many read notices and a few unread ones, in a house where much was told and a little is due."""
    agent, other = world.agent(), world.agent()
    ticket = world.ticket(world.customer())
    now = clock.now()

    def notice(number: int, person: Person, read: bool) -> dict[str, Any]:
        return {
            "person_id": person.id, "event_id": number, "ticket_id": ticket.id, "topic": Topic.CHANGES,
            "created_at": now, "read_at": now if read else None,
        }  # fmt: skip

    def delivery(number: int, settled: bool) -> dict[str, Any]:
        state = DeliveryState.SENT if settled else DeliveryState.WAITING
        return {
            "event_id": 10**6 + number, "ticket_id": ticket.id, "consumer": "toy", "target": "somebody",
            "state": state, "due_at": None if settled else now, "created_at": now, "since": now,
        }  # fmt: skip

    def fill() -> None:
        for start in range(0, MANY, 2000):
            numbers = range(start, start + 2000)
            db.session.execute(sa.insert(Delivery), [delivery(n, True) for n in numbers])
            db.session.execute(
                sa.insert(Notice), [notice(10**6 + n, agent if n % 20 == 0 else other, True) for n in numbers]
            )
        db.session.execute(sa.insert(Delivery), [delivery(MANY + n, False) for n in range(DUE)])
        db.session.execute(sa.insert(Notice), [notice(2 * 10**6 + n, agent, False) for n in range(DUE)])

    run_unit(fill)
    analyse = {
        "sqlite": ["ANALYZE delivery", "ANALYZE notice"],
        "mysql": ["ANALYZE TABLE delivery, notice"],
        "postgresql": ["ANALYZE delivery, notice"],
    }
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in analyse[connection.dialect.name]:
            connection.exec_driver_sql(statement)
    return agent


def read_by(work: Callable[[], object]) -> Reading:
    db.session.rollback()
    with recorded(db.session.connection()) as reading:
        work()
    return reading


def test_the_relay_reads_what_is_due(agent: Person) -> None:
    with only(ToyOutside()):
        reading = read_by(lambda: relay._due(100))
    assert reading.indexes == {"ix_delivery_due"}
    assert reading.rows <= 2 * DUE + 1


def test_what_is_held_is_found_without_looking_at_what_was_sent(agent: Person) -> None:
    reading = read_by(relay.release_open)
    assert reading.indexes == {"ix_delivery_state"}
    assert reading.rows <= 5


def test_the_count_of_the_bell_reads_what_is_unread(world: World, agent: Person) -> None:
    actor = world.actor(agent)
    reading = read_by(lambda: unread_count(actor))
    assert reading.indexes == {"ix_notice_unread"}
    assert reading.rows <= 2 * DUE + 5


def test_the_list_of_the_bell_reads_one_page(world: World, agent: Person) -> None:
    actor = world.actor(agent)
    reading = read_by(lambda: inbox(actor))
    assert "ix_notice_inbox" in reading.indexes
    assert reading.rows <= 200
