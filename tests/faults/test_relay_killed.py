"""Workers that die while they tell people something: nothing is lost, and nothing doubled beyond F06.

Real processes, real kills, a real mail server and a real receiver of cards. No test waits for a lease: the next
worker's clock simply stands later.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from app.core.db import db
from app.events.models import Backlog, Delivery
from app.events.words import DeliveryState
from app.tickets.models import Ticket
from tests.faults import invariants
from tests.support.http_sink import HttpSink
from tests.support.relaying import KILLED, Worker, wipe
from tests.support.smtp_sink import HANG, SmtpSink
from tests.support.world import World

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PATIENCE = 30.0
# Longer than any lease, and than the pauses after two failures.
LATER = timedelta(minutes=6)


@pytest.fixture
def worker(
    house: Flask, database_url: str, tmp_path: Path, smtp: SmtpSink, teams: HttpSink
) -> Iterator[Worker]:
    """Workers that know the receivers."""
    yield Worker(
        database_url,
        tmp_path,
        {
            "SMTP_HOST": smtp.host,
            "SMTP_PORT": str(smtp.port),
            "SMTP_TLS": "none",
            "DEFAULT_FROM_EMAIL": "hilfe@firma.example",
            "TEAMS_WEBHOOK_URL": teams.url("/hook?sig=geheim"),
            "OUTBOUND_ALLOW": teams.place,
        },
    )
    wipe()


@pytest.fixture
def ticket(world: World) -> Ticket:
    """A critical ticket: two mails to staff, one to the requester, one card, three rings of the bell."""
    with time_machine.travel(START, tick=False):
        customer = world.customer(first_name="Mia", last_name="Muster")
        world.agent(first_name="Jonas", last_name="Weber", support_level=3)
        world.leader(first_name="Lea", last_name="Hoffmann")
        return world.ticket(customer, title="Serverausfall", description="Nichts geht mehr.")


@pytest.fixture
def lonely(world: World) -> Ticket:
    """A ticket in a house without staff: one mail, one card, two events for the bell."""
    with time_machine.travel(START, tick=False):
        return world.ticket(world.customer())


def until_quiet(worker: Worker, begin: datetime) -> datetime:
    """Run workers, each a while later, until nothing is left to do."""
    moment = begin
    for _ in range(6):
        moment += LATER
        worker.run(moment)
        if not _unsettled():
            return moment
    raise AssertionError(_unsettled())


def _unsettled() -> list[tuple[int, str, str]]:
    db.session.rollback()
    open_states = (DeliveryState.WAITING, DeliveryState.SENDING)
    query = sa.select(Delivery.id, Delivery.consumer, Delivery.error).where(Delivery.state.in_(open_states))
    waiting = [(i, "backlog", "") for i in db.session.scalars(sa.select(Backlog.event_id))]
    return waiting + [tuple(row) for row in db.session.execute(query)]


def deliveries() -> list[Delivery]:
    db.session.rollback()
    query = sa.select(Delivery).order_by(Delivery.id).execution_options(populate_existing=True)
    return list(db.session.scalars(query))


def told(smtp: SmtpSink) -> Counter[str]:
    return Counter(
        recipient.split("@")[0].rstrip("0123456789") for mail in smtp.mails for recipient in mail.recipients
    )


EVERYBODY = {"customer": 1, "support.agent": 1, "team.leader": 1}


def test_a_worker_that_lives_tells_everybody_once(
    worker: Worker, ticket: Ticket, smtp: SmtpSink, teams: HttpSink
) -> None:
    assert worker.run(START) == 0
    assert told(smtp) == EVERYBODY
    assert len(teams.requests) == 1
    assert {one.state for one in deliveries()} == {DeliveryState.SENT}
    invariants.hold(START, smtp=smtp, teams=teams)


@pytest.mark.parametrize("point", ["relay.spread", "relay.claimed", "relay.applied", "relay.prepared"])
def test_f04_a_worker_killed_before_it_spoke_loses_and_doubles_nothing(
    worker: Worker, ticket: Ticket, smtp: SmtpSink, teams: HttpSink, point: str
) -> None:
    assert worker.run(START, fault=f"{point}:kill9") == KILLED
    end = until_quiet(worker, START)
    assert told(smtp) == EVERYBODY
    assert len(teams.requests) == 1
    assert {one.state for one in deliveries()} == {DeliveryState.SENT}
    invariants.hold(end, smtp=smtp, teams=teams)


@pytest.mark.parametrize("point", ["relay.spoken", "relay.settling"])
def test_f06_a_worker_killed_after_it_spoke_repeats_at_most_that_one_and_says_so(
    worker: Worker, ticket: Ticket, smtp: SmtpSink, teams: HttpSink, point: str
) -> None:
    assert worker.run(START, fault=f"{point}:kill9") == KILLED
    spoken = len(smtp.mails) + len(teams.requests)
    assert spoken == 1
    end = until_quiet(worker, START)
    assert len(smtp.mails) + len(teams.requests) == 1 + sum(EVERYBODY.values()) + 1
    assert [one.may_be_repeat for one in deliveries()].count(True) == 1
    assert {one.state for one in deliveries()} == {DeliveryState.SENT}
    invariants.hold(end, smtp=smtp, teams=teams)


def test_f06_killed_while_the_mail_server_thinks_about_the_whole_mail(
    worker: Worker, ticket: Ticket, smtp: SmtpSink, teams: HttpSink
) -> None:
    """The window itself: the server has the mail and says 250, but nobody is there any more to hear it."""
    smtp.script("end", HANG)
    started = worker.start(START)
    assert smtp.held.wait(PATIENCE)
    started.process.kill_family()
    assert started.end() == KILLED
    smtp.release()
    (unheard,) = smtp.attempts
    sending = next(one for one in deliveries() if one.state is DeliveryState.SENDING)
    assert sending.speaking
    end = until_quiet(worker, START)
    came = Counter(str(mail.message["Message-ID"]) for mail in smtp.attempts)
    assert [message_id for message_id, times in came.items() if times == 2] == [unheard.message["Message-ID"]]
    assert next(one for one in deliveries() if one.id == sending.id).may_be_repeat
    invariants.hold(end, smtp=smtp, teams=teams)


def test_f06_nobody_takes_over_while_the_conversation_may_still_go_on(
    worker: Worker, ticket: Ticket, smtp: SmtpSink, teams: HttpSink
) -> None:
    smtp.script("end", HANG)
    first = worker.start(START)
    assert smtp.held.wait(PATIENCE)
    assert worker.run(START + timedelta(seconds=70)) == 0
    smtp.release()
    assert first.end() == 0
    assert told(smtp) == EVERYBODY
    assert not any(one.may_be_repeat or one.lost for one in deliveries())
    invariants.hold(START, smtp=smtp, teams=teams)


def test_f05_a_delivery_that_kills_three_workers_is_given_up_and_the_others_go_on(
    worker: Worker, lonely: Ticket, smtp: SmtpSink, teams: HttpSink
) -> None:
    moment = START
    while worker.run(moment, fault="relay.prepared:kill9") == KILLED:
        moment += LATER
    dead = [one for one in deliveries() if one.state is DeliveryState.DEAD]
    assert {(one.lost, one.attempts) for one in dead} == {(3, 4)}
    assert {one.consumer for one in dead} == {"email", "teams"}
    assert smtp.mails == []
    assert {one.state for one in deliveries() if one.consumer == "bell"} == {DeliveryState.SENT}
    invariants.hold(moment, smtp=smtp)


def test_f05_a_bell_that_kills_its_worker_stops_after_three(
    worker: Worker, lonely: Ticket, smtp: SmtpSink, teams: HttpSink
) -> None:
    moment = START
    while worker.run(moment, fault="relay.applied:kill9") == KILLED:
        moment += LATER
    bells = [one for one in deliveries() if one.consumer == "bell"]
    assert {one.state for one in bells} == {DeliveryState.DEAD}
    assert told(smtp) == {"customer": 1}
    assert len(teams.requests) == 1
    invariants.hold(moment, smtp=smtp, teams=teams)


def test_f08_a_commit_nobody_was_told_of_is_found_by_the_next_tick(
    worker: Worker, ticket: Ticket, smtp: SmtpSink, teams: HttpSink
) -> None:
    worker.run(START)
    before = len(smtp.mails)
    assert worker.run(START, work="open") == KILLED
    assert worker.run(START + timedelta(seconds=10)) == 0
    subjects = [str(mail.message["Subject"]) for mail in smtp.mails[before:]]
    assert any("Nach dem Commit" in subject for subject in subjects)
    invariants.hold(START + timedelta(seconds=10), smtp=smtp, teams=teams)


def test_a_spreader_that_died_holds_the_others_up_for_less_than_half_a_minute(
    worker: Worker, ticket: Ticket, smtp: SmtpSink, teams: HttpSink
) -> None:
    assert worker.run(START, fault="relay.spread:kill9") == KILLED
    assert worker.run(START + timedelta(seconds=10)) == 0
    assert smtp.mails == []
    assert worker.run(START + timedelta(seconds=22)) == 0
    assert told(smtp) == EVERYBODY


def test_cards_that_came_are_the_ones_that_were_meant(
    worker: Worker, ticket: Ticket, smtp: SmtpSink, teams: HttpSink
) -> None:
    worker.run(START)
    (request,) = teams.requests
    card = json.loads(request.body)["attachments"][0]["content"]
    assert card["body"][0]["text"] == f"Neues kritisches Ticket: {ticket.number}"
    assert card["actions"][0]["url"] == f"http://localhost/tickets/{ticket.number}"
