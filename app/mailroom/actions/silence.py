"""Noticing that a mailbox is silent for longer than it used to be: then something may be wrong on the way to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import sqlalchemy as sa

from app.accounts.actors import CLOCK
from app.core import clock
from app.core.db import db
from app.events.log import action, record
from app.mailroom.events import MailboxSilent
from app.mailroom.models import MailAccount, Mailbox, RawMail

LOOKED_BACK = timedelta(days=28)
# From so many mails on there is a habit to speak of.
HABIT = 20
LOOKED_AT = 2000
# Weekends and holidays are in the longest gap of four weeks; twice that, and a day at least, is no habit any more.
FACTOR = 2
LEAST = timedelta(hours=24)


def watched() -> list[int]:
    """Accounts whose mailbox can be read and that nobody was told of since its last mail."""
    return list(
        db.session.scalars(
            sa.select(Mailbox.account_id)
            .join(MailAccount, MailAccount.id == Mailbox.account_id)
            .where(MailAccount.is_active.is_(True), Mailbox.trouble == "", Mailbox.told_at.is_(None))
            .where(Mailbox.last_mail_at < clock.now() - LEAST)
        )
    )


@action(silent="looks, and records the fact when there is one")
def notice(account_id: int) -> None:
    """Tell of a silence that is longer than any of the last weeks; once, until the next mail comes."""
    mailbox = db.session.get(Mailbox, account_id, with_for_update=True, populate_existing=True)
    if mailbox is None or mailbox.last_mail_at is None or mailbox.told_at is not None:
        return
    usual = longest_gap(_arrivals(account_id, mailbox.last_mail_at))
    now = clock.now()
    silent = now - mailbox.last_mail_at
    if usual is None or silent < max(LEAST, FACTOR * usual):
        return
    mailbox.told_at = now
    told = MailboxSilent(hours=int(silent.total_seconds() // 3600))
    record(told, actor=CLOCK, subject=("mail_account", account_id))


def longest_gap(arrivals: Sequence[datetime]) -> timedelta | None:
    """The longest time between two mails; None when there are too few to speak of a habit.

    Args:
        arrivals: when mails came, in any order.
    """
    if len(arrivals) < HABIT:
        return None
    return max(later - earlier for earlier, later in pairwise(sorted(arrivals)))


def _arrivals(account_id: int, until: datetime) -> Sequence[datetime]:
    """When mails came in the weeks before the silence began."""
    return db.session.scalars(
        sa.select(RawMail.kept_at)
        .where(RawMail.mail_account_id == account_id, RawMail.kept_at > until - LOOKED_BACK)
        .order_by(RawMail.kept_at.desc())
        .limit(LOOKED_AT)
    ).all()
