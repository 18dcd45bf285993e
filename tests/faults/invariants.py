"""What must hold after every fault: asked of the database and of the receivers (fault-cases, B3)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa
import time_machine
from flask import current_app

from app.core.db import db
from app.events.models import Backlog, Delivery, Event, Feed
from app.events.words import DeliveryState
from app.jobs import housekeeping
from app.mailroom import own_ids
from app.mailroom.models import RawMail
from app.mailroom.outcomes import State
from app.notifications.models import Notice
from app.tickets.models import Attachment, Comment, Ticket
from tests.support.http_sink import HttpSink
from tests.support.smtp_sink import SmtpSink

SETTLED = {DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.CANCELLED}
SOON = timedelta(minutes=15)
UNDECIDED = timedelta(minutes=10)


def hold(
    now: datetime,
    *,
    smtp: SmtpSink | None = None,
    teams: HttpSink | None = None,
    mails: Collection[bytes] | None = None,
) -> None:
    """Check every invariant as far as what exists can meet it.

    Args:
        now: the moment of the check.
        smtp, teams: the receivers, as far as there are any.
        mails: everything that was put into the mailboxes, different mails all of them.
    """
    db.session.rollback()
    db.session.expire_all()
    if mails is not None:
        each_mail_is_kept_once(mails)
        each_mail_is_decided(now)
        each_mail_is_one_entry()
        each_file_is_there()
    everything_is_settled_in_time(now)
    if smtp is not None:
        each_mail_came_once(smtp)
    if teams is not None:
        each_card_came_once(teams)
    ticket_numbers_are_unique()
    every_change_has_its_line()
    every_event_was_spread_once()
    nobody_was_rung_twice()


def each_mail_is_kept_once(mails: Collection[bytes]) -> None:
    """I1: each mail that was put into a mailbox is in the table exactly once, byte for byte."""
    put = Counter(hashlib.sha256(mail).hexdigest() for mail in mails)
    assert set(put.values()) <= {1}, "a mail that is put there twice is kept once: not for this check"
    assert Counter(db.session.scalars(sa.select(RawMail.sha256))) == put


def each_mail_is_decided(now: datetime) -> None:
    """I2: each is an entry, in quarantine or recorded as ignored, none undecided for more than ten minutes."""
    raws = list(db.session.scalars(sa.select(RawMail)))
    assert [raw.id for raw in raws if raw.state is State.KEPT and raw.kept_at < now - UNDECIDED] == []
    tickets, comments = (set(db.session.scalars(sa.select(model.id))) for model in (Ticket, Comment))
    for raw in raws:
        assert (raw.ticket_id in tickets) is (raw.state in (State.TICKET, State.COMMENT)), raw.id
        assert (raw.comment_id in comments) is (raw.state is State.COMMENT), raw.id
        assert raw.reason or raw.state not in (State.IGNORED, State.QUARANTINED), raw.id


def each_mail_is_one_entry() -> None:
    """I3: no two entries of one mail, no two mails of one entry, and no entry by mail without its mail."""
    rows = db.session.execute(
        sa.select(RawMail.ticket_id, RawMail.comment_id).where(
            RawMail.state.in_((State.TICKET, State.COMMENT))
        )
    )
    entries = Counter((ticket_id, comment_id) for ticket_id, comment_id in rows)
    assert [entry for entry, times in entries.items() if times > 1] == []
    by_mail = sa.select(Ticket.id, sa.null()).where(Ticket.created_from_email.is_(True))
    answers = sa.select(Comment.ticket_id, Comment.id).where(Comment.is_from_email.is_(True))
    there = [tuple(row) for query in (by_mail, answers) for row in db.session.execute(query)]
    assert sorted(there, key=str) == sorted(entries, key=str)


def each_file_is_there() -> None:
    """I7: the bytes behind each row have its hash; after the sweeper there are none that no row names."""
    storage = current_app.extensions["storage"]
    named = set(db.session.scalars(sa.union(sa.select(Attachment.sha256), sa.select(RawMail.sha256))))
    for sha256 in named:
        with storage.open(sha256) as stream:
            assert hashlib.sha256(stream.read()).hexdigest() == sha256
    db.session.rollback()
    stored = list(storage.walk())
    last = max((one.written for one in stored), default=None)
    if last is not None:
        with time_machine.travel(last + 2 * housekeeping.FILE_KEPT, tick=False):
            housekeeping.sweep_store(storage)
    assert {one.sha256 for one in storage.walk()} == named


def everything_is_settled_in_time(now: datetime) -> None:
    """I4: each delivery reaches its end within a quarter of an hour."""
    late = [
        (one.id, one.consumer, one.target, one.state, one.error)
        for one in db.session.scalars(sa.select(Delivery))
        if one.state not in SETTLED and one.since < now - SOON
    ]
    assert late == []


def each_mail_came_once(smtp: SmtpSink) -> None:
    """I5: one mail for each event and person; a repeat has the same Message-ID and is marked as a possible one."""
    came = Counter(str(mail.message["Message-ID"]) for mail in smtp.mails)
    recipients = defaultdict(set)
    for mail in smtp.mails:
        recipients[str(mail.message["Message-ID"])].update(mail.recipients)
    assert {key: people for key, people in recipients.items() if len(people) != 1} == {}
    repeatable = Counter(
        (one.event_id, int(one.target.split(":")[1]))
        for one in db.session.scalars(
            sa.select(Delivery).where(Delivery.consumer == "email", Delivery.may_be_repeat.is_(True))
        )
    )
    for message_id, times in came.items():
        own = own_ids.read(message_id)
        assert own is not None, message_id
        assert times <= 1 + repeatable[own.event_id, own.person_id], message_id


def each_card_came_once(teams: HttpSink) -> None:
    """I5 for Teams: one card for each event, but for those marked as possible repeats."""
    cards = Counter(_title(request.body) for request in teams.requests)
    settled = db.session.scalars(sa.select(Delivery).where(Delivery.consumer == "teams")).all()
    sent = [one for one in settled if one.state is DeliveryState.SENT]
    allowed = len(settled) + sum(one.lost + one.may_be_repeat for one in settled)
    assert len(sent) <= sum(cards.values()) <= allowed


def _title(body: bytes) -> str:
    return str(json.loads(body)["attachments"][0]["content"]["body"][0]["text"])


def ticket_numbers_are_unique() -> None:
    """I6."""
    numbers = Counter(db.session.scalars(sa.select(Ticket.id)))
    assert [number for number, times in numbers.items() if times > 1] == []


def every_change_has_its_line() -> None:
    """I9: each ticket and each entry stands in the log, exactly once."""
    opened = Counter(db.session.scalars(sa.select(Event.ticket_id).where(Event.kind == "ticket.opened")))
    assert opened == Counter(db.session.scalars(sa.select(Ticket.id)))
    kinds = ("ticket.reply_added", "ticket.note_added")
    written = Counter(
        event.payload["comment_id"]
        for event in db.session.scalars(sa.select(Event).where(Event.kind.in_(kinds)))
    )
    assert written == Counter(db.session.scalars(sa.select(Comment.id)))


def every_event_was_spread_once() -> None:
    """An event is either waiting to be spread, or has one position in the feed."""
    events = set(db.session.scalars(sa.select(Event.id)))
    waiting = set(db.session.scalars(sa.select(Backlog.event_id)))
    fed = list(db.session.scalars(sa.select(Feed.event_id)))
    assert len(fed) == len(set(fed))
    assert waiting.isdisjoint(fed)
    assert waiting | set(fed) == events


def nobody_was_rung_twice() -> None:
    """The bell is exactly once: no two entries, and none lost of an event that was applied."""
    rung = Counter(
        (row[0], row[1]) for row in db.session.execute(sa.select(Notice.event_id, Notice.person_id))
    )
    assert [pair for pair, times in rung.items() if times > 1] == []
