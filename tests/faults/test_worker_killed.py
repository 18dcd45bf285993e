"""The whole worker as it is run for real, queue and scheduler and all, killed in the middle of telling people (F04)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Delivery
from app.events.words import DeliveryState
from tests.faults import invariants
from tests.support.process import Process
from tests.support.relaying import KILLED, ROOT, wipe
from tests.support.running import until
from tests.support.smtp_sink import SmtpSink
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only
PATIENCE = 60


@pytest.fixture
def environment(house: Flask, database_url: str, tmp_path: Path, smtp: SmtpSink) -> Iterator[dict[str, str]]:
    yield {
        "PATH": os.environ["PATH"],
        "FLASK_ENV": "development",
        "SECRET_KEY": "a-key-that-only-tests-would-ever-use-0123456789",
        "DATABASE_URL": database_url,
        "DATA_DIR": str(tmp_path),
        "SITE_URL": "http://localhost",
        "SMTP_HOST": smtp.host,
        "SMTP_PORT": str(smtp.port),
        "SMTP_TLS": "none",
        "DEFAULT_FROM_EMAIL": "hilfe@firma.example",
        "SCHEDULE_RELAY": "1s",
        "LOG_LEVEL": "WARNING",
    }
    wipe()


def start(environment: dict[str, str], log: Path, fault: str = "") -> subprocess.Popen[bytes]:
    """A worker with its scheduler inside, as the embedded default runs it."""
    words = ["worker", "-B", "--pool", "threads", "-c", "2", "--without-gossip", "--without-mingle"]
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "app.celery_app", *words],
            cwd=ROOT,
            env=environment | {"HD_FAULT": fault},
            stdout=file,
            stderr=file,
        )


def let_the_lease_end() -> None:
    run_unit(
        lambda: db.session.execute(
            sa.update(Delivery).where(Delivery.state == DeliveryState.SENDING).values(due_at=clock.now())
        )
    )


def test_f04_what_a_killed_worker_left_is_finished_by_the_next_one(
    world: World, environment: dict[str, str], smtp: SmtpSink, tmp_path: Path
) -> None:
    world.agent()
    world.ticket(world.customer())
    log = tmp_path / "worker.log"
    first = start(environment, log, "relay.spoken:kill9")
    scheduler = _scheduler(first)
    assert first.wait(PATIENCE) == KILLED, log.read_text()
    assert len(smtp.wait_for(1)) == 1
    assert scheduler.ended_within(PATIENCE), "a scheduler without its worker would ask for jobs for ever"
    let_the_lease_end()
    second = start(environment, log)
    try:
        smtp.wait_for(3, PATIENCE)
        _until_settled(second)
    finally:
        Process.of(second.pid).kill_family()
        second.wait(PATIENCE)
    invariants.hold(clock.now(), smtp=smtp)


def _scheduler(worker: subprocess.Popen[bytes]) -> Process:
    """The process that the worker starts for the timetable."""
    family: list[Process] = []

    def has_started() -> bool:
        family[:] = Process.of(worker.pid).family()
        return len(family) > 1

    until(has_started, PATIENCE, "the worker has a scheduler")
    return family[1]


def _until_settled(worker: subprocess.Popen[bytes]) -> None:
    """Look at the database until nothing is under way; the worker's own end would end the wait."""
    for _ in range(PATIENCE * 10):
        db.session.rollback()
        open_states = (DeliveryState.WAITING, DeliveryState.SENDING)
        count = sa.select(sa.func.count()).select_from(Delivery).where(Delivery.state.in_(open_states))
        if not db.session.scalar(count):
            return
        assert not Process.of(worker.pid).ended_within(0.1)
    raise AssertionError("deliveries are still under way")
