"""Shelves of mail stay quick: however much was ever taken in, a page reads what it shows and little more."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.actors import SHELL
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import loose_writes, run_unit
from app.mailroom import accounts as reads
from app.mailroom import shelves
from app.mailroom.actions import accounts
from app.mailroom.models import MailAccount, Mailbox, RawMail
from app.mailroom.outcomes import Reason, State
from app.mailroom.schemas import NewAccount
from app.mailroom.shelves import Shelf
from tests.performance.reading import Reading, recorded
from tests.support.world import World

TAKEN_IN, EVERY, EVERY_SPAM, HELD, RECENT = 3000, 5, 500, 40, 25
BOUND = 200


@pytest.fixture
def busy(world: World) -> Actor:
    """An administrator of a house that has taken in some thousand mails by one account."""
    command = NewAccount(address="hilfe@firma.example", smtp_host="smtp.firma.example", is_active=True)
    account_id = run_unit(partial(accounts.create, command, actor=SHELL)).id
    now = clock.now()

    def row(number: int) -> dict[str, Any]:
        state, reason = State.TICKET, ""
        if number < HELD:
            state, reason = State.QUARANTINED, Reason.FAILED if number % 2 else Reason.OVERSIZED
        elif number % EVERY == 0:
            state, reason = State.IGNORED, Reason.AUTO_REPLY
        elif number % EVERY_SPAM == 1:
            state, reason = State.IGNORED, Reason.SPAM
        is_recent = number >= TAKEN_IN - RECENT
        kept_at = now if is_recent else now - timedelta(days=30)
        name = hashlib.sha256(str(number).encode()).hexdigest()
        return {"account": "hilfe@firma.example", "mail_account_id": account_id, "message_id_hash": name,
                "content_hash": name, "sha256": name, "size": 1000, "kept_at": kept_at, "decided_at": kept_at,
                "state": state, "reason": reason, "attempts": 1, "repeats_id": False, "is_forced": False}  # fmt: skip

    with loose_writes(), db.engine.begin() as connection:
        connection.execute(sa.insert(RawMail), [row(number) for number in range(TAKEN_IN)])
    _take_stock(world.app)
    return world.actor(world.admin())


def _take_stock(app: Flask) -> None:
    """Let the engine know how its tables look, as it would by itself after a while."""
    command = {
        "mysql": "ANALYZE TABLE raw_mail",
        "postgresql": "ANALYZE raw_mail",
        "sqlite": "ANALYZE raw_mail",
    }
    with loose_writes(), db.engine.begin() as connection:
        connection.exec_driver_sql(command[db.engine.dialect.name])


def read_by(work: Callable[[], Any]) -> Reading:
    with recorded(db.session.connection()) as reading:
        work()
    return reading


def test_the_quarantine_is_read_by_its_index(busy: Actor) -> None:
    reading = read_by(partial(shelves.page, busy, Shelf.QUARANTINE))
    assert len(reading.statements) == 1 and reading.scans == []
    assert reading.indexes == {"ix_raw_mail_state"} and reading.rows <= BOUND


def test_of_a_full_shelf_each_page_reads_what_it_shows(busy: Actor) -> None:
    """Of what is frequent an engine may as well look at the newest mails of all."""
    cursor = ""
    for _page in range(3):
        reading = read_by(partial(shelves.page, busy, Shelf.IGNORED, cursor))
        assert len(reading.statements) == 1 and reading.scans == []
        assert reading.rows <= shelves.ROWS * EVERY * 2
        cursor = shelves.page(busy, Shelf.IGNORED, cursor).next_cursor or ""


def test_spam_is_found_by_its_index_however_rare_it_is(busy: Actor) -> None:
    reading = read_by(partial(shelves.page, busy, Shelf.SPAM))
    assert len(reading.statements) == 1 and reading.scans == []
    assert reading.indexes == {"ix_raw_mail_reason"} and reading.rows <= BOUND
    assert len(shelves.page(busy, Shelf.SPAM).rows) == TAKEN_IN // EVERY_SPAM - 1


def test_counting_the_quarantine_reads_the_quarantine_only(busy: Actor) -> None:
    reading = read_by(shelves.held)
    assert reading.indexes == {"ix_raw_mail_state"} and reading.scans == [] and reading.rows <= BOUND
    assert shelves.held() == shelves.Held(HELD, 0)


def test_what_can_be_read_once_more_is_found_by_the_index(busy: Actor) -> None:
    reading = read_by(partial(shelves.readable, 10))
    assert reading.indexes == {"ix_raw_mail_state"} and reading.scans == [] and reading.rows <= BOUND
    assert len(shelves.readable(10)) == 10 and len(shelves.readable(100)) == HELD // 2


def test_the_list_of_accounts_reads_the_mails_of_a_day(busy: Actor) -> None:
    reading = read_by(reads.standings)
    assert len(reading.statements) == 2
    assert "ix_raw_mail_account" in reading.indexes and reading.rows <= BOUND
    assert [(one.account.address, one.lately) for one in reads.standings()] == [
        ("hilfe@firma.example", RECENT)
    ]


def test_trouble_counts_when_it_lasts_and_the_account_is_in_use(busy: Actor) -> None:
    number = db.session.scalars(sa.select(MailAccount.id)).one()

    def stand(minutes: int, *, is_active: bool = True) -> reads.Overall:
        def write() -> None:
            mailbox = db.session.get_one(Mailbox, number)
            mailbox.trouble, mailbox.failing_since = "timeout", clock.now() - timedelta(minutes=minutes)
            db.session.get_one(MailAccount, number).is_active = is_active

        run_unit(write)
        return reads.overall()

    assert stand(2) == reads.Overall(True, [])
    assert stand(6) == reads.Overall(True, ["hilfe@firma.example"])
    assert stand(6, is_active=False) == reads.Overall(False, [])
