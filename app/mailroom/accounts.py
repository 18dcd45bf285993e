"""Reads of mail accounts: what the pages and the shell show of them, and which addresses are ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.mailroom import connections, fixed
from app.mailroom.models import MailAccount, Mailbox, RawMail
from app.mailroom.outcomes import State

LATELY = timedelta(days=1)
# A mailbox that could not be read once is nothing to speak of yet.
LASTING = timedelta(minutes=5)
_QUERY = sa.select(MailAccount, Mailbox).join(Mailbox, Mailbox.account_id == MailAccount.id)


@dataclass(frozen=True, slots=True)
class Standing:
    """An account with how reading it goes.

    Args:
        trouble: a word of the IMAP client, "" when the last run went well; ``failing_since`` when that began.
        lately: mails taken in since yesterday.
    """

    account: MailAccount
    receives: bool
    sends: bool
    succeeded_at: datetime | None
    last_mail_at: datetime | None
    trouble: str
    detail: str
    failing_since: datetime | None
    next_at: datetime | None
    lately: int


@dataclass(frozen=True, slots=True)
class Overall:
    """How the accounts in use do together; ``troubled``: addresses that could not be read for some minutes."""

    sends: bool
    troubled: list[str]


def own_addresses() -> Sequence[str]:
    """The addresses of all accounts, for ``accounts.mailboxes``."""
    return db.session.scalars(sa.select(MailAccount.address)).all()


def standings() -> list[Standing]:
    """Every account, the default one first, with how reading it goes."""
    rows = db.session.execute(_QUERY.order_by(MailAccount.is_default.desc(), MailAccount.address_key)).all()
    lately = _lately([account.id for account, _mailbox in rows])
    return [_standing(account, mailbox, lately[account.id]) for account, mailbox in rows]


def standing(account: MailAccount) -> Standing:
    """How reading one account goes."""
    return _standing(account, db.session.get_one(Mailbox, account.id), _lately([account.id])[account.id])


def _lately(account_ids: Sequence[int]) -> dict[int, int]:
    """How many mails each account brought since yesterday; asked for one by one, so that only those are read."""
    since = clock.now() - LATELY
    counts = [
        sa.select(sa.literal(account_id), sa.func.count()).where(
            RawMail.mail_account_id == account_id, RawMail.kept_at > since
        )
        for account_id in account_ids
    ]
    return dict(db.session.execute(sa.union_all(*counts)).tuples().all()) if counts else {}


def overall() -> Overall:
    """How the accounts in use do together."""
    found = _in_use()
    since = clock.now() - LASTING
    return Overall(
        sends=any(connections.sends(account) for account, _mailbox in found),
        troubled=[
            account.address
            for account, mailbox in found
            if mailbox.trouble and mailbox.failing_since is not None and mailbox.failing_since < since
        ],
    )


def is_last_way_out(account_id: int) -> bool:
    """Whether mail goes out from this account and from no other."""
    senders = [account.id for account, _mailbox in _in_use() if connections.sends(account)]
    return senders == [account_id]


def _in_use() -> list[tuple[MailAccount, Mailbox]]:
    rows = db.session.execute(_QUERY.where(MailAccount.is_active.is_(True)).order_by(MailAccount.address_key))
    return [(account, mailbox) for account, mailbox in rows]


def _standing(account: MailAccount, mailbox: Mailbox, lately: int) -> Standing:
    return Standing(
        account=account,
        receives=connections.receives(account),
        sends=connections.sends(account),
        succeeded_at=mailbox.succeeded_at,
        last_mail_at=mailbox.last_mail_at,
        trouble=mailbox.trouble,
        detail=mailbox.detail,
        failing_since=mailbox.failing_since,
        next_at=mailbox.next_at,
        lately=lately,
    )


def by_address(address_key: str) -> MailAccount | None:
    """The account of a mailbox.

    Args:
        address_key: folded, see ``accounts.addresses.key``.
    """
    return db.session.scalar(sa.select(MailAccount).where(MailAccount.address_key == address_key))


def quarantined() -> int:
    """How many mails lie in quarantine."""
    query = sa.select(sa.func.count()).where(RawMail.state == State.QUARANTINED)
    return db.session.scalar(query) or 0


def described(account: MailAccount) -> fixed.FixedAccount | None:
    """What the environment says of an account; None when its connection is set up on a page."""
    return fixed.account() if account.from_environment else None
