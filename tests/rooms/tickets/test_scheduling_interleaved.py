"""Whatever happens in whatever order: a reply for later is sent once, or not at all, and its text is never lost."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.db import db
from app.core.errors import Conflict, HouseError
from app.core.uow import run_unit
from app.tickets.actions import closing, scheduling, triage
from app.tickets.models import Comment, ScheduledReply
from app.tickets.schemas import StatusMove
from app.tickets.words import ScheduledState
from tests.support.later import HOUR, Desk
from tests.support.world import World

MONDAY = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
S = ScheduledState
STEPS = (
    "plan", "plan", "customer", "customer by mail", "auto-reply", "colleague", "note", "tick", "tick", "wait",
    "wait", "send now", "cancel", "close", "reopen", "delete", "restore", "author leaves", "author returns",
)  # fmt: skip


@dataclass
class Story:
    """What was planned, and what had been said when."""

    desk: Desk
    clocked: time_machine.Traveller
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    planned: dict[int, str] = field(default_factory=dict)
    overtaken: set[int] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)

    def take(self, step: str) -> None:
        """One step; what is not possible just now is refused, and changes nothing."""
        try:
            self._steps()[step]()
        except HouseError:
            db.session.rollback()

    def _steps(self) -> dict[str, Callable[[], object]]:
        desk = self.desk
        return {
            "plan": self._plan,
            "customer": partial(self._customer, partial(desk.say, desk.mia)),
            "customer by mail": partial(self._customer, partial(desk.auto_reply, by_machine=False)),
            "auto-reply": desk.auto_reply,
            "colleague": partial(desk.say, desk.lea, "Von Lea"),
            "note": partial(desk.say, desk.anna, "Notiz", is_internal=True),
            "tick": desk.tick,
            "wait": partial(self.clocked.shift, timedelta(minutes=45)),
            "send now": partial(self._each, scheduling.send_now),
            "cancel": partial(self._each, scheduling.cancel),
            "close": partial(desk.do, triage.change_status, desk.lea, StatusMove(status="closed")),
            "reopen": partial(desk.do, triage.reopen, desk.lea),
            "delete": partial(desk.do, closing.delete, desk.lea),
            "restore": partial(desk.do, closing.restore, desk.lea),
            "author leaves": partial(desk.put, desk.anna, is_active=False),
            "author returns": partial(desk.put, desk.anna, is_active=True),
        }

    def _plan(self) -> None:
        """What is written next takes the place of every draft there was."""
        body = f"Antwort {next(self.numbers)}."
        number = self.desk.plan(body)
        self.answered |= {one for one in self.planned if self.desk.state(one) is not S.WAITING}
        self.planned[number] = body

    def _customer(self, write: Callable[[], object]) -> None:
        write()
        self.overtaken |= self._waiting_before

    def _each(self, verb: Callable[..., object]) -> None:
        """The oldest that was planned, whatever became of it."""
        if self.planned:
            self.desk.do(verb, self.desk.anna, min(self.planned))

    @property
    def _waiting_before(self) -> set[int]:
        """Those that had not gone when the customer wrote."""
        return {one for one in self.planned if self.desk.state(one) is not S.SENT}

    def check(self) -> None:
        """What must hold after every step."""
        said = Counter(self.desk.bodies())
        draft = self.desk.draft()
        for number, body in self.planned.items():
            reply = self.desk.reply(number)
            assert said[body] == (1 if reply.state is S.SENT else 0), (reply.state, said)
            assert (reply.comment_id is not None) == (reply.state is S.SENT)
            assert (reply.settled_at is None) == (reply.state is S.WAITING)
            if reply.state in (S.STOPPED, S.CANCELLED) and number not in self.answered:
                assert draft is not None and body in draft.body
            if number in self.overtaken:
                assert reply.state in (S.STOPPED, S.CANCELLED)


def test_in_any_order_it_is_sent_once_or_kept(world: World) -> None:
    desk = Desk(world)

    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
        derandomize=True,
        database=None,
    )
    @given(st.lists(st.sampled_from(STEPS), min_size=4, max_size=14))
    def check(steps: list[str]) -> None:
        with time_machine.travel(MONDAY, tick=False) as clocked:
            desk.put(desk.anna, is_active=True)
            desk.ticket_id = world.ticket(desk.mia).id
            story = Story(desk, clocked)
            for step in steps:
                story.take(step)
                story.check()

    check()


def race(app: Flask, works: list[Callable[[], object]]) -> list[Exception]:
    """Different things at the same moment; returns what went wrong beside a refusal."""
    start, failures = threading.Barrier(len(works)), []

    def run(work: Callable[[], object]) -> None:
        with app.app_context():
            try:
                start.wait(10)
                work()
            except Conflict:
                pass
            except Exception as error:  # told by the test
                failures.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    db.session.rollback()
    return failures


@pytest.mark.parametrize("writes_by", ["portal", "mail"])
def test_the_customer_and_the_clock_at_the_same_moment(house: Flask, world: World, writes_by: str) -> None:
    with time_machine.travel(MONDAY, tick=False) as clocked:
        desk = Desk(world)
        for n in range(6):
            desk.ticket_id = world.ticket(desk.mia).id
            body = f"Antwort {n}."
            scheduled = desk.plan(body)
            clocked.shift(HOUR)
            write = (
                partial(desk.say, desk.mia)
                if writes_by == "portal"
                else partial(desk.auto_reply, by_machine=False)
            )
            send = partial(run_unit, partial(scheduling.send_due, scheduled))
            assert race(house, [write, send, send]) == []
            said = desk.bodies()
            if desk.state(scheduled) is S.SENT:
                assert said.index(body) == 0 and said.count(body) == 1
                assert desk.draft() is None
            else:
                assert desk.state(scheduled) is S.STOPPED
                assert body not in said
                draft = desk.draft()
                assert draft is not None and draft.body == body


def test_two_clocks_and_its_author_at_the_same_moment(house: Flask, world: World) -> None:
    with time_machine.travel(MONDAY, tick=False) as clocked:
        desk = Desk(world)
        for n in range(6):
            desk.ticket_id = world.ticket(desk.mia).id
            scheduled = desk.plan(f"Antwort {n}.")
            clocked.shift(HOUR)
            send = partial(run_unit, partial(scheduling.send_due, scheduled))
            now = partial(desk.do, scheduling.send_now, desk.anna, scheduled)
            cancel = partial(desk.do, scheduling.cancel, desk.anna, scheduled)
            assert race(house, [send, now, cancel, send]) == []
            state = desk.state(scheduled)
            assert state in (S.SENT, S.CANCELLED)
            assert len(desk.bodies()) == (1 if state is S.SENT else 0)
    rows = sa.select(sa.func.count()).select_from(ScheduledReply).where(ScheduledReply.state == S.SENT)
    assert db.session.scalar(rows) == db.session.scalar(sa.select(sa.func.count()).select_from(Comment))
