"""The scheduler away for two hours: what was due meanwhile is done once, and an alarm is raised once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
import time_machine

from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Event
from app.jobs import mail, timetable
from app.mailroom.actions import fetching
from app.mailroom.actions.silence import HABIT, LEAST
from app.mailroom.origin import Origin
from tests.faults.mail.posting import Post
from tests.support.letters import bring, letter, tickets

pytestmark = [pytest.mark.servers, pytest.mark.only_on("sqlite", "mariadb")]
START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
AWAY = timedelta(hours=2)
JOBS = {
    "mail-accept": mail.accept_waiting,
    "mail-fetch": mail.ask_for_mail,
    "mail-silence": mail.notice_silence,
}


class Scheduler:
    """Asks for what is due; whatever concerns mail is done at once, as by a worker with nothing else to do."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.read: Counter[int] = Counter()

    def begin(self) -> None:
        """Hang up the timetable, as each start of a scheduler does."""
        db.session.rollback()
        timetable.current().hang_up()

    def look(self, clock: time_machine.Coordinates, times: int = 6) -> None:
        """Look what is due, every five seconds."""
        for _ in range(times):
            timetable.current().ask(self._send)
            clock.shift(5)

    def _send(self, name: str) -> None:
        self.asked[name] += 1
        if name in JOBS:
            JOBS[name].run()

    def delay(self, account_id: int) -> None:
        """Takes the place of the queue for single mailboxes."""
        self.read[account_id] += 1
        mail.fetching.fetch(account_id)


@pytest.fixture
def clock(world: object) -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def scheduler(clock: time_machine.Coordinates, post: Post, monkeypatch: pytest.MonkeyPatch) -> Scheduler:
    made = Scheduler()
    monkeypatch.setattr(mail, "read_mailbox", made)
    made.begin()
    return made


def alarms() -> int:
    db.session.rollback()
    query = sa.select(sa.func.count(Event.id)).where(Event.kind == "mailbox.silent")
    return db.session.scalar(query) or 0


def test_f09_after_two_hours_each_mail_job_is_done_once(
    post: Post, scheduler: Scheduler, clock: time_machine.Coordinates
) -> None:
    post.deliver(*(letter(f"Brief {n}") for n in range(3)))
    clock.shift(AWAY)
    scheduler.begin()
    scheduler.look(clock)
    assert {name: scheduler.asked[name] for name in JOBS} == dict.fromkeys(JOBS, 1)
    assert scheduler.read == {post.office.id: 1}
    assert len(tickets()) == 3


def test_f09_what_was_begun_before_is_finished_on_return(
    post: Post, scheduler: Scheduler, clock: time_machine.Coordinates
) -> None:
    post.deliver(letter("Angefangen"))
    assert post.work(START, "fetch", fault="import.parsed:kill9") != 0
    clock.shift(AWAY)
    scheduler.begin()
    scheduler.look(clock)
    assert [ticket.description for ticket in tickets()] == ["Angefangen"]
    assert scheduler.asked["mail-accept"] == 1


def test_f09_a_silence_that_fell_due_meanwhile_is_told_once(
    post: Post, scheduler: Scheduler, clock: time_machine.Coordinates
) -> None:
    origin = Origin(account=post.office.address, mail_account_id=post.office.id)
    for n in range(HABIT):
        bring(post.world.app, letter(f"Gewohnt {n}"), origin=origin)
        clock.shift(timedelta(hours=1))
    run_unit(partial(fetching.succeeded, post.office.id, brought_mail=True))
    clock.shift(LEAST - AWAY / 2)
    scheduler.begin()
    scheduler.look(clock)
    assert alarms() == 0
    clock.shift(AWAY)
    scheduler.begin()
    scheduler.look(clock)
    assert alarms() == 1
    clock.shift(AWAY)
    scheduler.look(clock)
    assert alarms() == 1
