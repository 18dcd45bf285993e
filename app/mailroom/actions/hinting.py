"""Hints from Microsoft that a mailbox has news: which subscriptions there are, and whether who calls is one."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.db import db, rows_changed
from app.events.log import action
from app.mailroom import connections
from app.mailroom.models import MailAccount, MailHint

# Many hints come at once; whoever reads then reads for all of them.
TOGETHER = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Hint:
    """A subscription for an account; ``is_wanted`` unless the account is read no more."""

    account_id: int
    remote_id: str = ""
    until: datetime | None = None
    is_wanted: bool = True


def hints() -> list[Hint]:
    """The subscription of each mailbox at Microsoft Graph, made or not, and those nobody needs any more."""
    query = sa.select(MailAccount, MailHint).outerjoin(MailHint, MailHint.account_id == MailAccount.id)
    found = []
    for account, hint in db.session.execute(query.order_by(MailAccount.id)):
        wanted = account.is_active and connections.is_graph(account) and connections.receives(account)
        if hint is not None:
            found.append(Hint(account.id, hint.remote_id, hint.until, wanted))
        elif wanted:
            found.append(Hint(account.id))
    return found


@action(silent="a subscription is a way to hear sooner of what is read anyway")
def remember(account_id: int, remote_id: str, secret: str, until: datetime) -> None:
    """A subscription was made."""
    forget(account_id)
    made = MailHint(account_id=account_id, remote_id=remote_id, secret_hash=_hashed(secret), until=until)
    db.session.add(made)
    db.session.flush()


@action(silent="a subscription is a way to hear sooner of what is read anyway")
def prolong(account_id: int, until: datetime) -> None:
    """A subscription lasts longer, or ends sooner than was thought."""
    known = sa.update(MailHint).where(MailHint.account_id == account_id).values(until=until)
    db.session.execute(known.execution_options(synchronize_session=False))


@action(silent="a subscription is a way to hear sooner of what is read anyway")
def forget(account_id: int) -> None:
    """A subscription is there no more."""
    gone = sa.delete(MailHint).where(MailHint.account_id == account_id)
    db.session.execute(gone.execution_options(synchronize_session=False))


def known(remote_id: str, secret: str) -> int | None:
    """The account of a subscription, if whoever calls knows its secret; compared in constant time (abuse case A67)."""
    query = sa.select(MailHint.account_id, MailHint.secret_hash).where(MailHint.remote_id == remote_id)
    row = db.session.execute(query).one_or_none()
    is_right = hmac.compare_digest(_hashed(secret), row.secret_hash if row is not None else _hashed(""))
    return row.account_id if row is not None and is_right else None


@action(silent="a hint is no change of anything")
def heard(account_id: int) -> bool:
    """Note that a mailbox is said to have news; whether that is to be followed, or somebody does so already."""
    now = clock.now()
    fresh = sa.or_(MailHint.heard_at.is_(None), MailHint.heard_at <= now - TOGETHER)
    noted = sa.update(MailHint).where(MailHint.account_id == account_id, fresh).values(heard_at=now)
    return bool(rows_changed(noted.execution_options(synchronize_session=False)))


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
