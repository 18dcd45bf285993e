"""The worker as it runs, over a folder: killed, restarted, its messages lost (F04, F08, F09)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import clock, heartbeat
from app.core.db import db
from app.core.heartbeat import Heartbeat
from app.core.lease import Lease
from app.core.uow import run_unit
from app.events.models import Backlog, Feed
from app.tickets.models import Ticket
from tests.faults import invariants
from tests.support.relaying import wipe
from tests.support.running import Worker, until
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only
LONG = 90.0  # seconds a loaded machine may take to start a worker and do a little work


@pytest.fixture
def folder(house: Flask, tmp_path: Path) -> Iterator[Path]:
    """A data folder for the worker; what its processes wrote is gone afterwards."""
    yield tmp_path
    wipe()


def waiting() -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(Backlog)) or 0


def beat(name: str) -> Heartbeat | None:
    db.session.rollback()
    return heartbeat.last(name)


def has_run(name: str) -> bool:
    row = beat(name)
    return row is not None and row.succeeded_at is not None


def a_minute_later() -> None:
    """As if a minute had gone by for whoever waits for a dead holder: leases end, requests are repeated."""
    past = clock.now() - timedelta(seconds=61)

    def move() -> None:
        db.session.execute(sa.update(Lease).values(until=past))
        db.session.execute(sa.update(Heartbeat).where(Heartbeat.asked_at.is_not(None)).values(asked_at=past))

    run_unit(move)


def test_a_worker_does_everything_of_the_timetable(
    world: World, house: Flask, database_url: str, folder: Path
) -> None:
    world.ticket(world.customer())
    often = {
        f"SCHEDULE_{name.upper().replace('-', '_')}": "1s" for name in house.extensions["timetable"].names
    }
    with Worker(database_url, folder, **often) as worker:
        until(lambda: waiting() == 0, LONG, "the backlog is spread")
        names = [*house.extensions["timetable"].names, "beat"]
        for name in names:
            until(lambda: has_run(name), LONG, f"{name} has run")  # noqa: B023
        worker.stop()
    assert [row.name for row in heartbeat.all_beats() if row.error] == []
    assert not list(folder.glob("**/celerybeat*")), "the scheduler keeps no file"
    invariants.hold(clock.now())


def test_f04_f08_a_task_lost_with_its_worker_is_found_again(
    world: World, database_url: str, folder: Path
) -> None:
    world.ticket(world.customer())  # committed, and nobody rang: the web process died before it could (F08)
    expected = waiting()
    with Worker(database_url, folder, SCHEDULE_RELAY="1s", HD_FAULT="relay.spread:kill9") as doomed:
        until(lambda: _leased("relay.spread"), LONG, "a worker began to spread")
        assert doomed.process is not None
        doomed.kill9()
    assert waiting() == expected and expected > 0
    shutil.rmtree(folder / "queue")  # and the broker forgot everything
    a_minute_later()
    with Worker(database_url, folder, SCHEDULE_RELAY="1s", SCHEDULE_SLA="1s"):
        until(lambda: waiting() == 0, LONG, "the backlog is spread")
        until(lambda: has_run("sla"), LONG, "the deadlines are checked")
    db.session.rollback()
    spread = list(db.session.scalars(sa.select(Feed.event_id)))
    assert len(spread) == len(set(spread)) >= expected
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Ticket)) == 1


def _leased(name: str) -> bool:
    db.session.rollback()
    row = db.session.get(Lease, name, populate_existing=True)
    return row is not None and row.until > clock.now()


def test_f09_a_scheduler_that_was_away_catches_up_once(world: World, database_url: str, folder: Path) -> None:
    two_hours_ago = clock.now() - timedelta(hours=2)

    def away() -> None:
        for name in ("sla", "auto-close", "housekeeping"):
            heartbeat.plan(name, two_hours_ago)

    run_unit(away)
    with Worker(
        database_url, folder, SCHEDULE_RELAY="1s", SCHEDULE_SLA="1h", SCHEDULE_AUTO_CLOSE="0 0 1 1 *"
    ):
        for name in ("sla", "auto-close", "housekeeping"):
            until(lambda: has_run(name), LONG, f"{name} is caught up")  # noqa: B023
        first = {name: _run_at(name) for name in ("sla", "auto-close")}
        relayed = _run_at("relay")
        until(lambda: _run_at("relay") != relayed, LONG, "time went on")
        assert {name: _run_at(name) for name in ("sla", "auto-close")} == first
    age = beat("beat")
    assert age is not None and age.succeeded_at is not None and age.succeeded_at > two_hours_ago


def _run_at(name: str) -> object:
    row = beat(name)
    return row.started_at if row else None
