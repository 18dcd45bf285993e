"""What is kept for replies that wait: their files and their rows, for how long, and what looking for them costs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.core import clock
from app.core.db import db
from app.core.errors import Invalid
from app.core.uow import run_unit
from app.tickets.actions import attending, scheduling, sweeping
from app.tickets.models import Attachment, ScheduledReply
from app.tickets.words import ScheduledState
from tests.performance.reading import recorded
from tests.support.later import HOUR, Desk
from tests.support.world import World

MONDAY = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
S = ScheduledState


@pytest.fixture
def clocked() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk(clocked: time_machine.Traveller, world: World) -> Desk:
    return Desk(world)


def test_files_wait_with_it_and_hang_on_the_entry_in_the_end(
    desk: Desk, clocked: time_machine.Traveller
) -> None:
    file, loose = desk.upload(), desk.upload("Lose.pdf")
    scheduled = desk.plan(after=timedelta(days=3), attachment_ids=[file])
    clocked.shift(timedelta(days=2))
    assert run_unit(sweeping.forget_uploads) == 1
    assert db.session.get(Attachment, loose, populate_existing=True) is None
    clocked.shift(timedelta(days=1))
    desk.tick()
    bound = db.session.get_one(Attachment, file, populate_existing=True)
    assert (bound.ticket_id, bound.comment_id) == (desk.ticket_id, desk.reply(scheduled).comment_id)


def test_files_of_a_draft_that_was_scheduled_stay_until_it_is_sent(
    desk: Desk, clocked: time_machine.Traveller
) -> None:
    file = desk.upload()
    scheduled = desk.plan(after=timedelta(days=3), attachment_ids=[file])
    clocked.shift(timedelta(days=2))
    desk.do(scheduling.cancel, desk.anna, scheduled)
    assert run_unit(sweeping.forget_uploads) == 0
    actor = desk.world.actor(desk.anna)
    run_unit(lambda: attending.save_draft(actor, desk.ticket_id, is_internal=False, body="Weiter"))
    assert run_unit(sweeping.forget_uploads) == 0
    desk.say(desk.anna, "Ohne Datei")
    assert run_unit(sweeping.forget_uploads) == 1


def test_a_file_of_somebody_else_or_none_at_all_is_refused(desk: Desk) -> None:
    foreign = desk.upload(by=desk.lea)
    for file in (foreign, 999_999):
        with pytest.raises(Invalid):
            desk.plan(attachment_ids=[file])


def test_a_file_that_went_elsewhere_meanwhile_stops_it(desk: Desk, clocked: time_machine.Traveller) -> None:
    file = desk.upload()
    scheduled = desk.plan("Mit Datei", attachment_ids=[file])
    desk.say(desk.anna, "Schon jetzt", attachment_ids=[file])
    clocked.shift(HOUR)
    desk.tick()
    assert desk.state(scheduled) is S.STOPPED
    assert desk.facts("ticket.reply_stopped")[0].payload["why"] == "files"
    assert desk.bodies() == ["Schon jetzt"]


def test_settled_replies_go_after_a_month(desk: Desk, clocked: time_machine.Traveller) -> None:
    desk.plan("Geht")
    desk.plan("Bleibt", after=timedelta(days=60))
    clocked.shift(HOUR)
    desk.tick()
    clocked.shift(timedelta(days=29))
    assert run_unit(sweeping.forget_scheduled) == 0
    clocked.shift(timedelta(days=2))
    assert run_unit(sweeping.forget_scheduled) == 1
    assert [one.body for one in db.session.scalars(sa.select(ScheduledReply))] == ["Bleibt"]


def test_looking_for_what_is_due_reads_what_is_due(desk: Desk, clocked: time_machine.Traveller) -> None:
    """However many replies were sent before, or wait for later."""
    row = {
        "ticket_id": desk.ticket_id,
        "author_id": desk.anna.id,
        "body": "x",
        "attachment_ids": [],
        "after_entry_id": 0,
        "created_at": clock.now(),
    }
    soon, far = clock.now() + HOUR, clock.now() + timedelta(days=80)
    rows = [row | {"state": S.SENT, "due_at": soon} for _ in range(1500)]
    rows += [row | {"state": S.WAITING, "due_at": far} for _ in range(1500)]
    rows += [row | {"state": S.WAITING, "due_at": soon} for _ in range(3)]
    run_unit(lambda: db.session.execute(sa.insert(ScheduledReply), rows))
    clocked.shift(2 * HOUR)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        table = "TABLE scheduled_reply" if connection.dialect.name == "mysql" else "scheduled_reply"
        connection.exec_driver_sql(f"ANALYZE {table}")
    with recorded(db.session.connection()) as reading:
        assert len(scheduling.due(100)) == 3
    assert reading.indexes == {"ix_scheduled_reply_due"}
    assert reading.scans == []
    assert reading.rows <= 10
