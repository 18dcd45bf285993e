"""A mailbox that is silent for longer than it used to be is told of, once."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Event
from app.jobs import mail
from app.mailroom.actions.silence import longest_gap
from app.mailroom.models import MailAccount, Mailbox, RawMail
from tests.support import post
from tests.support.smtp_sink import SmtpSink

HOUR = timedelta(hours=1)


@pytest.fixture
def mailbox(world):
    """A mailbox that got a mail every hour of the last two days, and one pause of ten hours in between."""
    now = clock.now()

    def work() -> None:
        db.session.add(
            MailAccount(id=7, address="a@firma.example", address_key="a@firma.example", created_at=now)
        )
        db.session.flush()
        db.session.add(Mailbox(account_id=7, last_mail_at=now))
        for hours in (*range(20), *range(30, 50)):
            db.session.add(_mail(hours, now - hours * HOUR))

    run_unit(work)
    return now


def _mail(number, at):
    key = f"{number:064d}"
    return RawMail(
        account="a@firma.example",
        mail_account_id=7,
        message_id_hash=key,
        content_hash=key,
        sha256=key,
        size=1,
        kept_at=at,
    )


def told():
    db.session.rollback()
    return db.session.scalars(sa.select(Event.payload).where(Event.kind == "mailbox.silent")).all()


def look(at):
    with time_machine.travel(at, tick=False):
        db.session.rollback()
        mail.notice_silence.run()


@pytest.mark.parametrize(("hours", "is_told"), [(10, False), (23, False), (25, True), (100, True)])
def test_a_silence_is_long_when_it_is_longer_than_a_day_and_twice_the_longest(mailbox, hours, is_told):
    look(mailbox + hours * HOUR)
    assert told() == ([{"hours": hours}] if is_told else [])


def test_it_is_told_once(mailbox):
    for hours in (30, 31, 80):
        look(mailbox + hours * HOUR)
    assert len(told()) == 1


def test_administrators_get_a_mail(mailbox, world):
    admin = world.admin(email="sofia@firma.example")
    look(mailbox + 30 * HOUR)
    with SmtpSink() as sink, post.servers(smtp=sink):
        world.relay()
        (mail_,) = sink.mails
    assert mail_.recipients == (admin.email,)
    assert "a@firma.example" in str(mail_.message["Subject"])


def test_without_a_habit_there_is_no_silence(world):
    assert longest_gap([clock.now()] * 19) is None
    now = clock.now()
    assert longest_gap([now - n * HOUR for n in range(20)]) == HOUR


def test_a_mailbox_in_trouble_is_not_called_silent(mailbox):
    run_unit(lambda: setattr(db.session.get_one(Mailbox, 7), "trouble", "login_refused"))
    look(mailbox + 100 * HOUR)
    assert told() == []
