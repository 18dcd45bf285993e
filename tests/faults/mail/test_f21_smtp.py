"""The mail server refuses, hangs or lies: each recipient of an event has a fate of its own, and people see it."""

from __future__ import annotations

import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
import trustme

from app.accounts.models import Person
from app.core import clock
from app.events.consumers import register
from app.events.models import Delivery
from app.events.settling import PAUSES
from app.events.words import DeliveryState as S
from app.integrations.guard import HttpGuard
from app.integrations.smtp_route import SmtpRoute
from app.notifications import consumers as ways
from app.tickets.actions import company
from tests.faults import invariants
from tests.support.audience import act
from tests.support.post import SENDER, servers
from tests.support.server import free_port
from tests.support.smtp_sink import CLOSE, HANG, SmtpSink
from tests.support.toys import deliveries
from tests.support.world import World

pytestmark = pytest.mark.only_on("sqlite", "mariadb")
START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
UNDO = timedelta(seconds=16)
PATIENCE = timedelta(days=5)
WORD = "geheim-2026"


@pytest.fixture
def time(house: object) -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


class Told:
    """A ticket of three customers, and an answer that all of them are to hear of."""

    def __init__(self, world: World, time: time_machine.Coordinates) -> None:
        self.world, self.time = world, time
        self.agent = world.agent()
        self.people = [world.customer(first_name=name) for name in ("Mia", "Ben", "Eva")]
        self.ticket = world.ticket(self.people[0])
        for person in self.people[1:]:
            act(company.add_participant, world.actor(self.agent), self.ticket.id, person.email)
        with SmtpSink() as sink, servers(smtp=sink):
            world.relay()
        self.before = {one.id for one in deliveries("email")}
        world.say(self.agent, self.ticket, "Ein Kabel war lose.")
        time.shift(UNDO)

    @property
    def ben(self) -> Person:
        return self.people[1]

    def relay(self, later: float = 0) -> list[S]:
        """Let the relay work, some seconds later; returns the fate of the mail to each of the three."""
        self.time.shift(later)
        self.world.relay()
        return [one.state for one in self.mails()]

    def mails(self) -> list[Delivery]:
        found = {one.target: one for one in deliveries("email") if one.id not in self.before}
        return [found[f"person:{person.id}"] for person in self.people]

    def page(self) -> str:
        """What the agent sees of it."""
        answer = self.world.browser(self.agent).get(f"/tickets/{self.ticket.number}")
        assert answer.status_code == 200
        return str(answer.get_data(as_text=True))


@pytest.fixture
def told(world: World, time: time_machine.Coordinates) -> Told:
    return Told(world, time)


@contextmanager
def way_out(sink: SmtpSink, **given: Any) -> Iterator[None]:
    """Mail goes by this server, with little patience."""
    usual: dict[str, Any] = {
        "host": sink.host,
        "port": sink.port,
        "tls": "none",
        "timeout": 0.5,
        "data_timeout": 0.5,
    }
    route = SmtpRoute(**usual | given)
    with servers(smtp=sink):
        made = ways.make(
            route=lambda: route, sender=SENDER, webhook="", guard=HttpGuard(host_patterns=("*.example",))
        )
        for consumer in made:
            register(consumer)
        yield


def times(sink: SmtpSink) -> Counter[str]:
    """How often the server took a mail over for each address."""
    return Counter(address for mail in sink.mails for address in mail.recipients)


def once_each(told: Told) -> dict[str, int]:
    return {person.email: 1 for person in told.people}


@pytest.mark.parametrize(
    ("stage", "answer", "word"),
    [
        ("rcpt", "450 4.2.1 mailbox busy", "busy: 450 4.2.1 mailbox busy"),
        ("rcpt", "421 4.3.2 closing", "busy: 421 4.3.2 closing"),
    ],
)
def test_f21_a_bad_moment_of_one_of_three_is_tried_again_for_that_one(
    told: Told, stage: Any, answer: str, word: str
) -> None:
    with SmtpSink() as sink, way_out(sink):
        sink.script(stage, answer, recipient=told.ben.email)
        assert told.relay() == [S.SENT, S.WAITING, S.SENT]
        assert told.mails()[1].error == word
        assert told.relay(later=PAUSES[0] + 1) == [S.SENT] * 3
        assert times(sink) == once_each(told)


