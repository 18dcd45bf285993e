"""Workers that die while they send replies that were written for later: each goes out once, none is forgotten.

Real processes, real kills. No test waits for the lease of a dead worker: the next one's clock simply stands later.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from app.core.db import db
from app.tickets.models import Comment, ScheduledReply
from app.tickets.words import ScheduledState, Status
from tests.faults import invariants
from tests.support.later import HOUR, Desk
from tests.support.relaying import KILLED, Worker, wipe
from tests.support.world import World

# What a killed process leaves is the spine's business: tests/faults/test_relay_killed.py asks PostgreSQL as well.
pytestmark = pytest.mark.only_on("sqlite", "mariadb")

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DUE = START + HOUR
# Longer than the lease of the standing job.
LATER = timedelta(minutes=4)
POINTS = ("scheduled.found", "scheduled.locked", "scheduled.entered", "scheduled.sent")
BODIES = ["Erste.", "Zweite.", "Dritte."]


@pytest.fixture
def worker(house: Flask, database_url: str, tmp_path: Path) -> Iterator[Worker]:
    yield Worker(database_url, tmp_path)
    wipe()


@pytest.fixture
def desk(world: World, worker: Worker) -> Desk:
    """Three replies that are due at the same moment; the last one waits for the customer."""
    with time_machine.travel(START, tick=False):
        made = Desk(world)
        for body in BODIES[:-1]:
            made.plan(body)
        made.plan(BODIES[-1], then="pending")
    return made


def states() -> set[ScheduledState]:
    db.session.rollback()
    return set(db.session.scalars(sa.select(ScheduledReply.state)))


def each_went_once(desk: Desk) -> None:
    """What the table says of each reply is what the conversation shows."""
    assert sorted(desk.bodies()) == sorted(BODIES)
    entries = set(db.session.scalars(sa.select(Comment.id)))
    assert set(db.session.scalars(sa.select(ScheduledReply.comment_id))) == entries
    assert states() == {ScheduledState.SENT}
    assert desk.ticket.status is Status.PENDING
    assert len(desk.facts("ticket.reply_added")) == len(BODIES)


def test_a_worker_that_lives_sends_each_once(worker: Worker, desk: Desk) -> None:
    assert worker.run(DUE - timedelta(minutes=2), work="scheduled") == 0
    assert desk.bodies() == []
    assert worker.run(DUE, work="scheduled") == 0
    each_went_once(desk)
    assert worker.run(DUE + LATER, work="scheduled") == 0
    each_went_once(desk)


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_anywhere_loses_and_doubles_none(worker: Worker, desk: Desk, point: str) -> None:
    moment = DUE
    for _ in range(len(BODIES)):
        assert worker.run(moment, fault=f"{point}:kill9", work="scheduled") == KILLED
        moment += LATER
    assert worker.run(moment, work="scheduled") == 0
    each_went_once(desk)
    worker.run(moment)
    invariants.hold(moment)


def test_nobody_takes_over_while_the_first_may_still_be_at_it(worker: Worker, desk: Desk) -> None:
    assert worker.run(DUE, fault="scheduled.locked:kill9", work="scheduled") == KILLED
    assert worker.run(DUE + timedelta(seconds=60), work="scheduled") == 0
    assert desk.bodies() == []


def test_one_that_fails_holds_up_no_other(worker: Worker, desk: Desk) -> None:
    """Whatever goes wrong with each of them: the worker goes on, says so, and the next run finds them again."""
    with pytest.raises(AssertionError, match="Planted"):
        worker.run(DUE, fault="scheduled.entered:raise", work="scheduled")
    assert states() == {ScheduledState.WAITING}
    assert desk.bodies() == []
    assert worker.run(DUE + timedelta(minutes=6), work="scheduled") == 0
    each_went_once(desk)


def test_a_customer_who_wrote_while_the_worker_was_dead_stops_it(worker: Worker, desk: Desk) -> None:
    assert worker.run(DUE, fault="scheduled.entered:kill9", work="scheduled") == KILLED
    with time_machine.travel(DUE + timedelta(minutes=1), tick=False):
        desk.say(desk.mia, "Hat sich erledigt.")
    assert worker.run(DUE + LATER, work="scheduled") == 0
    assert desk.bodies() == ["Hat sich erledigt."]
    assert states() == {ScheduledState.STOPPED}
    draft = desk.draft()
    assert draft is not None and draft.body == "\n\n".join(BODIES)
