"""What whoever reads a mailbox has to know: where it stands, which mailboxes are due, which mails wait there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.mailroom import connections
from app.mailroom.models import MailAccount, Mailbox, MailPlace
from app.mailroom.words import Afterwards, PlaceState


@dataclass(frozen=True, slots=True)
class Errand:
    """What whoever reads a mailbox has to know; taken out of the tables so that nothing is held while speaking.

    Args:
        account: the folded address, under which its mail is kept.
        max_bytes: larger mail is not fetched.
        link: where Microsoft Graph goes on listing, "" for from the beginning.
        keeps_places: what was dealt with is remembered, so that a list which begins anew brings nothing twice.
    """

    account_id: int
    account: str
    uidvalidity: int
    last_uid: int
    start_on: date | None
    max_bytes: int
    afterwards: Afterwards
    done_folder: str
    link: str = ""
    keeps_places: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A mail on the server; size in bytes, ``attempts`` made so far to get it; ``remote_id`` at Microsoft Graph."""

    id: int
    uid: int
    size: int
    attempts: int = 0
    remote_id: str = ""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A mail that was seen on the server: its number, its size in bytes (0 when nobody says), and its id at Graph."""

    uid: int
    size: int
    remote_id: str = ""


def accounts_due(*, by_graph: bool | None = None) -> list[int]:
    """Accounts whose mailbox may be read now; those that fail wait a little longer each time.

    Args:
        by_graph: only those that are spoken to by Microsoft Graph, or only the others.
    """
    rows = db.session.execute(
        sa.select(MailAccount, Mailbox.next_at)
        .join(Mailbox, Mailbox.account_id == MailAccount.id)
        .where(MailAccount.is_active.is_(True))
        .order_by(MailAccount.id)
    )
    now = clock.now()
    return [
        account.id
        for account, next_at in rows
        if connections.receives(account)
        and (next_at is None or next_at <= now)
        and by_graph in (None, connections.is_graph(account))
    ]


def errand_for(account_id: int) -> Errand | None:
    """Where reading an account stands; None when it is off, gone, or only sends."""
    row = db.session.execute(
        sa.select(MailAccount, Mailbox).join(Mailbox).where(MailAccount.id == account_id)
    ).one_or_none()
    if row is None or not row[0].is_active or not connections.receives(row[0]):
        return None
    account, mailbox = row
    return Errand(
        account_id=account.id,
        account=account.address_key,
        uidvalidity=mailbox.uidvalidity,
        last_uid=mailbox.last_uid,
        start_on=account.start_on,
        max_bytes=account.max_mb * 1024 * 1024,
        afterwards=account.afterwards,
        done_folder=account.done_folder,
        link=mailbox.link or "",
        keeps_places=connections.is_graph(account),
    )


def places(
    account_id: int, state: PlaceState, limit: int, without: Collection[int] = frozenset()
) -> list[Place]:
    """Mails on the server that have come so far, in the order they were noted.

    Args:
        without: ids of places that are left for another time.
    """
    query = (
        sa.select(MailPlace.id, MailPlace.uid, MailPlace.size, MailPlace.attempts, MailPlace.remote_id)
        .where(MailPlace.account_id == account_id, MailPlace.state == state)
        .order_by(MailPlace.id)
        .limit(limit)
    )
    if without:
        query = query.where(MailPlace.id.not_in(without))
    return [Place(*row) for row in db.session.execute(query)]