def test_f21_a_refusal_of_one_of_three_is_shown_and_the_others_get_no_second_mail(told: Told) -> None:
    with SmtpSink() as sink, way_out(sink):
        sink.always("rcpt", "550 5.1.1 no such user here", recipient=told.ben.email)
        assert told.relay() == [S.SENT, S.DEAD, S.SENT]
        assert told.relay(later=3600) == [S.SENT, S.DEAD, S.SENT]
        assert times(sink) == {email: 1 for email in once_each(told) if email != told.ben.email}
    page = told.page()
    assert "Die E-Mail konnte nicht zugestellt werden." in page
    assert "550 5.1.1 no such user here" in page


@pytest.mark.parametrize("answer", [HANG, CLOSE])
def test_f21_no_answer_after_the_whole_mail_is_a_possible_repeat_for_that_one(
    told: Told, answer: str
) -> None:
    with SmtpSink() as sink, way_out(sink):
        sink.script("end", answer)
        states = told.relay()
        sink.release()
        assert sorted(states) == [S.SENT, S.SENT, S.WAITING]
        (late,) = (one for one in told.mails() if one.state is S.WAITING)
        assert late.error.startswith("outcome_unknown")
        assert told.relay(later=PAUSES[0] + 1) == [S.SENT] * 3
        assert [one.may_be_repeat for one in told.mails()].count(True) == 1
        ids = Counter(str(mail.message["Message-ID"]) for mail in sink.attempts)
        assert len(ids) == 3
        invariants.each_mail_came_once(sink)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    """The TLS side of a server of this name."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(made)
    return made


def down(word: str, authority: trustme.CA) -> SmtpSink:
    """A server no mail may be given to, by what is wrong with it."""
    if word == "busy":
        return _busy()
    name = "other.example" if word == "certificate" else "localhost"
    password = "anders" if word == "login_refused" else WORD
    if word in ("connection_refused", "starttls_missing"):
        return SmtpSink(users={"hilfe": WORD})
    return SmtpSink(tls="starttls", context=context(authority, name), users={"hilfe": password})


def _busy() -> SmtpSink:
    made = SmtpSink()
    made.always("greeting", "421 4.3.2 too many connections")
    return made


@pytest.mark.parametrize(
    "word", ["connection_refused", "busy", "starttls_missing", "certificate", "login_refused"]
)
def test_f21_a_way_that_is_down_loses_nothing_and_gives_nothing_away(
    told: Told, authority: trustme.CA, tmp_path: Path, word: str
) -> None:
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    given = {
        "host": "localhost",
        "tls": "starttls",
        "username": "hilfe",
        "password": WORD,
        "ca_file": str(ca_file),
    }
    if word == "connection_refused":
        given["port"] = free_port()
    with down(word, authority) as sink, way_out(sink, **given):
        assert told.relay() == [S.WAITING] * 3
        assert {one.error.partition(":")[0] for one in told.mails()} == {word}
        assert sink.attempts == []
        assert all("MAIL" not in command for command in sink.commands)
    with SmtpSink() as sink, way_out(sink):
        assert told.relay(later=PAUSES[0] + 1) == [S.SENT] * 3
        assert times(sink) == once_each(told)


def test_f21_for_five_days_it_is_tried_with_growing_pauses_and_then_given_up_and_shown(told: Told) -> None:
    moments = []
    with SmtpSink() as sink, way_out(sink):
        sink.always("rcpt", "450 4.2.2 mailbox full", recipient=told.ben.email)
        while told.relay()[1] is S.WAITING:
            moments.append(clock.now())
            due = told.mails()[1].due_at
            assert due is not None
            told.time.move_to(due)
        assert times(sink) == {email: 1 for email in once_each(told) if email != told.ben.email}
    pauses = [
        int((after - before).total_seconds()) for before, after in zip(moments, moments[1:], strict=False)
    ]
    assert pauses[: len(PAUSES)] == list(PAUSES)
    assert set(pauses[len(PAUSES) :]) == {PAUSES[-1]}
    assert PATIENCE <= clock.now() - moments[0] <= PATIENCE + timedelta(hours=1)
    assert "450 4.2.2 mailbox full" in told.page()
    invariants.hold(clock.now())
