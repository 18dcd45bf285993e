"""Deadlocks and lock waits: the unit runs again from its start, nothing is done twice (F17)."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.models import Person
from app.core import heartbeat, uow
from app.core.db import db
from app.core.heartbeat import Heartbeat
from app.core.uow import current_unit, run_unit
from app.events.log import record
from app.events.models import Backlog, Event
from app.tickets.events import TitleChanged
from app.tickets.models import Ticket
from tests.support.world import World

ROUNDS = 200 if os.environ.get("HD_ENDURANCE") else 12
ALONE = "app.core.uow.random.uniform"


@pytest.fixture
def rows(world: World) -> tuple[str, str]:
    """Two rows that two units want in opposite order."""
    for name in ("left", "right"):
        run_unit(lambda: heartbeat.begin(name))  # noqa: B023
        run_unit(lambda: heartbeat.end(name, "0"))  # noqa: B023
    return "left", "right"


def add_one(name: str) -> None:
    """Count in a row of the diary: read under lock, then write."""
    row = db.session.get_one(Heartbeat, name, with_for_update=True, populate_existing=True)
    row.error = str(int(row.error) + 1)
    db.session.flush()


def count_of(name: str) -> int:
    db.session.rollback()
    return int(db.session.get_one(Heartbeat, name, populate_existing=True).error)


def test_f17_units_that_lock_crosswise_both_come_through(
    house: Flask, world: World, rows: tuple[str, str], engine_name: str
) -> None:
    barrier, tries, told = threading.Barrier(2), [0], []
    actor = world.actor(world.admin())
    meets = engine_name != "sqlite"  # there the first statement of a unit already keeps the other one out

    def work(first: str, second: str, number: int) -> None:
        with house.app_context():
            attempts = [0]

            def unit() -> None:
                attempts[0] += 1
                tries[0] += 1
                add_one(first)
                if attempts[0] == 1 and meets:
                    barrier.wait(10)  # each holds one row and now asks for the other
                add_one(second)
                record(TitleChanged(), actor=actor, subject=("ticket", number), ticket=number)
                current_unit().after_commit.append(lambda: told.append(number))

            run_unit(unit)

    for number in range(ROUNDS):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(work, rows, reversed(rows), (number, number)))
    assert (count_of("left"), count_of("right")) == (2 * ROUNDS, 2 * ROUNDS)
    assert tries[0] > 2 * ROUNDS or not meets, "no deadlock was met"
    assert len(told) == 2 * ROUNDS, "what follows a commit was done once for each"
    changed = sa.select(sa.func.count()).where(Event.kind == "ticket.title_changed")
    assert db.session.scalar(changed) == 2 * ROUNDS
    in_backlog = sa.select(sa.func.count()).select_from(Backlog).join(Event, Event.id == Backlog.event_id)
    assert db.session.scalar(in_backlog.where(Event.kind == "ticket.title_changed")) == 2 * ROUNDS


@pytest.mark.only_on("mariadb")
def test_f17_a_lock_wait_that_ran_out_is_tried_again(
    house: Flask, world: World, rows: tuple[str, str]
) -> None:
    holds, may_go, attempts = threading.Event(), threading.Event(), [0]

    def hold() -> None:
        with house.app_context(), uow.unit_of_work():
            add_one("left")
            holds.set()
            may_go.wait(20)

    def impatient() -> None:
        attempts[0] += 1
        db.session.execute(sa.text("SET SESSION innodb_lock_wait_timeout = 1"))
        add_one("right")
        if attempts[0] == 2:
            may_go.set()
            holder.result(10)
        add_one("left")

    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(hold)
        assert holds.wait(10)
        run_unit(impatient)
    run_unit(lambda: db.session.execute(sa.text("SET SESSION innodb_lock_wait_timeout = 50")))
    assert attempts[0] == 2
    assert (count_of("left"), count_of("right")) == (2, 1), "the half of the first try was rolled back"


def failing(times: int, error: Exception) -> tuple[Callable[[], None], list[int]]:
    """Work that fails so often before it succeeds."""
    tries = [0]

    def work() -> None:
        tries[0] += 1
        add_one("left")
        if tries[0] <= times:
            raise error

    return work, tries


def deadlock() -> Exception:
    original = Exception(1213, "Deadlock found when trying to get lock")
    return sa.exc.OperationalError("UPDATE x", {}, original)


def test_f17_after_five_tries_the_error_is_the_callers(
    house: Flask, rows: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ALONE, lambda *_: 0.0)
    work, tries = failing(4, deadlock())
    run_unit(work)
    assert (tries[0], count_of("left")) == (5, 1)
    work, tries = failing(5, deadlock())
    with pytest.raises(sa.exc.OperationalError):
        run_unit(work)
    assert (tries[0], count_of("left")) == (5, 1)


def test_f17_a_bug_is_not_tried_again(house: Flask, rows: tuple[str, str]) -> None:
    work, tries = failing(1, RuntimeError("a bug"))
    with pytest.raises(RuntimeError):
        run_unit(work)
    assert (tries[0], count_of("left")) == (1, 0)


def test_f17_tickets_opened_at_once_are_shared_out_evenly(house: Flask, world: World) -> None:
    """Tickets opened side by side in one team: nobody's unit is given up, and every ticket has somebody."""
    for _ in range(3):
        world.agent()
    customers = [world.customer() for _ in range(4)]

    def open_some(customer_id: int) -> None:
        with house.app_context():
            for _ in range(5):
                world.ticket(db.session.get_one(Person, customer_id))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(open_some, [customer.id for customer in customers]))
    db.session.rollback()
    tickets = db.session.scalars(sa.select(Ticket)).all()
    assert len(tickets) == 20
    loads = {
        ticket.assignee_id: sum(t.assignee_id == ticket.assignee_id for t in tickets) for ticket in tickets
    }
    assert None not in loads and max(loads.values()) - min(loads.values()) <= 1
